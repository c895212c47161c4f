"""A thread with an event loop and an HTTP client in it, for what happens on its own time."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import httpx2

if TYPE_CHECKING:
    import ssl

Result = TypeVar("Result")
Job = Callable[[httpx2.AsyncClient], Coroutine[Any, Any, Result]]

_STOP_SECONDS: Final = 15.0


@cache
def _certificates() -> "ssl.SSLContext":
    """Read once, however many sandboxes a process has: reading them takes longer than starting one."""
    return httpx2.create_ssl_context(trust_env=False)


class InBackground(Protocol):
    def submit(self, job: Job[Result]) -> "Future[Result]": ...

    def stop(self) -> None:
        """Ends every job; a later job may start it again."""


class Background:
    """Starts with the first job. Stopping ends every job; a later job starts it again."""

    def __init__(self, *, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._running: _Running | None = None

    def submit(self, job: Job[Result]) -> "Future[Result]":
        with self._lock:
            if self._running is None:
                self._running = _Running(self._timeout_seconds)
            return self._running.submit(job)

    def stop(self) -> None:
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.stop()


class _Running:
    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._jobs: set[asyncio.Task[object] | None] = set()
        self._client: Future[httpx2.AsyncClient] = Future()
        self._thread = threading.Thread(target=self._work, name="sandbox-background", daemon=True)
        self._thread.start()
        self._client.result(_STOP_SECONDS)

    def submit(self, job: Job[Result]) -> "Future[Result]":
        return asyncio.run_coroutine_threadsafe(self._do(job), self._loop)

    def stop(self) -> None:
        # Jobs submitted before are in the loop's queue before this call: each of them starts and is canceled.
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_STOP_SECONDS)

    async def _do(self, job: Job[Result]) -> Result:
        task = asyncio.current_task()
        self._jobs.add(task)
        try:
            return await job(self._client.result())
        finally:
            self._jobs.discard(task)

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._wait())

    async def _wait(self) -> None:
        # An environment's proxy must not see what goes to this machine, and no redirect may lead elsewhere.
        async with httpx2.AsyncClient(
            timeout=self._timeout_seconds, follow_redirects=False, trust_env=False, verify=_certificates()
        ) as client:
            self._client.set_result(client)
            await self._stopping.wait()
            # Not the tasks that a job has made: it ends those itself, in the way that is right for them.
            jobs = [job for job in self._jobs if job is not None]
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
