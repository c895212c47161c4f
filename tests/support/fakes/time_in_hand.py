"""Threads whose time passes only on a test's demand."""

from dataclasses import dataclass, field

from application.threads import Threads


@dataclass
class TimeInHand(Threads):
    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
