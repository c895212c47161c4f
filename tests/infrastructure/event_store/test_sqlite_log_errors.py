"""For every error of SQLite, users of the log get one of the library's errors, in a sentence about the log."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from eventsourcing.persistence import DatabaseError, IntegrityError, InterfaceError, OperationalError, StoredEvent

from application.log.log import Log
from infrastructure.event_store.connections import SQLiteLogDatastore
from infrastructure.event_store.sqlite import SQLiteLogRecorder, sqlite_environment

EVENTS = [StoredEvent("cs_test_1", 1, "Topic.Happened", b"{}")]
USES: list[Callable[[Log], object]] = [
    lambda log: log.store.insert_events(EVENTS),
    lambda log: log.store.select_events("cs_test_1"),
    lambda log: log.store.select_streams(["cs_test_1"]),
    lambda log: log.store.select_positions([1]),
    lambda log: log.store.select_notifications(None, 10),
    lambda log: log.store.max_notification_id(),
    lambda log: log.store.max_tracking_id("intake"),
    lambda log: log.store.select_parked_events(),
]


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/log.db"


def opened(path: Path | str, *, create_tables: bool = False) -> Log:
    return Log(dict(sqlite_environment(path, create_tables=create_tables)))


def datastore(log: Log) -> SQLiteLogDatastore:
    return cast(SQLiteLogRecorder, log.store).datastore


def in_one_sentence(path: Path | str, what: str) -> str:
    return f"^{re.escape(f'The log {path}: {what}')}"


def test_a_file_that_is_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.write_text("Dear diary, " * 500)

    with pytest.raises(
        DatabaseError, match=in_one_sentence(path, "the file is something else, not an SQLite database; restore")
    ):
        opened(path, create_tables=True)


@pytest.mark.parametrize("create_tables", [True, False])
def test_a_missing_directory_is_named_at_the_start(tmp_path: Path, create_tables: bool) -> None:
    path = tmp_path / "nowhere" / "log.db"

    with pytest.raises(OperationalError, match=in_one_sentence(path, "it can't be opened: check that its directory")):
        opened(path, create_tables=create_tables)


@pytest.mark.parametrize("use", USES)
def test_missing_tables_say_how_they_are_made(tmp_path: Path, use: Callable[[Log], object]) -> None:
    log = opened(tmp_path / "log.db")

    with pytest.raises(OperationalError, match="its tables are missing; run `fulfill migrate`"):
        use(log)
    log.close()


@pytest.mark.parametrize("use", USES)
def test_a_damaged_file_is_named(tmp_path: Path, use: Callable[[Log], object]) -> None:
    path = tmp_path / "log.db"
    opened(path, create_tables=True).close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 200_000)
    log = opened(path)

    with pytest.raises(DatabaseError, match=in_one_sentence(path, "the file is damaged; restore it from a backup")):
        use(log)
    log.close()


def test_a_log_that_another_process_holds_for_long_is_named(log: Log, tmp_path: Path) -> None:
    with datastore(log).get_connection(commit=True) as connection, connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=0")  # the same connection is used again: no caller waits in this test
    other = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match=in_one_sentence(tmp_path / "log.db", "another process has held it for")):
        log.store.insert_events(EVENTS)

    other.close()
    assert log.store.insert_events(EVENTS) == [1]


def test_a_full_disk_is_named_and_what_fits_later_is_stored(log: Log, tmp_path: Path) -> None:
    with datastore(log).get_connection(commit=True) as connection, connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={pages}")
    large = [StoredEvent("cs_test_1", version, "Topic.Happened", b"x" * 4000) for version in range(1, 50)]

    with pytest.raises(OperationalError, match=in_one_sentence(tmp_path / "log.db", "the disk is full")):
        log.store.insert_events(large)

    with datastore(log).get_connection(commit=True) as connection, connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count=100000")
    assert log.store.insert_events(large) == list(range(1, 50))


def test_a_log_that_may_only_be_read_is_named(log: Log, tmp_path: Path) -> None:
    path = f"file:{tmp_path}/log.db?mode=ro"
    reader = opened(path)

    assert reader.store.select_notifications(None, 10) == []
    with pytest.raises(OperationalError, match=in_one_sentence(path, "it may only be read: check who owns the file")):
        reader.store.insert_events(EVENTS)
    with pytest.raises(OperationalError, match=in_one_sentence(path, "it may only be read: check who owns the file")):
        reader.store.try_to_write()
    reader.close()


def test_to_try_to_write_changes_nothing_but_is_a_write(log: Log) -> None:
    log.store.insert_events(EVENTS)
    log.store.has_foreign_commits()

    log.store.try_to_write()

    assert log.store.has_foreign_commits()
    assert log.store.max_notification_id() == 1


def test_a_commit_that_fails_leaves_nothing_open(log: Log) -> None:
    with datastore(log).get_connection(commit=True) as connection, connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys=ON")

    def insert_an_orphan() -> None:
        with datastore(log).transaction(commit=True) as c:
            c.execute("CREATE TABLE child (id PRIMARY KEY, parent REFERENCES child DEFERRABLE INITIALLY DEFERRED)")
            c.execute("INSERT INTO child VALUES (1, 2)")

    with pytest.raises(IntegrityError, match="FOREIGN KEY constraint failed"):
        insert_an_orphan()

    assert log.store.insert_events(EVENTS) == [1]
    with datastore(log).transaction(commit=False) as c:
        c.execute("SELECT count(*) FROM sqlite_master WHERE name='child'")
        assert c.fetchone()[0] == 0


def test_a_caller_without_a_connection_blocks_no_other(tmp_path: Path) -> None:
    """In the library the writer's lock stays taken then, so that nothing could be written until a restart."""
    path = tmp_path / "later" / "log.db"
    store = SQLiteLogDatastore(str(path))
    for commit in (True, True, False, True):
        with pytest.raises(OperationalError, match="it can't be opened"), store.transaction(commit=commit):
            pass

    path.parent.mkdir()

    with store.transaction(commit=True) as c:
        c.execute("CREATE TABLE here (a)")
    store.close()


def test_a_closed_log_says_so(log: Log) -> None:
    log.close()

    for use in USES:
        with pytest.raises(InterfaceError, match=r"log.db is closed"):
            use(log)


def test_a_log_that_can_not_be_watched_may_have_news_until_it_can(log: Log, tmp_path: Path) -> None:
    log.store.has_foreign_commits()
    assert log.store.has_foreign_commits() is False
    store = datastore(log)
    there, store.pool.db_name = store.pool.db_name, str(tmp_path / "nowhere" / "log.db")
    cast(SQLiteLogRecorder, log.store).close_watch()

    assert [log.store.has_foreign_commits(), log.store.has_foreign_commits()] == [True, True]

    store.pool.db_name = there
    assert [log.store.has_foreign_commits(), log.store.has_foreign_commits()] == [True, False]
