"""Backups: made while a server runs, checked, and restored."""

import shlex
import time
from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.text.english import counted
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.output.text import to_the_second
from interfaces.cli.running.interruption import explained_if_stopped
from interfaces.cli.running.logs import configure_command_logs
from interfaces.cli.usage import DONE, FAILED, Json, SettingsSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from cyclopts import Token

    from application.copies.backup import BackedUp, Contents, Lost
    from application.log.anchor import Anchor
    from infrastructure.database import Database


def _path(_kind: object, tokens: "Sequence[Token]") -> Path:
    """The path library's own reading would take an empty text for this directory.

    Raises:
        ValueError: it is empty.
    """
    [token] = tokens
    if not token.value:
        raise ValueError("must name a file, such as backups/shop.db")
    return Path(token.value)


NewFile = Annotated[
    Path, Parameter(converter=_path, help="New file for the backup. An existing file is never replaced.")
]
File = Annotated[Path, Parameter(converter=_path, help="File made by `fulfill backup`.")]
Check = Annotated[
    bool,
    Parameter(negative=(), show_default=False, help="Check the file and compare it with the log, but change nothing."),
]
KeysTo = Annotated[
    Path | None,
    Parameter(
        show_default=False,
        help="New directory for the license keys assigned since the backup, one file per pool.",
    ),
]


def backup(file: NewFile, /, *, json: Json = False) -> int:
    """Back up the log into a new, verified file while servers keep running (SQLite only)."""
    from interfaces.backups import back_up
    from interfaces.cli.output.progress import progress

    database, began_at = SettingsSource().database(), time.monotonic()
    with explained_if_stopped(f"{file} was not created."), progress("copying", "KiB") as report:
        made = back_up(database, file, report)
    seconds = time.monotonic() - began_at
    if made.is_closed:
        talk(
            f"fulfill: {database} is closed: a copy in another database has replaced its log. {file} is closed too, "
            "and can't be restored as it is. Back up the other database instead."
        )
    if json:
        document = {"database": str(database), "file": str(file), **_made(made), "seconds": round(seconds, 3)}
        print_json(document)
    else:
        page().say(f"Backed up {_summary(made)} to {file}, verified and synced. It took {seconds:.1f} seconds.")
    return DONE


def restore(file: File, /, *, check: Check = False, keys_to: KeysTo = None, json: Json = False) -> int:
    """Replace the log with a backup and keep the old log under another name (SQLite only). Stop all processes first."""
    from application.errors import RefusedInWords
    from infrastructure.database import SQLiteFile
    from interfaces.backups import put_in_place
    from interfaces.cli.output.progress import progress

    configure_command_logs()
    database = SettingsSource().database()
    with explained_if_stopped(f"{database} is unchanged."):
        found, lost = _examined(database, file)
        if found.problems and not check:
            raise RefusedInWords(f"{file} can't be restored: {' '.join(found.problems)} {database} is unchanged.")
        kept = None
        with _keys_in_files(database, lost, keys_to) as files:
            if not check:
                with progress("copying", "KiB") as report:
                    kept = put_in_place(database, file, report)
    document = {"database": str(database), "file": str(file), **_found(found, lost)}
    document["keys_to"] = None if files is None else {pool: str(path) for pool, path in files.items()}
    if check:
        if json:
            print_json(document)
        else:
            _put(database, file, found, lost)
            _say_keys(lost, files, file, database)
        return DONE if document["is_right"] else FAILED
    if json:
        print_json({**document, "replaced": None if kept is None else str(kept)})
        return DONE
    page().say(f"Restored {database} from {file}: {_end(found)}. The next start rebuilds the views.")
    if kept is not None:
        page().say(f"The previous log is kept as {kept}.")
    page().say(lost if isinstance(lost, str) else _loss(lost))
    _say_keys(lost, files, file, SQLiteFile(kept) if kept else database)
    for problem in found.unreadable:
        talk(f"fulfill: {problem}.")
    return DONE


def _keys_in_files(
    database: "Database", lost: "Lost | str", directory: Path | None
) -> "AbstractContextManager[Mapping[str, Path] | None]":
    """
    Raises:
        Refused: the keys that the log gave away are unknown.
    """
    from application.errors import RefusedInWords
    from interfaces.backups import keys_in_files

    if directory is None:
        return nullcontext()
    if isinstance(lost, str):
        raise RefusedInWords(
            f"The license keys that were given away since the backup are unknown: {lost} If you can do without them, "
            "restore without --keys-to."
        )
    return keys_in_files(database, lost.agree_until, directory) if lost.keys else nullcontext({})


