"""The one writer of a process: all writes go through one queue, and many become one transaction.

This is group commit: the jobs that arrive during a transaction are the next one. Within the process there are no
conflicts by construction. After a conflict with another process, the commands decide again.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog
from eventsourcing.persistence import IntegrityError, PersistenceError

from application.errors import Busy, Stopped, StoreUnavailable, Unprepared
from application.log.log import Log
from application.log_line import LogLine
from application.threads import Threads
from application.writing.recent_states import RecentStates
from application.writing.unit_of_work import Fetch, Stamp, UnitOfWork
from domain.event import Event

logger = structlog.get_logger(__name__)

T = TypeVar("T")
Command = Callable[[UnitOfWork], T]

_BATCH_MAX = 256
_QUEUE_MAX = 10_000
_CONFLICTS_MAX = 50
_GIVE_WAY_SECONDS = 0.01
_URGENT_SECONDS = 0.02
"""What the writer's thread does between two turns ends after so much of its CPU if requests wait. Not after so much
time: on a busy machine batches would become small, cost more for each event, and make it busier."""
_PAUSE_SECONDS = 0.001
_PAUSED_SECONDS_MAX = 0.02
_UNPAUSED_SECONDS_MIN = 0.02
"""After a pause a background thread runs for so long at least, so that under steady load it keeps half of its time."""
_WAIT_SECONDS_MAX = 2.0
"""If a job waits longer than this, writing is stuck."""


class Waiter(Protocol):
    """Receives the result on the writer's thread: a `Future`, or something lighter."""

    def set_running_or_notify_cancel(self) -> bool:
        """Return False if the caller no longer waits, so that the job need not run."""

    def set_result(self, result: Any, /) -> None: ...

    def set_exception(self, exception: BaseException, /) -> None: ...


@dataclass(slots=True)
class _Job:
    waiter: Waiter
    submitted_at: float
    is_begun: bool = field(default=False, kw_only=True)
    """True if the waiter can no longer cancel it."""

    def begin(self) -> bool:
        """Return False if the caller no longer waits for it."""
        self.is_begun = self.is_begun or self.waiter.set_running_or_notify_cancel()
        return self.is_begun


@dataclass(slots=True)
class _DecisionJob(_Job):
    stamp: Stamp
    ids: Sequence[str]
    command: Command[Any]


@dataclass(slots=True)
class _Beginning(_Job):
    event: Event


_Outcome = tuple[Any, Exception | None]


