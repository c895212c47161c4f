"""What a part of the soak found, and how it is printed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Report:
    part: str
    numbers: dict[str, object] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        print(f"[{time.strftime('%H:%M:%S')}] {self.part}: {text}", flush=True)

    def demand(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            self.problems.append(otherwise)

    def print(self) -> None:
        for what, number in self.numbers.items():
            self.say(f"{what}: {number}")
        for problem in self.problems[:20]:
            self.say(f"WRONG: {problem}")
        self.say(f"{len(self.problems)} problems" if self.problems else "all invariants hold")

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.numbers[what] = f"{time.monotonic() - started:.1f} s"
