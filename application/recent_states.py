"""States of streams that were used lately, kept in memory between transactions.

They are as fresh as if they were loaded now: before they are used, the log is asked which streams have moved since, and
those are forgotten. So what is decided from them is decided as from the store, by whichever process it was written.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from domain.event import Aggregate

_STATES_MAX = 10_000
_MOVES_MAX = 2_000


class Moves(Protocol):
    """What the log tells of streams that have moved."""

    @property
    def epoch(self) -> int:
        """Grows when the log may be another one than before."""

    def max_notification_id(self) -> int | None: ...

    def select_moves(self, start: int, limit: int) -> Sequence[tuple[int, str, int]]:
        """Position, stream and version of the events after this position, in order."""


class RecentStates:
    def __init__(self, moves: Moves, states_max: int = _STATES_MAX) -> None:
        self._moves = moves
        self._states_max = states_max
        self._states: OrderedDict[str, Aggregate[Any]] = OrderedDict()
        self._position: int | None = None
        """Up to there the states know of every move of their streams."""
        self._epoch = 0
        """Of the log that the states are of."""

    def refresh(self) -> None:
        """Forget what is not as it was.

        Raises:
            PersistenceError: the log can't be asked.
        """
        if self._position is not None:
            moves = self._moves.select_moves(self._position, _MOVES_MAX)
            # Compared after the question: that may have found another log, and the answer is of that one.
            if self._epoch == self._moves.epoch and len(moves) < _MOVES_MAX:
                self._forget(moves)
                return
        self._states.clear()
        self._epoch = self._moves.epoch  # read before the question: if that finds another log, the next one starts over
        self._position = self._moves.max_notification_id() or 0

    def _forget(self, moves: Sequence[tuple[int, str, int]]) -> None:
        for position, stream, version in moves:
            state = self._states.get(stream)
            if state is not None and state.version < version:
                del self._states[stream]
            self._position = position

    def get(self, id: str) -> Aggregate[Any] | None:
        state = self._states.get(id)
        if state is not None:
            self._states.move_to_end(id)
        return state

    def keep(self, states: Iterable[Aggregate[Any]], positions: Sequence[int]) -> None:
        """Remember these, with which our own events at these positions came about."""
        for state in states:
            self._states[state.id] = state
            self._states.move_to_end(state.id)
        while len(self._states) > self._states_max:
            self._states.popitem(last=False)
        if self._position is not None and positions and positions[0] == self._position + 1:
            self._position = positions[-1]  # nobody else has come between