class Writer:
    def __init__(
        self,
        log: Log,
        recent: RecentStates,
        *,
        queue_max: int = _QUEUE_MAX,
        threads: Threads | None = None,
    ) -> None:
        self._log = log
        self._recent = recent
        self._fetch: Fetch = log.short_streams if recent.has_long else log.streams
        self._queue_max = queue_max
        self._queue: deque[_Job] = deque()
        self._lock = threading.Lock()
        self._threads = threads or Threads()
        self._in_hand: Sequence[_Job] = ()
        self._aside: list[_Job] = []
        """Commands that wait for long streams. Other commands do not wait for these streams."""
        self._pause_again_at = 0.0
        self._turned_at = 0.0
        """The CPU that its thread had used when the last turn ended."""
        self._is_prepared = False
        """True if one of their streams has been prepared since the last turn."""
        self._closed: BaseException | None = None
        self.is_failing = False
        """True if the last write failed."""
        self.has_thread = False
        """True if a thread takes the turns; if not, `run` takes them itself."""
        self.wake = self._threads.signal()
        """Set when there is something to write."""

    @property
    def is_closed(self) -> bool:
        return self._closed is not None

    @property
    def is_waited_for(self) -> bool:
        return bool(self._queue)

    @property
    def is_well(self) -> bool:
        """True if the last write succeeded, and no job waits for long."""
        with self._lock:
            oldest = self._in_hand[0] if self._in_hand else next(iter(self._queue), None)
        waits_long = oldest is not None and self._threads.monotonic() - oldest.submitted_at > _WAIT_SECONDS_MAX
        return not self.is_failing and not waits_long

    def try_again(self) -> None:
        """Check whether the store accepts writes again, since no write may come while it does not."""
        try:
            self._log.store.try_to_write()
        except PersistenceError as error:
            logger.error(LogLine.LOG_NOT_WRITTEN, error=str(error))
        else:
            self.is_failing = False

    def submit(self, stamp: Stamp, ids: Sequence[str], command: Command[T]) -> Future[T]:
        """Queue a command over these streams. Its future gets the result when everything is durable.

        The command may run several times; only the facts of its last run are recorded.

        Raises:
            Busy: the queue is full.
            Stopped: the writer accepts nothing anymore.
        """
        future: Future[T] = Future()
        self._enqueue(_DecisionJob(future, self._threads.monotonic(), stamp, ids, command))
        self.wake.set()
        return future

    def begin(self, event: Event, waiter: Waiter) -> None:
        """Queue the first event of a stream, without an aggregate. The waiter gets the result when it is durable: True,
        or False if the stream had begun already, which is no conflict. The caller wakes the writer, once for many
        events.

        Raises:
            Busy, Stopped: as `submit`.
        """
        self._enqueue(_Beginning(waiter, self._threads.monotonic(), event))

    def _enqueue(self, job: _Job) -> None:
        with self._lock:
            if self._closed is not None:
                raise Stopped("The engine is stopping.") from self._closed
            if len(self._queue) >= self._queue_max:
                raise Busy("Too much is waiting to be written.")
            self._queue.append(job)

    def run(self, stamp: Stamp, ids: Sequence[str], command: Command[T]) -> T:
        """Submit a command, and wait for its result."""
        return self.result(self.submit(stamp, ids, command))

    def check_log(self) -> None:
        """
        Raises:
            UnfinishedCopy, LogMoved: no process may use this log yet, or anymore.
        """
        self._log.check_is_at_work()

    def give_way(self) -> None:
        """Let other processes write between two of many transactions. SQLite has no queue of waiting writers: each
        retries after growing pauses, and would find the log locked again."""
        self._threads.sleep(_GIVE_WAY_SECONDS)

    def let_requests_pass(self) -> None:
        """Pause a background thread while the writer's thread has requests to write. Threads of one process share the
        interpreter: each thread that runs beside the writer multiplies the wait of every request."""
        if not self._is_writing() or self._threads.monotonic() < self._pause_again_at:
            return
        until = self._threads.monotonic() + _PAUSED_SECONDS_MAX
        while self._is_writing() and self._threads.monotonic() < until:
            self._threads.sleep(_PAUSE_SECONDS)
        self._pause_again_at = self._threads.monotonic() + _UNPAUSED_SECONDS_MIN

    def _is_writing(self) -> bool:
        return self.has_thread and bool(self._queue or self._in_hand)

    def is_urgent(self) -> bool:
        """True if requests wait, and the writer's thread, which asks, has worked so long since its last turn that it
        should end what it does."""
        return bool(self._queue) and self._threads.thread_time() - self._turned_at > _URGENT_SECONDS

    def result(self, future: Future[T]) -> T:
        """Wait for the result of a submitted command."""
        self.settle(future)
        return self._threads.result(future)

    def settle(self, future: Future[Any]) -> None:
        """If no thread takes the turns, take them until this future is done."""
        while not self.has_thread and not future.done():
            self.turn()

    def take_up(self) -> None:
        """Decide the commands that wait for a long stream in the next turn, since one is prepared."""
        self._is_prepared = True
        self.wake.set()

    def turn(self) -> bool:
        """Write the queued jobs in one transaction. Return False if there were none."""
        with self._lock:
            if self._is_prepared:
                self._is_prepared, aside, self._aside = False, self._aside, []
                self._queue.extendleft(reversed(aside))
            jobs = [self._queue.popleft() for _ in range(min(len(self._queue), _BATCH_MAX))]
            self._in_hand = jobs = [job for job in jobs if job.begin()]
        if jobs:
            self._write(jobs, conflicts=0)
            self._in_hand = ()
        self._turned_at = self._threads.thread_time()
        return bool(jobs)

    def close(self, error: BaseException | None = None) -> None:
        """Accept no more jobs, and fail all waiting callers."""
        with self._lock:
            self._closed = error or Stopped("The engine is stopping.")
            jobs, self._queue, self._aside = [*self._aside, *self._queue], deque(), []
        for job in jobs:
            if job.begin():
                job.waiter.set_exception(Stopped("The engine stopped before this was written."))

    def _write(self, jobs: Sequence[_Job], *, conflicts: int) -> None:
        try:
            outcomes = self._decide_and_insert(jobs)
        except IntegrityError as error:
            self._write_again(jobs, error, conflicts + 1)
        except PersistenceError as error:
            self.is_failing = True
            for job in jobs:
                job.waiter.set_exception(_unavailable(error))
        except BaseException as error:
            for job in jobs:
                job.waiter.set_exception(Stopped(f"The writer failed: {type(error).__name__}"))
            raise
        else:
            for job, (result, refusal) in zip(jobs, outcomes, strict=True):
                if isinstance(refusal, Unprepared):
                    self._aside.append(job)
                elif refusal is not None:
                    job.waiter.set_exception(refusal)
                else:
                    job.waiter.set_result(result)

    def _write_again(self, jobs: Sequence[_Job], error: IntegrityError, conflicts: int) -> None:
        """Another process has appended to a stream. Retry in halves, so that one contested stream doesn't hold up all
        jobs."""
        if conflicts > _CONFLICTS_MAX:
            for job in jobs:
                job.waiter.set_exception(_unavailable(error))
            return
        half = len(jobs) // 2
        for part in (jobs[:half], jobs[half:]):
            if part:
                self._write(part, conflicts=conflicts)

    def _decide_and_insert(self, jobs: Sequence[_Job]) -> list[_Outcome]:
        epoch = self._log.store.epoch  # taken before the first read: a log that is replaced meanwhile is then noticed
        unit = UnitOfWork(self._fetch, self._recent)
        unit.prefetch(id for job in jobs if isinstance(job, _DecisionJob) for id in job.ids)
        decided = iter([_decide(unit, job) for job in jobs if isinstance(job, _DecisionJob)])
        begun = self._insert([job.event for job in jobs if isinstance(job, _Beginning)], unit, epoch)
        return [
            (begun.pop(job.event.originator_id, False), None) if isinstance(job, _Beginning) else next(decided)
            for job in jobs
        ]

    def _insert(self, firsts: Sequence[Event], unit: UnitOfWork, epoch: int) -> dict[str, bool]:
        """Return which streams began with this insert, each once."""
        once: dict[str, Event] = {}
        for event in firsts:
            once.setdefault(event.originator_id, event)
        if not once and not unit.pending:
            self._log.store.check_epoch(epoch)
            return {}
        are_new, entries = self._log.begin(list(once.values()), unit.pending, epoch=epoch)
        if not entries:
            # They were all there already, but may not be durable yet: their writer may have lost its connection before
            # the commit was confirmed.
            self._log.store.try_to_write()
        self.is_failing = False
        self._recent.keep(unit.states, entries)
        return dict(zip(once, are_new, strict=True))


def _decide(unit: UnitOfWork, job: _DecisionJob) -> _Outcome:
    try:
        with unit.attempt(job.stamp):
            return job.command(unit), None
    except PersistenceError:
        raise
    except Exception as refusal:  # noqa: BLE001 - the boundary around one job: raised to the caller that waits for it
        return None, refusal


def _unavailable(error: PersistenceError) -> StoreUnavailable:
    unavailable = StoreUnavailable(f"The store could not take it: {error}")
    unavailable.__cause__ = error
    return unavailable
