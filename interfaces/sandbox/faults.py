"""Failures on demand: the next requests to the API answer with an error, late, or not at all."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    status: int | None
    """The HTTP status to answer with; None to do as asked, after the delay."""
    delay_seconds: float = 0.0
    is_cut: bool = False
    """Whether the connection ends in the middle of the answer."""
    path: str = "/v1/"
    """Only requests whose path starts so are hit; the others pass and count for nothing."""


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[Fault] = []

    def add(self, fault: Fault, count: int) -> None:
        with self._lock:
            self._queue.extend([fault] * count)

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()

    def take(self, path: str) -> Fault | None:
        with self._lock:
            for position, fault in enumerate(self._queue):
                if path.startswith(fault.path):
                    return self._queue.pop(position)
        return None

    @property
    def remaining(self) -> int:
        with self._lock:
            return len(self._queue)
