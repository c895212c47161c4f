"""How long each tenth of a long way takes, and what it costs."""

import time

import msgspec
from bench.figures import Spread
from bench.processes import cpu_seconds

PARTS = 10


class Part(msgspec.Struct):
    events: int
    seconds: float
    cpu_seconds: float


class Pass(msgspec.Struct):
    """One way through a log, or several."""

    parts: list[Part]

    @property
    def events(self) -> int:
        return sum(part.events for part in self.parts)

    @property
    def per_second(self) -> Spread:
        return Spread.of([part.events / part.seconds for part in self.parts])

    @property
    def cpu_us(self) -> Spread:
        return Spread.of([part.cpu_seconds / part.events * 1e6 for part in self.parts])


class Stopwatch:
    """Runs from when it is made; CPU is that of this process and of the database."""

    def __init__(self, database_pid: int | None, events: int) -> None:
        self._database_pid = database_pid
        self._events = events
        self._done, self._cpu, self._at = 0, self._cpu_seconds(), time.perf_counter()
        self.measured = Pass([])

    def passes(self, done: int) -> bool:
        """Note how many events are done. Whether another tenth of the way is."""
        if done * PARTS // self._events == self._done * PARTS // self._events:
            return False
        cpu, at = self._cpu_seconds(), time.perf_counter()
        self.measured.parts.append(Part(done - self._done, at - self._at, cpu - self._cpu))
        self._done, self._cpu, self._at = done, cpu, at
        return True

    def _cpu_seconds(self) -> float:
        return time.process_time() + (0.0 if self._database_pid is None else cpu_seconds(self._database_pid))
