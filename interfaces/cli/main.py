"""`fulfill`: from the words on the command line to an exit code.

Nothing is imported here before it is needed: help must come at once, and Ctrl-C must be quiet from the first moment.
"""

import gc
import io
import logging
import os
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from cyclopts import App

_DONE, _INTERRUPTED = 0, 130
_GARBAGE_THRESHOLDS = 20_000, 5, 200
_TURN_SECONDS = 0.0005


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
        from interfaces.cli.failures import report

        exit_code = report(error, arguments)
        if exit_code is None:
            raise
        return exit_code
    else:
        return code
    finally:
        _let_go_of_stdout()


def _command(arguments: Sequence[str]) -> int:
    from cyclopts import CycloptsError

    from interfaces.cli.commands import launched
    from interfaces.cli.wrong_usage import check, sentence

    check(arguments)
    try:
        code = launched(command_line())(
            list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        from interfaces.cli.usage import UsageError

        raise UsageError(sentence(error, arguments)) from error
    return code if isinstance(code, int) else _DONE


def _let_go_of_stdout() -> None:
    """Keep Python from a second error at its end if the reader is gone or the disk is full."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tune_the_interpreter() -> None:
    """Raise the thresholds of the garbage collector for this process, and let threads take shorter turns.

    One batch of the engine makes tens of thousands of objects that live until the batch ends. With Python's own
    thresholds the collector walks them again and again, and frees nothing: about 15 % of the CPU of a checkout. The
    second generation is collected after five times the first: an object is still walked once in it, but no walk of
    400,000 objects holds up every request for up to 100 ms.

    To append a webhook, the writer's thread waits for the interpreter some ten times: after each call of the database.
    While another thread folds a long stream or builds a view, each wait takes up to one turn. With Python's own 5 ms
    that is 50 ms for each webhook.
    """
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    sys.setswitchinterval(_TURN_SECONDS)


def main() -> None:
    tune_the_interpreter()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that knows no “ is no reason to fail
    _end(run(sys.argv[1:]))


def _end(code: int) -> NoReturn:
    """Python waits for threads when it ends, also for one that hangs in a call to Stripe for half a minute. When
    `serve` and `worker` return, everything is written and every lock given back, and such a call is an attempt that
    the next start repeats under the same key, so waiting for it is useless."""
    others = (thread for thread in threading.enumerate() if thread is not threading.current_thread())
    if all(thread.daemon for thread in others):
        sys.exit(code)
    logging.shutdown()
    os._exit(code)  # `run` has flushed standard output, and standard error keeps nothing back


if __name__ == "__main__":
    main()
