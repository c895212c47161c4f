"""What `fulfill checkout --json` prints: other programs rely on it, so it may grow and never change its meaning."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from log_parts import BEGINNING, COURSE, MUG, LogWriter, checkout, mail
from read_side import ReadSide
from sample_log import DEBIT, FOREIGN, KEYS, SHOP, sample_log
from typed_ids import as_line, as_session, as_stream

from application.reading.checkout_document import as_json, checkout_document
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.effect import MAIL, Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, StreamId
from domain.line import LineState
from domain.mail import MailKind, SentMail
from domain.personal import Personal
from domain.source import Source
from domain.step import MailStep

PROMISED = {
    "session_id", "state", "payment_status", "livemode", "amount_total", "currency", "line_items", "emails", "story",
}  # fmt: skip
OF_THE_ORDER = {
    "amount_subtotal", "amount_discount", "amount_shipping", "amount_tax", "presentment", "customer", "business_name",
    "tax_ids", "shipping", "shipping_rate", "discounts", "custom_fields", "consent", "payment_method_type",
    "payment_intent", "payment_link", "customer_id", "subscription", "invoice", "recovered_from", "client_reference_id",
    "metadata", "locale",
}  # fmt: skip
GROWN = {"order_number", "situation", "reported", "mails_to", "parcels", "personal"}
OF_A_LINE = {"id", "price", "product", "description", "quantity", "delivery", "state"}
OF_A_MAIL = {"kind", "state"}
OF_THE_STORY = {"position", "stream", "type", "occurred_at", "recorded_at", "actor", "cause", "text"}
LINE_STATES = {"pending", "delivered", "backordered", "manual", "given_up", "revoked"}
MAIL_STATES = {"queued", "sent", "failed"}


def shown(session_id: SessionId, *events: Event) -> dict[str, Any]:
    """The document as other programs get it."""
    document = checkout_document(session_id, list(enumerate(events, 1)))
    assert document is not None
    plain: dict[str, Any] = json.loads(json.dumps(as_json(document)))
    return plain


def recorded(stream: StreamId, *facts: Event) -> list[Event]:
    log = LogWriter()
    log.add(stream, *facts, session_id=as_session(SHOP))
    return log.events


def sample(session_id: SessionId) -> dict[str, Any]:
    events = [(number, event) for number, event in enumerate(sample_log(), 1) if event.session_id == session_id]
    document = checkout_document(session_id, events)
    assert document is not None
    plain: dict[str, Any] = json.loads(json.dumps(as_json(document)))
    return plain


@pytest.mark.parametrize("session_id", [SHOP, DEBIT, FOREIGN, KEYS])
def test_it_has_everything_that_was_promised(session_id: SessionId) -> None:
    document = sample(session_id)

    grown = {"detail", "why", "name", "sku", "amount_total", "link", "keys_valid", "keys_revoked", "keys_awaited"}
    assert set(document) == PROMISED | OF_THE_ORDER | GROWN
    assert all(set(line) == OF_A_LINE | grown for line in document["line_items"])
    assert all(
        set(email) == OF_A_MAIL | {"occasion", "to", "subject", "text", "detail", "why"} for email in document["emails"]
    )
    entries = OF_THE_STORY | {"reason", "why", "is_routine", "is_personal"}
    assert all(set(entry) == entries for entry in document["story"])
    assert {line["state"] for line in document["line_items"]} <= LINE_STATES
    assert {email["state"] for email in document["emails"]} <= MAIL_STATES


def test_a_fulfilled_checkout_to_the_letter() -> None:
    document = sample(as_session(SHOP))
    story, _ = document.pop("story"), document.pop("personal")
    address = {
        "line1": "1 Example Road",
        "line2": None,
        "city": "Exampleton",
        "postal_code": None,
        "state": None,
        "country": "DE",
    }

    assert document == {
        "session_id": SHOP,
        "order_number": "BNSXX-APHNT",
        "state": "fulfilled",
        "situation": "fulfilled",
        "payment_status": "paid",
        "reported": None,
        "livemode": False,
        "amount_total": 4990,
        "currency": "eur",
        "line_items": [
            {
                "id": "li_mug",
                "price": "price_li_mug",
                "product": "prod_li_mug",
                "description": "Mug, blue",
                "name": "Mug, blue",
                "sku": "mug-blue",
                "amount_total": 900,
                "quantity": 2,
                "delivery": "shipment",
                "state": "delivered",
                "detail": None,
                "why": None,
                "link": None,
                "keys_valid": 0,
                "keys_revoked": 0,
                "keys_awaited": 0,
            },
            {
                "id": "li_course",
                "price": "price_li_course",
                "product": "prod_li_course",
                "description": "Course",
                "name": "Course",
                "sku": None,
                "amount_total": 900,
                "quantity": 1,
                "delivery": "access",
                "state": "delivered",
                "detail": None,
                "why": None,
                "link": "https://example.com/course",
                "keys_valid": 0,
                "keys_revoked": 0,
                "keys_awaited": 0,
            },
            {
                "id": "li_key",
                "price": "price_li_key",
                "product": None,
                "description": "Item li_key",
                "name": "Item li_key",
                "sku": None,
                "amount_total": 900,
                "quantity": 1,
                "delivery": "license_key",
                "state": "delivered",
                "detail": "Revoked 2 license keys",
                "why": None,
                "link": None,
                "keys_valid": 0,
                "keys_revoked": 2,
                "keys_awaited": 0,
            },
            {
                "id": "li_service",
                "price": "price_li_service",
                "product": "prod_li_service",
                "description": "Item li_service",
                "name": "Item li_service",
                "sku": None,
                "amount_total": 900,
                "quantity": 1,
                "delivery": "http",
                "state": "delivered",
                "detail": "ref 99",
                "why": None,
                "link": None,
                "keys_valid": 0,
                "keys_revoked": 0,
                "keys_awaited": 0,
            },
            {
                "id": "li_wrap",
                "price": "price_li_wrap",
                "product": "prod_li_wrap",
                "description": "Item li_wrap",
                "name": "Item li_wrap",
                "sku": None,
                "amount_total": 900,
                "quantity": 1,
                "delivery": "manual",
                "state": "delivered",
                "detail": None,
                "why": None,
                "link": None,
                "keys_valid": 0,
                "keys_revoked": 0,
                "keys_awaited": 0,
            },
        ],
        "parcels": [
            {
                "number": 2,
                "lines": ["li_mug"],
                "carrier": "DHL",
                "tracking": "TRACK44",
                "shipped_at": "2026-11-24T09:01:27.000000Z",
                "ships_to": None,
                "corrections": 0,
            }
        ],
        "emails": [],
        "mails_to": "Zoe@Example.com",
        "amount_subtotal": 5000,
        "amount_discount": 500,
        "amount_shipping": 490,
        "amount_tax": 933,
        "presentment": {"amount": 6120, "currency": "usd"},
        "customer": {
            "name": "Zoé O'Example",
            "email": "Zoe@Example.com",
            "phone": "+4930000",
            "address": address,
        },
        "business_name": "Example & Daughters",
        "tax_ids": [{"type": "eu_vat", "value": "DE123456789"}],
        "shipping": {"name": "Gift Receiver", "email": None, "phone": None, "address": address},
        "shipping_rate": {"id": "shr_express", "name": "Express, 1 to 2 days"},
        "discounts": [
            {"coupon": "10OFF", "coupon_name": "A tenth off", "promotion_code": "promo_1", "code": "WELCOME"},
            {"coupon": "hidden", "coupon_name": None, "promotion_code": None, "code": None},
        ],
        "custom_fields": [{"key": "engraving", "label": "Engraving", "value": "For you"}],
        "consent": {"promotions": "opt_in", "terms_of_service": "accepted"},
        "payment_method_type": None,
        "payment_intent": "pi_Shop1",
        "payment_link": None,
        "customer_id": "cus_1",
        "subscription": None,
        "invoice": None,
        "recovered_from": "cs_test_abandoned",
        "client_reference_id": "ORDER-17",
        "metadata": {"order": "17"},
        "locale": "de",
    }
    assert story[11] == {
        "position": 14,
        "stream": SHOP,
        "type": "CheckoutSession.Retrieved",
        "occurred_at": "2026-11-24T09:00:13.000000Z",
        "recorded_at": "2026-11-24T09:00:13.250000Z",
        "actor": "customer",
        "cause": None,
        "reason": None,
        "text": "Retrieved from Stripe when the customer returned: complete, paid, 5 line items, 49.90 EUR",
        "is_personal": False,
        "why": None,
        "is_routine": False,
    }
    assert (story[1]["cause"], story[-1]["actor"], story[-1]["reason"]) == (
        "evt_1@1",
        "staff:kim",
        "it was posted in a forum",
    )
    assert [entry["position"] for entry in story] == sorted(entry["position"] for entry in story)


def pointed_at(document: Any, pointer: str) -> Any:
    """What a JSON Pointer points at (RFC 6901)."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


