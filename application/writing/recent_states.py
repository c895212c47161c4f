"""Recently used states of streams, kept in memory between transactions.

They are as fresh as loaded ones: before use, the log reports which streams have moved since, by this or another
process, and those states are dropped. So a decision from them is the same as from the store. If the log no longer has
the last event that the states include, a backup has taken its place, and all are dropped.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import structlog

from application.log.anchor import Anchor, Stretch
from application.log.tail import Entry
from application.log_line import LogLine
from application.writing.long_streams import LongStreams
from domain.event import A, Aggregate

logger = structlog.get_logger(__name__)

_STATES_MAX = 10_000
_MOVES_MAX = 2_000


class Moves(Protocol):
    """Reports the streams that have moved."""

    @property
    def epoch(self) -> int:
        """Incremented when the log may be another one than before."""

    def begin_epoch(self) -> None: ...

    def max_notification_id(self) -> int | None: ...

    def select_stretch(self, start: int, limit: int) -> Stretch:
        """Return the event at this position and the next ones, at most `limit`."""


class RecentStates:
    def __init__(self, moves: Moves, long: LongStreams | None = None, *, states_max: int = _STATES_MAX) -> None:
        """Without `long`, every stream is folded from its beginning."""
        self._moves = moves
        self._long = long
        self._states_max = states_max
        self._states: OrderedDict[str, Aggregate[Any]] = OrderedDict()
        self._position: int | None = None
        """The position up to which the states include all events of their streams."""
        self._anchor: Anchor | None = None
        """The event there; None at the beginning of the log."""
        self._epoch = 0
        """The epoch of the log that the states are from."""

    def refresh(self) -> None:
        """Drop the states whose streams have moved.

        Raises:
            PersistenceError: the log can't be asked.
        """
        if self._position is not None:
            found = self._moves.select_stretch(self._position, _MOVES_MAX)
            # Compared after the query, which may be the first to notice that the log was replaced.
            if self._epoch == self._moves.epoch and self._is_of(found):
                if len(found.moves) < _MOVES_MAX:
                    self._forget(found)
                    return
                for known in self._states.values():
                    self._outdate(known)
        self._start_over()

    def _is_of(self, found: Stretch) -> bool:
        """True if the states are of this log. A backup may take its place without a lost connection, and grow beyond
        our position again."""
        if self._anchor is None or found.begin == self._anchor:
            return True
        logger.warning(LogLine.LOG_FORGOTTEN)
        self._moves.begin_epoch()
        return False

    def _start_over(self) -> None:
        self._clear()
        self._position = self._anchor = None
        self._epoch = self._moves.epoch  # before the queries: if one finds a replaced log, the next call starts over
        end = self._moves.max_notification_id() or 0
        if end:
            self._anchor = self._moves.select_stretch(end, 1).begin
        if self._anchor is not None or not end:  # if not, the log has lost its end meanwhile
            self._position = end

    def _clear(self) -> None:
        states, self._states = self._states, OrderedDict()
        if self._long is not None:
            for state in states.values():
                self._long.let_go(state)

    def _forget(self, found: Stretch) -> None:
        for _, stream, version in found.moves:
            state = self._states.get(stream)
            if state is not None and state.version < version:
                self._outdate(self._states.pop(stream))
        if found.end is not None:
            self._position, self._anchor = found.end.position, found.end

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

    def keep(self, states: Iterable[Aggregate[Any]], entries: Sequence[Entry]) -> None:
        """Keep these states, which include our own events in these entries."""
        is_next = not entries or (self._position is not None and entries[0].position == self._position + 1)
        if not is_next:  # then no event that we know of is as late as these states, and could show that they are lost
            for state in states:
                self._states.pop(state.id, None)
                self._outdate(state)
            return
        for state in states:
            self._states[state.id] = state
            self._states.move_to_end(state.id)
            if self._long is not None:
                self._long.moved(state, self._epoch)
        while len(self._states) > self._states_max:
            self._outdate(self._states.popitem(last=False)[1])
        if entries:
            self._position, self._anchor = entries[-1].position, entries[-1].anchor  # no other insert came between
