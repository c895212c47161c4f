"""Waiting for what another thread or process will do: for so long that a broken program is noticed."""

import time
from collections.abc import Callable

_SECONDS_MAX = 60.0


def wait_for(is_so: Callable[[], bool], seconds_max: float = _SECONDS_MAX) -> bool:
    """Whether it came to be so."""
    deadline = time.monotonic() + seconds_max
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
