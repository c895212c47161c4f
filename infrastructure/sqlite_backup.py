"""The file of a log as a backup: copied in one piece beside a server that writes, checked, and put in the log's place.

One read transaction holds the source as it is for as long as the copy takes. Without it SQLite begins the copy again
after every commit of another process, and beside a busy server it never ends.
"""

import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp

from eventsourcing.persistence import StoredEvent

from application.copies.backup import BackedUp
from application.errors import NotABackup, RefusedInWords
from application.log.anchor import anchor
from application.log.log import MOVED
from application.reading.rebuild import Meter, Report
from infrastructure.database import url_of
from infrastructure.sqlite_file import BUSY_TIMEOUT_SECONDS, Cures, still, translated_errors
from infrastructure.views.sqlite import views_path

_PAGES_AT_ONCE = 4096
_KIB = 1024
_WAL, _SHM = "-wal", "-shm"
_TABLES = {
    "stored_events": {"originator_id": "text", "originator_version": "integer", "topic": "text", "state": "blob"},
    "tracking": {"application_name": "text", "notification_id": "integer"},
    "parked": {"policy": "text", "position": "integer", "subject": "text", "error": "text", "parked_at": "text"},
}
"""The tables of a log, with the columns that are read and what SQLite calls the type of each value there."""
_CURES = Cures(if_damaged="restore it from a backup", if_tables_are_missing="it is no log of fulfill")
_IS_CLOSED = "SELECT EXISTS (SELECT 1 FROM tracking WHERE application_name=?)"
_END = """
SELECT rowid, originator_id, originator_version, topic, state, (SELECT count(*) FROM stored_events),
    (SELECT count(*) FROM tracking), (SELECT count(*) FROM parked)
FROM stored_events ORDER BY rowid DESC LIMIT 1
"""


def back_up(
    log: Path,
    file: Path,
    report: Report,
    *,
    timer: Callable[[], float] = time.monotonic,
    pages_at_once: int = _PAGES_AT_ONCE,
) -> BackedUp:
    """Copy the log as it is now into a new file, private to its owner, and durable once this returns.

    Raises:
        Refused: the file exists already, or is a directory.
        NotABackup: the copy is not what was read.
        PersistenceError, OSError: the log can't be read, or the file can't be written.
    """
    if file.is_dir():
        raise RefusedInWords(f"{file} is a directory. Name a new file for the backup, such as {file / log.name}")
    _check_absent(file)
    with translated_errors(f"The log {log}", _CURES), _draft_beside(file) as draft:
        copied = _copy(f"{log.absolute().as_uri()}?mode=ro", draft, Meter(report, timer, 0), pages_at_once)
        _publish(draft, file)
    return copied


def check_backup(file: Path) -> None:
    """Check that the file is a whole log at which no process works. Nothing is written beside it.

    Raises:
        NotABackup: it is not; the message gives the reason.
        OSError: there is no such file.
    """
    if not stat.S_ISREG(file.stat().st_mode):
        raise NotABackup(f"{file} is not a regular file. Name a file made by `fulfill backup`.")
    file = file.resolve()  # SQLite keeps the write-ahead log beside the file that a link names
    wal = _beside(file, _WAL)
    if wal.exists() and wal.stat().st_size:
        raise NotABackup(
            f"{file} is only part of its log: {wal.name} beside it has the rest, because a process is using it or was "
            f"killed. Back it up first: `DATABASE_URL={url_of(file)} fulfill backup NEW_FILE`."
        )
    _check_whole(file)


def put_in_place(file: Path, log: Path, now: datetime, report: Report) -> Path | None:
    """Replace the log by a copy of this backup in one step, and drop its views, which are rebuilt at the next start.

    The caller ensures that no process uses the log. Returns where the replaced log is kept, if there was one.

    Raises:
        Refused: another program has the log open, or the file is the log itself.
        NotABackup: the copy is not what was read.
        PersistenceError, OSError: the backup can't be read, or the log's directory can't be written.
    """
    if log.exists() and file.samefile(log):
        raise RefusedInWords(f"{file} is the log itself, not a backup of it. Name a file made by `fulfill backup`.")
    log.parent.mkdir(parents=True, exist_ok=True)
    with translated_errors(f"The backup {file}", _CURES), _draft_beside(log) as draft:
        _copy(still(file), draft, Meter(report, time.monotonic, 0))
        kept = _set_aside(log, now) if log.exists() else None
        os.replace(draft, log)
        _sync(log.parent)
    views = views_path(log)
    for each in (views, _beside(views, _WAL), _beside(views, _SHM)):
        each.unlink(missing_ok=True)
    return kept


