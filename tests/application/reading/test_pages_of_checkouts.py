import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import a_checkout
from every_store import sqlite_url
from log_parts import BEGINNING, LogWriter
from read_side import ReadSide, open_read_side
from typed_ids import as_event, as_session, as_stream

from application.reading import checkout_search
from application.reading.answers import CheckoutFilter
from application.reading.projection import rfc3339
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.projections.search import SEARCH
from application.reading.views import (
    Above,
    Among,
    AtMost,
    Before,
    Equal,
    Filter,
    Frequent,
    OneOf,
    Selection,
    StartsWith,
)
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.source import Source
from infrastructure.views import sql

pytestmark = pytest.mark.every_store

SECONDS = [0, 5, 5, 5, 3, 9, 1, 5]
"""When each checkout was first seen, in the order of the log: two processes whose clocks differ, and some at once."""


def _seen() -> list[Event]:
    log = LogWriter()
    for number in range(len(SECONDS)):
        completed = CheckoutSession.Completed(stripe_event=as_event(f"evt_{number}"), payment_status="paid")
        log.add(as_stream(f"cs_test_{number}"), completed, session_id=as_session(f"cs_test_{number}"))
    return [
        replace(event, recorded_at=BEGINNING + timedelta(seconds=seconds))
        for event, seconds in zip(log.events, SECONDS, strict=True)
    ]


def _page(read_side: ReadSide, limit: int, seen: CheckoutFilter) -> list[str]:
    return [hit.session_id for hit in read_side.queries.search("", limit, seen)]


SHOWN = [f"cs_test_{number}" for number in (5, 7, 3, 2, 1, 4, 6, 0)]


@pytest.mark.parametrize("limit", [1, 2, 3, 8])
def test_pages_show_each_checkout_once_the_newest_first_whatever_the_clocks(read_side: ReadSide, limit: int) -> None:
    read_side.append(_seen())

    shown = _page(read_side, limit, CheckoutFilter())
    while page := _page(read_side, limit, CheckoutFilter(before=as_session(shown[-1]))):
        shown += page

    assert shown == SHOWN


THEN = rfc3339(BEGINNING)


@pytest.mark.parametrize(
    "where",
    [
        [Above("recorded_at", THEN)],
        [AtMost("recorded_at", THEN)],
        [Above("recorded_at", THEN), AtMost("recorded_at", THEN)],
        [Before(("recorded_at", "position"), (THEN, 5))],
        [Equal("state", "parked"), Above("recorded_at", THEN)],
        [OneOf("state", ["parked"]), Before(("recorded_at", "position"), (THEN, 5))],
    ],
    ids=lambda each: repr(each)[:70],
)
def test_a_page_of_a_time_is_read_from_an_index_in_its_order(tmp_path: Path, where: Sequence[Filter]) -> None:
    assert [line.split()[0] for line in _plan(tmp_path, where)] == ["SEARCH"]


def test_amounts_are_found_by_an_index(tmp_path: Path) -> None:
    search, _ = _plan(tmp_path, [Equal("currency", "eur"), Above("amount_total", 4899), AtMost("amount_total", 4900)])

    assert "(currency=? AND amount_total>? AND amount_total<?)" in search


@pytest.mark.parametrize(
    "where",
    [[Equal("currency", "eur")], [Equal("currency", "eur"), Above("amount_total", 4899)]],
    ids=["currency", "open"],
)
def test_many_of_an_amount_are_read_in_their_order_and_not_sorted(
    tmp_path: Path, where: Sequence[Equal | Above]
) -> None:
    assert "ORDER BY" in _plan(tmp_path, where)[-1], "by the index of amounts they are sorted"

    (again := tmp_path / "again").mkdir()
    (scan,) = _plan(again, [Frequent(each) for each in where])

    assert scan.startswith("SCAN")
    assert scan.endswith("_i1")


