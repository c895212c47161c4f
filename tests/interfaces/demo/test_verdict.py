"""What the demo holds a checkout to: whatever of log, books and outbox is not as it should be is objected to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typed_ids import as_session

from application.reading.checkout_document import CheckoutDocument, EmailEntry, LineItemEntry, MailState, StoryEntry
from application.reading.checkout_state import CheckoutState
from domain.line import LineState
from domain.mail import MailKind
from domain.order_number import order_number
from interfaces.demo.outbox import Letter
from interfaces.demo.verdict import Expected, Findings, objections, objections_to_the_day
from interfaces.sandbox.model.books import BookedLine, BookEntry
from interfaces.sandbox.model.values import Money

ID = as_session("cs_test_1")
EUR = Money(amount=4900, currency="eur")
EXPECTED = Expected(state="fulfilled", mails=["receipt"])
DELIVERED = StoryEntry(
    position=1,
    stream=f"ful_{ID}",
    type="Fulfillment.LineItemDelivered",
    occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
    recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    actor="engine",
    cause=None,
    reason=None,
    text="It is delivered",
    is_personal=False,
    why=None,
    is_routine=False,
)
DOCUMENT = CheckoutDocument(
    session_id=ID,
    order_number=order_number(ID),
    state=CheckoutState.FULFILLED,
    reported=None,
    payment_status="paid",
    livemode=False,
    amount_total=4900,
    currency="eur",
    checkout=None,
    mails_to=None,
    line_items=(
        LineItemEntry(
            id="li_1",
            price="price_1",
            product="prod_1",
            description="Course",
            name="Course",
            sku=None,
            quantity=1,
            amount_total=4900,
            delivery="access",
            state=LineState.DELIVERED,
            detail=None,
            why=None,
            link=None,
        ),
    ),
    parcels=(),
    emails=(
        EmailEntry(
            kind=MailKind.RECEIPT,
            state=MailState.SENT,
            occasion=None,
            to=None,
            subject=None,
            text=None,
            detail=None,
            why=None,
        ),
    ),
    story=(DELIVERED,),
)
BOOKED = BookEntry(
    session_id=ID,
    mode="payment",
    status="complete",
    payment_status="paid",
    total=EUR,
    paid=EUR,
    is_debit_pending=False,
    is_authorized=False,
    payment_intent_id="pi_1",
    payment_link_id=None,
    email="ada@example.com",
    line_items=(
        BookedLine(id="li_1", price_id="price_1", product_id="prod_1", description="Course", quantity=1, total=EUR),
    ),
    event_ids=("evt_1",),
)
LETTER = Letter(
    name=f"eff_{ID}_mail_receipt",
    to="ada@example.com",
    subject="Your order",
    date="today",
    session_id=ID,
    what="receipt",
    text="Your key: KEY-1",
    html="",
)
GOOD = Findings(document=DOCUMENT, booked=BOOKED, letters=[LETTER])


def test_where_all_agree_nothing_is_objected_to() -> None:
    assert objections(EXPECTED, GOOD) == []


def document(**changes: object) -> Findings:
    return replace(GOOD, document=replace(DOCUMENT, **changes))  # type: ignore[arg-type]


def booked(**changes: object) -> Findings:
    return replace(GOOD, booked=replace(BOOKED, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "objection"),
    [
        (lambda: replace(GOOD, document=None), "the engine does not know it"),
        (lambda: document(state=CheckoutState.BLOCKED), "its state is blocked, not fulfilled"),
        (
            lambda: document(story=(DELIVERED, DELIVERED)),
            "1 of its lines are delivered, but the log has it 2 times",
        ),
        (lambda: document(story=()), "but the log has it 0 times"),
        (lambda: booked(payment_status="unpaid"), "something was delivered although nothing was paid"),
        (lambda: booked(status="open"), "something was delivered although nothing was paid"),
        (lambda: document(amount_total=None), "it is paid, but the engine has not retrieved it"),
        (lambda: document(amount_total=4901), "('paid', 4901, 'eur'), Stripe of ('paid', 4900, 'eur')"),
        (lambda: document(currency="usd"), "('paid', 4900, 'usd'), Stripe of ('paid', 4900, 'eur')"),
        (lambda: booked(line_items=()), "the engine's 1 lines are not the 0 that were bought"),
        (lambda: document(emails=()), "by the log its mails are none, not receipt"),
        (lambda: document(emails=DOCUMENT.emails * 2), "by the log its mails are receipt, receipt, not receipt"),
        (
            lambda: document(emails=(replace(DOCUMENT.emails[0], state=MailState.FAILED),)),
            "its mails are receipt (failed)",
        ),
        (lambda: replace(GOOD, letters=[]), "in the outbox are none, not receipt"),
        (lambda: replace(GOOD, letters=[LETTER, LETTER]), "in the outbox are receipt, receipt, not receipt"),
        (lambda: replace(GOOD, letters=[replace(LETTER, to="bob@example.com")]), "a mail went to bob@example.com"),
    ],
)
def test_whatever_is_not_as_it_should_be_is_objected_to(found: Callable[[], Findings], objection: str) -> None:
    assert objection in "; ".join(objections(EXPECTED, found()))


def test_of_the_day_nothing_is_objected_to_where_all_is_accounted_for() -> None:
    assert objections_to_the_day({ID}, [ID], [LETTER], ["KEY-1"]) == []


def test_of_the_day_strange_checkouts_lost_mails_and_shared_keys_are_objected_to() -> None:
    other = replace(LETTER, name="eff_cs_test_3_mail_receipt", session_id="cs_test_3")

    objections = objections_to_the_day({ID}, [ID, "cs_test_2"], [LETTER, other], ["KEY-1"])

    assert objections == [
        "the engine has checkouts that no customer made: cs_test_2",
        "in the outbox are mails about nothing: eff_cs_test_3_mail_receipt",
        "license keys went to more than one customer: KEY-1",
    ]
