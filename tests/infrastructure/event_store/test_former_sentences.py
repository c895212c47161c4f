"""Earlier versions stored sentences. Each of them is read as the reason that it stands for, whatever it is today."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from eventsourcing.persistence import JSONTranscoder, StoredEvent
from sample_log import sample_log
from typed_ids import as_line, as_pool, as_sku

from domain import former_sentences, reasons
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.park_reason import ParkReason
from domain.reason import Peer, Reason, ReasonCode, SmtpAbout
from domain.stripe_event import StripeEvent
from infrastructure.event_store.codec import JsonMapper

MAPPER = JsonMapper(JSONTranscoder())

SENTENCES: list[tuple[str, Reason]] = [
    ("Nothing here follows from charge.refunded", reasons.unhandled_type("charge.refunded")),
    ("Nothing here follows from ", reasons.unhandled_type("")),
    ("v1.charge.captured does not name a payment", reasons.no_payment_named("v1.charge.captured")),
    ("Its object is not the ID of a Checkout Session, which looks like cs_test_a1B2c3", reasons.not_a_session()),
    ("Stripe reported it completed after it expired", reasons.completed_after_expiry()),
    ("Stripe reported the payment succeeded after it failed", reasons.succeeded_after_failure()),
    ("Stripe reported the payment failed after it succeeded", reasons.failed_after_success()),
    ("Stripe reported it expired after it was completed", reasons.expired_after_completion()),
    ("It is paid although Stripe reported that the payment failed", reasons.paid_after_failure()),
    ("It is paid although Stripe reported that it expired", reasons.paid_after_expiry()),
    ("It is a live session, and STRIPE_API_KEY is a test key", reasons.other_mode_than_key("live")),
    ("It is a test session, and STRIPE_API_KEY is a live key", reasons.other_mode_than_key("test")),
    (
        "Stripe answered with a live session, although its ID is one of test mode",
        reasons.other_mode_than_id("live"),
    ),
    (
        "Stripe answered with a test session, although its ID is one of live mode",
        reasons.other_mode_than_id("test"),
    ),
    (
        "It belongs to a connected account; only sessions of the account itself are fulfilled",
        reasons.connected_account(),
    ),
    (
        "Stripe reports the payment_status 'it''s new', which is not known here",
        reasons.unknown_payment_status("it''s new"),
    ),
    ("Stripe knows no such session for the key in STRIPE_API_KEY", reasons.unknown_to_stripe()),
    ("Stripe knows no such session for the key in STRIPE_API_KEY.", reasons.unknown_to_stripe()),
    ("No rule says how to deliver it", reasons.no_rule()),
    ("The delivery 'drone' is not known here", reasons.unknown_delivery("drone")),
    ("The delivery 'http' needs a url, which only the catalog file can give", reasons.no_url()),
    (
        "Its rule can't be followed: a SKU is 1 to 100 characters, without slashes and control characters",
        reasons.invalid_sku(),
    ),
    (
        "Its rule can't be followed: a key pool's name is 1 to 100 letters, digits, dots, hyphens or underscores",
        reasons.invalid_pool(),
    ),
    ("Its rule says that a person delivers it", reasons.manual_by_rule()),
    ("A person delivers it", reasons.taken_over()),
    ("Not enough of mug on the shelf on the shelf", reasons.not_enough_stock(as_sku("mug on the shelf"))),
    ("The pool 'pro' has not enough keys; import some", reasons.not_enough_keys(as_pool("pro"))),
    ("The line has been planned anew", reasons.replanned()),
    ("The line has been delivered otherwise", reasons.delivered_otherwise()),
    ("Its stock was taken back", reasons.stock_taken_back()),
    ("Stripe has said meanwhile that it is paid", reasons.already_paid()),
    ("It has been paid meanwhile", reasons.already_paid()),
    ("No payment is awaited any more", reasons.payment_not_awaited()),
    ("The payment is no longer pending", reasons.payment_not_awaited()),
    ("What it says is no longer so", reasons.mail_outdated()),
    ("Nothing of it is backordered any more", reasons.mail_outdated()),
    ("The receipt says it", reasons.in_the_receipt()),
    ("Stripe's API does not show yet what Stripe's event says", reasons.answer_behind_event()),
    ("Stripe has no e-mail address of this customer", reasons.no_address()),
    ("There is no mail to send, or nobody to send it to", reasons.no_mail()),
    ("There is no mail to send, or it has no recipient", reasons.no_mail()),
    ("There is no line to deliver", reasons.no_line()),
    (
        "Nothing was done: `deliver` has to be a plain method, without `async` and `yield`",
        reasons.no_plain_method(),
    ),
    (
        "No worker has carried out 'courier' for an hour: its package or a setting is missing",
        reasons.no_worker("courier"),
    ),
    ("5 times in a row its process ended during an attempt", reasons.orphaned_too_often(5)),
    ("It waits behind an earlier event", reasons.waits_behind()),
    ("Unexpected KeyError in intake.py, line 17", reasons.unexpected_error("KeyError", "intake.py", "17")),
    ("Unexpected KeyError", reasons.unexpected_error("KeyError", "", "")),
    ("The callback's host shop.example refused with 422.", reasons.http_status("shop.example", 422)),
    ("The callback's host shop.example answered 503.", reasons.http_status("shop.example", 503)),
    (
        "The callback's host shop.example answered 301, a redirect; the url must be the final one.",
        reasons.http_status("shop.example", 301),
    ),
    ("The callback's host shop.example did not answer in time.", reasons.timed_out(Peer.CALLBACK, "shop.example")),
    ("The callback's host shop.example can't be looked up.", reasons.host_not_found(Peer.CALLBACK, "shop.example")),
    (
        "The callback's host shop.example was not reached: Connection refused.",
        reasons.connection_refused(Peer.CALLBACK, "shop.example"),
    ),
    (
        "The callback's host shop.example was not reached: its certificate is not accepted (self-signed (a)).",
        reasons.tls_failed(Peer.CALLBACK, "shop.example", "self-signed (a)"),
    ),
    (
        "The callback's host shop.example was not reached: it does not speak TLS as we do.",
        reasons.tls_failed(Peer.CALLBACK, "shop.example", ""),
    ),
    (
        "The callback's host shop.example was not reached: Network is unreachable.",
        reasons.connection_failed(Peer.CALLBACK, "shop.example", "Network is unreachable"),
    ),
    ("The callback's host refused with 422.", reasons.as_written("The callback's host refused with 422.")),
    (
        "The mail server refuses the customer's address for good (550 5.1.1: there is no such mailbox)",
        reasons.smtp_reply(SmtpAbout.RECIPIENT, 550, "5.1.1"),
    ),
    (
        "The mail server does not take the customer's address now (450).",
        reasons.smtp_reply(SmtpAbout.RECIPIENT, 450, ""),
    ),
    (
        "The mail server refuses the sender in MAIL_FROM for good (550 5.7.26: it vouches in no way (SPF, DKIM))",
        reasons.smtp_reply(SmtpAbout.SENDER, 550, "5.7.26"),
    ),
    ("The mail server refuses the mail for good (554 5.9.9)", reasons.smtp_reply(SmtpAbout.MAIL, 554, "5.9.9")),
    (
        "The mail server wants a login, which SMTP_URL has to give it (530)",
        reasons.smtp_reply(SmtpAbout.LOGIN_WANTED, 530, ""),
    ),
    (
        "The mail server refuses the user or password in SMTP_URL (535).",
        reasons.smtp_reply(SmtpAbout.PASSWORD, 535, ""),
    ),
    (
        "The mail server refuses the user or the password in SMTP_URL (535)",
        reasons.smtp_reply(SmtpAbout.PASSWORD, 535, ""),
    ),
    ("The mail server is not ready to take mails (421)", reasons.smtp_reply(SmtpAbout.CONNECTION, 421, "")),
    ("The mail server did not answer in time", reasons.timed_out(Peer.MAIL_SERVER, "")),
    ("The mail server did not answer in time.", reasons.timed_out(Peer.MAIL_SERVER, "")),
    (
        "The mail server's certificate can't be trusted: self-signed certificate",
        reasons.tls_failed(Peer.MAIL_SERVER, "", "self-signed certificate"),
    ),
    (
        "The mail server was not reached (ConnectionRefusedError)",
        reasons.connection_refused(Peer.MAIL_SERVER, ""),
    ),
    ("The mail server was not reached (gaierror)", reasons.host_not_found(Peer.MAIL_SERVER, "")),
    ("The mail server was not reached (OSError)", reasons.connection_failed(Peer.MAIL_SERVER, "", "OSError")),
    (
        "The mail server broke off (SMTPServerDisconnected)",
        reasons.connection_failed(Peer.MAIL_SERVER, "", "SMTPServerDisconnected"),
    ),
    (
        "The mail server was not reached, or broke off (OSError).",
        reasons.connection_failed(Peer.MAIL_SERVER, "", "OSError"),
    ),
    (f"{'x' * 101} does not name a payment", reasons.as_written(f"{'x' * 101} does not name a payment")),
    ("", reasons.as_written("")),
]
NEVER_A_SENTENCE = {
    ReasonCode.READY_TO_PACK,
    ReasonCode.PAYMENT_OVERDUE,
    ReasonCode.AWAITS_CAPTURE,
    ReasonCode.WAITS_FOR_WORKER,
    ReasonCode.LOW_STOCK,
    ReasonCode.CANCELED,
    ReasonCode.SHIPPING_CORRECTED,
    ReasonCode.PAID_AFTER_CANCELLATION,
    ReasonCode.PAID_TWICE,
    ReasonCode.LOW_KEYS,
    ReasonCode.EVENTS_LEFT_OUT,
    ReasonCode.OTHER_APPLICATION,
    ReasonCode.STRIPE_KEY_REFUSED,
    ReasonCode.NO_ANSWER,
    ReasonCode.EVENT_NOT_READABLE,
    ReasonCode.INVALID_IDENTIFIER,
    ReasonCode.UNREADABLE_EVENT,
    ReasonCode.COMMAND_REFUSED,
    ReasonCode.REFUSED,
    ReasonCode.PORT_FAILED,
    ReasonCode.STRIPE_REFUSED,
    ReasonCode.STRIPE_BUSY,
    ReasonCode.STRIPE_FAILED,
    ReasonCode.STRIPE_NOT_REACHED,
    ReasonCode.STRIPE_UNINTELLIGIBLE,
    ReasonCode.INVALID_URL,
    ReasonCode.PRIVATE_ADDRESS,
    ReasonCode.RESOLVER_BUSY,
    ReasonCode.LOOKUP_TIMED_OUT,
    ReasonCode.INVALID_ADDRESS,
    ReasonCode.NO_ENCRYPTION,
    ReasonCode.NO_LOGIN,
    ReasonCode.ONLY_ASCII_ADDRESSES,
    ReasonCode.OUTBOX_FAILED,
}
"""What only views and answers had in words, the words of others, which can't be distinguished, and what is newer than
sentences."""


def read(fact: Event, name: str, sentence: Any) -> Event:
    """The fact as it is read if an earlier version stored it, with this sentence."""
    state = json.loads(MAPPER.to_stored_event(fact).state)
    del state["class_version"]
    state[name] = sentence
    event = MAPPER.to_domain_event(StoredEvent("stream", 1, fact.TOPIC, json.dumps(state).encode()))
    assert isinstance(event, Event)
    return event


WHY = reasons.as_written("why")
AT = sample_log()[0].recorded_at
CARRIERS: list[tuple[Event, str]] = [
    (StripeEvent.Ignored(why=WHY), "why"),
    (StripeEvent.Failed(error=WHY), "error"),
    (CheckoutSession.Contradicted(what=WHY), "what"),
    (CheckoutSession.Parked(why=ParkReason.WRONG_MODE, detail=WHY), "detail"),
    (Fulfillment.LineItemBlocked(line_item=as_line("li_1"), state=LineState.MANUAL, detail=WHY), "detail"),
    (Effect.AttemptFailed(number=1, error=WHY, retry_at=AT), "error"),
    (Effect.GivenUp(error=WHY), "error"),
    (Effect.Withdrawn(why=WHY), "why"),
]


@pytest.mark.parametrize(("sentence", "reason"), SENTENCES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_sentence_is_read_as_its_reason(sentence: str, reason: Reason) -> None:
    assert former_sentences.reason_of(sentence) == reason


def test_every_code_that_was_a_sentence_is_reached_by_one() -> None:
    assert set(ReasonCode) - {reason.code for _, reason in SENTENCES} == NEVER_A_SENTENCE


@pytest.mark.parametrize(("fact", "name"), CARRIERS, ids=lambda value: value.TOPIC if isinstance(value, Event) else "")
@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Not enough of mug on the shelf", reasons.not_enough_stock(as_sku("mug"))),
        ("The receipt says it", reasons.in_the_receipt()),
        ("550 5.1.1 no such mailbox", reasons.as_written("550 5.1.1 no such mailbox")),
    ],
)
def test_every_event_with_a_sentence_is_read_with_a_reason(
    fact: Event, name: str, sentence: str, reason: Reason
) -> None:
    assert getattr(read(fact, name, sentence), name) == reason


def plans() -> Iterator[tuple[Event, str]]:
    for event in sample_log():
        match event:
            case Fulfillment.StockHeld() | Fulfillment.HoldReleased():
                yield event, "lines"
            case Fulfillment.Requested():
                yield event, "plan"
            case Fulfillment.Replanned():
                yield event, "lines"
                yield event, "replaced"
            case _:
                pass


@pytest.mark.parametrize(
    ("event", "name"), list(plans()), ids=lambda value: value if isinstance(value, str) else value.TOPIC
)
def test_every_remark_of_a_plan_is_read_as_a_reason(event: Event, name: str) -> None:
    lines = json.loads(MAPPER.to_stored_event(event).state)[name]
    sentences = ["The delivery 'drone' is not known here", None] * len(lines)
    old = [{**line, "remark": sentence} for line, sentence in zip(lines, sentences, strict=False)]

    remarks = [line.remark for line in getattr(read(event, name, old), name)]

    assert remarks == [reasons.unknown_delivery("drone") if line["remark"] else None for line in old]


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("Stripe knows no such session for the key in STRIPE_API_KEY", (None, reasons.unknown_to_stripe())),
        ("ref 99", ("ref 99", None)),
        (None, (None, None)),
    ],
)
def test_a_note_of_our_own_is_read_as_what_was_found(note: str | None, expected: object) -> None:
    event = read(Effect.Succeeded(number=1), "note", note)

    assert isinstance(event, Effect.Succeeded)
    assert (event.note, event.found) == expected
