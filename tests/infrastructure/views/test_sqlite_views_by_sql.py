"""Analysts read the views' file with any SQLite client: under plain names, beside a running server, read-only."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from anchors import somewhere

from application.reading.projection import Column, Projection, Put, Row, Table
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.views import Advance, View, ViewState
from infrastructure.views.sqlite import SQLiteViews


@pytest.fixture
def views(sqlite_views: SQLiteViews) -> SQLiteViews:
    return sqlite_views


@pytest.fixture
def analyst(tmp_path: Path, views: SQLiteViews) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{tmp_path}/views.db?mode=ro", uri=True, isolation_level=None)) as connection:
        yield connection


def put(views: SQLiteViews, view: View, session_id: str) -> None:
    row: Row = {**dict.fromkeys(CHECKOUTS.table.columns), "session_id": session_id, "position": 1, "recorded_at": ""}
    views.apply([Advance(view=view, table=CHECKOUTS.table, anchor=somewhere(view.position + 1), changes=[Put(row)])])


def sessions(analyst: sqlite3.Connection) -> list[str]:
    return [row[0] for row in analyst.execute("SELECT session_id FROM checkouts")]


def test_booleans_are_0_or_1_and_timestamps_are_text_that_sorts(
    views: SQLiteViews, analyst: sqlite3.Connection
) -> None:
    columns = {"id": Column.TEXT, "is_paid": Column.BOOLEAN, "at": Column.TIMESTAMP}
    paid = Projection(
        name="paid", version=1, table=Table(columns=columns, key=("id",)), reads=None, fold=lambda _event, _position: []
    )
    at = "2026-11-24T09:00:00.250000Z"
    changes = [Put({"id": "a", "is_paid": True, "at": at}), Put({"id": "b", "is_paid": False, "at": None})]
    view = views.create(paid, ViewState.LIVE)
    views.apply([Advance(view=view, table=paid.table, anchor=somewhere(1), changes=changes)])

    found = analyst.execute("SELECT id, is_paid, typeof(is_paid), at, datetime(at) FROM paid ORDER BY id").fetchall()

    assert found == [("a", 1, "integer", at, "2026-11-24 09:00:00"), ("b", 0, "integer", None, None)]
    assert analyst.execute("SELECT id FROM paid WHERE is_paid").fetchall() == [("a",)]


def test_a_live_view_is_found_under_the_name_of_its_projection(views: SQLiteViews, analyst: sqlite3.Connection) -> None:
    put(views, views.create(CHECKOUTS, ViewState.LIVE), "cs_test_1")

    assert sessions(analyst) == ["cs_test_1"]
    columns = [row[1] for row in analyst.execute("PRAGMA table_info(checkouts)")]
    assert columns == list(CHECKOUTS.table.columns)


def test_the_name_stays_with_the_live_view_when_that_is_replaced(
    views: SQLiteViews, analyst: sqlite3.Connection
) -> None:
    put(views, views.create(CHECKOUTS, ViewState.LIVE), "cs_test_old")
    put(views, views.create(CHECKOUTS, ViewState.BUILDING), "cs_test_new")
    assert sessions(analyst) == ["cs_test_old"]

    views.switch(views.all()[1])

    assert sessions(analyst) == ["cs_test_new"]


@pytest.mark.parametrize("state_as_it_was_known", ViewState)
def test_there_is_no_name_without_a_view(
    views: SQLiteViews, analyst: sqlite3.Connection, state_as_it_was_known: ViewState
) -> None:
    """The process that drops it may have looked before it was switched to."""
    view = views.create(CHECKOUTS, ViewState.BUILDING)
    assert list(analyst.execute("SELECT name FROM sqlite_master WHERE type='view'")) == []
    views.switch(view)

    views.drop(View(name="checkouts", version=CHECKOUTS.version, generation=1, position=0, state=state_as_it_was_known))

    assert list(analyst.execute("SELECT name FROM sqlite_master WHERE type='view'")) == []
    put(views, views.create(CHECKOUTS, ViewState.LIVE), "cs_test_1")
    assert sessions(analyst) == ["cs_test_1"]


def test_who_reads_can_change_nothing(views: SQLiteViews, analyst: sqlite3.Connection) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        analyst.execute("DELETE FROM checkouts_v8_g1")


def test_a_long_read_sees_one_moment_and_blocks_no_process(views: SQLiteViews, analyst: sqlite3.Connection) -> None:
    put(views, views.create(CHECKOUTS, ViewState.LIVE), "cs_test_1")
    analyst.execute("BEGIN")
    assert sessions(analyst) == ["cs_test_1"]

    put(views, views.all()[0], "cs_test_2")

    assert sessions(analyst) == ["cs_test_1"]
    analyst.execute("COMMIT")
    assert sessions(analyst) == ["cs_test_1", "cs_test_2"]
