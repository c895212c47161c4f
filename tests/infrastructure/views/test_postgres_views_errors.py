"""For every error of PostgreSQL, users of the views get one of the library's errors, in a sentence about them."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from urllib.parse import urlsplit

import psycopg
import pytest
from anchors import somewhere
from eventsourcing.persistence import InterfaceError, PersistenceError
from postgres_databases import Databases, end_connections

from application.reading.projection import Put
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.views import Advance, Overtaken, Selection, View, ViewState
from infrastructure.postgres import Unreachable
from infrastructure.views.postgres import PostgresViews, create_tables

VIEW = View(name="checkouts", version=CHECKOUTS.version, generation=1, position=0, state=ViewState.LIVE)


def snapshot(views: PostgresViews) -> object:
    with views.snapshot(CHECKOUTS) as held:
        return list(held.rows())


def advance(*sessions: str) -> Advance:
    columns = dict.fromkeys(CHECKOUTS.table.columns)
    changes = [Put({**columns, "session_id": session}) for session in sessions]
    return Advance(view=VIEW, table=CHECKOUTS.table, anchor=somewhere(1), changes=changes)


USES: list[Callable[[PostgresViews], object]] = [
    lambda views: views.all(),
    lambda views: views.select(Selection(projection=CHECKOUTS)),
    lambda views: views.unreadable(VIEW),
    snapshot,
    lambda views: views.create(CHECKOUTS, ViewState.BUILDING),
    lambda views: views.apply([advance("cs_test_1")]),
    lambda views: views.switch(VIEW),
    lambda views: views.drop(VIEW),
]


@pytest.fixture
def views(postgres_views: PostgresViews) -> PostgresViews:
    return postgres_views


@pytest.mark.parametrize("use", USES)
def test_a_server_that_is_not_there_is_named_once_it_is_needed(use: Callable[[PostgresViews], object]) -> None:
    views = PostgresViews("postgresql://shop:pass-word@127.0.0.1:1/shop")

    with closing(views), pytest.raises(Unreachable) as raised:
        use(views)

    text = str(raised.value)
    assert text.startswith("The PostgreSQL database shop at 127.0.0.1 can't be reached: ")
    assert text.count("\n") == text.count("pass-word") == 0


def test_a_wrong_password_is_not_reported(postgres_url: str) -> None:
    parts = urlsplit(postgres_url)
    views = PostgresViews(postgres_url.replace(f":{parts.password}@", ":wrong-pass-word@"))

    with closing(views), pytest.raises(Unreachable, match="password authentication failed") as raised:
        views.all()

    assert "wrong-pass-word" not in str(raised.value)


@pytest.mark.parametrize("use", USES)
def test_missing_tables_are_made_by_migrate(databases: Databases, use: Callable[[PostgresViews], object]) -> None:
    url = databases.create_empty()
    views = PostgresViews(url)

    with closing(views), pytest.raises(PersistenceError, match="its tables are missing; run `fulfill migrate`"):
        use(views)

    databases.drop(url)


def test_tables_that_are_there_are_left_as_they_are(views: PostgresViews, postgres_url: str) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)

    with psycopg.connect(postgres_url) as connection:
        create_tables(connection)

    assert views.all() == [VIEW]


def test_connections_that_the_server_ended_are_replaced_at_once(views: PostgresViews, postgres_url: str) -> None:
    begun = threading.Barrier(4)

    def hold(_: int) -> None:
        with views.snapshot(CHECKOUTS):
            begun.wait()

    views.create(CHECKOUTS, ViewState.LIVE)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(hold, range(4)))

    assert end_connections(postgres_url, "views") == 4
    assert views.all() == [VIEW]


def test_a_connection_that_is_lost_in_use_says_so_and_the_next_use_works(
    views: PostgresViews, postgres_url: str
) -> None:
    def lose_it_while_looking() -> None:
        with views.snapshot(CHECKOUTS) as held:
            end_connections(postgres_url, "views")
            list(held.rows())

    views.create(CHECKOUTS, ViewState.LIVE)

    with pytest.raises(Unreachable, match=r"^The views in the PostgreSQL database .*: terminating connection"):
        lose_it_while_looking()

    assert snapshot(views) == []


@pytest.mark.parametrize("use", USES)
def test_closed_views_say_so(views: PostgresViews, use: Callable[[PostgresViews], object]) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)
    views.close()
    views.close()

    with pytest.raises(InterfaceError, match=r": closed\.$"):
        use(views)


def test_views_that_are_closed_under_their_readers_do_not_crash_them(views: PostgresViews) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)
    begun = threading.Barrier(5)

    def read(_: int) -> str:
        begun.wait()
        try:
            while True:
                views.select(Selection(projection=CHECKOUTS))
        except PersistenceError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        ends = pool.map(read, range(4))
        begun.wait()
        views.close()

    assert [end.endswith(": closed.") for end in ends] == [True] * 4


def test_of_many_that_make_a_view_at_once_one_does(open_postgres_views: Callable[[], PostgresViews]) -> None:
    begun = threading.Barrier(6)

    def create(views: PostgresViews) -> object:
        begun.wait()
        try:
            return views.create(CHECKOUTS, ViewState.LIVE)
        except Overtaken:
            return None

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(create, [open_postgres_views() for _ in range(6)]))

    assert [view for view in made if view] == [VIEW]


@pytest.mark.parametrize("look", [lambda views: views.select(Selection(projection=CHECKOUTS)), snapshot])
def test_a_view_that_is_replaced_after_it_was_found_is_looked_for_again(
    views: PostgresViews, postgres_url: str, look: Callable[[PostgresViews], object]
) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)
    building = views.create(CHECKOUTS, ViewState.BUILDING)
    views.apply([replace(advance("cs_test_new"), view=building)])

    with psycopg.connect(postgres_url) as other, ThreadPoolExecutor(1) as pool:
        other.execute("SET search_path TO fulfillment_views")
        other.execute("LOCK TABLE checkouts_v8_g1 IN ACCESS EXCLUSIVE MODE")
        found = pool.submit(look, views)
        while other.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
            pass  # until it waits for the rows of the view that it has found
        other.execute("DELETE FROM views WHERE generation=1")
        other.execute("UPDATE views SET state='live'")
        other.execute("DROP TABLE checkouts_v8_g1 CASCADE")
        other.commit()

    rows = found.result()
    assert isinstance(rows, list)
    assert [row["session_id"] for row in rows] == ["cs_test_new"]


def test_what_is_retired_does_not_move_although_it_is_still_read(views: PostgresViews) -> None:
    views.create(CHECKOUTS, ViewState.LIVE)
    with views.snapshot(CHECKOUTS):
        views.switch(views.create(CHECKOUTS, ViewState.BUILDING))

        with pytest.raises(Overtaken):
            views.apply([advance("cs_test_1")])
