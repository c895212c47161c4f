"""What a customer may know of an order: how it stands and what happened, and nothing of anyone else's."""

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import pytest
from builders import a_checkout, a_line_item
from landing_orders import MUG, retrieved
from log_parts import LogWriter, mail
from sample_log import AUTHORIZED, CANCELED, DEBIT, FOREIGN, KEYS, SHOP, sample_log
from scenario import SESSION, effect
from typed_ids import as_event, as_session

from application.reading.customer_summary import CustomerSummary, as_json, customer_summary
from domain.checkout_session import CheckoutSession
from domain.effect import MAIL, Effect
from domain.event import Event
from domain.identifiers import StreamId
from domain.mail import MailKind
from domain.personal import Personal

SESSIONS = (SHOP, DEBIT, FOREIGN, KEYS, AUTHORIZED, CANCELED)
TRACKING = "TRACK44"


def summary(session: StreamId, *, hides_personal: bool = False) -> CustomerSummary:
    events = [(number, event) for number, event in enumerate(sample_log(), 1) if event.session_id == session]
    found = customer_summary(as_session(session), events, hides_personal=hides_personal)
    assert found is not None
    return found


def personal_texts(value: object) -> Iterator[str]:
    if isinstance(value, Personal):
        yield value.text
    elif is_dataclass(value):
        for field in fields(value):
            yield from personal_texts(getattr(value, field.name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from personal_texts(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from personal_texts(each)


def internals(event: Event) -> Iterator[str]:
    yield from (event.actor, event.originator_id, event.TOPIC)
    yield from ("staff", "kim", "policy", "mug-blue", "attempt", "Retrieved", "webhook", "pool")


@pytest.mark.parametrize("session", SESSIONS)
def test_a_customer_gets_no_names_no_notes_no_keys_and_nothing_of_the_engine(session: StreamId) -> None:
    document = json.dumps(as_json(summary(session)), ensure_ascii=False)

    of_others = {text for event in sample_log() for text in personal_texts(event)} - {TRACKING}
    inner = {text for event in sample_log() for text in internals(event)}
    assert len(of_others) > 15
    assert [text for text in of_others | inner if len(text) > 2 and text in document] == []


def test_what_happened_is_reported_in_the_words_of_a_customer() -> None:
    found = summary(SHOP)

    assert [moment.text for moment in found.moments] == [
        "Order placed",
        "Payment received: 49.90 EUR",
        "“Course” is ready",
        "“Item li_key” is ready",
        "“Item li_service” is ready",
        "Parcel 1 left with DHL: “Mug, blue”",
        "“Item li_wrap” is ready",
        "The carrier or tracking number of parcel 1 was corrected",
        "Being prepared again: “Mug, blue”",
        "Parcel 2 left with DHL: “Mug, blue”",
        "License keys are no longer valid: “Item li_key”",
        "New license keys will follow: “Item li_key”",
        "New license keys are ready: “Item li_key”",
        "License keys are no longer valid: “Item li_key”",
        "New license keys will follow: “Item li_key”",
        "No new license keys will follow: “Item li_key”",
    ]
    (parcel,) = found.parcels
    assert (parcel.items, parcel.carrier, parcel.tracking) == (("Mug, blue",), "DHL", Personal(TRACKING))


def test_a_redacted_summary_has_no_tracking_number() -> None:
    assert TRACKING in json.dumps(as_json(summary(SHOP)))
    assert TRACKING not in json.dumps(as_json(summary(SHOP, hides_personal=True)))


@pytest.mark.parametrize(
    ("session", "texts"),
    [
        (DEBIT, ["Order placed", "The payment failed"]),
        (FOREIGN, ["Order placed"]),
        (CANCELED, ["The order was canceled", "Canceled: “Item li_key”"]),
        (KEYS, ["“Item li_key” waits for license keys", "The receipt was sent"]),
    ],
)
def test_what_came_to_nothing_is_reported_too(session: StreamId, texts: list[str]) -> None:
    found = [moment.text for moment in summary(session).moments]

    assert [text for text in texts if text not in found] == []


def with_a_failed_payment() -> list[Event]:
    """Stripe's event comes after its answer has shown the failure, and after the mail."""
    log, mailed = LogWriter(), effect("mail_payment_failed")
    mug = replace(MUG, item=a_line_item("li_mug", description="Blue mug"))
    log.add(
        SESSION,
        CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="unpaid"),
        retrieved(a_checkout(payment_status="unpaid", line_items=[mug.item])),
    )
    request = Effect.Requested(kind=MAIL, step="mail_payment_failed", mail=mail(MailKind.PAYMENT_FAILED, mug))
    log.add(mailed, request, Effect.Succeeded(number=1), session_id=SESSION)
    log.add(SESSION, CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_2")))
    return [*log.events[:-1], replace(log.events[-1], occurred_at=log.events[1].occurred_at)]


def test_what_happened_is_in_the_order_of_the_shown_times() -> None:
    found = customer_summary(SESSION, list(enumerate(with_a_failed_payment(), 1)))

    assert found is not None
    texts = [moment.text for moment in found.moments]
    assert texts == ["Order placed", "The payment failed", "The mail about the failed payment was sent"]
    assert [moment.at for moment in found.moments] == sorted(moment.at for moment in found.moments)


def test_an_order_that_is_not_planned_has_the_names_that_its_mails_have() -> None:
    events = list(enumerate(with_a_failed_payment(), 1))
    before_the_mail, after = customer_summary(SESSION, events[:2]), customer_summary(SESSION, events)

    assert before_the_mail is not None
    assert after is not None
    assert [item.title for item in before_the_mail.items] == ["Blue mug"]
    assert [item.title for item in after.items] == ["Mug, blue"]


def test_a_session_that_the_log_does_not_know_has_no_summary() -> None:
    assert customer_summary(as_session(SHOP), []) is None
