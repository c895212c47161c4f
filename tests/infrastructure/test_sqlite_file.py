"""How a file of SQLite's is opened: in the mode that was asked for, or not at all."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from eventsourcing.persistence import DatabaseError, IntegrityError, OperationalError, PersistenceError

from infrastructure.sqlite_file import Cures, Synchronous, connect, translated_errors

CURES = Cures(if_damaged="mend it", if_tables_are_missing="make them")


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.parametrize("synchronous", Synchronous)
def test_a_file_is_opened_in_wal_mode_and_synchronizes_as_asked(tmp_path: Path, synchronous: Synchronous) -> None:
    with closing(connect(str(tmp_path / "a.db"), synchronous)) as connection:
        assert (pragma(connection, "journal_mode"), pragma(connection, "synchronous")) == ("wal", synchronous)


def test_what_is_in_memory_needs_no_wal() -> None:
    with closing(connect("file:somewhere?mode=memory&cache=shared", Synchronous.FULL)) as connection:
        assert (pragma(connection, "journal_mode"), pragma(connection, "synchronous")) == ("memory", 2)


def test_a_path_with_letters_that_mean_something_in_a_uri_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a b?mode=ro#c%20d.db"

    with closing(connect(str(path), Synchronous.FULL)) as connection:
        connection.execute("CREATE TABLE here (a)")

    assert path.exists()


def test_a_file_that_can_not_be_put_into_wal_mode_is_not_opened(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE here (a)")

    with pytest.raises(PersistenceError, match=r"^The log: (it may only be read|the journal mode stays delete)"):
        open_and_report(f"file:{tmp_path}/a.db?mode=ro")


def open_and_report(path: str) -> None:
    with translated_errors("The log", CURES):
        connect(path, Synchronous.FULL).close()


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """SQLite does not wait for the lock that turning to WAL takes."""
    together, modes = threading.Barrier(8), []

    def opened() -> None:
        together.wait()
        with closing(connect(str(tmp_path / "a.db"), Synchronous.FULL)) as connection:
            modes.append(pragma(connection, "journal_mode"))

    threads = [threading.Thread(target=opened) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert modes == ["wal"] * 8


@pytest.mark.parametrize(
    ("statement", "kind", "shown"),
    [
        ("SELECT * FROM nowhere", OperationalError, "its tables are missing; make them (no such table: nowhere)"),
        ("INSERT INTO here VALUES (1), (1)", IntegrityError, "UNIQUE constraint failed: here.a"),
        ("SELEKT", OperationalError, 'near "SELEKT": syntax error'),
    ],
)
def test_an_error_keeps_its_kind_and_its_cause(statement: str, kind: type[DatabaseError], shown: str) -> None:
    def fail() -> None:
        with (
            translated_errors("The log", CURES),
            closing(connect("file:x?mode=memory", Synchronous.FULL)) as connection,
        ):
            connection.execute("CREATE TABLE here (a UNIQUE)")
            connection.execute(statement)

    with pytest.raises(kind) as failed:
        fail()

    assert type(failed.value) is kind
    assert str(failed.value) == f"The log: {shown}"
    assert isinstance(failed.value.__cause__, sqlite3.Error)


def test_an_error_that_is_not_of_sqlite_stays_as_it_is() -> None:
    def fail() -> None:
        with translated_errors("The log", CURES):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


def test_a_new_file_is_its_owners_alone_with_those_beside_it(tmp_path: Path) -> None:
    with closing(connect(str(tmp_path / "a.db"), Synchronous.FULL)) as connection:
        connection.execute("CREATE TABLE here (a)")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert modes == {"a.db": 0o600, "a.db-wal": 0o600, "a.db-shm": 0o600}
