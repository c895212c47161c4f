"""What SQLite writes to a file that is not at its place any more is gone when it is closed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from eventsourcing.persistence import PersistenceError

from application.errors import LogReplaced
from application.log.log import Log, StoredEvent
from infrastructure.event_store.sqlite import sqlite_environment

EVENTS = [StoredEvent("cs_test_1", 1, "Topic.Happened", b"{}")]


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/log.db"


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_name("copy.db"))
    path.with_name("copy.db").replace(path)


@pytest.mark.parametrize("happens", [deleted, replaced])
def test_nothing_is_written_to_a_log_that_is_not_at_its_place(
    log: Log, tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    log.store.check_not_replaced()
    happens(tmp_path / "log.db")

    with pytest.raises(
        LogReplaced, match=f"The log {tmp_path}/log.db was deleted, moved or replaced while it was open"
    ):
        log.store.check_not_replaced()
    with pytest.raises(LogReplaced):
        log.store.insert_events(EVENTS)


def test_a_log_that_is_put_back_is_at_its_place(log: Log, tmp_path: Path) -> None:
    (tmp_path / "log.db").rename(tmp_path / "away.db")
    (tmp_path / "away.db").rename(tmp_path / "log.db")

    log.store.check_not_replaced()

    assert log.store.insert_events(EVENTS) == [1]


def test_a_log_in_memory_has_no_place(tmp_path: Path) -> None:
    log = Log(dict(sqlite_environment(":memory:", create_tables=True)))

    log.store.check_not_replaced()

    assert log.store.insert_events(EVENTS) == [1]
    log.close()


def test_a_place_that_can_not_be_looked_at_is_a_temporary_failure(log: Log, tmp_path: Path) -> None:
    path, kept = tmp_path / "log.db", tmp_path / "kept.db"
    path.rename(kept)
    path.symlink_to(path)
    with pytest.raises(PersistenceError, match="can't be read: Too many levels of symbolic links"):
        log.store.insert_events(EVENTS)
    path.unlink()
    kept.rename(path)

    log.store.insert_events(EVENTS)


def test_who_goes_to_another_directory_leaves_the_log_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = Log(dict(sqlite_environment("here.db", create_tables=True)))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    log.store.check_not_replaced()
    log.close()
