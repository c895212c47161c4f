"""No list claims to be whole while a view behind it left events out: stderr shows it, and so does the document."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from every_store import log_environment

from application.log.log import Log, StoredEvent

Fulfill = Callable[..., Any]
ORDER, DEBIT = "cs_test_a1Q7xK2mVd", "cs_test_b2R8yL3nWe"


def garbled(url: str, *events: tuple[str, str]) -> None:
    """Unreadable events of these streams and topics."""
    with closing(Log(dict(log_environment(url)))) as log:
        log.store.insert_events([StoredEvent(stream, 1, topic, b"{broken") for stream, topic in events])


@pytest.fixture
def shop_with_garbled_events(small_shop_anywhere: str) -> str:
    """One of a checkout, and one whose checkout is not known."""
    garbled(
        small_shop_anywhere,
        ("cs_test_odd", "CheckoutSession.Noted"),
        ("sku_hat", "StockItem.Reserved"),
    )
    return small_shop_anywhere


@pytest.mark.usefixtures("shop_with_garbled_events")
@pytest.mark.parametrize(
    ("command", "views"),
    [
        (("search", "ada"), {"search", "checkouts"}),
        (("stock", "list"), {"stock"}),
        (("stock", "count", "mug-blue", "7", "--as", "kim", "--reason", "x"), {"stock"}),
        (("queue",), {"checkouts", "work_queue"}),
        (("projections", "list"), {"search", "checkouts", "stock", "timeline", "work_queue"}),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_a_list_from_a_view_that_left_events_out_says_so(
    fulfill: Fulfill, command: tuple[str, ...], views: set[str]
) -> None:
    fulfill("queue")  # brings the views up to date

    result, document = fulfill(*command), fulfill(*command, "--json")

    assert (result.code, document.code) == (0, 0)
    for answer in (result, document):
        shown = {line.split()[3] for line in answer.err.splitlines() if " so this answer may be incomplete" in line}
        assert shown == views
    rows = document.json if isinstance(document.json, list) else [document.json]
    assert {row.get("is_complete", False) for row in rows} == {False}


@pytest.mark.usefixtures("shop_with_garbled_events")
def test_a_checkout_says_whether_unreadable_events_may_belong_to_it(fulfill: Fulfill) -> None:
    document = fulfill("checkout", ORDER, "--json")

    assert (document.code, document.json["is_complete"]) == (0, False)
    assert "may belong to any checkout" in document.err


def test_a_checkout_is_complete_where_what_is_unreadable_belongs_to_another(
    fulfill: Fulfill, small_shop_anywhere: str
) -> None:
    garbled(small_shop_anywhere, ("cs_test_odd", "CheckoutSession.Noted"))

    document = fulfill("checkout", ORDER, "--json")

    assert (document.code, document.json["is_complete"], document.err) == (0, True, "")


def test_the_queue_has_a_row_for_every_view_that_left_events_out_before_all_others(
    fulfill: Fulfill, database: str
) -> None:
    fulfill("migrate")
    garbled(database, ("sku_hat", "StockItem.Reserved"), ("sku_hat2", "StockItem.Reserved"))

    queue, shown = fulfill("queue", "--json").json, fulfill("queue").out

    assert [(item["kind"], item["subject"], item["item"]) for item in queue] == [
        ("incomplete_view", "stock", ""),
        ("incomplete_view", "timeline", ""),
    ]
    assert queue[0]["detail"].startswith(
        "The view lacks 2 events; the first is event 1 of the log: Event 1 of sku_hat, "
    )
    assert "Nothing waits" not in shown
    assert "projections rebuild" in shown


def test_an_empty_list_that_may_lack_something_is_no_success(fulfill: Fulfill, database: str) -> None:
    fulfill("migrate")
    garbled(database, ("sku_hat", "StockItem.Counted"), ("cs_test_odd", "CheckoutSession.Noted"))

    stock, hits = fulfill("stock", "list"), fulfill("search", "x")

    assert (stock.code, stock.out) == (1, "No stock found in the incomplete view.\n")
    assert (hits.code, hits.out) == (1, "No checkouts found in the incomplete views.\n")
    assert (fulfill("stock", "list", "--json").code, fulfill("stock", "list", "--json").json) == (1, [])


@pytest.mark.usefixtures("small_shop")
def test_complete_views_are_not_talked_about(fulfill: Fulfill) -> None:
    for command in (("search", "ada"), ("stock", "list"), ("queue",), ("checkout", DEBIT)):
        assert fulfill(*command).err == ""
    assert {row["is_complete"] for row in fulfill("stock", "list", "--json").json} == {True}