PERSONAL = {
    "1 Example Road", "17", "DE", "DE123456789", "Example & Daughters", "Exampleton", "For you", "Gift Receiver",
    "ORDER-17", "TRACK44", "Zoe@Example.com", "Zoé O'Example", "+4930000", "A gift", "asked by phone", "packed",
    "wrapped", "customer asks", "their service is up again", "it was posted in a forum",
    "a digit was wrong", "returned to sender", "sent again",
}  # fmt: skip


def test_every_personal_text_is_pointed_at() -> None:
    document = sample(as_session(SHOP))
    marked = [pointed_at(document, pointer) for pointer in document["personal"]]

    sentences = {
        "Note: A gift",
        "Shipped parcel 1 with DHL, tracking TRACK42: “Mug, blue”",
        "Corrected parcel 1: it left with DHL, tracking TRACK43, and notified the customer",
        "Shipped parcel 2 with DHL, tracking TRACK44: “Mug, blue”",
    }
    assert set(marked) == PERSONAL - {"A gift", "customer asks"} | sentences
    assert "/shipping/address/line1" in document["personal"]


def test_a_key_of_the_metadata_may_have_the_signs_of_a_pointer() -> None:
    whole = replace(checkout(MUG), metadata={"a/b~c": Personal("17")})
    document = shown(as_session(SHOP), *recorded(SHOP, CheckoutSession.Retrieved(checkout=whole, source=Source.STAFF)))

    assert pointed_at(document, "/metadata/a~1b~0c") == "17"
    assert "/metadata/a~1b~0c" in document["personal"]