def _say_keys(lost: "Lost | str", files: "Mapping[str, Path] | None", file: Path, log: "Database") -> None:
    """How to keep license keys from a second customer. `log` is where the log that gave them away is now."""
    from infrastructure.database import SQLiteFile, url_of

    if isinstance(lost, str) or not lost.keys:
        return
    total = sum(lost.keys.values())
    pools = ", ".join(f"{count} of {pool}" for pool, count in lost.keys.items())
    page().say(
        f"That part gave {counted(total, 'license key')} to customers or withdrew them ({pools}). Withdraw them "
        "before a server runs on the restored log, or other customers get them too:"
    )
    if files:
        for pool, path in files.items():
            page().command(f"fulfill keys withdraw {pool} {shlex.quote(str(path))} --new --as NAME --reason TEXT")
    elif isinstance(log, SQLiteFile):
        command = f"fulfill restore {shlex.quote(str(file))} --check --keys-to DIR"
        page().say(f"`DATABASE_URL={url_of(log.path)} {command}` writes them into files for `fulfill keys withdraw`.")


def _examined(database: "Database", file: Path) -> "tuple[Contents, Lost | str]":
    """Return the content of the backup, and what the log has beyond it; or why they can't be compared."""
    from eventsourcing.persistence import PersistenceError

    from application.copies.backup import contents, lost
    from infrastructure.database import url_of
    from interfaces.backups import open_backup, open_current
    from interfaces.cli.output.progress import progress

    with closing(open_backup(database, file)) as backup:
        with progress("reading") as report:
            found = contents(backup, report, url=url_of(file))
        with open_current(database) as current:
            if isinstance(current, str):
                return found, current
            try:
                with progress("comparing") as report:
                    return found, lost(backup, current, report)
            except PersistenceError as error:  # the backup was read just now, so it is the log that can't be
                return found, str(error)


def _made(made: "BackedUp") -> dict[str, object]:
    end = None if made.end is None else asdict(made.end)
    return {"events": made.events, "end": end, "bytes": made.bytes, "is_closed": made.is_closed}


def _found(found: "Contents", lost: "Lost | str") -> dict[str, object]:
    compared = {"lost": None, "not_compared": lost} if isinstance(lost, str) else {"lost": asdict(lost)}
    is_right = found.is_right and (isinstance(lost, str) or not lost.differing)
    return {**asdict(found), "is_right": is_right, **compared}


def _put(database: "Database", file: Path, found: "Contents", lost: "Lost | str") -> None:
    from interfaces.backups import no_restore_of_closed

    fields = [
        ("file", str(file)),
        ("holds", f"{counted(found.events, 'event')} of {counted(found.streams, 'stream')}, sha256 {found.digest}"),
        ("ends with", _end(found)),
        ("beside", f"{counted(found.followers, 'follower')}, {counted(found.parked, 'parked event')}"),
        ("problems", " ".join([*found.problems, *found.unreadable]) or "none"),
        ("restore", lost if isinstance(lost, str) else _loss(lost)),
    ]
    if not isinstance(lost, str) and lost.is_closed:
        fields.append(("log", no_restore_of_closed(database)))
    page().fields(fields)


def _end(found: "Contents") -> str:
    if found.end is None:
        return "an empty log"
    when = "" if found.newest_at is None else f", recorded {to_the_second(found.newest_at)}"
    return f"event {_named(found.end)}{when}"


def _summary(made: "BackedUp") -> str:
    return "an empty log" if made.end is None else f"{counted(made.events, 'event')} up to event {_named(made.end)}"


def _named(end: "Anchor") -> str:
    return f"{end.position} ({end.stream}@{end.version})"


def _loss(lost: "Lost") -> str:
    differing = ""
    if lost.differing:
        differ = "differs" if lost.differing == 1 else "differ"
        differing = (
            f" {counted(lost.differing, 'event')} {differ} between the log and the backup, the first at "
            f"{lost.first_differing}: one of the two was damaged or changed. Compare an older backup with each."
        )
    if not lost.events:
        if differing:
            return f"The backup ends with the same event as the log.{differing}"
        return "Nothing is lost: the backup holds every event of the log."
    between = ""
    if lost.first_at is not None and lost.last_at is not None:
        between = f", recorded from {to_the_second(lost.first_at)} to {to_the_second(lost.last_at)}"
    concern = "It concerns" if lost.events == 1 else "They concern"
    return (
        f"The backup lacks {counted(lost.events, 'event')} after event {lost.agree_until}{between}. {concern} "
        f"{counted(lost.checkouts, 'checkout')} and {counted(lost.stripe_events, 'Stripe event')}, which Stripe can "
        f"send again.{differing}"
    )
