"""The projector keeps every view at the end of the log: each event once, whatever other processes do the same."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from busy_log import busy_log
from eventsourcing.persistence import StoredEvent
from every_store import change, lose, sqlite_url
from log_parts import LogWriter
from read_side import ReadSide, open_read_side
from sample_log import END, SHOP, sample_log
from typed_ids import as_session, as_stream

from application.reading.projection import (
    Add,
    Change,
    Column,
    Keep,
    Projection,
    Put,
    Remove,
    Row,
    RowFold,
    Table,
    UnfitChange,
    Update,
    Value,
    rfc3339,
)
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.projections.daily_sales import DAILY_SALES, daily_sales
from application.reading.projections.timeline import TIMELINE
from application.reading.projector import Projector
from application.reading.registry import PROJECTIONS
from application.reading.views import Selection, ViewNotBuilt, ViewState
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.personal import Personal
from infrastructure.database import parse_database
from infrastructure.stores import stores


def positions(read_side: ReadSide) -> dict[str, int]:
    return {view.name: view.position for view in read_side.views.all()}


def all_rows(read_side: ReadSide) -> dict[str, list[Row]]:
    return {projection.name: read_side.rows(projection) for projection in read_side.projections}


@pytest.fixture
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    """The rows of the sample log, each event followed by itself."""
    with open_read_side(sqlite_url(tmp_path_factory.mktemp("expected")), batch_max=1) as read_side:
        read_side.append(sample_log())
        read_side.projector.catch_up()
        return all_rows(read_side)


@pytest.mark.parametrize("batch_max", [2, 3, 10, END - 1, END, END + 1, 1000])
def test_the_rows_are_the_same_in_batches_of_any_size(
    store_url: str, expected: dict[str, list[Row]], batch_max: int
) -> None:
    with open_read_side(store_url, batch_max=batch_max) as read_side:
        read_side.append(sample_log())
        read_side.projector.catch_up()

        assert all_rows(read_side) == expected


def test_every_view_stands_for_the_end_of_the_log_even_if_its_last_events_are_none_of_its_business(
    read_side: ReadSide,
) -> None:
    read_side.append(sample_log())

    read_side.projector.catch_up()

    assert positions(read_side) == dict.fromkeys([projection.name for projection in PROJECTIONS], END)
    assert read_side.projector.turn() is False


def test_an_empty_log_has_empty_views_not_missing_ones(read_side: ReadSide) -> None:
    read_side.projector.catch_up()

    assert all_rows(read_side) == {projection.name: [] for projection in PROJECTIONS}


def test_two_processes_that_follow_at_once_take_each_event_in_once(
    store_url: str, expected: dict[str, list[Row]]
) -> None:
    with open_read_side(store_url, batch_max=5) as one, open_read_side(store_url, batch_max=3) as other:
        for event in sample_log():
            one.append([event])
            one.projector.turn()
            other.projector.turn()
        one.projector.catch_up()
        other.projector.catch_up()

        assert all_rows(one) == all_rows(other) == expected


def test_catching_up_to_a_position_goes_at_least_there(read_side: ReadSide) -> None:
    read_side.append(sample_log())

    read_side.projector.catch_up(10)

    assert set(positions(read_side).values()) == {14}, "two batches of seven"


def test_a_view_that_is_far_behind_holds_up_no_other(read_side: ReadSide) -> None:
    read_side.append(busy_log(20))
    read_side.projector.catch_up()
    (timeline,) = [view for view in read_side.views.all() if view.name == "timeline"]
    read_side.views.drop(timeline)
    read_side.append([replace(sample_log()[0], originator_id=as_stream("sku_hat"))])

    read_side.projector.turn()

    assert positions(read_side) == {**dict.fromkeys([each.name for each in PROJECTIONS], 221), "timeline": 7}
    read_side.projector.catch_up()
    assert set(positions(read_side).values()) == {221}


def with_a_view_of(version: int) -> list[Projection]:
    return [CHECKOUTS, replace(TIMELINE, version=version)]


def test_the_view_of_a_later_version_is_built_beside_the_one_that_serves(store_url: str) -> None:
    with (
        open_read_side(store_url, with_a_view_of(1)) as old,
        open_read_side(store_url, with_a_view_of(2)) as new,
    ):
        old.append(sample_log()[:20])
        old.projector.catch_up()

        new.projector.turn()
        assert len(old.rows(old.projections[1])) == len([event for event in sample_log()[:20] if event.session_id])
        with pytest.raises(ViewNotBuilt):
            new.rows(new.projections[1])

        new.projector.catch_up()
        old.projector.catch_up()
        assert [(view.name, view.version, view.state) for view in new.views.all()] == [
            ("checkouts", CHECKOUTS.version, ViewState.LIVE),
            ("timeline", 2, ViewState.LIVE),
        ]
        with pytest.raises(ViewNotBuilt, match="The view timeline is not built yet in version 1"):
            old.views.select(Selection(projection=TIMELINE))


def test_a_version_that_continues_an_older_one_is_never_without_rows(store_url: str) -> None:
    """The old view is followed on with the new fold until the new view is at the end of the log, and then goes."""
    table = replace(TIMELINE.table, columns={**TIMELINE.table.columns, "note": Column.TEXT})

    def fold(event: Event, position: int) -> Iterable[Change]:
        yield from (
            Put({**change.row, "note": "x"}) for change in TIMELINE.changes(event, position) if isinstance(change, Put)
        )
        yield Update({"position": position}, {"note": "y"})

    continuing = replace(TIMELINE, version=2, table=table, fold=fold, continues={1: TIMELINE.table})

    def shown(read_side: ReadSide) -> list[Value]:
        rows = read_side.views.select(Selection(projection=continuing, order_by=["position"]))
        return [row["position"] for row in rows]

    with (
        open_read_side(store_url, with_a_view_of(1)) as old,
        open_read_side(store_url, [CHECKOUTS, continuing]) as new,
    ):
        expected = [position for position, event in enumerate(sample_log(), 1) if event.session_id]
        old.append(sample_log()[:40])
        old.projector.catch_up()
        new.append(sample_log()[40:])

        assert shown(new) == [position for position in expected if position <= 40]
        new.projector.catch_up()
        assert shown(new) == expected
        assert (2, ViewState.BUILDING) in [(view.version, view.state) for view in new.views.all()]
        while new.projector.turn():
            assert shown(new) == expected
        assert [(view.version, view.state) for view in new.views.all()] == [(CHECKOUTS.version, "live"), (2, "live")]


def test_an_older_process_leaves_the_view_of_a_later_version_alone(store_url: str) -> None:
    with (
        open_read_side(store_url, with_a_view_of(1)) as old,
        open_read_side(store_url, with_a_view_of(2)) as new,
    ):
        new.append(sample_log())
        new.projector.turn()
        old.projector.catch_up()

        assert positions(old) == {"checkouts": END, "timeline": 7}


def in_zone(name: str) -> list[Projection]:
    return [CHECKOUTS, daily_sales(ZoneInfo(name))]


def test_a_server_with_another_time_zone_rebuilds_the_sales_beside_those_that_serve(store_url: str) -> None:
    with (
        open_read_side(store_url, in_zone("UTC")) as before,
        open_read_side(store_url, in_zone("Pacific/Kiritimati")) as after,
    ):
        before.append(sample_log())
        before.projector.catch_up()
        days = {row["day"] for row in before.rows(before.projections[1])}

        after.projector.turn()
        assert {row["day"] for row in before.rows(before.projections[1])} == days
        with pytest.raises(ViewNotBuilt, match="is not built yet in version 2 for Pacific/Kiritimati"):
            after.rows(after.projections[1])
        while after.projector.turn():
            pass

        assert [view.variant for view in after.views.all()] == ["", "Pacific/Kiritimati"]
        assert after.rebuild.verify("daily_sales").is_right
        assert days == {"2026-11-24"}
        assert {row["day"] for row in after.rows(after.projections[1])} <= {"2026-11-24", "2026-11-25"}


def test_a_command_without_the_time_zone_leaves_the_sales_of_the_server_alone(store_url: str) -> None:
    with (
        open_read_side(store_url, in_zone("Europe/Berlin")) as server,
        open_read_side(store_url, in_zone("UTC")) as command,
    ):
        server.append(sample_log()[:20])
        server.projector.catch_up()
        server.append(sample_log()[20:])
        command.projector.catch_up()

        assert positions(command) == {"checkouts": END, "daily_sales": 20}
        server.projector.catch_up()
        assert positions(server) == {"checkouts": END, "daily_sales": END}
        assert [view.generation for view in server.views.all()] == [1, 1]


def test_a_half_built_view_of_another_time_zone_is_given_up_by_the_server_alone(store_url: str) -> None:
    with open_read_side(store_url, in_zone("UTC")) as first:
        first.append(sample_log())
        first.projector.catch_up()
    with open_read_side(store_url, in_zone("Europe/Berlin")) as second:
        second.projector.turn()
    with open_read_side(store_url, in_zone("Asia/Tokyo")) as third:
        third.projector.catch_up()
        assert [view.variant for view in third.views.all() if view.name == "daily_sales"] == ["UTC", "Europe/Berlin"]
        while third.projector.turn():
            pass

        assert [(view.variant, view.state) for view in third.views.all()] == [("", "live"), ("Asia/Tokyo", "live")]


def test_a_database_that_knows_no_time_zones_yet_gets_their_column(store_url: str) -> None:
    with open_read_side(store_url) as before:
        before.append(sample_log())
        before.projector.catch_up()
    change(store_url, "views", "ALTER TABLE views DROP COLUMN variant")
    stores(parse_database(store_url)).migrate()

    with open_read_side(store_url) as after:
        assert {view.variant for view in after.views.all()} == {""}
        while after.projector.turn():
            pass
        assert {view.variant for view in after.views.all()} == {"", "UTC"}


def test_a_half_built_view_of_a_version_in_between_is_given_up(store_url: str) -> None:
    with open_read_side(store_url, with_a_view_of(1)) as first:
        first.append(sample_log())
        first.projector.catch_up()
    with open_read_side(store_url, with_a_view_of(2)) as second:
        second.projector.turn()
    with open_read_side(store_url, with_a_view_of(3)) as third:
        third.projector.catch_up()

        assert [(view.version, view.state) for view in third.views.all() if view.name == "timeline"] == [(3, "live")]


def test_views_that_are_ahead_of_a_restored_log_are_made_again(store_url: str) -> None:
    with open_read_side(store_url) as before:
        before.append(sample_log())
        before.projector.catch_up()
    lose(store_url, "log")

    with open_read_side(store_url) as restored:
        restored.append(sample_log()[:10])
        restored.projector.catch_up()

        assert set(positions(restored).values()) == {10}
        assert len(restored.rows(TIMELINE)) == len([event for event in sample_log()[:10] if event.session_id])


def test_an_event_that_can_not_be_read_is_left_out_and_shown_and_the_rest_goes_on(read_side: ReadSide) -> None:
    read_side.append(sample_log()[:20])
    read_side.log.store.insert_events([StoredEvent("cs_test_garbled", 1, "CheckoutSession.Noted", b"{}")])
    read_side.append(sample_log()[20:])

    read_side.projector.catch_up()

    status = {each.name: (each.state, each.position, each.unreadable) for each in read_side.queries.projections()}
    assert status["timeline"] == ("failed", END + 1, 1)
    assert status["daily_sales"] == ("live", END + 1, 0), "that topic is none of its business"
    (timeline,) = [view for view in read_side.views.all() if view.name == "timeline"]
    (left_out,) = read_side.views.unreadable(timeline)
    assert left_out.position == 21
    assert "CheckoutSession.Noted, can't be read" in left_out.error


NOTES = Table(columns={"number": Column.INTEGER, "text": Column.TEXT, "pieces": Column.INTEGER}, key=("number",))
KEY1: Row = {"number": 1}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Put({"number": 1, "text": "x"}), "a change names number, text, and not number, pieces, text"),
        (
            Put({"number": None, "text": "x", "pieces": 0}),
            r"the column number needs an int of at most 64 bits, and got .* NoneType",
        ),
        (
            Put({"number": 1, "text": 7, "pieces": 0}),
            "the column text needs a str or None, and got a value of type int",
        ),
        (Put({"number": 2**63, "text": "x", "pieces": 0}), "the column number needs an int of at most 64 bits"),
        (Update({"pieces": 1}, {"text": "x"}), "a change names pieces, and not number"),
        (Update(KEY1, {"color": "x"}), "there is no column color"),
        (Add({}, {"pieces": 1}), "a change names , and not number"),
        (Add(KEY1, {"color": 1}), "there is no column color"),
        (Update(KEY1, {"number": 2}), "a change gives number, of its key, a value"),
        (Add(KEY1, {"number": 2}), "a change gives number, of its key, a value"),
        (Remove({"color": 1}), "there is no column color"),
    ],
)
def test_a_fold_that_asks_for_what_its_table_can_not_hold_leaves_the_event_out(
    store_url: str, change: Change, why: str
) -> None:
    def fold(event: Event, position: int) -> Iterable[Change]:
        return [change] if position == 2 else [Put({"number": position, "text": "ok", "pieces": 0})]

    projection = Projection(name="notes", version=1, table=NOTES, reads=None, fold=fold)

    with pytest.raises(UnfitChange, match=why):
        projection.changes(sample_log()[1], 2)
    with open_read_side(store_url, [projection]) as read_side:
        rows = read_side.fold(projection, sample_log()[:3])
        (view,) = read_side.views.all()

        assert [row["number"] for row in rows] == [1, 3]
        assert [each.position for each in read_side.views.unreadable(view)] == [2]


FLAGS = Table(
    columns={"number": Column.INTEGER, "is_paid": Column.BOOLEAN, "paid_at": Column.TIMESTAMP}, key=("number",)
)
MORNING = "2026-11-24T09:00:00.000000Z"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            Put({"number": 1, "is_paid": 1, "paid_at": MORNING}),
            "the column is_paid needs a bool or None, and got .* int",
        ),
        (Put({"number": 1, "is_paid": "yes", "paid_at": None}), "the column is_paid needs a bool or None"),
        (
            Update(KEY1, {"paid_at": 1764000000}),
            "the column paid_at needs a time in UTC, as rfc3339.* writes it or None",
        ),
        (Update(KEY1, {"paid_at": "2026-11-24T09:00:00Z"}), "the column paid_at needs a time"),
        (Update(KEY1, {"paid_at": "2026-11-24T09:00:00.000000+01:00"}), "the column paid_at needs a time"),
        (Update(KEY1, {"paid_at": "2026-02-30T09:00:00.000000Z"}), "the column paid_at needs a time"),
        (Update(KEY1, {"paid_at": "2026-11-24T24:00:00.000000Z"}), "the column paid_at needs a time"),
        (Add(KEY1, {"is_paid": True}), "a change adds to is_paid, which is no integer"),
        (Add(KEY1, {"paid_at": 1}), "the column paid_at needs a time"),
    ],
)
def test_booleans_and_timestamps_are_checked(change: Change, why: str) -> None:
    projection = Projection(name="flags", version=1, table=FLAGS, reads=None, fold=lambda _event, _position: [change])

    with pytest.raises(UnfitChange, match=why):
        projection.changes(sample_log()[0], 1)


def test_booleans_and_timestamps_that_fit_are_taken() -> None:
    changes: list[Change] = [
        Put({"number": 1, "is_paid": True, "paid_at": MORNING}),
        Put({"number": 2, "is_paid": None, "paid_at": rfc3339(sample_log()[0].recorded_at)}),
    ]
    projection = Projection(name="flags", version=1, table=FLAGS, reads=None, fold=lambda _event, _position: changes)

    assert projection.changes(sample_log()[0], 1) == changes


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_text_that_no_store_can_hold_costs_no_row(store_url: str, text: str) -> None:
    table = Table(columns={"name": Column.TEXT, "note": Column.TEXT, "pieces": Column.INTEGER}, key=("name",))
    steps: list[list[Change]] = [
        [Put({"name": text, "note": text, "pieces": 1}), Keep({"name": "kept", "note": text, "pieces": 1})],
        [Update({"name": text}, {"note": f"{text}!"}), Add({"name": text}, {"pieces": 2})],
        [Put({"name": f"{text}2", "note": None, "pieces": 0}), Remove({"name": f"{text}2"})],
    ]
    projection = Projection(name="notes", version=1, table=table, reads=None, fold=lambda _, number: steps[number - 1])

    with open_read_side(store_url, [projection], batch_max=1) as read_side:
        rows = read_side.fold(projection, sample_log()[:3])
        (view,) = read_side.views.all()

        assert view.unreadable == 0
        assert rows == [
            {"name": "a\ufffdb", "note": "a\ufffdb!", "pieces": 3},
            {"name": "kept", "note": "a\ufffdb", "pieces": 1},
        ]


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_an_error_that_no_store_can_hold_stops_no_view(store_url: str, text: str) -> None:
    def fold(event: Event, position: int) -> Iterable[Change]:
        raise UnreadableEvent(reasons.as_written(text))

    with open_read_side(store_url, [replace(TIMELINE, fold=fold)]) as read_side:
        read_side.append(sample_log()[:1])
        read_side.projector.catch_up()
        (view,) = read_side.views.all()

        assert [each.error for each in read_side.views.unreadable(view)] == ["a\ufffdb"]


def failing(event: Event, position: int) -> Iterable[Change]:
    raise ZeroDivisionError("planted, of ada@example.com")


def test_a_fold_that_fails_does_not_stop_the_other_views(store_url: str) -> None:
    broken = replace(DAILY_SALES, fold=failing)

    with open_read_side(store_url, [broken, TIMELINE]) as read_side:
        read_side.append(sample_log())
        read_side.projector.catch_up()

        assert positions(read_side) == {"daily_sales": END, "timeline": END}
        (view, _) = read_side.views.all()
        (error,) = {each.error for each in read_side.views.unreadable(view)}
        assert re.fullmatch(r"Unexpected ZeroDivisionError in test_projector\.py, line \d+", error)


def test_the_error_of_an_event_left_out_is_bounded(store_url: str) -> None:
    def shouting(event: Event, position: int) -> Iterable[Change]:
        raise UnreadableEvent(reasons.as_written("x" * 10_000))

    with open_read_side(store_url, [replace(TIMELINE, fold=shouting)]) as read_side:
        log = LogWriter()
        log.add(as_stream(SHOP), CheckoutSession.Noted(text=Personal("a")), session_id=as_session(SHOP))
        read_side.append(log.events)
        read_side.projector.catch_up()
        (view,) = read_side.views.all()

        assert [len(each.error) for each in read_side.views.unreadable(view)] == [500]


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda each: each.name)
def test_a_fold_makes_the_same_changes_of_the_same_event(projection: Projection) -> None:
    fold: Callable[[], list[list[Change]]] = lambda: [  # noqa: E731 - used twice below
        projection.changes(event, position) for position, event in enumerate(sample_log(), 1)
    ]

    assert fold() == fold()


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda each: each.name)
def test_a_projection_reads_every_topic_that_its_fold_makes_something_of(projection: Projection) -> None:
    assert [topic for topic in sorted(topics_with_changes(projection)) if not projection.concerns(topic)] == []


def test_events_that_only_change_a_row_that_is_there_count_as_well() -> None:
    assert {Fulfillment.LineItemDelivered.TOPIC, Fulfillment.ShippingCorrected.TOPIC} <= topics_with_changes(CHECKOUTS)


def topics_with_changes(projection: Projection) -> set[str]:
    """The topics of the sample log that change rows, whether or not the projection reads them."""
    rows: dict[str, Row | None] = {}
    changing = set[str]()
    for position, event in enumerate(sample_log(), 1):
        if not isinstance(projection.fold, RowFold):
            if projection.changes(event, position):
                changing.add(event.TOPIC)
        elif (key := projection.key_of(event)) is not None:
            before = rows.get(key)
            rows[key] = projection.row_after(before, event, position)
            if rows[key] != before:
                changing.add(event.TOPIC)
    return changing


def test_a_view_far_behind_pauses_before_each_event_and_others_never(read_side: ReadSide) -> None:
    read_side.append(sample_log())
    paused_at: list[int] = []
    projector = Projector(
        read_side.log,
        read_side.views,
        read_side.projections,
        batch_max=4,
        pause=lambda: paused_at.append(positions(read_side)["checkouts"]),
    )

    projector.catch_up()

    assert len(paused_at) == len(range(0, END - 20, 4)) * 4 * 2, "before its row is looked up, and before it is folded"
    assert max(paused_at) < END - 20