@pytest.mark.parametrize("session_id", [SHOP, DEBIT, FOREIGN, KEYS])
def test_a_redacted_document_says_the_same_without_personal_data(session_id: SessionId) -> None:
    events = [(number, event) for number, event in enumerate(sample_log(), 1) if event.session_id == session_id]
    document = checkout_document(session_id, events, hides_personal=True)
    assert document is not None
    hidden, whole = json.loads(json.dumps(as_json(document))), sample(session_id)

    assert hidden["personal"] == whole["personal"]
    for pointer in whole["personal"]:
        assert "[redacted]" in pointed_at(hidden, pointer)
    of_staff = {"DE", "17"}  # which are parts of words that are not personal
    assert [text for text in PERSONAL - of_staff if text in json.dumps(hidden, ensure_ascii=False)] == []
    assert [line["state"] for line in hidden["line_items"]] == [line["state"] for line in whole["line_items"]]


def test_before_the_first_retrieval_the_document_has_what_the_events_contain() -> None:
    document = sample(as_session(FOREIGN))

    assert (document["state"], document["payment_status"], document["livemode"]) == ("parked", "paid", True)
    assert (document["amount_total"], document["currency"], document["line_items"]) == (None, None, [])


def test_before_it_is_planned_it_lists_what_stripe_lists() -> None:
    unpaid = CheckoutSession.Retrieved(checkout=checkout(MUG, COURSE, payment_status="unpaid"), source=Source.WEBHOOK)

    lines = shown(as_session(SHOP), *recorded(SHOP, unpaid))["line_items"]

    assert [(line["id"], line["delivery"], line["state"]) for line in lines] == [
        ("li_mug", None, "pending"),
        ("li_course", None, "pending"),
    ]


def test_a_line_says_why_it_can_not_go_on() -> None:
    requested = Fulfillment.Requested(
        plan=(MUG,), catalog="", currency="eur", amount_shipping=0, amount_tax=0, paid_at=BEGINNING
    )
    blocked = Fulfillment.LineItemBlocked(
        line_item=as_line("li_mug"), state=LineState.BACKORDERED, detail=reasons.as_written("Not enough")
    )

    (line,) = shown(as_session(SHOP), *recorded(as_stream(f"ful_{SHOP}"), requested, blocked))["line_items"]

    assert (line["state"], line["detail"]) == ("backordered", "Not enough")


def receipt(*facts: Event, kind: MailKind = MailKind.RECEIPT, occasion: str | None = None) -> list[Event]:
    step = str(MailStep(kind, occasion))
    requested = Effect.Requested(kind=MAIL, step=step, mail=mail(kind, MUG))
    return recorded(as_stream(f"eff_{SHOP}_{step}"), requested, *facts)


STARTED = Effect.AttemptStarted(number=1, worker="w1")


@pytest.mark.parametrize(
    ("facts", "mails"),
    [
        ([], [("receipt", "queued", None)]),
        ([STARTED], [("receipt", "queued", None)]),
        (
            [STARTED, Effect.AttemptFailed(number=1, error=reasons.port_failed("busy"), retry_at=BEGINNING)],
            [("receipt", "queued", None)],
        ),
        ([STARTED, Effect.Succeeded(number=1)], [("receipt", "sent", None)]),
        ([STARTED, Effect.GivenUp(error=reasons.port_failed("refused"))], [("receipt", "failed", "refused")]),
        (
            [Effect.GivenUp(error=reasons.no_address())],
            [("receipt", "failed", "Stripe has no email address of this customer")],
        ),
        (
            [Effect.GivenUp(error=reasons.port_failed("refused")), Effect.RetryRequested()],
            [("receipt", "queued", None)],
        ),
        ([Effect.Withdrawn(why=reasons.as_written("not paid"))], []),
    ],
)
def test_a_mail_is_queued_sent_or_failed(facts: list[Event], mails: list[tuple[str, str, str | None]]) -> None:
    found = shown(as_session(SHOP), *receipt(*facts))["emails"]

    assert [(email["kind"], email["state"], email["detail"]) for email in found] == mails


