"""Moving a log to another database, which is how a shop grows from one machine to many."""

import logging
import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from interfaces.cli.keeping import told_if_stopped
from interfaces.cli.output.printing import page, print_json
from interfaces.cli.usage import DONE, FAILED, Json, Place, UsageError

if TYPE_CHECKING:
    from application.copying import Copied
    from infrastructure.database import Database

From = Annotated[str, Parameter("--from", help="Database with the log, as in DATABASE_URL.")]
To = Annotated[str, Parameter("--to", help="Empty database for the copy, as in DATABASE_URL.")]


def copy(*, from_: From, to: To, json: Json = False) -> int:
    """Copy a log into another database and verify it. Safe to interrupt: run the same command again to resume."""
    from infrastructure.logs import configure_logs
    from interfaces.bootstrap import open_copy
    from interfaces.cli.output.progress import progress

    source, target = _database("--from", from_), _database("--to", to)
    if source == target:
        raise UsageError("--from and --to must be different databases.")
    configure_logs(level=logging.CRITICAL)
    began_at = time.monotonic()
    with (
        open_copy(source, target) as copy_all,
        told_if_stopped(
            "What was copied is kept: the same command goes on from there. Until it has ended, nothing starts on "
            f"{target}."
        ),
    ):
        copied = copy_all(progress)
    seconds = time.monotonic() - began_at
    if json:
        print_json({"from": str(source), "to": str(target), **_document(copied), "seconds": round(seconds, 3)})
    else:
        _put(copied, target, seconds)
    return DONE if copied.is_same else FAILED


def reopen(*, json: Json = False) -> int:
    """Reopen the log at DATABASE_URL after `fulfill copy` has closed it."""
    from interfaces.bootstrap import reopen as reopen_log

    database = Place().database()
    was_moved = reopen_log(database)
    if json:
        print_json({"database": str(database), "was_moved": was_moved, "state": "ready"})
    elif was_moved:
        page().say(f"{database} is open again. Nothing may work at its copy from now on.")
    else:
        page().say(f"{database} is open: no other database goes on in its place.")
    return DONE


def _database(option: str, url: str) -> "Database":
    from infrastructure.database import parse_database

    try:
        return parse_database(url)
    except ValueError as error:
        raise UsageError(f"{option} {error}") from error


def _document(copied: "Copied") -> dict[str, object]:
    views = [
        {"name": view.name, "rows": view.rows, "digest": view.live_digest, "is_same": view.is_right}
        for view in copied.views
    ]
    return {
        "events": copied.events,
        "streams": copied.streams,
        "digest": copied.digest,
        "followers": copied.followers,
        "parked": copied.parked,
        "views": views,
        "differences": list(_differences(copied)),
        "is_same": copied.is_same,
    }


def _put(copied: "Copied", target: "Database", seconds: float) -> None:
    if copied.is_same:
        page().say(
            f"{copied.events} events of {copied.streams} streams, {copied.followers} positions of followers and "
            f"{copied.parked} parked events are in {target}, as are {len(copied.views)} views: the same as in the "
            f"source, sha256 {copied.digest}. It took {seconds:.1f} seconds."
        )
        return
    page().say(f"The copy is not the same, so nothing starts on {target}. The first differences:")
    for difference in _differences(copied):
        page().say(difference)


def _differences(copied: "Copied") -> "list[str]":
    told = list(copied.differences)
    for view in copied.views:
        if not view.is_right:
            told.append(
                f"View {view.name}: if its source is wrong, `fulfill projections rebuild {view.name}` there mends it, "
                "and the same `fulfill copy` goes on."
            )
            told += [
                f"  {each.key}: {each.live} in the source, {each.fresh} in the target." for each in view.differences
            ]
    return told
