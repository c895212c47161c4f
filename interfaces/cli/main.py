"""`fulfill`, the command line. Modules are imported when their command runs: help must come at once."""

import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError

from interfaces.cli import acting, keeping, reading, running

_DONE, _FAILED, _WRONG_USAGE, _INTERRUPTED = 0, 1, 2, 130

_COMMANDS: Sequence[Callable[..., int]] = (
    running.serve,
    running.worker,
    running.migrate,
    running.demo,
    running.sandbox,
    reading.checkout,
    reading.search,
    reading.queue,
    acting.run,
    acting.complete,
    acting.ship,
    acting.retry,
    acting.replan,
    acting.note,
)


def command_line() -> App:
    """Every command, as data."""
    app = App(
        name="fulfill",
        help="Fulfill every paid Stripe Checkout Session, once.",
        version=lambda: version("checkout-fulfillment"),
        help_on_error=False,
    )
    stock = App(name="stock", help="What is on the shelf, and what is promised.")
    keys = App(name="keys", help="Pools of licence keys.")
    projections = App(name="projections", help="The views, which can be made afresh from the log.")
    for group in (stock, keys, projections):
        app.command(group)
    for command in _COMMANDS:
        app.command(command)
    stock.command(reading.stock_list, name="list")
    stock.command(acting.stock_count, name="count")
    keys.command(acting.keys_import, name="import")
    projections.command(keeping.projections_list, name="list")
    projections.command(keeping.projections_rebuild, name="rebuild")
    projections.command(keeping.projections_verify, name="verify")
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = command_line()(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return code if isinstance(code, int) else _DONE
    except CycloptsError as error:
        return _say(f"{error} See: fulfill --help", _WRONG_USAGE)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it ends
        return _FAILED
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        return _say(str(error), code)


def _exit_code(error: Exception) -> int | None:
    """The one table of errors: what was wrong with the call is 2, what could not be done 1. None: it is a bug."""
    from eventsourcing.persistence import PersistenceError

    from application.errors import Busy, NotFound, Stopped, StoreUnavailable
    from application.ports import PortError
    from application.views import ViewNotBuilt
    from domain.errors import InvalidIdentifier, Refused
    from infrastructure.settings import SettingsError
    from interfaces.bootstrap import CatalogError, DeliveryNotLoaded
    from interfaces.cli.usage import UsageError

    if isinstance(error, UsageError | SettingsError | CatalogError | DeliveryNotLoaded | InvalidIdentifier):
        return _WRONG_USAGE
    could_not = (NotFound, Refused, Busy, StoreUnavailable, Stopped, PersistenceError, ViewNotBuilt, PortError)
    return _FAILED if isinstance(error, (*could_not, OSError)) else None


def _say(text: str, code: int) -> int:
    print(f"fulfill: {' '.join(text.split())}", file=sys.stderr)
    return code


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
