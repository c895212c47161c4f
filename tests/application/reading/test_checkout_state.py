"""The one word for how a checkout stands."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from log_parts import BEGINNING, COURSE, MUG, checkout
from typed_ids import as_event, as_line, as_session, as_stream

from application.reading.checkout_state import CheckoutState, Situation, checkout_state, situation
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.event import A, Event
from domain.fulfillment import Fulfillment
from domain.line import UNDECIDED, LineState
from domain.park_reason import ParkReason
from domain.reason import ReasonCode
from domain.source import Source

COMPLETED = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="unpaid")
SUCCEEDED = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_2"))
FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_3"))
EXPIRED = CheckoutSession.Expired(stripe_event=as_event("evt_4"))
PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1, currency="eur")
PARKED = CheckoutSession.Parked(why=ParkReason.UNKNOWN_PAYMENT_STATUS, detail=reasons.unknown_payment_status("new"))


def retrieved(status: str = "complete", payment_status: str = "paid", mode: str = "payment") -> Event:
    lines = () if mode == "setup" else (MUG,)
    found = replace(checkout(*lines, status=status, payment_status=payment_status), mode=mode)
    return CheckoutSession.Retrieved(checkout=found, source=Source.WEBHOOK)


def state(session: Sequence[Event] = (), fulfillment: Sequence[Event] = ()) -> CheckoutState:
    return checkout_state(
        evolved(CheckoutSession(id=as_session("cs_test_1")), session),
        evolved(Fulfillment(id=as_stream("ful_cs_test_1")), fulfillment),
    )


def evolved(aggregate: A, events: Sequence[Event]) -> A:
    for number, event in enumerate(events, 1):
        aggregate = aggregate.evolve(replace(event, originator_version=number))
    return aggregate


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], "open"),
        ([COMPLETED], "open"),
        ([SUCCEEDED], "open"),
        ([retrieved("open", "unpaid")], "open"),
        ([retrieved("open", "no_payment_required", "setup")], "open"),
        ([COMPLETED, retrieved(payment_status="unpaid")], "awaiting_payment"),
        ([retrieved(payment_status="unpaid"), SUCCEEDED], "awaiting_payment"),
        ([retrieved(payment_status="unpaid"), FAILED], "payment_failed"),
        ([FAILED], "payment_failed"),
        ([FAILED, SUCCEEDED, retrieved(payment_status="unpaid")], "awaiting_payment"),
        ([FAILED, retrieved(), PAID], "fulfilling"),
        ([EXPIRED], "expired"),
        ([retrieved("expired", "unpaid")], "expired"),
        ([EXPIRED, COMPLETED], "open"),
        ([EXPIRED, retrieved(), PAID], "fulfilling"),
        ([retrieved(), PAID], "fulfilling"),
        ([retrieved(payment_status="no_payment_required", mode="setup"), PAID], "nothing_to_fulfill"),
        ([PARKED], "parked"),
        ([COMPLETED, retrieved(payment_status="brand_new"), PARKED], "parked"),
        ([PARKED, retrieved(payment_status="unpaid")], "awaiting_payment"),
        ([PARKED, retrieved(), PAID], "fulfilling"),
    ],
)
def test_before_it_is_planned_a_checkout_stands_as_stripe_says(events: list[Event], expected: str) -> None:
    assert state(events) == expected


REQUESTED = Fulfillment.Requested(
    plan=(MUG, COURSE), catalog="", currency="eur", amount_shipping=0, amount_tax=0, paid_at=BEGINNING
)
MUG_SENT = Fulfillment.LineItemDelivered(line_item=as_line("li_mug"))
COURSE_OPEN = Fulfillment.LineItemDelivered(line_item=as_line("li_course"))


def blocked(line_item: str, state: LineState = LineState.MANUAL) -> Event:
    return Fulfillment.LineItemBlocked(line_item=as_line(line_item), state=state, detail=reasons.as_written(""))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([REQUESTED], "fulfilling"),
        ([REQUESTED, COURSE_OPEN], "fulfilling"),
        ([REQUESTED, COURSE_OPEN, MUG_SENT], "fulfilled"),
        ([REQUESTED, COURSE_OPEN, blocked("li_mug")], "partially_fulfilled"),
        ([REQUESTED, COURSE_OPEN, blocked("li_mug", LineState.BACKORDERED)], "partially_fulfilled"),
        ([REQUESTED, blocked("li_course"), blocked("li_mug", LineState.GIVEN_UP)], "blocked"),
        ([REQUESTED, blocked("li_course")], "fulfilling"),
        ([replace(REQUESTED, plan=())], "nothing_to_fulfill"),
        ([Fulfillment.StockHeld(lines=(MUG,))], "fulfilling"),
    ],
)
def test_once_it_is_paid_a_checkout_stands_as_its_lines_do(events: list[Event], expected: str) -> None:
    assert state([retrieved(), PAID], events) == expected


def test_every_state_is_one_that_was_promised() -> None:
    assert set(CheckoutState) == {
        "open",
        "awaiting_payment",
        "fulfilling",
        "fulfilled",
        "partially_fulfilled",
        "blocked",
        "payment_failed",
        "expired",
        "canceled",
        "nothing_to_fulfill",
        "parked",
        "other_application",
    }


@pytest.mark.parametrize("why", UNDECIDED)
def test_a_line_that_is_undecided_is_never_to_do_by_hand(why: ReasonCode) -> None:
    assert situation(CheckoutState.BLOCKED, [(LineState.MANUAL, why)]) is Situation(why.value)


def test_of_several_decisions_staff_read_the_first() -> None:
    lines = [(LineState.MANUAL, why) for why in reversed(UNDECIDED)]

    assert situation(CheckoutState.BLOCKED, lines) is Situation(UNDECIDED[0].value)
