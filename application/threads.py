"""Runs work in parallel, and waits, with threads of the operating system.

A simulation replaces them by tasks that take turns in an order that its seed chooses, under its own clock.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Protocol, TypeVar

T = TypeVar("T")


class Signal(Protocol):
    """The interface of `threading.Event`."""

    def is_set(self) -> bool: ...

    def set(self) -> None: ...

    def clear(self) -> None: ...

    def wait(self, timeout: float | None = None, /) -> bool: ...


class Running(Protocol):
    """The interface of `threading.Thread`."""

    @property
    def name(self) -> str: ...

    def is_alive(self) -> bool: ...

    def join(self, timeout: float | None = None, /) -> None: ...


class Overdue(Exception):
    """A call did not return in time. It continues in its own thread."""


class Threads:
    def signal(self) -> Signal:
        return threading.Event()

    def start(self, name: str, run: Callable[[], None]) -> Running:
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def result(self, future: Future[T]) -> T:
        """Return the result of another thread, or raise its error."""
        return future.result()

    def within(self, seconds: float, call: Callable[[], T]) -> T:
        """Return what the call returns, or raise its error.

        Raises:
            Overdue: it takes longer.
        """
        ended: Future[T] = Future()

        def run() -> None:
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - raised to the caller that waits for the result
                ended.set_exception(error)
            else:
                ended.set_result(result)

        threading.Thread(target=run, name=f"{threading.current_thread().name}-call", daemon=True).start()
        if not wait([ended], seconds).done:
            raise Overdue
        return ended.result()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def monotonic(self) -> float:
        return time.monotonic()

    def thread_time(self) -> float:
        """Return the seconds of CPU that the calling thread has used."""
        return time.thread_time()
