"""For every error of SQLite, users of the views get one of the library's errors, in a sentence about the views."""

import re
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from anchors import somewhere
from eventsourcing.persistence import DatabaseError, InterfaceError, OperationalError, PersistenceError

from application.reading.projection import Put, Row
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.views import Advance, Selection, View, ViewState
from infrastructure.sqlite_file import Synchronous, connect
from infrastructure.views.sqlite import SQLiteViews

VIEW = View(name="checkouts", version=CHECKOUTS.version, generation=1, position=0, state=ViewState.LIVE)
ROW: Row = {**dict.fromkeys(CHECKOUTS.table.columns), "session_id": "cs_test_1", "position": 1, "recorded_at": ""}


def advance(*texts: str, view: View = VIEW) -> Advance:
    changes = [Put({**ROW, "session_id": text}) for text in texts]
    return Advance(view=view, table=CHECKOUTS.table, anchor=somewhere(1), changes=changes)


def snapshot(views: SQLiteViews) -> object:
    with views.snapshot(CHECKOUTS) as held:
        return list(held.rows())


READS: list[Callable[[SQLiteViews], object]] = [
    lambda views: views.all(),
    lambda views: views.select(Selection(projection=CHECKOUTS)),
    lambda views: views.unreadable(VIEW),
    snapshot,
]
WRITES: list[Callable[[SQLiteViews], object]] = [
    lambda views: views.create(CHECKOUTS, ViewState.BUILDING),
    lambda views: views.apply([advance("cs_test_1")]),
    lambda views: views.switch(VIEW),
    lambda views: views.drop(VIEW),
]


def about(path: Path | str, what: str) -> str:
    return f"^{re.escape(f'The views {path}: {what}')}"


@pytest.fixture
def views(sqlite_views: SQLiteViews) -> SQLiteViews:
    return sqlite_views


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "views.db"


def test_a_file_that_is_something_else_says_how_the_views_come_back(path: Path) -> None:
    path.write_text("Dear diary, " * 500)

    with pytest.raises(
        DatabaseError, match=about(path, "the file is something else, not an SQLite database; stop fulfill and delete")
    ):
        SQLiteViews(path)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "views.db"

    with pytest.raises(OperationalError, match=about(path, "it can't be opened: check that its directory is there")):
        SQLiteViews(path)


@pytest.mark.parametrize("use", [*READS, *WRITES])
def test_a_damaged_file_says_how_the_views_come_back(path: Path, use: Callable[[SQLiteViews], object]) -> None:
    views = SQLiteViews(path)
    views.create(CHECKOUTS, ViewState.LIVE)
    views.close()
    views = SQLiteViews(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * path.stat().st_size)

    with pytest.raises(DatabaseError, match=about(path, "the file is damaged; stop fulfill and delete it, then the")):
        use(views)
    views.close()


@pytest.mark.parametrize("use", READS)
def test_views_that_were_deleted_meanwhile_say_so(path: Path, use: Callable[[SQLiteViews], object]) -> None:
    views = SQLiteViews(path)
    for name in path.parent.iterdir():
        name.unlink()

    with pytest.raises(OperationalError, match=about(path, "its tables are missing; it was deleted meanwhile: start")):
        use(views)
    views.close()


@pytest.mark.parametrize("use", WRITES)
def test_views_that_another_process_holds_for_long_are_named(path: Path, use: Callable[[SQLiteViews], object]) -> None:
    def connect_without_patience(path: str) -> sqlite3.Connection:
        connection = connect(path, Synchronous.NORMAL)
        connection.execute("PRAGMA busy_timeout=0")
        return connection

    views = SQLiteViews(path, connect_without_patience)
    views.create(CHECKOUTS, ViewState.LIVE)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match=about(path, "another process has held it for 10 seconds")):
        use(views)

    other.close()
    views.apply([advance("cs_test_1")])
    views.close()


def test_a_full_disk_is_named_and_what_fits_later_is_taken_in(path: Path) -> None:
    disk: list[sqlite3.Connection] = []

    def connect_to_the_disk(path: str) -> sqlite3.Connection:
        disk.append(connect(path, Synchronous.NORMAL))
        return disk[-1]

    views = SQLiteViews(path, connect_to_the_disk)
    view = views.create(CHECKOUTS, ViewState.LIVE)
    pages = disk[0].execute("PRAGMA page_count").fetchone()[0]
    disk[0].execute(f"PRAGMA max_page_count={pages}")
    large = advance(*(f"{number:05}" * 800 for number in range(100)), view=view)

    with pytest.raises(OperationalError, match=about(path, "the disk is full")):
        views.apply([large])

    assert [each.position for each in views.all()] == [0]
    disk[0].execute("PRAGMA max_page_count=100000")
    views.apply([large])
    assert len(views.select(Selection(projection=CHECKOUTS))) == 100
    views.close()


def test_views_that_may_only_be_read_are_named(views: SQLiteViews, path: Path) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)
    uri = f"file:{path}?mode=ro"
    reader = SQLiteViews(uri)

    assert [view.name for view in reader.all()] == ["checkouts"]
    with pytest.raises(OperationalError, match=about(uri, "it may only be read: check who owns the file and its")):
        reader.apply([advance("cs_test_1")])
    reader.close()


@pytest.mark.parametrize("use", [*READS, *WRITES])
def test_closed_views_say_so(views: SQLiteViews, use: Callable[[SQLiteViews], object]) -> None:
    views.close()
    views.close()

    with pytest.raises(InterfaceError, match=r"views.db are closed"):
        use(views)


def test_views_that_are_closed_under_their_readers_do_not_crash_them(views: SQLiteViews) -> None:
    views.apply([advance(*(f"cs_{number}" for number in range(5000)), view=views.create(CHECKOUTS, ViewState.LIVE))])
    begun, ends = threading.Barrier(5), []

    def read() -> None:
        begun.wait()
        try:
            while True:
                views.select(Selection(projection=CHECKOUTS))
        except PersistenceError as error:
            ends.append(str(error))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    begun.wait()
    views.close()
    for reader in readers:
        reader.join()

    assert [end.endswith("views.db are closed.") for end in ends] == [True] * 4
