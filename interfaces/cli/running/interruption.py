"""Long commands can be stopped: they end cleanly and print what to do next."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from interfaces.cli.output.printing import talk


@contextmanager
def explained_if_stopped(what_to_do: str) -> Iterator[None]:
    """When Ctrl-C or SIGTERM stops the command, print what to do next."""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        talk(f"fulfill: Stopped. {what_to_do}")
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
