"""Log lines that anybody can cause: said, but not so often that they fill the disk."""

import time
from collections.abc import Callable

from interfaces.web.rate_limit import RateLimit

SAY_AGAIN_SECONDS = 10.0
REFUSALS_PER_MINUTE = 60


class Seldom:
    """True once in so many seconds at most."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._next_at = float("-inf")

    def __call__(self) -> bool:
        now = self._monotonic()
        if now < self._next_at:
            return False
        self._next_at = now + self._seconds
        return True


class Refusals:
    """Which refused deliveries are said: enough to see what is wrong with Stripe's, whatever comes from others."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = RateLimit(REFUSALS_PER_MINUTE, monotonic)
        self._unsaid = 0

    def unsaid_before(self) -> int | None:
        """How many were passed over since the last that was said; None if this one is passed over too."""
        if not self._limit.allows(""):
            self._unsaid += 1
            return None
        unsaid, self._unsaid = self._unsaid, 0
        return unsaid
