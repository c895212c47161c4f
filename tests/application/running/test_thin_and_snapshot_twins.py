"""One moment at Stripe comes as a thin event and as a snapshot, in either order: both lead to the same, once."""

import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import Shop
from typed_ids import as_session

from application.reading.checkout_state import CheckoutState
from application.receive import receive
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.fulfillment import Fulfillment
from domain.park_reason import ParkReason
from domain.payment import Payment
from infrastructure.stripe.envelope import read_delivery

Open = Callable[..., Shop]
ID, PAYMENT, OWN = as_session("cs_test_a1Twin"), "pi_1Twin", "acct_1Own"
CATALOG = '[products.prod_li_1]\ndelivery = "access"\nlink = "https://shop.example/course"\n'


def snapshot(kind: str, object: dict[str, Any], *, number: int = 1, **changes: Any) -> dict[str, Any]:
    event = {"id": f"evt_1Snap{number}", "object": "event", "type": kind, "livemode": False, "created": 1795510800}
    return {**event, "api_version": "2026-10-28.endive", "data": {"object": object}, **changes}


def thin(kind: str, related: str, *, number: int = 1, **changes: Any) -> dict[str, Any]:
    event = {"id": f"evt_test_Thin{number}", "object": "v2.core.event", "type": f"v1.{kind}", "livemode": False}
    about = {"id": related, "type": "any", "url": f"/v1/any/{related}"}
    linked = {"snapshot_event": f"evt_1Snap{number}", "context": None}
    return {**event, "created": "2026-11-24T09:00:00.123Z", "related_object": about, **linked, **changes}


COMPLETED = "checkout.session.completed"
SNAPSHOT = snapshot(COMPLETED, {"id": ID, "object": "checkout.session", "payment_status": "paid"})
THIN = thin(COMPLETED, ID)


def hear(shop: Shop, *events: dict[str, Any]) -> None:
    for event in events:
        delivery = read_delivery(json.dumps(event).encode(), "t=1,v1=0")
        waiter: Future[bool] = Future()
        receive(shop.runtime.writer, shop.clock, delivery.event_id, delivery.received, waiter)
        assert shop.runtime.writer.result(waiter)
        shop.rest()


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    outside.checkouts[ID] = replace(a_checkout(line_items=[a_line_item("li_1")]), payment_intent=PAYMENT)
    return open_shop(catalog=CATALOG)


def retrievals(shop: Shop) -> int:
    return sum(event.step.startswith("retrieve") for event in shop.events_of(Effect.Requested))


ORDERS = {
    "the snapshot alone": [SNAPSHOT],
    "the thin one alone": [THIN],
    "the snapshot first": [SNAPSHOT, THIN],
    "the thin one first": [THIN, SNAPSHOT],
    "the thin one with our account": [{**THIN, "context": OWN}],
    "that one first": [{**THIN, "context": OWN}, SNAPSHOT],
    "that one last": [SNAPSHOT, {**THIN, "context": OWN}],
}


@pytest.mark.parametrize("events", ORDERS.values(), ids=ORDERS)
def test_the_checkout_is_fulfilled_once_whichever_comes_and_in_whichever_order(
    shop: Shop, events: list[dict[str, Any]]
) -> None:
    hear(shop, *events)

    assert shop.state(ID) is CheckoutState.FULFILLED
    assert (retrievals(shop), len(shop.outside.mailbox)) == (1, 1)
    for once in (CheckoutSession.Completed, CheckoutSession.Paid, Fulfillment.Requested):
        assert len(shop.events_of(once)) == 1
    assert shop.events_of(CheckoutSession.Parked) == []


def test_what_a_snapshot_reports_beyond_its_thin_twin_is_not_lost(shop: Shop) -> None:
    """Stripe's answer lags behind its events: it is unpaid when it is asked after the thin one."""
    shop.outside.checkouts[ID] = replace(shop.outside.checkouts[ID], payment_status="unpaid")
    hear(shop, THIN)
    assert shop.state(ID) is CheckoutState.AWAITING_PAYMENT

    shop.outside.checkouts[ID] = replace(shop.outside.checkouts[ID], payment_status="paid")
    hear(shop, SNAPSHOT)

    assert shop.state(ID) is CheckoutState.FULFILLED
    [_, completed] = shop.events_of(CheckoutSession.Completed)
    [paid] = shop.events_of(CheckoutSession.Paid)
    assert (completed.payment_status, paid.occurred_at) == ("paid", completed.occurred_at)


@pytest.mark.parametrize("is_thin_first", [True, False])
def test_a_report_about_a_payment_is_one_report(shop: Shop, *, is_thin_first: bool) -> None:
    unpaid = replace(shop.outside.checkouts[ID], payment_status="unpaid")
    shop.outside.checkouts[ID] = unpaid
    hear(shop, SNAPSHOT)
    before = retrievals(shop)
    kind = "payment_intent.processing"
    twins = [thin(kind, PAYMENT, number=2), snapshot(kind, {"id": PAYMENT, "object": "payment_intent"}, number=2)]

    hear(shop, *(twins if is_thin_first else reversed(twins)))

    [reported] = shop.events_of(Payment.Reported)
    assert reported.stripe_event == "evt_1Snap2"
    assert retrievals(shop) == before + 1


def test_a_thin_event_of_a_connected_account_is_parked_when_stripe_does_not_know_its_session(shop: Shop) -> None:
    del shop.outside.checkouts[ID]

    hear(shop, {**THIN, "context": "acct_1Connected"})

    [parked] = shop.events_of(CheckoutSession.Parked)
    assert (parked.why, retrievals(shop)) == (ParkReason.CONNECTED_ACCOUNT, 1)


def test_a_session_that_was_parked_by_a_context_is_asked_about_when_its_snapshot_comes(shop: Shop) -> None:
    """An earlier version parked sessions of our own account, and Stripe's API may lag behind its events."""
    checkout = shop.outside.checkouts.pop(ID)
    hear(shop, {**THIN, "context": OWN})
    assert shop.state(ID) is CheckoutState.PARKED

    shop.outside.checkouts[ID] = checkout
    hear(shop, SNAPSHOT)

    assert shop.state(ID) is CheckoutState.FULFILLED
