"""The sandbox's own time: it can be moved forward, and what time brings can be held back."""

import time
from collections.abc import Callable
from typing import Final

ADVANCE_SECONDS_MAX: Final = 366 * 24 * 3600
"""A year at once is enough, and a calendar has an end."""


class Clock:
    """The true time plus what was skipped. While it is held, no debit settles and no session expires."""

    def __init__(self, true_now: Callable[[], float] = time.time) -> None:
        self.true_now = true_now
        """What signatures carry, however far the sandbox's time was moved."""
        self._skipped_seconds = 0.0
        self.is_held = False

    def now(self) -> float:
        return self.true_now() + self._skipped_seconds

    def advance(self, seconds: float) -> None:
        self._skipped_seconds += seconds
