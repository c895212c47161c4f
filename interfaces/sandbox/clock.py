"""The sandbox's own time: it can be moved forward, and what time brings can be held back."""

import time
from collections.abc import Callable


class Clock:
    """Wall time plus what was skipped. While it is held, no debit settles and no session expires."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._skipped_seconds = 0.0
        self.is_held = False

    def now(self) -> float:
        return self._wall() + self._skipped_seconds

    def advance(self, seconds: float) -> None:
        self._skipped_seconds += seconds
