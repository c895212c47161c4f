"""Throttles log lines that any stranger can cause, so that they can't fill the disk."""

import time
from collections.abc import Callable

from interfaces.web.rate_limit import RateLimit

LOG_AGAIN_SECONDS = 10.0
REFUSALS_PER_MINUTE = 60


class LogThrottle:
    """Returns True at most once in `seconds`."""

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
    """Chooses the refused deliveries to log: enough to see what is wrong with Stripe's, however many strangers send."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = RateLimit(REFUSALS_PER_MINUTE, monotonic)
        self._unsaid = 0

    def unsaid_before(self) -> int | None:
        """The number of refusals left out since the last logged one; None if this one is left out too."""
        if not self._limit.allows(""):
            self._unsaid += 1
            return None
        unsaid, self._unsaid = self._unsaid, 0
        return unsaid
