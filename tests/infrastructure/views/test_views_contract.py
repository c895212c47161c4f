"""What the read side relies on, whatever keeps the views."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from anchors import somewhere

from application.reading.projection import (
    Add,
    Change,
    Column,
    Keep,
    Projection,
    Put,
    Remove,
    Row,
    Table,
    Update,
    Value,
)
from application.reading.views import (
    Above,
    Advance,
    Among,
    AnyOf,
    AtMost,
    Before,
    Equal,
    Filter,
    Frequent,
    OneOf,
    Overtaken,
    Selection,
    StartsWith,
    Unlike,
    Unreadable,
    View,
    ViewNotBuilt,
    Views,
    ViewState,
)
from domain.event import Event


def no_fold(event: Event, position: int) -> Iterator[Change]:
    yield from ()


SHELF = Projection(
    name="shelf",
    version=1,
    table=Table(
        columns={"sku": Column.TEXT, "line": Column.INTEGER, "pieces": Column.INTEGER, "note": Column.TEXT},
        key=("sku", "line"),
        indexes=(("note",), ("pieces", "line")),
    ),
    reads=None,
    fold=no_fold,
)
LABELS = Projection(
    name="labels",
    version=1,
    table=Table(columns={"sku": Column.TEXT, "word": Column.TEXT}, key=("sku", "word")),
    reads=None,
    fold=no_fold,
)


PAYMENTS = Projection(
    name="payments",
    version=1,
    table=Table(
        columns={
            "is_live": Column.BOOLEAN,
            "at": Column.TIMESTAMP,
            "amount": Column.INTEGER,
            "is_refunded": Column.BOOLEAN,
            "refunded_at": Column.TIMESTAMP,
        },
        key=("is_live", "at"),
        indexes=(("is_refunded", "refunded_at"),),
    ),
    reads=None,
    fold=no_fold,
)
EIGHT, NINE, TEN = (f"2026-11-24T{hour}:00:00.250000Z" for hour in ("08", "09", "10"))
FIRST_EVER, LAST_EVER = "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"

A1: Row = {"sku": "a", "line": 1}
MOST = 2**63 - 1


def row(sku: str, line: int, pieces: int | None = 0, note: str | None = None) -> Row:
    return {"sku": sku, "line": line, "pieces": pieces, "note": note}


def the_view(views: Views, projection: Projection = SHELF, state: ViewState = ViewState.LIVE) -> View:
    return next(view for view in views.all() if (view.name, view.state) == (projection.name, state))


def advance(views: Views, *changes: Change, projection: Projection = SHELF, to: int | None = None) -> None:
    view = the_view(views, projection)
    position = view.position + 1 if to is None else to
    views.apply([Advance(view=view, table=projection.table, anchor=somewhere(position), changes=changes)])


def rows(views: Views, projection: Projection = SHELF) -> list[tuple[Value, ...]]:
    with views.snapshot(projection) as snapshot:
        return [tuple(each.values()) for each in snapshot.rows()]


@pytest.fixture
def shelf(views: Views) -> Views:
    """Views in which one is live, and empty."""
    views.create(SHELF, ViewState.LIVE)
    return views


CHANGES: list[tuple[list[Change], list[tuple[Value, ...]]]] = [
        ([Put(row("a", 1, 5))], [("a", 1, 5, None)]),
        ([Put(row("a", 1, 5, "x")), Put(row("a", 1, 6))], [("a", 1, 6, None)]),
        ([Keep(row("a", 1, 5, "x")), Keep(row("a", 1, 6))], [("a", 1, 5, "x")]),
        ([Put(row("a", 1, 5, "x")), Update(A1, {"note": None})], [("a", 1, 5, None)]),
        ([Update(A1, {"note": "x"})], []),
        ([Add(A1, {"pieces": 2}), Add(A1, {"pieces": -5})], [("a", 1, -3, None)]),
        ([Put(row("a", 1, 5, "x")), Add(A1, {"pieces": 2})], [("a", 1, 7, "x")]),
        ([Put(row("a", 1)), Put(row("b", 1)), Put(row("b", 2)), Remove({"sku": "b"})], [("a", 1, 0, None)]),
        ([Put(row("a", 1, 0, "x")), Put(row("a", 2)), Remove({"note": None})], [("a", 1, 0, "x")]),
        ([Put(row("a", 1)), Remove({"sku": "a", "line": 2})], [("a", 1, 0, None)]),
        ([Put(row("a", 1)), Remove({"sku": "a"}), Keep(row("a", 1, 9))], [("a", 1, 9, None)]),
        (
            [
                *(Put(row("a", line, line, "x")) for line in (1, 2, 3, 4, 5, 6)),
                *(Update({"sku": "a", "line": line}, {"note": note}) for line, note in ((1, None), (2, ""), (9, "z"))),
                *(Add({"sku": "a", "line": line}, {"pieces": more}) for line, more in ((3, 10), (4, -10), (7, 7))),
                *(Remove({"sku": "a", "line": line}) for line in (5, 8)),
                *(Remove({"line": line}) for line in (6, 9)),
            ],
            [("a", 1, 1, None), ("a", 2, 2, ""), ("a", 3, 13, "x"), ("a", 4, -6, "x"), ("a", 7, 7, None)],
        ),
        ([Keep(row("a", 1, 1)), Update(A1, {"pieces": 2}), Add(A1, {"pieces": 3})], [("a", 1, 5, None)]),
        ([Put(row("a", 1, 0, "x")), Put(row("b", 1)), Remove({"note": "x"})], [("b", 1, 0, None)]),
        ([Put(row("a", 1, 0, "x")), Put(row("b", 1)), Remove({"note": None, "line": 1})], [("a", 1, 0, "x")]),
        ([Put(row("a", 1, None)), Add(A1, {"pieces": 3})], [("a", 1, None, None)]),
        ([Put(row("a", 1, MOST)), Put(row("a", 2, -MOST))], [("a", 1, MOST, None), ("a", 2, -MOST, None)]),
        ([Put(row("Ünïcode 🎁 'quoted' \"twice\" ?", 1, 0, "\n"))], [("Ünïcode 🎁 'quoted' \"twice\" ?", 1, 0, "\n")]),
    ]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), CHANGES)
def test_changes_do_what_they_say_in_the_order_they_come(
    shelf: Views, changes: Sequence[Change], expected: list[tuple[Value, ...]]
) -> None:
    advance(shelf, *changes)

    assert rows(shelf) == expected


@pytest.mark.parametrize(("changes", "expected"), CHANGES)
def test_changes_do_the_same_one_batch_at_a_time(
    shelf: Views, changes: Sequence[Change], expected: list[tuple[Value, ...]]
) -> None:
    for change in changes:
        advance(shelf, change)

    assert rows(shelf) == expected


def payment(is_live: bool, at: str, *, is_refunded: bool | None = None, refunded_at: str | None = None) -> Row:
    return {"is_live": is_live, "at": at, "amount": 5, "is_refunded": is_refunded, "refunded_at": refunded_at}


def test_booleans_and_timestamps_are_read_as_their_fold_gave_them(views: Views) -> None:
    given = [
        payment(False, NINE, is_refunded=False),
        payment(True, FIRST_EVER),
        payment(True, NINE, is_refunded=True, refunded_at=TEN),
        payment(True, LAST_EVER),
    ]
    views.create(PAYMENTS, ViewState.LIVE)
    advance(views, *map(Put, given), projection=PAYMENTS)

    read = list(views.select(Selection(projection=PAYMENTS, order_by=("is_live", "at"))))
    with views.snapshot(PAYMENTS) as snapshot:
        held = list(snapshot.rows())

    assert read == held == given
    for row in (*read, *held):
        assert type(row["is_live"]) is bool, "0 and 1 equal False and True, but are printed and hashed differently"
        assert type(row["is_refunded"]) in (bool, type(None))


def test_booleans_and_timestamps_can_be_changed_and_be_a_key(views: Views) -> None:
    views.create(PAYMENTS, ViewState.LIVE)
    advance(views, *(Put(payment(live, at)) for live in (False, True) for at in (EIGHT, NINE)), projection=PAYMENTS)

    key: Row = {"is_live": True, "at": EIGHT}
    changes: list[Change] = [
        Update(key, {"is_refunded": True, "refunded_at": TEN}),
        Add(key, {"amount": 2}),
        Add({"is_live": False, "at": TEN}, {"amount": 3}),
        Remove({"is_live": False, "at": EIGHT}),
        Remove({"at": NINE, "is_refunded": None, "is_live": True}),
    ]
    advance(views, *changes, projection=PAYMENTS)

    assert rows(views, PAYMENTS) == [
        (False, NINE, 5, None, None),
        (False, TEN, 3, None, None),
        (True, EIGHT, 7, True, TEN),
    ]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Equal("is_refunded", True), [NINE]),
        (Equal("is_refunded", None), [EIGHT]),
        (AtMost("at", NINE), [EIGHT, NINE]),
        (Above("at", EIGHT), [NINE, TEN]),
        (AtMost("refunded_at", LAST_EVER), [NINE]),
        (Before(("at",), (TEN,)), [EIGHT, NINE]),
        (Equal("refunded_at", TEN), [NINE]),
        (Equal("refunded_at", None), [EIGHT, TEN]),
        (OneOf("at", [EIGHT, TEN]), [EIGHT, TEN]),
        (Among("at", PAYMENTS, [Equal("is_refunded", False), Above("at", NINE)]), [TEN]),
        (Among("at", PAYMENTS, [Equal("is_refunded", True)], of="refunded_at"), [TEN]),
    ],
)
def test_booleans_and_timestamps_can_be_asked_for(views: Views, where: Filter, expected: list[str]) -> None:
    views.create(PAYMENTS, ViewState.LIVE)
    given = [
        payment(True, EIGHT),
        payment(True, NINE, is_refunded=True, refunded_at=TEN),
        payment(True, TEN, is_refunded=False),
    ]
    advance(views, *map(Put, given), projection=PAYMENTS)

    assert [
        row["at"] for row in views.select(Selection(projection=PAYMENTS, where=[where], order_by=("at",)))
    ] == expected


def test_rows_of_an_older_version_have_null_in_new_booleans_and_timestamps(views: Views) -> None:
    views.create(LABELS, ViewState.LIVE)
    advance(views, Put({"sku": "a", "word": "b"}), projection=LABELS)
    columns = {**LABELS.table.columns, "is_new": Column.BOOLEAN, "at": Column.TIMESTAMP}
    second = replace(LABELS, version=2, table=replace(LABELS.table, columns=columns), continues={1: LABELS.table})

    assert views.select(Selection(projection=second)) == [{"sku": "a", "word": "b", "is_new": None, "at": None}]


def test_rows_come_in_the_order_of_the_key_by_code_point(shelf: Views) -> None:
    advance(shelf, *(Put(row(sku, line)) for sku in ("b", "ä", "B", "🎁", "") for line in (10, 9, -1)))

    found = [(sku, line) for sku, line, *_ in rows(shelf)]

    assert found == sorted(found)


FILTERS: list[tuple[list[Filter], list[int]]] = [
    ([], [1, 2, 3, 4]),
    ([Equal("sku", "mug")], [2, 3]),
    ([Equal("note", None)], [3]),
    ([AtMost("pieces", 5)], [1, 2]),
    ([Frequent(AtMost("pieces", 5)), Frequent(AtMost("note", "b"))], [1, 2]),
    ([AtMost("note", "b")], [1, 2]),
    ([Above("pieces", 1)], [2, 3]),
    ([Above("note", "a")], [2, 4]),
    ([Above("note", "")], [1, 2, 4]),
    ([Before(("sku", "line"), ("mug", 3))], [1, 2]),
    ([Before(("pieces", "line"), (6, 3))], [1, 2]),
    ([StartsWith("sku", "mu")], [2, 3, 4]),
    ([StartsWith("sku", "mug")], [2, 3, 4]),
    ([StartsWith("sku", "")], [1, 2, 3, 4]),
    ([StartsWith("sku", "%")], []),
    ([OneOf("sku", ["mug", "muggle", "other"])], [2, 3, 4]),
    ([OneOf("sku", [])], []),
    ([Unlike("sku", "mug")], [1, 4]),
    ([Unlike("note", "a")], [2, 4]),
    ([AnyOf([[Equal("sku", "hat")], [StartsWith("sku", "mug"), Above("pieces", 5)]])], [1, 3]),
    ([AnyOf([[Equal("sku", "hat")], [Equal("sku", "muggle")]]), Above("note", "a")], [4]),
    ([Among("sku", LABELS, [Equal("word", "blue")])], [2, 3]),
    ([Among("sku", LABELS, [Equal("word", "blue")]), Above("note", "")], [2]),
    ([Among("sku", SHELF, [Equal("note", "c")])], [4]),
    ([Frequent(Among("sku", LABELS, [Equal("word", "blue")])), Above("note", "")], [2]),
    ([Frequent(Among("sku", LABELS, []))], [1, 2, 3]),
    ([Frequent(Among("note", LABELS, [StartsWith("word", "b")], of="sku"))], []),
]


@pytest.mark.parametrize(("where", "lines"), FILTERS, ids=lambda each: repr(each)[:60])
def test_a_selection_has_the_rows_that_pass_every_filter(
    shelf: Views, where: Sequence[Filter], lines: list[int]
) -> None:
    shelf.create(LABELS, ViewState.LIVE)
    advance(shelf, Put({"sku": "mug", "word": "blue"}), Put({"sku": "hat", "word": "red"}), projection=LABELS)
    advance(
        shelf,
        Put(row("hat", 1, 1, "a")),
        Put(row("mug", 2, 5, "b")),
        Put(row("mug", 3, 6, None)),
        Put(row("muggle", 4, None, "c")),
    )

    found = shelf.select(Selection(projection=SHELF, where=where, order_by=["line"]))

    assert [each["line"] for each in found] == lines
    assert shelf.count(Selection(projection=SHELF, where=where)) == len(lines)
    assert shelf.count(Selection(projection=SHELF, where=where, limit=2)) == min(len(lines), 2)
    last = Selection(projection=SHELF, where=where, order_by=["-line"], limit=2, is_sorted=True)
    assert [each["line"] for each in shelf.select(last)] == lines[::-1][:2]


def test_a_selection_is_ordered_and_limited(shelf: Views) -> None:
    advance(shelf, *(Put(row(sku, line)) for sku in ("a", "b") for line in (1, 2)))

    found = shelf.select(Selection(projection=SHELF, order_by=["-line", "sku"], limit=3))

    assert [(each["line"], each["sku"]) for each in found] == [(2, "a"), (2, "b"), (1, "a")]


def test_null_sorts_before_everything_else(shelf: Views) -> None:
    advance(shelf, Put(row("a", 1, None, "x")), Put(row("a", 2, -5, "")), Put(row("a", 3, 5, None)))

    def lines(*order: str) -> list[Value]:
        return [each["line"] for each in shelf.select(Selection(projection=SHELF, order_by=order))]

    assert lines("pieces") == [1, 2, 3]
    assert lines("-pieces") == [3, 2, 1]
    assert lines("note", "line") == [3, 2, 1]


def test_views_move_together_or_not_at_all(shelf: Views) -> None:
    shelf.create(LABELS, ViewState.LIVE)
    stale = replace(the_view(shelf, LABELS), position=7)
    good = Advance(view=the_view(shelf), table=SHELF.table, anchor=somewhere(3), changes=[Put(row("a", 1))])

    with pytest.raises(Overtaken, match="generation 1 of the view labels is not at 7 any more"):
        shelf.apply([good, Advance(view=stale, table=LABELS.table, anchor=somewhere(9))])

    assert (rows(shelf), the_view(shelf).position) == ([], 0)


def test_what_was_taken_in_once_is_not_taken_in_again(shelf: Views) -> None:
    batch = Advance(view=the_view(shelf), table=SHELF.table, anchor=somewhere(1), changes=[Add(A1, {"pieces": 1})])
    shelf.apply([batch])

    with pytest.raises(Overtaken):
        shelf.apply([batch])

    assert rows(shelf) == [("a", 1, 1, None)]


def test_a_view_knows_what_it_had_to_leave_out(shelf: Views) -> None:
    left_out = [Unreadable(position=2, error="no"), Unreadable(position=3, error="neither")]
    shelf.apply([Advance(view=the_view(shelf), table=SHELF.table, anchor=somewhere(3), unreadable=left_out)])

    assert the_view(shelf).unreadable == 2
    assert shelf.unreadable(the_view(shelf)) == left_out


def test_there_is_one_live_generation_and_one_in_the_making(shelf: Views) -> None:
    shelf.create(SHELF, ViewState.BUILDING)

    for state in ViewState:
        with pytest.raises(Overtaken, match=f"the view shelf is {state} already"):
            shelf.create(SHELF, state)

    assert [(view.generation, view.state) for view in shelf.all()] == [(1, "live"), (2, "building")]


def test_a_generation_that_is_switched_to_replaces_the_live_one(shelf: Views) -> None:
    advance(shelf, Put(row("old", 1)))
    building = shelf.create(SHELF, ViewState.BUILDING)
    shelf.apply([Advance(view=building, table=SHELF.table, anchor=somewhere(1), changes=[Put(row("new", 1))])])
    assert rows(shelf) == [("old", 1, 0, None)]

    shelf.switch(the_view(shelf, state=ViewState.BUILDING))

    assert rows(shelf) == [("new", 1, 0, None)]
    assert [(view.generation, view.state, view.position) for view in shelf.all()] == [(2, "live", 1)]


def test_a_generation_behind_the_live_one_is_not_switched_to(shelf: Views) -> None:
    advance(shelf, Put(row("old", 1)), to=2)
    building = shelf.create(SHELF, ViewState.BUILDING)
    shelf.apply([Advance(view=building, table=SHELF.table, anchor=somewhere(1))])

    with pytest.raises(Overtaken, match="the live view shelf is further than the one that was built"):
        shelf.switch(building)

    assert rows(shelf) == [("old", 1, 0, None)]


@pytest.mark.parametrize("gone", ["replaced", "dropped"])
def test_a_generation_that_is_gone_does_not_move(shelf: Views, gone: str) -> None:
    live = the_view(shelf)
    if gone == "replaced":
        shelf.switch(shelf.create(SHELF, ViewState.BUILDING))
    else:
        shelf.drop(live)

    with pytest.raises(Overtaken, match="generation 1 of the view shelf is not at 0 any more"):
        shelf.apply([Advance(view=live, table=SHELF.table, anchor=somewhere(1), changes=[Put(row("a", 1))])])


@pytest.mark.parametrize("gone", ["switched", "dropped"])
def test_a_generation_that_is_gone_is_not_switched_to(shelf: Views, gone: str) -> None:
    building = shelf.create(SHELF, ViewState.BUILDING)
    if gone == "switched":
        shelf.switch(building)
    else:
        shelf.drop(building)

    with pytest.raises(Overtaken, match="generation 2 of the view shelf is not being built any more"):
        shelf.switch(building)


def test_what_is_dropped_is_gone_with_everything_of_it(shelf: Views) -> None:
    left_out = [Unreadable(position=1, error="no")]
    shelf.apply([Advance(view=the_view(shelf), table=SHELF.table, anchor=somewhere(1), unreadable=left_out)])
    view = the_view(shelf)

    shelf.drop(view)
    shelf.drop(view)

    assert (shelf.all(), shelf.unreadable(view)) == ([], [])


def test_a_view_keeps_the_anchor_of_the_last_event_that_it_took_in(shelf: Views) -> None:
    assert the_view(shelf).anchor is None

    advance(shelf, to=3)
    assert (the_view(shelf).position, the_view(shelf).anchor) == (3, somewhere(3))

    shelf.apply([Advance(view=the_view(shelf), table=SHELF.table, anchor=somewhere(9))])
    assert (the_view(shelf).position, the_view(shelf).anchor) == (9, somewhere(9))


def test_emptied_views_have_no_row_and_stand_at_the_beginning_in_the_generation_they_were(shelf: Views) -> None:
    shelf.create(LABELS, ViewState.LIVE)
    left_out = [Unreadable(position=1, error="no")]
    put = [Put(row("a", 1))]
    shelf.apply(
        [Advance(view=the_view(shelf), table=SHELF.table, anchor=somewhere(1), changes=put, unreadable=left_out)]
    )
    advance(shelf, Put({"sku": "a", "word": "b"}), projection=LABELS)
    before = shelf.all()

    shelf.empty(before)

    assert [(each.generation, each.state) for each in shelf.all()] == [(each.generation, each.state) for each in before]
    assert {(each.position, each.anchor, each.unreadable) for each in shelf.all()} == {(0, None, 0)}
    assert (rows(shelf), rows(shelf, LABELS), shelf.unreadable(the_view(shelf))) == ([], [], [])


def test_a_view_that_moved_meanwhile_is_not_emptied_and_no_other_with_it(shelf: Views) -> None:
    shelf.create(LABELS, ViewState.LIVE)
    advance(shelf, Put(row("a", 1)))
    advance(shelf, Put({"sku": "a", "word": "b"}), projection=LABELS)
    before = shelf.all()
    advance(shelf, Put(row("a", 2)))

    with pytest.raises(Overtaken, match="generation 1 of the view shelf is not at 1 any more"):
        shelf.empty(before)

    assert (len(rows(shelf)), len(rows(shelf, LABELS))) == (2, 1)


def test_a_batch_that_was_folded_before_the_view_was_emptied_is_not_taken_in(shelf: Views) -> None:
    advance(shelf, Put(row("a", 1)), to=5)
    folded = Advance(view=the_view(shelf), table=SHELF.table, anchor=somewhere(6), changes=[Put(row("a", 2))])
    shelf.empty(shelf.all())

    with pytest.raises(Overtaken):
        shelf.apply([folded])

    assert rows(shelf) == []


def test_a_generation_number_is_not_used_again_while_the_name_lives_on(shelf: Views) -> None:
    first = shelf.create(SHELF, ViewState.BUILDING)
    shelf.switch(first)

    assert shelf.create(SHELF, ViewState.BUILDING).generation == 3


@pytest.mark.parametrize("make", [None, ViewState.BUILDING])
def test_without_a_live_view_there_are_no_rows_not_wrong_ones(views: Views, make: ViewState | None) -> None:
    if make:
        views.create(SHELF, make)

    with pytest.raises(ViewNotBuilt, match="The view shelf is not built yet in version 1"):
        views.select(Selection(projection=SHELF))
    with pytest.raises(ViewNotBuilt), views.snapshot(SHELF):
        pass


def test_rows_of_another_version_are_not_shown(shelf: Views) -> None:
    with pytest.raises(ViewNotBuilt, match="in version 2"):
        shelf.select(Selection(projection=replace(SHELF, version=2)))


def test_rows_of_a_version_that_is_continued_are_shown_but_no_snapshot_of_them(shelf: Views) -> None:
    """They answer with null for a column that is new. A proof is about one version alone."""
    advance(shelf, Put(row("a", 1, 5)), Put(row("b", 1, 6)))
    columns = {"color": Column.TEXT, "sku": Column.TEXT, "weight": Column.INTEGER, "line": Column.INTEGER}
    third = replace(SHELF, version=3, table=Table(columns=columns, key=SHELF.table.key), continues={1: SHELF.table})

    def shown(*where: Filter, order_by: Sequence[str] = ("weight", "-sku")) -> list[Row]:
        return list(shelf.select(Selection(projection=third, where=where, order_by=order_by)))

    b = {"color": None, "sku": "b", "weight": None, "line": 1}
    assert shown() == [b, {**b, "sku": "a"}]
    assert shown(Equal("weight", None), StartsWith("sku", "b")) == [b]
    assert shown(AtMost("weight", 9)) == shown(Equal("color", "x")) == []
    assert shown(Among("sku", third, [Equal("sku", "b")])) == [b]
    shelf.create(LABELS, ViewState.LIVE)
    advance(shelf, Put({"sku": "b", "word": "blue"}), projection=LABELS)
    assert shown(Frequent(Among("sku", LABELS, [Equal("word", "blue")]))) == [b]
    last = Selection(projection=third, order_by=["-sku"], limit=1, is_sorted=True)
    assert (list(shelf.select(last)), shelf.count(Selection(projection=third))) == ([b], 2)
    with pytest.raises(ViewNotBuilt, match="in version 3"), shelf.snapshot(third):
        pass


def test_a_snapshot_stays_as_it_is_while_the_view_moves_on_and_is_replaced(
    views: Views, open_views: Callable[[], Views]
) -> None:
    views.create(SHELF, ViewState.LIVE)
    advance(views, *(Put(row("a", line)) for line in range(500)))

    with views.snapshot(SHELF) as snapshot:
        seen = [next(iter(snapshot.rows()))]
        other = open_views()
        advance(other, Remove({"sku": "a"}))
        building = other.create(SHELF, ViewState.BUILDING)
        other.apply([Advance(view=building, table=SHELF.table, anchor=somewhere(2))])
        other.switch(the_view(other, state=ViewState.BUILDING))
        seen = list(snapshot.rows())

    assert (len(seen), snapshot.view.position, snapshot.view.generation) == (500, 1, 1)
    assert rows(views) == []


def test_another_process_sees_the_same(views: Views, open_views: Callable[[], Views]) -> None:
    other = open_views()
    views.create(SHELF, ViewState.LIVE)
    advance(views, Put(row("a", 1)))

    assert other.all() == views.all()
    assert rows(other) == [("a", 1, 0, None)]
