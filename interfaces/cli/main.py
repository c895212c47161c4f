"""`fulfill`: from the words on the command line to an exit code.

Nothing is imported here before it is needed: help must come at once, and Ctrl-C must be quiet from the first moment.
"""

import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cyclopts import App

_DONE, _INTERRUPTED = 0, 130


def command_line() -> "App":
    """Every command there is."""
    from interfaces.cli.commands import command_line

    return command_line()


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Only a bug of ours raises."""
    try:
        code = _command(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        from interfaces.cli.failures import tell

        told = tell(error, arguments)
        if told is None:
            raise
        return told
    else:
        return code
    finally:
        _let_go_of_stdout()


def _command(arguments: Sequence[str]) -> int:
    from cyclopts import CycloptsError

    from interfaces.cli.wrong_usage import check, sentence

    check(arguments)
    try:
        code = command_line()(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        from interfaces.cli.usage import UsageError

        raise UsageError(sentence(error, arguments)) from error
    return code if isinstance(code, int) else _DONE


def _let_go_of_stdout() -> None:
    """Where nobody reads any more, or the disk is full, Python would complain once more when it ends."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that knows no “ is no reason to fail
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
