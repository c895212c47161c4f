"""A backup of a log on SQLite is whole or it is not there; what is no whole log is never put in a log's place."""

import os
import signal
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import pytest
from anchors import at
from every_store import sqlite_url
from read_side import ReadSide, open_read_side
from sample_log import sample_log

from application.copies.backup import BackedUp, contents
from application.errors import NotABackup
from application.log.insertion import Bookkeeping, Insertion, ParkedEvent
from application.log.log import Log
from application.reading.rebuild import Progress, silent
from domain import reasons
from domain.errors import Refused
from infrastructure.event_store.sqlite import sqlite_environment
from infrastructure.sqlite_backup import back_up, check_backup, put_in_place
from infrastructure.sqlite_file import still

NOW = datetime(2026, 11, 24, 9, 1, tzinfo=UTC)
PAGES = 1
EVENTS = len(sample_log())


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ReadSide]:
    """An open log with a write-ahead log beside it."""
    with open_read_side(sqlite_url(tmp_path)) as read_side:
        read_side.append(sample_log())
        read_side.projector.catch_up()
        yield read_side


@pytest.fixture
def log(shop: ReadSide, tmp_path: Path) -> Path:
    return tmp_path / "fulfillment.db"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "shop.db"


def each_second() -> Callable[[], float]:
    """A timer that lets every step be reported."""
    seconds = count()
    return lambda: float(next(seconds))


def back_up_slowly(log: Path, file: Path, meanwhile: Callable[[], None]) -> BackedUp:
    """A page at a time, and something else happens after each."""

    def report(progress: Progress) -> None:
        assert progress.done <= progress.total
        meanwhile()

    return back_up(log, file, report, timer=each_second(), pages_at_once=PAGES)


def digest(place: Path) -> str:
    with closing(Log(dict(sqlite_environment(place, create_tables=False)))) as opened:
        return contents(opened).digest


def test_a_backup_is_the_log_with_its_events_positions_and_keys(shop: ReadSide, log: Path, file: Path) -> None:
    made = back_up(log, file, silent)

    assert (made.events, made.end, made.bytes) == (EVENTS, at(shop.log.store, EVENTS), file.stat().st_size)
    assert digest(file) == digest(log)


def test_a_backup_is_its_owners_alone_and_nothing_else_is_left(log: Path, file: Path) -> None:
    back_up(log, file, silent)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_backup_beside_a_server_that_commits_all_the_time_ends(shop: ReadSide, log: Path, file: Path) -> None:
    last = sample_log()[-1]
    first = last.originator_version + 1
    versions = count(first)

    def commit() -> None:
        version = next(versions)
        assert version < first + 1000, "the backup begins again with every commit"
        shop.append([replace(last, originator_version=version)])

    made = back_up_slowly(log, file, commit)

    assert made.events == EVENTS, "it is the log of the moment at which it began"
    assert (shop.log.store.max_notification_id() or 0) > EVENTS + 5
    check_backup(file)


def test_a_file_that_exists_is_never_replaced(log: Path, file: Path) -> None:
    file.write_text("precious")

    with pytest.raises(Refused, match=r"already exists\. Name a new file: a backup never replaces one"):
        back_up(log, file, silent)

    assert file.read_text() == "precious"


def test_parked_events_are_in_a_backup(shop: ReadSide, log: Path, file: Path) -> None:
    parked = ParkedEvent(policy="intake", position=3, subject="evt_1", error=reasons.as_written("no"), parked_at=NOW)
    later = replace(parked, position=4, parked_at=NOW.replace(microsecond=7))
    shop.log.store.insert(Insertion(books=Bookkeeping(park=[parked, later])))

    back_up(log, file, silent)

    check_backup(file)
    with closing(Log(dict(sqlite_environment(still(file), create_tables=False)))) as opened:
        assert contents(opened).parked == 2


def test_a_directory_gets_the_name_of_a_file_in_it(log: Path, file: Path) -> None:
    with pytest.raises(
        Refused, match=r"backups is a directory\. Name a new file for the backup, such as .*/backups/fulfillment\.db$"
    ):
        back_up(log, file.parent, silent)

    assert list(file.parent.iterdir()) == []


