"""What many changes come to is what they do one after the other, whatever the table held."""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import assert_never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.reading.projection import (
    Add,
    Change,
    Column,
    Keep,
    Put,
    Remove,
    Row,
    Table,
    Update,
    Value,
)
from infrastructure.views.net import ChangeGroup, Values, net

TABLE = Table(
    columns={
        "sku": Column.TEXT,
        "line": Column.INTEGER,
        "pieces": Column.INTEGER,
        "lost": Column.INTEGER,
        "note": Column.TEXT,
    },
    key=("sku", "line"),
)
Rows = dict[Values, dict[str, Value]]


def apply(rows: Rows, change: Change) -> None:
    """As the changes say themselves."""
    match change:
        case Put(row):
            rows[key(row)] = dict(row)
        case Keep(row):
            rows.setdefault(key(row), dict(row))
        case Update(of, values):
            if key(of) in rows:
                rows[key(of)] |= values
        case Add(of, amounts):
            fresh: Row = {"pieces": 0, "lost": 0, "note": None, **of}
            row = rows.setdefault(key(of), dict(fresh))
            for name, amount in amounts.items():
                before = row[name]
                row[name] = before + amount if isinstance(before, int) else None
        case Remove(where):
            for found in [of for of, row in rows.items() if where.items() <= row.items()]:
                del rows[found]
        case _:
            assert_never(change)


def key(row: Row) -> Values:
    return row["sku"], row["line"]


def changes_of(group: ChangeGroup) -> Iterable[Change]:
    for values in group.rows:
        row = dict(zip(group.columns, values, strict=True))
        own = {name: row.pop(name) for name in TABLE.key if name in row}
        if group.kind in (Put, Keep):
            yield Put(own | row) if group.kind is Put else Keep(own | row)
        elif group.kind is Update:
            yield Update(own, row)
        elif group.kind is Add:
            yield Add(own, {name: amount for name, amount in row.items() if isinstance(amount, int)})
        else:
            yield Remove(own | row)


skus, lines = st.sampled_from(["a", "a", "a", "b"]), st.sampled_from([1, 1, 1, 2])
integers, notes = st.none() | st.integers(-9, 9), st.sampled_from([None, "", "x"])
keys = st.fixed_dictionaries({"sku": skus, "line": lines})
others = {"pieces": integers, "lost": integers, "note": notes}
rows = st.fixed_dictionaries({"sku": skus, "line": lines, **others})
values = st.one_of(
    *(st.fixed_dictionaries({name: each}) for name, each in others.items()), st.fixed_dictionaries(others)
)
amounts = st.one_of(*(st.fixed_dictionaries({name: st.integers(-9, 9)}) for name in ("pieces", "lost")))
by_key = st.one_of(st.fixed_dictionaries({"line": lines}), st.fixed_dictionaries({"sku": skus}), keys)
by_other = st.fixed_dictionaries({"note": notes}, optional={"sku": skus})
changes = st.one_of(
    st.builds(Put, rows),
    st.builds(Keep, rows),
    st.builds(Update, keys, values),
    st.builds(Add, keys, amounts),
    st.builds(Remove, by_key),
    st.builds(Remove, by_other),
)


def check(before: Iterable[Row], made: Sequence[Change]) -> None:
    one_by_one: Rows = {key(row): dict(row) for row in before}
    at_once: Rows = {key(row): dict(row) for row in before}
    for change in made:
        apply(one_by_one, change)
    for group in net(TABLE, made):
        for change in changes_of(group):
            apply(at_once, change)
    assert at_once == one_by_one, made


@given(st.lists(rows, max_size=4), st.lists(changes, max_size=12))
def test_the_net_changes_leave_any_table_as_all_the_changes_do(before: Sequence[Row], made: Sequence[Change]) -> None:
    check(before, made)


A1: Row = {"sku": "a", "line": 1}
KINDS: list[Change] = [
    Put({**A1, "pieces": 1, "lost": None, "note": "put"}),
    Keep({**A1, "pieces": 2, "lost": 3, "note": "kept"}),
    Update(A1, {"pieces": 4}),
    Update(A1, {"note": "new", "lost": None}),
    Add(A1, {"pieces": 10}),
    Add(A1, {"lost": 20}),
    Remove(A1),
    Remove({"sku": "a"}),
    Remove({"line": 2}),
    Remove({"note": "put"}),
]


@pytest.mark.parametrize("first", KINDS, ids=repr)
def test_any_four_changes_of_one_row_come_to_what_they_do(first: Change) -> None:
    for rest in product(KINDS, repeat=3):
        check([], [first, *rest])
        check([{**A1, "pieces": 5, "lost": 6, "note": "old"}], [first, *rest])


@given(st.lists(changes, max_size=12))
def test_in_a_step_no_row_is_changed_twice_and_all_have_its_columns(made: Sequence[Change]) -> None:
    for group in net(TABLE, made):
        assert group.rows
        assert {len(row) for row in group.rows} == {len(group.columns)}
        if group.kind is not Remove:
            assert group.columns[:2] == TABLE.key
        assert len({row if group.kind is Remove else row[:2] for row in group.rows}) == len(group.rows)


def row(line: int, pieces: int = 0) -> Row:
    return {"sku": "a", "line": line, "pieces": pieces, "lost": 0, "note": None}


def test_what_comes_and_goes_in_one_batch_is_only_taken_away() -> None:
    of: Row = {"sku": "a", "line": 1}

    assert net(TABLE, [Put(row(1)), Update(of, {"note": "x"}), Remove(of)]) == [
        ChangeGroup(Remove, ("sku", "line"), [("a", 1)])
    ]


def test_removals_by_a_part_of_the_key_do_not_part_the_changes_of_other_rows() -> None:
    made = [change for line in range(100) for change in (Put(row(line)), Remove({"line": line + 1000}))]

    groups = net(TABLE, made)

    assert [(group.kind, len(group.rows)) for group in groups] == [(Remove, 100), (Put, 100)]
