"""Long answers on a terminal go through a pager. Nothing else does: no file, no pipe, no JSON."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO

from interfaces.cli.output.printing import Page, is_terminal, page
from interfaces.cli.usage import COMMON, UsageError

_USUAL = "less"
_OPTIONS_OF_LESS = "FRX"
"""Ends by itself if everything fits into the window, shows colors, and leaves on the screen what was read."""


@contextmanager
def paged() -> Iterator[Page]:
    """A page that a person can scroll on a terminal; elsewhere the usual page. Nothing of it is shown before its end.

    Raises:
        UsageError: PAGER is no command line.
    """
    command = _pager() if is_terminal(sys.stdout) and COMMON.get().has_pager else None
    if command is None:
        yield page()
        return
    from interfaces.cli.output.terminal import Terminal

    text = StringIO()
    yield Terminal(text, columns=shutil.get_terminal_size().columns)
    _show(command, text.getvalue())


def _pager() -> Sequence[str] | None:
    """The command of `PAGER`, `less` without it, or None if there is none."""
    named = os.environ.get("PAGER", _USUAL)
    try:
        command = shlex.split(named)
    except ValueError as error:
        raise UsageError(f"PAGER must be a command line (got {named!r}): {error}. Use --no-pager for none.") from error
    return command if command and shutil.which(command[0]) else None


def _show(command: Sequence[str], text: str) -> None:
    """Ctrl-C belongs to the pager until it ends, as it does in `git` and `man`."""
    environment = {"LESS": _OPTIONS_OF_LESS, **os.environ}
    before = signal.signal(signal.SIGINT, lambda *_: None)  # to ignore it would make the pager ignore it, too
    try:
        subprocess.run(command, input=text, env=environment, text=True, check=False)  # noqa: S603 - it is the user's own
    finally:
        signal.signal(signal.SIGINT, before)
