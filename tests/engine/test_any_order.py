"""However the inputs of one session are ordered, doubled or lost, they end in the same state."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import FixedClock, Outside
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import COMPLETED, FAILED, SUCCEEDED, Shop, Store

from application.staff import By
from application.unit_of_work import Stamp
from domain.checkout_session import CheckoutSession, Source
from domain.effect import Effect

ID = "cs_test_order"
CATALOG = """
[products.prod_access]
delivery = "access"
[products.prod_mug]
delivery = "shipment"
sku = "mug"
track_stock = true
"""
PAID = a_checkout(
    line_items=[a_line_item("li_1", product="prod_access"), a_line_item("li_2", product="prod_mug", quantity=2)]
)
UNPAID = replace(PAID, payment_status="unpaid")

Input = Callable[[Shop], object]


def completed(shop: Shop) -> object:
    return shop.hear(COMPLETED, ID, id="evt_completed", payment_status="unpaid")


def completed_again(shop: Shop) -> object:
    """Stripe makes a second event of the same, for a second endpoint of ours."""
    return shop.hear(COMPLETED, ID, id="evt_completed_again", payment_status="unpaid")


def succeeded(shop: Shop) -> object:
    return shop.hear(SUCCEEDED, ID, id="evt_succeeded")


def failed(shop: Shop) -> object:
    return shop.hear(FAILED, ID, id="evt_failed")


def visit(shop: Shop) -> object:
    return shop.visit(ID)


def old_answer(shop: Shop) -> object:
    """An answer of Stripe's API from before the payment, which took its time to be recorded."""
    return shop.runtime.writer.run(
        Stamp(actor="customer", now=shop.clock(), session_id=ID),
        [ID],
        lambda unit: unit.command(
            CheckoutSession, ID, CheckoutSession.learn, UNPAID, source=Source.LANDING_PAGE, at=shop.clock()
        ),
    )


def outcome(inputs: Sequence[Input], truth: Any, directory: Path, *, rests: bool) -> dict[str, Any]:
    """How it ends for a shop that takes these inputs, resting after each or only at the end."""
    outside, store = Outside(checkouts={ID: truth}), Store(directory)
    shop = Shop(directory=directory, store=store, outside=outside, clock=FixedClock(), catalog=CATALOG)
    try:
        shop.runtime.staff.count("mug", 5, By(name="ann", reason="before the day"))
        for take in inputs:
            take(shop)
            if rests:
                shop.rest()
        for _ in range(40):
            shop.rest()
            shop.clock.advance(3600)
        return _outcome(shop)
    finally:
        shop.kill()
        store.close()


def _outcome(shop: Shop) -> dict[str, Any]:
    stock, mails = shop.stock("mug"), sorted(shop.outside.mailbox)
    return {
        "state": shop.state(ID),
        "lines": {id: line.state for id, line in shop.fulfillment(ID).lines.items()},
        "stock": (stock.on_hand, stock.available),
        "mails": [mail for mail in mails if not mail.endswith("payment_pending")],
        "open effects": [
            event.originator_id
            for event in shop.events_of(Effect.Requested)
            if shop.runtime.log.get(Effect, event.originator_id).is_open
        ],
    }


FULFILLED = {
    "state": "fulfilling",
    "lines": {"li_1": "delivered", "li_2": "pending"},
    "stock": (5, 3),
    "mails": [f"eff_{ID}_mail_receipt"],
    "open effects": [],
}


def _orders(inputs: Sequence[Input], deciding: Sequence[Input]) -> list[tuple[Input, ...]]:
    """Every order of every selection of the inputs that leaves something from which the payment is learned."""
    found = []
    for size in range(1, len(inputs) + 1):
        found += [order for order in permutations(inputs, size) if any(each in deciding for each in order)]
    return found


@pytest.mark.parametrize("rests", [True, False], ids=["resting", "at-once"])
def test_a_delayed_payment_that_arrives_is_fulfilled_in_any_order(rests: bool, tmp_path: Path) -> None:
    inputs = [completed, completed_again, succeeded, visit, old_answer]

    for order in _orders(inputs, [completed, completed_again, succeeded, visit]):
        names = [each.__name__ for each in order]
        assert outcome(order, PAID, tmp_path, rests=rests) == FULFILLED, names


def test_a_delayed_payment_that_fails_holds_nothing_in_any_order(tmp_path: Path) -> None:
    for order in _orders([completed, failed, visit, old_answer], [failed]):
        names = [each.__name__ for each in order]
        assert outcome(order, UNPAID, tmp_path, rests=True) == {
            "state": "payment_failed",
            "lines": {},
            "stock": (5, 5),
            "mails": [f"eff_{ID}_mail_payment_failed"],
            "open effects": [],
        }, names


@settings(max_examples=60, deadline=None, derandomize=True, print_blob=True)
@given(
    inputs=st.lists(
        st.sampled_from([completed, completed_again, succeeded, failed, visit, old_answer]), min_size=6, max_size=14
    ),
    rests=st.booleans(),
)
def test_what_is_paid_is_fulfilled_whatever_was_said_before(
    inputs: list[Input], rests: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("order")

    ended = outcome([*inputs, visit], PAID, directory, rests=rests)

    assert {key: value for key, value in ended.items() if key != "mails"} == {
        key: value for key, value in FULFILLED.items() if key != "mails"
    }
    assert ended["mails"].count(f"eff_{ID}_mail_receipt") == 1
