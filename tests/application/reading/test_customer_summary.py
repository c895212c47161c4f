"""What a customer may know of an order: how it stands and what happened, and nothing of anyone else's."""

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest
from sample_log import AUTHORIZED, CANCELED, DEBIT, FOREIGN, KEYS, SHOP, sample_log
from typed_ids import as_session

from application.reading.customer_summary import CustomerSummary, as_json, customer_summary
from domain.event import Event
from domain.identifiers import StreamId
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


def test_a_session_that_the_log_does_not_know_has_no_summary() -> None:
    assert customer_summary(as_session(SHOP), []) is None
