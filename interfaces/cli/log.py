"""The database of the log: its tables, and a copy of the log to another one, as when a shop outgrows one machine."""

import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.text.english import counted
from interfaces.cli.output.printing import page, print_json
from interfaces.cli.running.interruption import explained_if_stopped
from interfaces.cli.running.logs import configure_command_logs
from interfaces.cli.usage import DONE, FAILED, Json, SettingsSource, UsageError

if TYPE_CHECKING:
    from application.copies.copying import Copied
    from infrastructure.database import Database

From = Annotated[str, Parameter("--from", help="Database with the log, as in DATABASE_URL.")]
To = Annotated[str, Parameter("--to", help="Empty database for the copy, as in DATABASE_URL.")]


def migrate(*, json: Json = False) -> int:
    """Create or upgrade the tables. PostgreSQL needs this command; on SQLite, every writing command does it."""
    from interfaces.databases import migrate as migrate_database

    source = SettingsSource()
    database = source.database()
    migrate_database(database, source.time_zone())
    if json:
        print_json({"database": str(database), "state": "ready"})
    else:
        page().say(f"{database} is ready.")
    return DONE


def copy(*, from_: From, to: To, json: Json = False) -> int:
    """Copy a log into another database and verify it. Safe to interrupt: run the same command again to resume."""
    from interfaces.cli.output.progress import progress
    from interfaces.databases import open_copy

    source, target = _database("--from", from_), _database("--to", to)
    if source == target:
        raise UsageError("--from and --to must be different databases.")
    configure_command_logs()
    began_at = time.monotonic()
    with (
        open_copy(source, target, SettingsSource().time_zone()) as copy_all,
        explained_if_stopped(
            "The progress is kept: run the same command again to resume. Until the copy is complete, nothing starts on "
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
    from interfaces.databases import reopen as reopen_log

    database = SettingsSource().database()
    was_moved = reopen_log(database)
    if json:
        print_json({"database": str(database), "was_moved": was_moved, "state": "ready"})
    elif was_moved:
        page().say(f"{database} is open again. Run nothing on its copy from now on.")
    else:
        page().say(f"{database} is already open: no copy has replaced it.")
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
            f"Copied {counted(copied.events, 'event')} of {counted(copied.streams, 'stream')}, "
            f"{counted(copied.followers, 'follower position')} and {counted(copied.parked, 'parked event')} to "
            f"{target}, and built {counted(len(copied.views), 'view')} there: all identical to the source, sha256 "
            f"{copied.digest}. It took {seconds:.1f} seconds."
        )
        return
    page().say(f"The copy differs from the source, so nothing starts on {target}. First differences:")
    for difference in _differences(copied):
        page().say(difference)


def _differences(copied: "Copied") -> "list[str]":
    found = list(copied.differences)
    for view in copied.views:
        if not view.is_right:
            found.append(
                f"View {view.name}: if the source is wrong, run `fulfill projections rebuild {view.name}` there, then "
                "the same `fulfill copy` again."
            )
            found += [
                f"  {each.key}: {each.live} in the source, {each.fresh} in the target." for each in view.differences
            ]
    return found
