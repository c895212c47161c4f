"""What SQLite writes to a file that is not at its place any more is gone when it is closed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from application.errors import LogReplaced
from application.log import Log, StoredEvent
from infrastructure.event_store.sqlite import sqlite_environment

EVENTS = [StoredEvent("cs_test_1", 1, "Topic.Happened", b"{}")]


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_name("copy.db"))
    path.with_name("copy.db").replace(path)


@pytest.mark.parametrize("happens", [deleted, replaced])
def test_nothing_is_written_to_a_log_that_is_not_at_its_place(
    log: Log, tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    log.store.check_place()
    happens(tmp_path / "log.db")

    with pytest.raises(
        LogReplaced, match=f"The log {tmp_path}/log.db was deleted, moved or replaced while it was open"
    ):
        log.store.check_place()
    with pytest.raises(LogReplaced):
        log.store.insert_events(EVENTS)


def test_a_log_that_is_put_back_is_at_its_place(log: Log, tmp_path: Path) -> None:
    (tmp_path / "log.db").rename(tmp_path / "away.db")
    (tmp_path / "away.db").rename(tmp_path / "log.db")

    log.store.check_place()

    assert log.store.insert_events(EVENTS) == [1]


def test_a_log_in_memory_has_no_place(tmp_path: Path) -> None:
    log = Log(dict(sqlite_environment(":memory:", create_tables=True)))

    log.store.check_place()

    assert log.store.insert_events(EVENTS) == [1]
    log.close()
