"""What the log and the views have in common on SQLite: how a file is opened, and the messages of its errors."""

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from eventsourcing import persistence

BUSY_TIMEOUT_SECONDS = 10
_WAL_TRIES = 100
_WAL_PAUSE_SECONDS = 0.05

_MEANINGS = {
    "SQLITE_BUSY": f"another process has held it for {BUSY_TIMEOUT_SECONDS} seconds",
    "SQLITE_LOCKED": "another connection holds it",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk can't be read or written",
    "SQLITE_READONLY": "it may only be read: check who owns the file and its directory",
    "SQLITE_CANTOPEN": "it can't be opened: check that its directory is there and may be written to",
    "SQLITE_PERM": "it may not be opened: check who owns the file and its directory",
}
_DAMAGES = {
    "SQLITE_NOTADB": "the file is something else, not an SQLite database",
    "SQLITE_CORRUPT": "the file is damaged",
}


class Synchronous(IntEnum):
    """How much SQLite synchronizes before it continues: https://www.sqlite.org/pragma.html#pragma_synchronous."""

    NORMAL = 1
    """A power cut may take the last commits; the file stays whole."""
    FULL = 2
    """Committed data survives a power cut."""


_IMMUTABLE = "immutable=1"


def still(file: Path) -> str:
    """Return the URI of a file that no process changes. SQLite reads it without creating other files beside it."""
    return f"{file.absolute().as_uri()}?{_IMMUTABLE}"


def connect(path: str, synchronous: Synchronous) -> sqlite3.Connection:
    """Return a connection in autocommit mode that any thread may use, one at a time.

    `path` may be a `file:` URI. A file is opened in WAL mode, unless it is `still`.

    Raises:
        sqlite3.Error: it can't be opened, or not in this mode.
    """
    _make_private(path)
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False, uri=True
    )
    try:
        connection.execute(f"PRAGMA synchronous={int(synchronous)}")
        is_file = bool(connection.execute("PRAGMA database_list").fetchone()[2]) and not path.endswith(_IMMUTABLE)
        if is_file:
            _write_ahead(connection)
        _assert_mode(connection, synchronous, is_file=is_file)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_private(path: str) -> None:
    """A new file is its owner's alone, since customers' data will be in it; SQLite's files beside it follow suit.

    It gets its name once it is closed: to close a file that SQLite has open in the same process drops SQLite's locks on
    it, and the database is damaged. https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled
    """
    if path.startswith((":memory:", "file:")) or os.path.lexists(path):
        return
    with suppress(OSError):  # SQLite reports in a moment what is wrong with the path
        handle, draft = tempfile.mkstemp(dir=os.path.dirname(path) or ".")
        os.close(handle)
        try:
            os.link(draft, path)
        finally:
            os.unlink(draft)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Readers and the writer don't wait for each other then. SQLite does not wait for the lock that this takes once."""
    for remaining in reversed(range(_WAL_TRIES)):
        if _pragma(connection, "journal_mode") == "wal":
            return
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorname.startswith("SQLITE_BUSY")
            if remaining == 0 or not is_busy:
                raise
            time.sleep(_WAL_PAUSE_SECONDS)


def _assert_mode(connection: sqlite3.Connection, synchronous: Synchronous, *, is_file: bool) -> None:
    """SQLite leaves a setting that it can't change as it was, and reports no error."""
    if is_file and (mode := _pragma(connection, "journal_mode")) != "wal":
        raise sqlite3.OperationalError(f"the journal mode stays {mode}; a network or read-only file system has no WAL")
    if _pragma(connection, "synchronous") != synchronous:
        raise sqlite3.OperationalError("this build of SQLite does not synchronize as asked")


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


@dataclass(frozen=True, slots=True)
class Cures:
    """What a person can do about a broken file, which depends on its content."""

    if_damaged: str
    if_tables_are_missing: str


@contextmanager
def translated_errors(what: str, cures: Cures) -> Iterator[None]:
    """Raise errors of SQLite as those of the event-sourcing library, with a sentence about `what`.

    Raises:
        PersistenceError: the library's error that fits.
    """
    try:
        yield
    except sqlite3.Error as error:
        kind = getattr(persistence, type(error).__name__, persistence.PersistenceError)
        raise kind(f"{what}: {_meaning(error, cures)}") from error


def _meaning(error: sqlite3.Error, cures: Cures) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if meaning := _of(name, _MEANINGS):
        return f"{meaning} ({error})"
    if damage := _of(name, _DAMAGES):
        return f"{damage}; {cures.if_damaged} ({error})"
    if str(error).startswith("no such table"):
        return f"its tables are missing; {cures.if_tables_are_missing} ({error})"
    return str(error)


def _of(name: str, meanings: Mapping[str, str]) -> str | None:
    """SQLite has finer codes of the same kind: SQLITE_IOERR_WRITE."""
    return next((text for code, text in meanings.items() if name == code or name.startswith(f"{code}_")), None)