def test_a_file_that_appears_meanwhile_is_not_replaced_either(log: Path, file: Path) -> None:
    def appear() -> None:
        file.write_text("precious")

    with pytest.raises(Refused, match="already exists"):
        back_up_slowly(log, file, appear)

    assert file.read_text() == "precious"
    assert list(file.parent.iterdir()) == [file]


def test_a_directory_that_is_not_there_is_named(log: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        back_up(log, tmp_path / "nowhere" / "shop.db", silent)

    assert raised.value.filename == str(tmp_path / "nowhere")


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interrupted_backup_leaves_nothing(log: Path, file: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        back_up_slowly(log, file, interrupt)

    assert list(file.parent.iterdir()) == []


def kill_me() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_kill_in_the_middle_leaves_no_file_of_that_name_and_the_next_backup_works(log: Path, file: Path) -> None:
    process = get_context("fork").Process(target=back_up_slowly, args=(log, file, kill_me))
    process.start()
    process.join()

    assert process.exitcode == -signal.SIGKILL
    assert not file.exists()
    assert [each.suffix for each in file.parent.iterdir()] == [".part"]
    assert back_up(log, file, silent).events == EVENTS


def test_looking_at_a_backup_writes_nothing_beside_it(log: Path, file: Path) -> None:
    back_up(log, file, silent)
    file.chmod(0o400)
    file.parent.chmod(0o500)

    check_backup(file)
    with closing(Log(dict(sqlite_environment(still(file), create_tables=False)))) as opened:
        assert contents(opened).events == EVENTS

    file.parent.chmod(0o700)
    assert list(file.parent.iterdir()) == [file]


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def garbled(file: Path) -> None:
    middle = file.stat().st_size // 2
    with file.open("r+b") as opened:
        opened.seek(middle)
        opened.write(b"\xff" * 4096)


def emptied(file: Path) -> None:
    os.truncate(file, 0)


def a_text(file: Path) -> None:
    file.write_text("Dear shop,\n" * 1000)


def of_another_program(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE stored_events (a)")


def with_another_column(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE parked RENAME COLUMN subject TO matter")


def with_a_text_for_an_event(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE stored_events SET state='{}' WHERE rowid=3")


def with_a_time_that_is_none(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("INSERT INTO parked VALUES ('intake', 3, 'evt_1', 'no', 'yesterday')")


def a_directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def with_a_log_beside_it(file: Path) -> None:
    file.with_name(f"{file.name}-wal").write_bytes(b"x" * 100)


SPOILED = [
    (truncated, "damaged"),
    (garbled, "damaged"),
    (emptied, "is not a log of fulfill: it has no table parked, stored_events, tracking"),
    (a_text, "is not a SQLite database"),
    (of_another_program, "is not a log of fulfill: it has no table parked, tracking"),
    (with_another_column, "is not a log of fulfill: its table parked has no column subject"),
    (with_a_text_for_an_event, "is not a log of fulfill: its table stored_events has a value of another type"),
    (with_a_time_that_is_none, "is not a log of fulfill: its table parked has a time that is none"),
    (a_directory, "is not a regular file"),
    (a_pipe, "is not a regular file"),
    (with_a_log_beside_it, "is only part of its log: shop.db-wal beside it has the rest"),
]


@pytest.mark.parametrize(("spoil", "why"), SPOILED, ids=lambda each: getattr(each, "__name__", ""))
def test_what_is_no_whole_log_is_refused_in_a_sentence(
    log: Path, file: Path, spoil: Callable[[Path], None], why: str
) -> None:
    back_up(log, file, silent)
    spoil(file)

    with pytest.raises(NotABackup, match=why):
        check_backup(file)


def test_a_link_is_refused_for_the_log_beside_the_file_that_it_names(log: Path, file: Path, tmp_path: Path) -> None:
    back_up(log, file, silent)
    link = tmp_path / "latest.db"
    link.symlink_to(file)
    check_backup(link)
    with_a_log_beside_it(file)

    with pytest.raises(
        NotABackup, match=r"backups/shop\.db is only part of its log: shop\.db-wal beside it has the rest"
    ):
        check_backup(link)


def test_a_file_that_is_not_there_is_reported(file: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_backup(file)


@pytest.fixture
def closed(tmp_path: Path, file: Path) -> Path:
    """A closed log, with its views; its backup has 20."""
    with open_read_side(sqlite_url(tmp_path)) as read_side:
        read_side.append(sample_log()[:20])
        back_up(tmp_path / "fulfillment.db", file, silent)
        read_side.append(sample_log()[20:])
        read_side.projector.catch_up()
    return tmp_path / "fulfillment.db"


def events(place: Path) -> int:
    with closing(Log(dict(sqlite_environment(place, create_tables=False)))) as opened:
        return contents(opened).events


def test_a_backup_takes_the_place_of_the_log_which_is_kept_and_its_views_go(closed: Path, file: Path) -> None:
    kept = put_in_place(file, closed, NOW, silent)

    assert kept == closed.with_name("fulfillment.db.replaced-20261124T090100Z")
    assert (events(closed), events(kept), events(file)) == (20, EVENTS, 20)
    assert not list(closed.parent.glob("*views*"))
    assert not list(closed.parent.glob(".*.part"))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o600


def test_two_restores_in_the_same_second_keep_both_logs(closed: Path, file: Path) -> None:
    first = put_in_place(file, closed, NOW, silent)
    second = put_in_place(file, closed, NOW, silent)

    assert second == closed.with_name("fulfillment.db.replaced-20261124T090100Z-2")
    assert first is not None
    assert (events(first), events(second), events(closed)) == (EVENTS, 20, 20)


def test_a_backup_can_be_put_where_there_is_no_log(tmp_path: Path, closed: Path, file: Path) -> None:
    elsewhere = tmp_path / "new" / "fulfillment.db"

    assert put_in_place(file, elsewhere, NOW, silent) is None

    assert events(elsewhere) == 20


def test_what_a_killed_server_left_in_its_write_ahead_log_is_kept_too(closed: Path, file: Path) -> None:
    def write_and_die() -> None:
        log = Log(dict(sqlite_environment(closed, create_tables=False)))
        last = sample_log()[-1]
        log.append([replace(last, originator_version=last.originator_version + 1)])
        kill_me()

    process = get_context("fork").Process(target=write_and_die)
    process.start()
    process.join()
    assert closed.with_name("fulfillment.db-wal").stat().st_size

    kept = put_in_place(file, closed, NOW, silent)

    assert kept is not None
    assert (events(closed), events(kept)) == (20, EVENTS + 1)


def test_a_log_that_another_program_has_open_is_not_replaced(closed: Path, file: Path) -> None:
    with closing(sqlite3.connect(closed, isolation_level=None)) as analyst:
        analyst.execute("SELECT count(*) FROM stored_events").fetchone()
        with pytest.raises(Refused, match=r"Another program has the log .* open\. Stop it, then restore"):
            put_in_place(file, closed, NOW, silent)

    assert events(closed) == EVENTS
    assert not list(closed.parent.glob("*replaced*"))


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_the_log_itself_is_no_backup_by_whatever_name(
    closed: Path, link: Callable[[Path, Path], None] | None, tmp_path: Path
) -> None:
    file = tmp_path / "other.db" if link else closed
    if link:
        link(closed, file)

    with pytest.raises(Refused, match=r"\.db is the log itself, not a backup of it"):
        put_in_place(file, closed, NOW, silent)

    assert events(closed) == EVENTS
    assert not list(closed.parent.glob("*replaced*"))


def test_a_log_that_is_damaged_is_replaced_and_kept_as_it_is(closed: Path, file: Path) -> None:
    closed.write_bytes(b"what a broken disk gives" * 1000)
    closed.with_name("fulfillment.db-wal").write_bytes(b"and this")

    kept = put_in_place(file, closed, NOW, silent)

    assert kept is not None
    assert kept.read_bytes().startswith(b"what a broken disk gives")
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"and this"
    assert events(closed) == 20


def test_a_restore_that_is_interrupted_changes_nothing(closed: Path, file: Path) -> None:
    def interrupted(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put_in_place(file, closed, NOW, interrupted)

    assert events(closed) == EVENTS
    assert list(closed.parent.glob("*views.db")) != []