def _copy(source: str, draft: Path, meter: Meter, pages_at_once: int = _PAGES_AT_ONCE) -> BackedUp:
    """A durable copy, compared with what it was made from.

    Raises:
        NotABackup: it is not the same.
        sqlite3.Error: one of the two can't be used.
    """
    with closing(_open(source)) as here, closing(_open(str(draft))) as there:
        there.execute("PRAGMA journal_mode=OFF")  # an incomplete draft is deleted
        there.execute("PRAGMA synchronous=OFF")  # and one that does is synchronized at the end
        here.execute("BEGIN")
        is_closed = bool(here.execute(_IS_CLOSED, (MOVED,)).fetchone()[0])
        end = here.execute(_END).fetchone()
        kib_a_page = here.execute("PRAGMA page_size").fetchone()[0] / _KIB

        def show(_status: int, remaining: int, total: int) -> None:
            meter.show(int((total - remaining) * kib_a_page), int(total * kib_a_page), is_last=not remaining)

        here.backup(there, pages=pages_at_once, progress=show)
    _check_whole(draft)
    with closing(_open(still(draft))) as copy:
        if copy.execute(_END).fetchone() != end:
            raise NotABackup(f"The copy {draft} does not end with the same event as its source. Check the disk.")
    _sync(draft)
    if end is None:
        return BackedUp(events=0, end=None, bytes=draft.stat().st_size, is_closed=is_closed)
    position, stream, version, topic, state, events, *_ = end
    last = anchor(position, StoredEvent(stream, version, topic, state))
    return BackedUp(events=events, end=last, bytes=draft.stat().st_size, is_closed=is_closed)


def _check_whole(file: Path) -> None:
    """
    Raises:
        NotABackup: it is damaged, or no log.
    """
    try:
        with closing(_open(still(file))) as connection:
            damage = [text for (text,) in connection.execute("PRAGMA integrity_check(1)") if text != "ok"]
            foreign = _what_is_foreign(connection)
    except sqlite3.DatabaseError as error:
        raise NotABackup(f"{file} is not a SQLite database, or is damaged: {error}.") from error
    if damage:
        raise NotABackup(f"{file} is damaged: {damage[0]}.")
    if foreign:
        raise NotABackup(f"{file} is not a log of fulfill: {foreign}.")


def _what_is_foreign(connection: sqlite3.Connection) -> str | None:
    """The reason for which this database is no log; None if it is one."""
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    if missing := sorted(_TABLES.keys() - found):
        return f"it has no table {', '.join(missing)}"
    for table, columns in _TABLES.items():
        there = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
        if missing := sorted(columns.keys() - there):
            return f"its table {table} has no column {', '.join(missing)}"
        wrong = " OR ".join(f"typeof({name})<>'{kind}'" for name, kind in columns.items())
        if connection.execute(f"SELECT 1 FROM {table} WHERE {wrong} LIMIT 1").fetchone():  # noqa: S608 - names of ours
            return f"its table {table} has a value of another type than this program writes"
    if connection.execute("SELECT 1 FROM parked WHERE julianday(parked_at) IS NULL LIMIT 1").fetchone():
        return "its table parked has a time that is none"
    return None


def _open(place: str) -> sqlite3.Connection:
    return sqlite3.connect(place, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, uri=True)


@contextmanager
def _draft_beside(file: Path) -> Iterator[Path]:
    """An empty file in the same directory, private to its owner, which is removed in the end. Only a kill leaves it."""
    file.parent.stat()
    handle, name = mkstemp(prefix=f".{file.name}-", suffix=".part", dir=file.parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _publish(draft: Path, file: Path) -> None:
    try:
        os.link(draft, file)  # unlike a rename this never replaces a file
    except FileExistsError as error:
        raise _exists(file) from error
    except OSError:  # a file system without hard links
        _check_absent(file)
        os.rename(draft, file)
    _sync(file.parent)


def _set_aside(log: Path, now: datetime) -> Path:
    """Give the log another name beside its own. All that belongs to it is in that one file, unless it is damaged.

    Raises:
        Refused: another program has it open.
    """
    kept = _linked(log, f"{log.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
    wal, kept_wal = _beside(log, _WAL), _beside(kept, _WAL)
    try:
        if wal.exists():
            os.link(wal, kept_wal)  # SQLite deletes what it can't use beside a damaged file
        if _is_written_back(log, wal):
            kept_wal.unlink(missing_ok=True)
    except BaseException:
        kept.unlink()
        kept_wal.unlink(missing_ok=True)
        raise
    wal.unlink(missing_ok=True)  # it must never be taken for a part of the new log
    _beside(log, _SHM).unlink(missing_ok=True)
    return kept


def _linked(log: Path, name: str) -> Path:
    """Link it under this name, or under that name with the next number if there is such a file already."""
    link, number = log.with_name(name), 1
    while True:
        try:
            os.link(log, link)
        except FileExistsError:
            number += 1
            link = log.with_name(f"{name}-{number}")
        else:
            return link


def _is_written_back(log: Path, wal: Path) -> bool:
    """Write what is in the write-ahead log into the file. False if one of the two is damaged.

    Raises:
        Refused: another program has the log open.
    """
    try:
        with closing(_open(str(log))) as connection:
            is_used = bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            return False
        is_used = True
    if is_used or wal.exists():  # the last to close it deletes it
        raise RefusedInWords(f"Another program has the log {log} open. Stop it, then restore.")
    return True


def _check_absent(file: Path) -> None:
    """
    Raises:
        Refused: there is one already.
    """
    if os.path.lexists(file):
        raise _exists(file)


def _exists(file: Path) -> RefusedInWords:
    return RefusedInWords(f"{file} already exists. Name a new file: a backup never replaces one.")


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(f"{file.name}{suffix}")


def _sync(place: Path) -> None:
    """Until the disk has it. For a directory: the names in it."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
