"""What is SQLite's own about the log: how durable, who may write when, and that a crash is no way to close it."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest
from eventsourcing.persistence import IntegrityError, InterfaceError
from stored_events import stored

from application.log.log import Log
from infrastructure.event_store.connections import SQLiteLogDatastore
from infrastructure.event_store.sqlite import SQLiteLogRecorder

Open = Callable[[], Log]


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/log.db"


def datastore(log: Log) -> SQLiteLogDatastore:
    return cast(SQLiteLogRecorder, log.store).datastore


def test_every_connection_that_can_write_the_log_synchronizes_fully_and_writes_ahead(log: Log) -> None:
    with ExitStack() as held:
        connections = [held.enter_context(datastore(log).get_connection(commit=False)) for _ in range(12)]
        modes = set()
        for connection in connections:
            with connection.cursor() as cursor:
                synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
                modes.add((synchronous, cursor.execute("PRAGMA journal_mode").fetchone()[0]))

    assert len({id(connection) for connection in connections}) == 12
    assert modes == {(2, "wal")}


def test_a_log_out_of_wal_mode_is_put_back(open_log: Open, tmp_path: Path) -> None:
    open_log().close()
    other = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    assert other.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
    other.close()

    open_log().close()

    check = sqlite3.connect(tmp_path / "log.db")
    assert check.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    check.close()


def test_positions_have_no_gaps_even_after_a_conflict(log: Log) -> None:
    log.store.insert_events(stored("cs_test_1", 1, 2))
    with pytest.raises(IntegrityError):
        log.store.insert_events([*stored("cs_test_2", 1, 2), *stored("cs_test_1", 2)])

    assert log.store.insert_events(stored("cs_test_3", 1, 2)) == [3, 4]
    assert [each.id for each in log.store.select_notifications(None, 10)] == [1, 2, 3, 4]


def test_two_processes_that_open_a_new_log_at_once_both_get_it(open_log: Open) -> None:
    opened: list[Log] = []
    threads = [threading.Thread(target=lambda: opened.append(open_log())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(opened) == 8
    for number, log in enumerate(opened):
        log.store.insert_events(stored(f"cs_test_{number}", 1))
    assert opened[0].store.max_notification_id() == 8


def test_who_is_to_commit_has_the_right_to_write_from_the_start(log: Log, tmp_path: Path) -> None:
    """Who reads first could find, when it writes, that what it read is old, and no waiting would help."""
    rival = sqlite3.connect(tmp_path / "log.db", timeout=0, isolation_level=None)

    with datastore(log).transaction(commit=True), pytest.raises(sqlite3.OperationalError, match="locked"):
        rival.execute("BEGIN IMMEDIATE")
    with datastore(log).transaction(commit=False):
        rival.execute("BEGIN IMMEDIATE")

    rival.close()


def test_a_log_that_is_closed_under_its_readers_does_not_crash_them(log: Log) -> None:
    log.store.insert_events([event for number in range(50) for event in stored(f"cs_test_{number}", *range(1, 101))])
    ends: list[str] = []
    begun = threading.Barrier(5)

    def read() -> None:
        begun.wait()
        try:
            while True:
                log.store.select_notifications(None, 5000)
        except InterfaceError as error:
            ends.append(str(error))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    begun.wait()
    log.close()
    for reader in readers:
        reader.join()

    assert [end.endswith("log.db is closed.") for end in ends] == [True] * 4


def test_what_another_process_only_read_is_no_news(open_log: Open) -> None:
    ours, theirs = open_log(), open_log()
    ours.store.has_foreign_commits()

    theirs.store.select_notifications(None, 10)
    with pytest.raises(IntegrityError):
        theirs.store.insert_events(stored("cs_test_1", 1, 1))

    assert ours.store.has_foreign_commits() is False
