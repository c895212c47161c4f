"""Backups of whatever database a log is in: wired like the rest, for the commands that make, check and restore them."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from eventsourcing.persistence import PersistenceError

from application.copies.backup import BackedUp, keys_given
from application.errors import NotFound, NotMigrated, RefusedInWords
from application.log.log import Log
from application.reading.rebuild import Report
from infrastructure.database import Database
from infrastructure.stores import stores


def back_up(database: Database, file: Path, report: Report) -> BackedUp:
    """Copy the log into a new file, while servers may use it.

    Raises:
        NotFound, Refused, NotABackup, PersistenceError, OSError: as `StoresWithBackups.back_up`.
    """
    return stores(database).back_up(file, report)


def open_backup(database: Database, file: Path) -> Log:
    """The log in a backup of this database.

    Raises:
        Refused, NotABackup, PersistenceError, OSError: as `StoresWithBackups.open_backup`.
    """
    return stores(database).open_backup(file)


@contextmanager
def open_current(database: Database) -> Iterator[Log | str]:
    """The log of today, to compare a backup with; a sentence if there is none, or none that can be read."""
    kept = stores(database)
    try:
        kept.check()
        log = kept.open_log()
    except NotFound:
        yield f"There is no log at {database} yet."
        return
    except (NotMigrated, PersistenceError) as error:
        yield str(error)
        return
    with closing(log):
        yield log


@contextmanager
def keys_in_files(database: Database, after: int, directory: Path) -> Iterator[Mapping[str, Path]]:
    """The license keys that the log gave away after this position: a file for each pool in a new directory, private to
    its owner. They are removed if the caller's block fails.

    Raises:
        Refused: the directory exists already.
        PersistenceError, OSError: the log can't be read, or a file can't be written.
    """
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError as error:
        raise RefusedInWords(
            f"{directory} exists already, and license keys go into a new directory. Name another one."
        ) from error
    files: dict[str, Path] = {}
    try:
        with open_current(database) as log:
            for pool, keys in () if isinstance(log, str) else keys_given(log, after):
                files[pool] = directory / f"{pool}.txt"
                with open(files[pool], "a", opener=_privately) as file:
                    file.writelines(f"{key.text}\n" for key in keys)
        yield files
    except BaseException:
        for each in files.values():
            each.unlink(missing_ok=True)
        directory.rmdir()
        raise


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def put_in_place(database: Database, file: Path, report: Report) -> Path | None:
    """Replace the log by a copy of this backup. Returns where the replaced log is kept, if there was one.

    Raises:
        Refused: a process uses the log, or another database has replaced it.
        NotABackup, PersistenceError, OSError: as `StoresWithBackups.put_in_place`.
    """
    kept = stores(database)
    locks = kept.locks()
    try:
        if not locks.lead() or locks.has_others():
            raise RefusedInWords(
                f"A process is using {database}. Stop every `fulfill serve`, `worker` and other command there, then "
                "restore."
            )
        _check_is_open(database)
        return kept.put_in_place(file, datetime.now(UTC), report)
    finally:
        locks.release()


def _check_is_open(database: Database) -> None:
    """
    Raises:
        Refused: the log was copied to another database, which has replaced it.
    """
    with open_current(database) as current:
        is_moved = False
        with suppress(PersistenceError):  # a log that can't be read is what a restore is for
            is_moved = isinstance(current, Log) and current.is_moved
    if is_moved:
        raise RefusedInWords(no_restore_of_closed(database))


def no_restore_of_closed(database: Database) -> str:
    return (
        f"{database} is closed: a copy in another database has replaced its log. A restore would open it again, "
        "and both would give the same keys to different customers. If you abandon the other database, stop "
        "everything there, run `fulfill reopen`, then restore."
    )
