"""Waiting on the event loop for what the writer's thread does."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any


class Acknowledgements:
    """Makes the writer wake up once for all that came in together, and the loop once for all that is done by then: a
    commit is many."""

    def __init__(self, wake_writer: Callable[[], None]) -> None:
        self._wake_writer = wake_writer
        self._is_writer_called = False
        self._done: deque[Callable[[], None]] = deque()
        self._is_loop_called = False

    def expect(self) -> "Acknowledgement":
        """One to be waited for by the coroutine that runs."""
        return Acknowledgement(self, asyncio.get_running_loop())

    def ask_for_soon(self) -> None:
        """On the loop: have the writer woken once everything has been handed over that is ready to be by now."""
        if not self._is_writer_called:
            self._is_writer_called = True
            asyncio.get_running_loop().call_soon(self._ask)

    def _ask(self) -> None:
        self._is_writer_called = False
        self._wake_writer()

    def notify(self, loop: asyncio.AbstractEventLoop, how: Callable[[], None]) -> None:
        """Call this soon on the loop. Safe from any thread."""
        self._done.append(how)
        if not self._is_loop_called:
            self._is_loop_called = True
            with suppress(RuntimeError):  # the loop is closed: no request waits any more
                loop.call_soon_threadsafe(self._notify_all)

    def _notify_all(self) -> None:
        self._is_loop_called = False  # before looking, so that whatever is not seen here calls the loop again
        while self._done:
            self._done.popleft()()


class Acknowledgement:
    """Implements `application.writing.writer.Waiter`."""

    def __init__(self, all: Acknowledgements, loop: asyncio.AbstractEventLoop) -> None:
        self._all = all
        self._loop = loop
        self._future: asyncio.Future[Any] = loop.create_future()

    async def within(self, seconds: float) -> Any:
        """The result, or what is raised instead of one.

        Raises:
            TimeoutError: there is none by then; what was not begun until now won't be.
        """
        timer = self._loop.call_later(seconds, self._give_up, seconds)
        try:
            return await self._future
        finally:
            timer.cancel()

    def _give_up(self, seconds: float) -> None:
        if not self._future.done():
            self._future.set_exception(TimeoutError(f"It was not written within {seconds:.0f} seconds."))

    def set_running_or_notify_cancel(self) -> bool:
        return not self._future.done()

    def set_result(self, result: Any) -> None:
        self._all.notify(self._loop, partial(self._hear, self._future.set_result, result))

    def set_exception(self, exception: BaseException) -> None:
        self._all.notify(self._loop, partial(self._hear, self._future.set_exception, exception))

    def _hear(self, how: Callable[[Any], None], what: Any) -> None:
        if not self._future.done():
            how(what)
