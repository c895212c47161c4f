"""Analysts read the views' schema with any PostgreSQL client: under plain names, beside running servers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from anchors import somewhere

from application.reading.projection import Column, Projection, Put, Row, Table
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.registry import PROJECTIONS
from application.reading.views import Advance, Selection, View, ViewState
from infrastructure.views.postgres import PostgresViews

Analyst = psycopg.Connection[Any]

WIDER = replace(
    CHECKOUTS,
    version=2,
    table=replace(CHECKOUTS.table, columns={"note": Column.TEXT, **CHECKOUTS.table.columns}),
)


@pytest.fixture
def views(postgres_views: PostgresViews) -> PostgresViews:
    return postgres_views


@pytest.fixture
def analyst(postgres_url: str) -> Iterator[Analyst]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


def put(views: PostgresViews, session_id: str, state: ViewState = ViewState.LIVE) -> None:
    view = next(view for view in views.all() if view.state is state)
    row: Row = {**dict.fromkeys(CHECKOUTS.table.columns), "session_id": session_id, "position": 1, "recorded_at": ""}
    views.apply([Advance(view=view, table=CHECKOUTS.table, anchor=somewhere(view.position + 1), changes=[Put(row)])])


def replace_view(views: PostgresViews, session_id: str, projection: Projection = CHECKOUTS) -> None:
    building = views.create(projection, ViewState.BUILDING)
    position = max(view.position for view in views.all())
    row: Row = {**dict.fromkeys(projection.table.columns), "session_id": session_id}
    views.apply([Advance(view=building, table=projection.table, anchor=somewhere(position), changes=[Put(row)])])
    views.switch(building)


def sessions(analyst: Analyst) -> list[str]:
    return [row[0] for row in analyst.execute("SELECT session_id FROM fulfillment_views.checkouts")]


def tables(analyst: Analyst) -> list[str]:
    rows = analyst.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema='fulfillment_views'"
        " AND table_name LIKE 'checkouts%' ORDER BY 1"
    )
    return [row[0] for row in rows]


PAID = Projection(
    name="paid",
    version=1,
    table=Table(columns={"id": Column.TEXT, "is_paid": Column.BOOLEAN, "at": Column.TIMESTAMP}, key=("id",)),
    reads=None,
    fold=lambda _event, _position: [],
)


def put_paid(views: PostgresViews, at: str) -> Row:
    row: Row = {"id": "a", "is_paid": True, "at": at}
    view = views.create(PAID, ViewState.LIVE)
    views.apply([Advance(view=view, table=PAID.table, anchor=somewhere(1), changes=[Put(row)])])
    return row


def test_timestamps_do_not_depend_on_the_time_zone_of_the_server(views: PostgresViews, analyst: Analyst) -> None:
    """psycopg can't read the last day of the year 9999 in Tokyo, where it is over."""
    analyst.execute(f"ALTER DATABASE {analyst.info.dbname} SET TimeZone TO 'Asia/Tokyo'".encode())

    row = put_paid(views, "9999-12-31T23:59:59.999999Z")

    assert views.select(Selection(projection=PAID)) == [row]


def test_booleans_and_timestamps_have_the_types_of_postgresql(views: PostgresViews, analyst: Analyst) -> None:
    put_paid(views, "2026-11-24T09:00:00.250000Z")

    analyst.execute("SET TimeZone TO 'Europe/Berlin'")
    found = analyst.execute(
        "SELECT pg_typeof(is_paid)::text, pg_typeof(at)::text, date_trunc('hour', at)::text "
        "FROM fulfillment_views.paid WHERE is_paid AND at > '2026-11-24 09:00:00.2+00'"
    ).fetchall()

    assert found == [("boolean", "timestamp with time zone", "2026-11-24 10:00:00+01")]


def test_a_live_view_is_found_under_the_name_of_its_projection(views: PostgresViews, analyst: Analyst) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)
    put(views, "cs_test_1")

    assert sessions(analyst) == ["cs_test_1"]


def test_the_name_and_who_may_read_it_stay_when_the_view_is_replaced(views: PostgresViews, analyst: Analyst) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)
    analyst.execute("GRANT SELECT ON fulfillment_views.checkouts TO PUBLIC")
    readers = (
        "SELECT count(*) FROM information_schema.table_privileges WHERE grantee='PUBLIC' AND table_name='checkouts'"
    )

    replace_view(views, "cs_test_new")

    assert sessions(analyst) == ["cs_test_new"]
    assert tables(analyst) == ["checkouts", f"checkouts_v{CHECKOUTS.version}_g2"]
    assert analyst.execute(readers).fetchone() == (1,)


def test_a_view_of_other_columns_takes_the_name_over(views: PostgresViews, analyst: Analyst) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)

    replace_view(views, "cs_test_new", WIDER)

    found = analyst.execute("SELECT * FROM fulfillment_views.checkouts")
    assert [column.name for column in found.description or ()] == list(WIDER.table.columns)


@pytest.mark.parametrize("state_as_it_was_known", ViewState)
def test_there_is_no_name_without_a_view(
    views: PostgresViews, analyst: Analyst, state_as_it_was_known: ViewState
) -> None:
    """The process that drops it may have looked before it was switched to."""
    view = views.create(CHECKOUTS, ViewState.BUILDING)
    assert tables(analyst) == [f"checkouts_v{CHECKOUTS.version}_g1"]
    views.switch(view)

    views.drop(View(name="checkouts", version=CHECKOUTS.version, generation=1, position=0, state=state_as_it_was_known))

    assert tables(analyst) == []
    views.create(CHECKOUTS, ViewState.LIVE)
    put(views, "cs_test_1")
    assert sessions(analyst) == ["cs_test_1"]


def test_a_long_read_blocks_no_process_and_what_it_held_goes_afterwards(views: PostgresViews, analyst: Analyst) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)
    put(views, "cs_test_old")
    with analyst.transaction():
        assert sessions(analyst) == ["cs_test_old"]
        replace_view(views, "cs_test_new")
        put(views, "cs_test_2")

        assert len(views.select(Selection(projection=CHECKOUTS))) == 2
        assert sessions(analyst) == ["cs_test_old"]
    put(views, "cs_test_3")

    assert sorted(sessions(analyst)) == ["cs_test_2", "cs_test_3", "cs_test_new"]
    assert tables(analyst) == ["checkouts", f"checkouts_v{CHECKOUTS.version}_g2"]


def test_what_analysts_made_of_a_view_is_left_alone(views: PostgresViews, analyst: Analyst) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)
    analyst.execute("CREATE VIEW fulfillment_views.checkouts_of_mine AS SELECT * FROM fulfillment_views.checkouts")

    replace_view(views, "cs_test_new")

    assert tables(analyst) == ["checkouts", "checkouts_of_mine", f"checkouts_v{CHECKOUTS.version}_g2"]
    assert sessions(analyst) == ["cs_test_new"]


def test_text_is_ordered_by_code_point_whatever_the_language_of_the_database(
    views: PostgresViews, analyst: Analyst
) -> None:
    for projection in PROJECTIONS:
        views.create(projection, ViewState.LIVE)

    collations = analyst.execute(
        "SELECT DISTINCT collation_name FROM information_schema.columns"
        " WHERE table_schema='fulfillment_views' AND data_type='text'"
    ).fetchall()

    assert collations == [("C",)]