@pytest.mark.parametrize("few", [1, 100])
def test_few_and_many_of_an_amount_are_listed_alike(
    read_side: ReadSide, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(checkout_search, "_FEW_MAX", few)
    read_side.append(_paid(100, 300, 200, 300, 100))

    def listed(**seen: Any) -> list[str]:
        return [session[-1] for session in _page(read_side, 10, CheckoutFilter(currency="eur", **seen))]

    assert listed() == ["4", "3", "2", "1", "0"]
    assert listed(least=200) == ["3", "2", "1"]
    assert listed(most=200) == ["4", "2", "0"]
    assert listed(least=150, most=250) == ["2"]
    assert listed(least=301) == []


@pytest.mark.parametrize("few", [0, 1, 2, 100])
@pytest.mark.parametrize("gathered", [0, 3, 100])
def test_words_of_few_and_of_many_checkouts_are_found_alike(
    read_side: ReadSide, monkeypatch: pytest.MonkeyPatch, few: int, gathered: int
) -> None:
    monkeypatch.setattr(checkout_search, "_FEW_TERMS_MAX", few)
    monkeypatch.setattr(checkout_search, "_GATHERED_MAX", max(few, gathered))
    read_side.append(_paid(100, 300, 200, 300, 100))

    def found(words: str, limit: int = 10) -> list[str]:
        return [hit.session_id[-1] for hit in read_side.queries.search(words, limit)]

    assert found("eur") == ["4", "3", "2", "1", "0"]
    assert found("eur", 2) == ["4", "3"]
    assert found("3.00 eur") == ["3", "1"]
    assert found("cs_test_3 eur 3.00") == ["3"]
    assert found("1.00 3.00") == []
    assert read_side.queries.search("3.00 eur")[0].matched == ("amount",)


def test_few_of_an_amount_are_sorted_without_reading_whole_rows(tmp_path: Path) -> None:
    where: list[Filter] = [Equal("currency", "eur"), Above("amount_total", 4899)]

    plan = _plan(tmp_path, where, is_sorted=True)

    assert any("USING COVERING INDEX checkouts" in line and "currency=?" in line for line in plan)


def test_a_frequent_word_is_looked_up_checkout_by_checkout(tmp_path: Path) -> None:
    word = Among("session_id", SEARCH, [StartsWith("term", "mug")])

    outside, *inside = _plan(tmp_path, [Frequent(word)])

    assert outside.startswith("SCAN")
    assert "_i1" in outside, "by the index of times"
    assert any("COVERING INDEX search" in line and "(session_id=? AND term>? AND term<?)" in line for line in inside)


def _paid(*amounts: int) -> list[Event]:
    log = LogWriter()
    for number, amount in enumerate(amounts):
        checkout = a_checkout(amount_total=amount, currency="eur")
        retrieved = CheckoutSession.Retrieved(checkout=checkout, source=Source.WEBHOOK)
        log.add(as_stream(f"cs_test_{number}"), retrieved, session_id=as_session(f"cs_test_{number}"))
    return [
        replace(event, recorded_at=BEGINNING + timedelta(seconds=seconds)) for seconds, event in enumerate(log.events)
    ]


def _plan(directory: Path, where: Sequence[Filter], *, is_sorted: bool = False) -> list[str]:
    """How SQLite answers it: a line for each table that it reads, and for each time it sorts."""
    with open_read_side(sqlite_url(directory), [CHECKOUTS, SEARCH]) as read_side:
        read_side.projector.catch_up()
        views = {view.name: view for view in read_side.views.all()}
    selection = Selection(
        projection=CHECKOUTS, where=where, order_by=checkout_search.NEWEST_FIRST, limit=50, is_sorted=is_sorted
    )
    text, values = sql.select(selection, lambda each: sql.source(views[each.name], each), sql.SQLITE)
    (file,) = directory.glob("*-views.db")
    with closing(sqlite3.connect(file)) as connection:
        return [detail for *_, detail in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
