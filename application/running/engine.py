"""The engine: runs the loops, and stops them when asked or when one fails.

Four threads have one loop each: the writer's (every write, then one batch of the policies), that of long streams (their
states, which the writer must not fold), the projector's (views), and the effects' (claims; a pool of threads carries
them out). Without threads, `run_until_quiet` takes the same turns in order: for commands beside a server, and for
tests.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import structlog
from eventsourcing.persistence import PersistenceError

from application.errors import Busy, Stopped, StoreUnavailable
from application.log.log import Log
from application.log_line import LogLine
from application.ports import WorkerLocks
from application.reading.views import Views
from application.running.effects import EffectRunner
from application.running.followers import Followers
from application.threads import Running, Threads
from application.writing.long_streams import LongStreams
from application.writing.writer import Writer

logger = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.01
"""The pause after which an idle writer asks the store for commits of other processes."""
_POLL_SECONDS = 1.0
_EFFECTS_POLL_SECONDS = 0.5
_ERROR_PAUSE_SECONDS = 0.5
STOP_SECONDS = 9.0


class Turns(Protocol):
    def turn(self) -> bool:
        """Do a bounded piece of work. Return False if there was none."""


class Engine:
    def __init__(
        self,
        *,
        log: Log,
        long_streams: LongStreams,
        writer: Writer,
        followers: Followers,
        projector: Turns,
        runner: EffectRunner,
        locks: WorkerLocks,
        views: Views,
        threads: Threads | None = None,
    ) -> None:
        self._log = log
        self._long_streams = long_streams
        self._long_streams.on_prepared = writer.take_up
        self._long_streams.pause = writer.let_requests_pass
        self._writer = writer
        self._followers = followers
        self._followers.is_urgent = writer.is_urgent
        self._projector = projector
        self._runner = runner
        self._locks = locks
        self._views = views
        self._make = threads or Threads()
        self._stopping = self._make.signal()
        self._views_wake = self._make.signal()
        self._threads: list[Running] = []
        self._has_worker = True
        self.failure: BaseException | None = None
        self.on_failure: Callable[[], None] | None = None

    @property
    def is_ready(self) -> bool:
        """True if submitted jobs are written, and soon."""
        is_running = bool(self._threads) and not self._stopping.is_set()
        return is_running and self.failure is None and not self._writer.is_closed and self._writer.is_well

    def start(self, *, with_worker: bool = True) -> None:
        """Start writing submitted jobs, and, with the worker, doing all that follows."""
        self._writer.has_thread = True
        self._has_worker = with_worker
        self._long_streams.has_thread = True
        loops = {"writer": self._write, "streams": self._prepare}
        self._followers.is_server = with_worker
        if with_worker:
            self._log.store.watch(self._writer.wake.set)
            loops |= {"projector": self._project, "effects": self._run_effects}
        for name, loop in loops.items():
            self._threads.append(self._make.start(name, partial(self._guarded, name, loop)))

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> None:
        """Claim nothing more, finish the effects under way, write the queued jobs, and release the locks."""
        deadline = self._make.monotonic() + timeout_seconds
        self._stopping.set()
        self._runner.wake.set()
        for thread in self._threads:
            if thread.name == "effects":
                thread.join(max(0.1, deadline - 2 - self._make.monotonic()))
        self._runner.stop()
        while self._has_work_in_hand and self._make.monotonic() < deadline - 1:
            self._make.sleep(0.01)
        self._writer.close()
        self._writer.wake.set()
        self._long_streams.close()
        self._views_wake.set()
        for thread in self._threads:
            thread.join(max(0.1, deadline - self._make.monotonic()))
        self._writer.has_thread = any(thread.name == "writer" and thread.is_alive() for thread in self._threads)
        if not any(thread.is_alive() for thread in self._threads) and not self._runner.is_busy:
            self._log.close()  # closing while another thread reads would crash the interpreter
            self._views.close()
        self._locks.release()

    @property
    def _has_work_in_hand(self) -> bool:
        return self.failure is None and (self._runner.is_busy or self._writer.is_waited_for)

    def run_until_quiet(self, *, effects: bool = True, rounds_max: int = 10_000) -> None:
        """Take turns on this thread until nothing is left to do.

        Raises:
            RuntimeError: there is still work after `rounds_max` rounds.
        """
        for _ in range(rounds_max):
            did = [self._writer.turn(), self._followers.turn(), self._projector.turn()]
            if effects:
                did.append(self._runner.turn())
            if not any(did):
                return
        raise RuntimeError(f"The engine still had work after {rounds_max} rounds.")

    def followed_position(self) -> int:
        """The position up to which the leading process has handled the log."""
        return self._followers.stored_position()

    def _guarded(self, name: str, loop: Callable[[], None]) -> None:
        """Run the loop. An unexpected exception fails all waiters, turns readiness red and lets the process end."""
        try:
            loop()
        except BaseException as error:
            logger.critical(LogLine.ENGINE_FAILED, thread=name, error=f"{type(error).__name__}: {error}", exc_info=True)
            self.failure = error
            self._writer.close(error)
            if self.on_failure is not None:
                self.on_failure()

    def _write(self) -> None:
        looked_at, polled_at, news = 0.0, 0.0, True
        while not (self._writer.is_closed and not self._writer.is_waited_for):
            wrote = self._writer.turn()
            now = self._make.monotonic()
            followed = False
            if now - looked_at >= _POLL_SECONDS:
                looked_at = now
                self._look_after_the_log()
            if wrote or news or now - polled_at >= _POLL_SECONDS:
                polled_at = now
                followed = self._follow()
            news = followed
            if wrote or followed:
                self._views_wake.set()
            else:
                self._writer.wake.wait(_LOOK_SECONDS if self._has_worker else _POLL_SECONDS)
                news = self._has_worker and (self._followers.is_held_up or self._log.store.has_foreign_commits())
            self._writer.wake.clear()

    def _look_after_the_log(self) -> None:
        try:
            self._log.store.check_not_replaced()
            self._followers.check_positions()
        except PersistenceError as error:
            logger.error(LogLine.LOG_NOT_LOOKED_AT, error=str(error))
            self._writer.is_failing = True  # so callers learn it before the next write
            return
        if self._writer.is_failing:
            self._writer.try_again()

    def _follow(self) -> bool:
        if self._stopping.is_set() or not self._has_worker:
            return False
        try:
            return self._followers.turn()
        except PersistenceError as error:
            logger.error(LogLine.LOG_NOT_FOLLOWED, error=str(error))
            self._stopping.wait(_ERROR_PAUSE_SECONDS)
            return False

    @property
    def _is_to_project(self) -> bool:
        """The leading process keeps the views; others would only repeat its work."""
        return not self._stopping.is_set() and self._locks.lead()

    def _project(self) -> None:
        while not self._stopping.is_set():
            self._views_wake.wait(_POLL_SECONDS)
            self._views_wake.clear()
            try:
                while self._is_to_project and self._projector.turn():
                    self._runner.wake.set()
            except PersistenceError as error:
                logger.error(LogLine.VIEWS_NOT_UPDATED, error=str(error))
                self._stopping.wait(_ERROR_PAUSE_SECONDS)

    def _prepare(self) -> None:
        while not self._stopping.is_set():
            self._long_streams.wake.wait()
            self._long_streams.wake.clear()
            try:
                while not self._stopping.is_set() and self._long_streams.turn():
                    pass
            except PersistenceError as error:
                logger.error(LogLine.LONG_STREAM_NOT_READ, error=str(error))
                self._long_streams.wake.set()
                self._stopping.wait(_ERROR_PAUSE_SECONDS)
            except Stopped:
                return

    def _run_effects(self) -> None:
        while not self._stopping.is_set():
            self._runner.wake.clear()
            try:
                did = self._runner.turn()
            except Stopped:
                return
            except (Busy, StoreUnavailable, PersistenceError) as error:
                logger.error(LogLine.EFFECTS_NOT_CLAIMED, error=str(error))
                self._stopping.wait(_ERROR_PAUSE_SECONDS)
                did = False
            if not did:
                self._runner.wake.wait(_EFFECTS_POLL_SECONDS)
