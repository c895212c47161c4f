"""Folds long streams outside of the writer.

The writer's thread, for which webhooks wait, folds short streams and the last page of long ones. Another thread folds
long streams, from their state row on if there is one, and hands the state over. A decision that needs such a state
waits for it; other decisions do not.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import structlog
from eventsourcing.persistence import PersistenceError

from application.errors import Stopped, Unprepared, described
from application.log.anchor import digest_of
from application.log.log import Log
from application.log_line import LogLine
from application.threads import Threads
from application.writing.states import StateRow, StateRows
from domain.event import A, Aggregate, Event
from domain.identifiers import StreamId

logger = structlog.get_logger(__name__)

_EVENTS_PER_READ = 200
_PAGES_PER_ROW = 10
"""A state row is written again after so many pages of events,"""
_BYTES_PER_EVENT = 1000
"""or after more if it is large: at most so many bytes for each event."""
_BASES_MAX = 1000


@dataclass(frozen=True, slots=True)
class _Base:
    """An earlier state of a stream in the log of this epoch."""

    epoch: int
    state: Aggregate[Any]


class LongStreams:
    """The writer's thread calls `state`, `outdate` and `moved`; the other thread calls `turn`."""

    def __init__(self, log: Log, rows: StateRows, threads: Threads | None = None) -> None:
        self._log = log
        self._rows = rows
        self._lock = threading.Lock()
        self._bases: dict[str, _Base] = {}
        self._wanted: dict[str, type[Aggregate[Any]]] = {}
        self._failed: dict[str, Exception] = {}
        self._to_save: dict[str, _Base] = {}
        self._saved_until: dict[str, int] = {}
        """The version at which the next row of a stream is due."""
        self._let_go: deque[Aggregate[Any]] = deque()
        """States that nothing needs any more, for the thread to free."""
        self.has_thread = False
        """True if a thread takes the turns; if not, `state` folds at once, however long that takes."""
        self.wake = (threads or Threads()).signal()
        self.on_prepared: Callable[[], None] = lambda: None
        self.pause: Callable[[], None] = lambda: None
        """Called again and again while a stream is folded, and while a state row is read or written."""
        self._is_closed = False

    # Called by the writer.

    def knows(self, id: str) -> bool:
        """True if the state of this stream is known, so it is not read from its beginning."""
        return self._base(id) is not None

    def is_wanted(self, id: str) -> bool:
        """True if the thread still has to prepare this stream."""
        return id in self._wanted

    def state(self, kind: type[A], id: str) -> A:
        """Return the state of a stream as the log has it now.

        Raises:
            Unprepared: folding it takes too long for the writer. The thread prepares it, then calls `on_prepared`.
            UnreadableEvent: this version can't read one of its events.
            PersistenceError: the log could not be read.
        """
        while True:
            if id in self._wanted:
                raise Unprepared(id)
            if id in self._failed:
                raise self._failed[id]
            base = self._base(id) or kind(id=StreamId(id))
            page = self._log.page(id, base.version)
            if page is not None:
                return cast(A, _fold(base, page))
            if self.has_thread:
                self._wanted[id] = kind
                self.wake.set()
                raise Unprepared(id)
            self._prepare(kind, id)

    def outdate(self, state: Aggregate[Any], epoch: int) -> None:
        """Keep an outdated state: only the events since then need to be folded."""
        if state.version > self._log.page_events:
            self._keep(state, epoch)

    def let_go(self, state: Aggregate[Any]) -> None:
        """Have the thread free a state if it is long: a million entries take a third of a second."""
        if self.has_thread and state.version > self._log.page_events:
            self._let_go.append(state)
            self.wake.set()

    def moved(self, state: Aggregate[Any], epoch: int) -> None:
        """Request a state row for this state, which is in the log, if it is far enough from the last row."""
        if state.version <= self._log.page_events:
            return  # true for nearly every state, so this check comes first: it runs for each one that a turn uses
        due = self._saved_until.get(state.id, self._events_per_row(0))
        if state.version >= due and self._rows.keeps(type(state)):
            self._to_save[state.id] = _Base(epoch, state)
            self.wake.set()

    @property
    def _epoch(self) -> int:
        return self._log.store.epoch

    def _base(self, id: str) -> Aggregate[Any] | None:
        base = self._bases.get(id)
        return base.state if base is not None and base.epoch == self._epoch else None

    def _keep(self, state: Aggregate[Any], epoch: int) -> None:
        with self._lock:
            replaced = self._bases.pop(state.id, None)
            self._bases[state.id] = _Base(epoch, state)
            oldest = self._bases.pop(next(iter(self._bases))) if len(self._bases) > _BASES_MAX else None
        for base in (replaced, oldest):
            if base is not None:
                self.let_go(base.state)

    # Called by the thread.

    def turn(self) -> bool:
        """Prepare one awaited stream, write one state row, or free one state. Return False if there was nothing to do.

        Raises:
            PersistenceError: the log could not be read. What is waited for still is.
            Stopped: while a stream was folded.
        """
        for id, kind in list(self._wanted.items())[:1]:
            self._prepare(kind, id)
            del self._wanted[id]
            self.on_prepared()
            return True
        for id in list(self._to_save)[:1]:
            self._save(self._to_save.pop(id))
            return True
        if self._let_go:
            self._let_go.popleft()
            return True
        return False

    def close(self) -> None:
        """Stop, even in the middle of a stream."""
        self._is_closed = True
        self.wake.set()

    def _prepare(self, kind: type[Aggregate[Any]], id: str) -> None:
        epoch = self._epoch  # taken before the first read: a log that is replaced meanwhile is then noticed
        try:
            state = self._fold_to_the_end(self._base(id) or self._from_row(kind, id) or kind(id=StreamId(id)))
        except (PersistenceError, Stopped):
            raise
        except Exception as error:  # noqa: BLE001 - the boundary around one stream: raised to the caller that loads it
            logger.error(LogLine.LONG_STREAM_NOT_FOLDED, stream=id, error=described(error))
            self._failed[id] = error
            return
        self._keep(state, epoch)
        self.moved(state, epoch)

    def _fold_to_the_end(self, state: Aggregate[Any]) -> Aggregate[Any]:
        while True:
            stored = self._log.store.select_events(state.id, gt=state.version, limit=_EVENTS_PER_READ)
            for each in stored:
                self.pause()  # before each event: one import is a thousand keys
                state = state.evolve(self._log.decode(each))
            if len(stored) < _EVENTS_PER_READ:
                return state
            if self._is_closed:
                raise Stopped("The engine is stopping.")

    def _from_row(self, kind: type[Aggregate[Any]], id: str) -> Aggregate[Any] | None:
        if not self._rows.keeps(kind):
            return None
        try:
            row = self._rows.load(kind, id, self.pause)
        except PersistenceError as error:
            logger.warning(LogLine.STATE_ROW_NOT_READ, stream=id, error=str(error))
            return None
        if row is None or self._digest(row.state) != row.digest:
            return None
        self._saved_until[id] = row.state.version + self._events_per_row(row.size)
        return row.state

    def _save(self, base: _Base) -> None:
        digest = self._digest(base.state)
        if digest is None or base.epoch != self._epoch:
            return  # the log was replaced meanwhile
        size = 0
        try:
            size = self._rows.save(StateRow(state=base.state, digest=digest), self.pause)
        except PersistenceError as error:
            logger.warning(LogLine.STATE_ROW_NOT_WRITTEN, stream=base.state.id, error=str(error))
        self._saved_until[base.state.id] = base.state.version + self._events_per_row(size)

    def _events_per_row(self, size: int) -> int:
        return max(_PAGES_PER_ROW * self._log.page_events, size // _BYTES_PER_EVENT)

    def _digest(self, state: Aggregate[Any]) -> str | None:
        """Return the digest of the last event of the state, if the log has it."""
        last = self._log.store.select_events(state.id, gt=state.version - 1, limit=1)
        return digest_of(last[0]) if last else None


def _fold(state: Aggregate[Any], events: Iterable[Event]) -> Aggregate[Any]:
    for event in events:
        state = state.evolve(event)
    return state