SENT = SentMail(subject=Personal("Your order"), text=Personal("Hello Zoé,\nthank you!\n"))


@pytest.mark.parametrize(
    ("facts", "written"),
    [
        ([STARTED, Effect.Succeeded(number=1, sent=SENT)], ("Your order", "Hello Zoé,\nthank you!\n")),
        ([STARTED, Effect.Succeeded(number=1)], (None, None)),
        ([STARTED], (None, None)),
    ],
)
def test_a_mail_is_shown_as_it_was_sent(facts: list[Event], written: tuple[str | None, str | None]) -> None:
    document = shown(as_session(SHOP), *receipt(*facts))

    (email,) = document["emails"]
    assert email["to"] == "Zoe@Example.com"
    assert (email["subject"], email["text"]) == written
    assert ("/emails/0/text" in document["personal"]) is (written[1] is not None)


def test_several_mails_of_one_kind_are_distinguished_by_their_occasion() -> None:
    log = [receipt(kind=MailKind.SHIPPED, occasion=number) for number in ("1", "2")]

    found = shown(as_session(SHOP), *log[0], *log[1], *receipt())["emails"]

    assert [(email["kind"], email["occasion"]) for email in found] == [
        ("shipped", "1"),
        ("shipped", "2"),
        ("receipt", None),
    ]


def test_there_is_no_document_without_an_event() -> None:
    assert checkout_document(as_session(SHOP), []) is None


@pytest.fixture
def reported(read_side: ReadSide) -> ReadSide:
    """Notes that were recorded at the same moment, a microsecond later and much later."""
    log = LogWriter()
    log.add(
        as_stream(SHOP), *(CheckoutSession.Noted(text=Personal(text)) for text in "abcd"), session_id=as_session(SHOP)
    )
    later = [0, 0, 1, 60_000_000]
    read_side.append(
        [
            replace(event, recorded_at=BEGINNING + timedelta(microseconds=microseconds))
            for event, microseconds in zip(log.events, later, strict=True)
        ]
    )
    return read_side


@pytest.mark.parametrize(
    ("microseconds", "expected"),
    [(-1, None), (0, "ab"), (1, "abc"), (2, "abc"), (59_999_999, "abc"), (60_000_000, "abcd"), (10**9, "abcd")],
)
def test_as_of_a_moment_is_exact_to_the_microsecond(
    reported: ReadSide, microseconds: int, expected: str | None
) -> None:
    document = reported.queries.checkout(as_session(SHOP), BEGINNING + timedelta(microseconds=microseconds))

    notes = None if document is None else "".join(entry.text.removeprefix("Note: ") for entry in document.story)
    assert notes == expected


def test_a_moment_is_the_same_in_every_zone(reported: ReadSide) -> None:
    in_tokyo = (BEGINNING + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=9)))

    document = reported.queries.checkout(as_session(SHOP), in_tokyo)

    assert document is not None
    assert len(document.story) == 3


def test_the_state_is_that_of_the_moment(read_side: ReadSide) -> None:
    read_side.append(sample_log())
    states = []
    for number in range(-1, 42):
        document = read_side.queries.checkout(as_session(SHOP), BEGINNING + timedelta(seconds=number, milliseconds=250))
        states.append(document.state.value if document else "")

    changes = [state for state, before in zip(states, ["", *states], strict=False) if state != before]
    assert changes == ["open", "awaiting_payment", "fulfilling", "partially_fulfilled", "fulfilled"]


@pytest.mark.parametrize(
    ("recorded", "as_of", "expected"),
    [([5, 3, 9], 4, 2), ([5, 3, 9], 2, 0), ([5, 3, 9], 8, 2), ([99, 3, 4], 4, 3), ([1, 9, 2], 1, 1)],
)
def test_an_event_never_stands_without_those_before_it_whatever_the_clocks_say(
    read_side: ReadSide, recorded: list[int], as_of: int, expected: int
) -> None:
    log = LogWriter()
    log.add(
        as_stream(SHOP), *(CheckoutSession.Noted(text=Personal("x")) for _ in recorded), session_id=as_session(SHOP)
    )
    times: list[datetime] = [BEGINNING + timedelta(seconds=seconds) for seconds in recorded]
    read_side.append([replace(event, recorded_at=at) for event, at in zip(log.events, times, strict=True)])

    document = read_side.queries.checkout(as_session(SHOP), BEGINNING + timedelta(seconds=as_of))

    assert (0 if document is None else len(document.story)) == expected
