"""What `fulfill checkout --for-customer` says of the items of an order, in every state that it can be in."""

import json
from collections.abc import Sequence
from datetime import UTC

import pytest
from builders import a_checkout
from landing_orders import MUG, blocked, canceled, retrieved, shipped
from log_parts import LogWriter
from scenario import FULFILLMENT, SESSION, requested
from typed_ids import as_event

from application.reading.customer_summary import customer_summary
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.fulfillment_events import FulfillmentFact
from domain.line import LineState
from domain.park_reason import ParkReason
from interfaces.cli.output.customer_page import show_summary

OPEN = retrieved(a_checkout(status="open", payment_status="unpaid"))
UNPAID = retrieved(a_checkout(payment_status="unpaid"))
EXPIRED = retrieved(a_checkout(status="expired", payment_status="unpaid"))
FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_1"))
CANCELED = CheckoutSession.Canceled(notifies=False)
PARKED = CheckoutSession.Parked(
    why=ParkReason.UNKNOWN_PAYMENT_STATUS, detail=reasons.unknown_payment_status("half_paid")
)
PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1000, currency="eur")
BOUGHT = [retrieved(a_checkout()), PAID]
PLANNED = [*BOUGHT, requested(MUG)]


@pytest.mark.parametrize(
    ("events", "state", "status"),
    [
        pytest.param([OPEN], "open", "Not ordered yet", id="open"),
        pytest.param([UNPAID], "awaiting_payment", "Ordered", id="awaiting payment"),
        pytest.param([UNPAID, PARKED], "parked", "Ordered", id="parked"),
        pytest.param(
            [UNPAID, FAILED], "payment_failed", "Not delivered, since the payment did not go through", id="failed"
        ),
        pytest.param([EXPIRED], "expired", "Not ordered", id="expired"),
        pytest.param([UNPAID, CANCELED], "canceled", "Canceled", id="canceled before it was paid"),
        pytest.param([OPEN, CANCELED], "canceled", "Canceled", id="canceled before it was ordered"),
        pytest.param(BOUGHT, "fulfilling", "Ordered", id="paid"),
        pytest.param(PLANNED, "fulfilling", "Being packed", id="to pack"),
        pytest.param([*PLANNED, *shipped(1, MUG)], "fulfilled", "On its way to you", id="shipped"),
        pytest.param([*PLANNED, canceled(1, MUG)], "canceled", "Canceled", id="canceled after it was paid"),
        pytest.param(
            [*PLANNED, blocked(MUG, LineState.MANUAL, reasons.paid_after_cancellation())],
            "blocked",
            "Being checked",
            id="paid after it was canceled",
        ),
    ],
)
def test_the_status_of_an_item_fits_its_order(
    capsys: pytest.CaptureFixture[str], events: Sequence[Event], state: str, status: str
) -> None:
    log = LogWriter()
    for event in events:
        log.add(FULFILLMENT if isinstance(event, FulfillmentFact) else SESSION, event, session_id=SESSION)
    summary = customer_summary(SESSION, list(enumerate(log.events, 1)))
    assert summary is not None

    show_summary(summary, UTC, order_prefix=None, newest_first=False, as_json=True)

    document = json.loads(capsys.readouterr().out)
    assert (document["state"], [item["status"] for item in document["items"]]) == (state, [status])
