"""Recently used states of streams, kept in memory between transactions.

They are as fresh as loaded ones: before use, the log reports which streams have moved since, by this or another
process, and those states are dropped. So a decision from them is the same as from the store.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from application.log.long_streams import LongStreams
from domain.event import A, Aggregate

_STATES_MAX = 10_000
_MOVES_MAX = 2_000


class Moves(Protocol):
    """Reports the streams that have moved."""

    @property
    def epoch(self) -> int:
        """Incremented when the log may be another one than before."""

    def max_notification_id(self) -> int | None: ...

    def select_moves(self, start: int, limit: int) -> Sequence[tuple[int, str, int]]:
        """Return position, stream and version of the events after this position, in order."""


class RecentStates:
    def __init__(self, moves: Moves, long: LongStreams | None = None, *, states_max: int = _STATES_MAX) -> None:
        """Without `long`, every stream is folded from its beginning."""
        self._moves = moves
        self._long = long
        self._states_max = states_max
        self._states: OrderedDict[str, Aggregate[Any]] = OrderedDict()
        self._position: int | None = None
        """The position up to which the states include all events of their streams."""
        self._epoch = 0
        """The epoch of the log that the states are from."""

    def refresh(self) -> None:
        """Drop the states whose streams have moved.

        Raises:
            PersistenceError: the log can't be asked.
        """
        if self._position is not None:
            moves = self._moves.select_moves(self._position, _MOVES_MAX)
            # Compared after the query, which may be the first to notice that the log was replaced.
            if self._epoch == self._moves.epoch:
                if len(moves) < _MOVES_MAX:
                    self._forget(moves)
                    return
                for known in self._states.values():
                    self._outdate(known)
        self._clear()
        self._epoch = self._moves.epoch  # before the query: if that finds a replaced log, the next call starts over
        self._position = self._moves.max_notification_id() or 0

    def _clear(self) -> None:
        states, self._states = self._states, OrderedDict()
        if self._long is not None:
            for state in states.values():
                self._long.let_go(state)

    def _forget(self, moves: Sequence[tuple[int, str, int]]) -> None:
        for position, stream, version in moves:
            state = self._states.get(stream)
            if state is not None and state.version < version:
                self._outdate(self._states.pop(stream))
            self._position = position

    @property
    def has_long(self) -> bool:
        """True if another thread folds long streams."""
        return self._long is not None

    def is_long(self, id: str) -> bool:
        """True if this stream is known to be long, so that it should not be read from its beginning."""
        return self._long is not None and self._long.knows(id)

    def is_in_preparation(self, id: str) -> bool:
        """True if another thread is about to fold this stream."""
        return self._long is not None and self._long.is_wanted(id)

    def long_state(self, kind: type[A], id: str) -> A:
        """Return the state of a long stream; raises as `LongStreams.state`."""
        assert self._long is not None, f"nothing folds the long stream {id}"
        return self._long.state(kind, id)

    def _outdate(self, state: Aggregate[Any]) -> None:
        if self._long is not None:
            self._long.outdate(state, self._epoch)

    def get(self, id: str) -> Aggregate[Any] | None:
        state = self._states.get(id)
        if state is not None:
            self._states.move_to_end(id)
        return state

    def keep(self, states: Iterable[Aggregate[Any]], positions: Sequence[int]) -> None:
        """Keep these states, which include our own events at these positions."""
        for state in states:
            self._states[state.id] = state
            self._states.move_to_end(state.id)
            if self._long is not None:
                self._long.moved(state, self._epoch)
        while len(self._states) > self._states_max:
            self._outdate(self._states.popitem(last=False)[1])
        if self._position is not None and positions and positions[0] == self._position + 1:
            self._position = positions[-1]  # no other insert came between
