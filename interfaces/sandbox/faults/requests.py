"""Failures of the API on demand: for the next requests, or by chance."""

import random
import threading
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    status: int | None
    """The HTTP status to answer with; None to do as asked."""
    delay_seconds: float = 0.0
    is_done_first: bool = False
    """Whether the request is carried out before the delay and the error: it succeeds, but the answer is a failure."""
    is_cut: bool = False
    """Whether the connection ends in the middle of the answer."""
    dribble_seconds: float = 0.0
    """How long the answer takes from its first byte to its last."""
    path: str = "/v1/"
    """Only requests whose path starts so are hit; the others pass and count for nothing."""


class Faults:
    """Those for the next requests come first. The chances depend on the seed, on the path, and on how many requests
    came to this path before: not on how requests to different paths race."""

    def __init__(self, seed: int | None = None) -> None:
        self._lock = threading.Lock()
        self._seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
        self._queue: list[Fault] = []
        self._chances: list[tuple[Fault, float]] = []
        self._seen: Counter[str] = Counter()

    def add(self, fault: Fault, count: int) -> None:
        with self._lock:
            self._queue.extend([fault] * count)

    def add_chance(self, fault: Fault, chance: float, *, seed: int | None = None) -> None:
        """From 0 (never) to 1 (always), until all is cleared. A seed restarts the random numbers."""
        with self._lock:
            if seed is not None:
                self._seed = seed
                self._seen.clear()
            self._chances.append((fault, chance))

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()
            self._chances.clear()

    def take(self, path: str) -> Fault | None:
        with self._lock:
            for position, fault in enumerate(self._queue):
                if path.startswith(fault.path):
                    return self._queue.pop(position)
            return self._by_chance(path)

    @property
    def remaining(self) -> int:
        with self._lock:
            return len(self._queue)

    @property
    def chances(self) -> list[tuple[Fault, float]]:
        with self._lock:
            return list(self._chances)

    def _by_chance(self, path: str) -> Fault | None:
        if not self._chances:
            return None
        self._seen[path] += 1
        drawn = random.Random(f"{self._seed} {path} {self._seen[path]}")  # noqa: S311 (it has to be the same again)
        for fault, chance in self._chances:
            if drawn.random() < chance and path.startswith(fault.path):
                return fault
        return None
