"""Every event as a plain sentence, without personal data and without IDs where words serve."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from kinds import MANUAL, SHIPMENT
from log_parts import BEGINNING, COURSE, CUSTOMER, KEY, MUG, PLAN, SERVICE, checkout
from sample_log import sample_log
from typed_ids import as_event, as_line, as_session, as_stream

from application.reading.checkout_document import checkout_document
from application.reading.redacted import redacted
from application.reading.story import quotes_personal_data, sentence
from application.text.wording import Titles, titles
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.key_pool import KeyPool
from domain.line import LineState
from domain.mail import MailKind
from domain.park_reason import ParkReason
from domain.personal import Personal
from domain.source import Source
from domain.step import MailStep
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent
from infrastructure.event_store.topics import TOPICS

NAMES = Titles({**{line.id: f"“{line.title}”" for line in PLAN}, "li_mugs": "“Mug, blue”"})
EVENTS = sample_log()
each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.TOPIC}-{event.originator_version}")
SESSION = as_session("cs_test_1")


@pytest.mark.parametrize("topic", TOPICS)
def test_every_event_class_has_a_sentence(topic: str) -> None:
    shown = [sentence(event, NAMES) for event in EVENTS if topic == event.TOPIC]

    assert shown, f"there is no {topic} in tests/support/sample_log.py, so its sentence was never read"
    assert all(shown)


def test_a_class_without_a_sentence_is_no_silence() -> None:
    class Unheard(Event):
        TOPIC = "Unknown.Unheard"

    with pytest.raises(TypeError, match=r"^Unknown\.Unheard has no sentence"):
        sentence(Unheard(), NAMES)


@each_event
def test_a_sentence_begins_like_one_and_is_one_line(event: Event) -> None:
    shown = sentence(event, NAMES)

    assert re.match(r"[A-Z0-9“]", shown)
    assert not shown.endswith((".", " ", ":"))
    assert "\n" not in shown


@each_event
def test_a_sentence_that_quotes_personal_data_says_so(event: Event) -> None:
    assert quotes_personal_data(event) == (sentence(event, NAMES) != sentence(redacted(event), NAMES))


@each_event
def test_there_is_no_id_where_words_serve(event: Event) -> None:
    shown = sentence(event, NAMES)
    named = re.sub(r"“[^”]*”|(?:checkout\.session|payment_intent)\.[a-z_]+|STRIPE_API_KEY", "", shown)

    assert not re.findall(r"\b(?:cs|evt|eff|ful|li|sku|keys|pi|price|prod|mail|retrieve|deliver)_\w+", named)
    assert not re.findall(r"\b[a-z]+_[a-z_]+\b", named)
    assert "None" not in shown


@each_event
def test_there_is_no_personal_data_in_it_but_a_persons_own_note(event: Event) -> None:
    shown = sentence(event, NAMES)

    for secret in ("Zoé", "Zoe@Example.com", "+4930000", "Example Road", "Exampleton", "AAAA-1111", "For you"):
        assert secret not in shown


def of_effect(step: str, fact: Event) -> str:
    return sentence(replace(fact, originator_id=as_stream(f"eff_{SESSION}_{step}"), session_id=SESSION), NAMES)


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("retrieve_completed", "the retrieval from Stripe"),
        ("retrieve_retry_3", "the retrieval from Stripe"),
        ("mail_receipt", "the receipt"),
        ("mail_payment_pending", "the mail about the pending payment"),
        ("mail_payment_failed", "the mail about the failed payment"),
        ("mail_shipped_2", "the mail about parcel 2"),
        ("mail_backordered", "the mail about back-ordered items"),
        ("mail_backordered_li_mug", "the mail about the back-order of “Mug, blue”"),
        ("mail_delivered_li_key", "the mail with “Item li_key”"),
        ("deliver_li_service", "the delivery of “Item li_service”"),
        ("deliver_li_service_2", "the delivery of “Item li_service”"),
        ("deliver_li_unknown", "the delivery of line li_unknown"),
    ],
)
def test_an_effect_is_called_by_what_it_is_for(step: str, what: str) -> None:
    assert of_effect(step, Effect.Requested(kind="any", step=step)) == f"Requested {what}"
    assert of_effect(step, Effect.AttemptStarted(number=2, worker="w1")) == f"Started attempt 2 of {what}"
    assert of_effect(step, Effect.GivenUp(error=reasons.port_failed("HTTP 410"))) == f"Gave up on {what}: HTTP 410"


@pytest.mark.parametrize(
    ("error_text", "joined"),
    [
        ("The mail server is busy.", "the mail server is busy"),
        ("HTTP 503", "HTTP 503"),
        ("ReadTimeout after 10 s", "ReadTimeout after 10 s"),
        ("Stripe's API is down", "Stripe's API is down"),
    ],
)
def test_why_an_attempt_failed_is_a_part_of_the_sentence(error_text: str, joined: str) -> None:
    failed = Effect.AttemptFailed(
        number=1, error=reasons.port_failed(error_text), retry_at=BEGINNING, may_have_gone_out=False
    )

    shown = of_effect("mail_receipt", failed)

    assert shown == f"Attempt 1 of the receipt failed: {joined}; next attempt at 2026-11-24 09:00:00 UTC"
    given_up = Effect.GivenUp(error=reasons.port_failed(error_text))
    assert of_effect("mail_receipt", given_up) == f"Gave up on the receipt: {joined}"


@pytest.mark.parametrize("kind", MailKind)
def test_every_kind_of_mail_has_a_name_of_its_own(kind: MailKind) -> None:
    shown = {of_effect(str(MailStep(each)), Effect.RetryRequested()) for each in MailKind}

    assert len(shown) == len(MailKind)
    assert f"the mail {kind}" not in of_effect(str(MailStep(kind)), Effect.RetryRequested())


REPLACED = replace(MUG, item=replace(MUG.item, id=as_line("li_mug2"), price="price_other"))


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (of_effect("mail_receipt", Effect.Succeeded(number=1)), "The receipt was sent"),
        (of_effect("mail_receipt", Effect.Succeeded(number=3)), "The receipt was sent on attempt 3"),
        (
            of_effect("deliver_li_service", Effect.Succeeded(number=2, note="ref 99")),
            "The delivery of “Item li_service” succeeded on attempt 2 (ref 99)",
        ),
        (
            of_effect(
                "retrieve_completed",
                Effect.AttemptFailed(
                    number=1, error=reasons.port_failed("HTTP 503"), retry_at=datetime(2026, 11, 24, 9, 0, 5, 9, UTC)
                ),
            ),
            "Attempt 1 of the retrieval from Stripe failed: HTTP 503; next attempt at 2026-11-24 09:00:05 UTC",
        ),
        (
            of_effect(
                "mail_receipt",
                Effect.AttemptOrphaned(number=2, retry_at=datetime(2026, 11, 24, 9, 0, 5, 9, UTC)),
            ),
            "The process ended during attempt 2 of the receipt; next attempt at 2026-11-24 09:00:05 UTC",
        ),
        (
            of_effect("mail_receipt", Effect.AttemptReleased(number=2)),
            "The worker stopped before attempt 2 of the receipt",
        ),
        (
            of_effect("mail_receipt", Effect.Withdrawn(why=reasons.as_written("It is not paid"))),
            "Canceled the receipt: it is not paid",
        ),
        (
            CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status=None),
            "Stripe reported the checkout completed",
        ),
        (
            CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="brand_new"),
            "Stripe reported the checkout completed: payment status 'brand_new'",
        ),
        (
            CheckoutSession.Retrieved(checkout=checkout(MUG), source=Source.STAFF),
            "Retrieved from Stripe when staff asked for it: complete, paid, 1 line item, 13.90 EUR",
        ),
        (
            CheckoutSession.Retrieved(
                checkout=replace(checkout(), currency="jpy", amount_total=500), source=Source.WEBHOOK
            ),
            "Retrieved from Stripe after a webhook delivery: complete, paid, 0 line items, 500 JPY",
        ),
        (
            CheckoutSession.Paid(payment_status="no_payment_required", amount_total=0, currency="eur"),
            "No payment was needed",
        ),
        (
            CheckoutSession.Paid(payment_status="paid", amount_total=1999, currency="kwd"),
            "Paid: 1.999 KWD",
        ),
        (
            CheckoutSession.Parked(why=ParkReason.UNKNOWN_TO_STRIPE, detail=reasons.unknown_to_stripe()),
            "Parked for a person: Stripe has no such session for the key in STRIPE_API_KEY",
        ),
        (
            CheckoutSession.Contradicted(what=reasons.paid_after_expiry()),
            "Contradiction: it is paid although Stripe reported that it expired",
        ),
        (
            CheckoutSession.Readdressed(to=Personal("other@example.com")),
            "Changed the address for mails of this checkout",
        ),
        (CheckoutSession.Dismissed(), "Dismissed this checkout from the queue"),
        (StripeEvent.Dismissed(), "Dismissed the failed Stripe event from the queue"),
        (CheckoutSession.Noted(text=Personal("Call Zoé back")), "Note: Call Zoé back"),
        (
            Fulfillment.Requested(
                plan=(), catalog="", currency="eur", amount_shipping=0, amount_tax=0, paid_at=BEGINNING
            ),
            "Planned: no line items",
        ),
        (
            Fulfillment.Replanned(lines=(replace(COURSE, delivery="courier"), SERVICE), replaced=(), catalog=""),
            "Replanned: “Course” by courier and “Item li_service” by a call to the shop's service",
        ),
        (
            Fulfillment.LineItemBlocked(
                line_item=as_line("li_mug"), state=LineState.BACKORDERED, detail=reasons.port_failed("HTTP 410")
            ),
            "“Mug, blue” is backordered: HTTP 410",
        ),
        (
            Fulfillment.LineItemDelivered(
                line_item=as_line("li_key"), keys=(Personal("A"), Personal("B")), note="by mail"
            ),
            "“Item li_key” is delivered, with 2 license keys (by mail)",
        ),
        (
            Fulfillment.Shipped(
                number=2, lines=(as_line("li_mug"), as_line("li_key"), as_line("li_x")), carrier="DHL", tracking=None
            ),
            "Shipped parcel 2 with DHL: “Mug, blue”, “Item li_key” and line li_x",
        ),
        (
            StockItem.Released(line_item=as_line("li_x"), quantity=2, originator_id=as_stream("sku_mug")),
            "Released 2 × mug from line li_x",
        ),
        (
            KeyPool.Imported(keys=(Personal("A"), Personal("B")), originator_id=as_stream("keys_pro")),
            "Imported 2 license keys into pool pro",
        ),
        (
            KeyPool.Withdrawn(keys=(Personal("A"),), were_free=1, originator_id=as_stream("keys_pro")),
            "Withdrew 1 license key from pool pro",
        ),
        (
            StripeEvent.Ignored(why=reasons.as_written("HTTP is not its business")),
            "Ignored the Stripe event: HTTP is not its business",
        ),
    ],
)
def test_it_says(event: Event | str, shown: str) -> None:
    assert (event if isinstance(event, str) else sentence(event, NAMES)) == shown


@pytest.mark.parametrize("where", Source)
def test_every_source_has_words(where: Source) -> None:
    retrieved = CheckoutSession.Retrieved(checkout=checkout(MUG), source=where)

    assert f" {where}:" not in sentence(retrieved, NAMES)


@pytest.mark.parametrize("state", LineState)
def test_every_state_of_a_line_has_words(state: LineState) -> None:
    blocked = Fulfillment.LineItemBlocked(line_item=as_line("li_mug"), state=state, detail=reasons.as_written("why"))

    assert re.fullmatch(r"“Mug, blue” [a-z ]+: why", sentence(blocked, NAMES))


def test_a_line_is_called_as_the_catalog_calls_it_else_as_stripe_does() -> None:
    session, fulfillment = CheckoutSession(id=SESSION), Fulfillment(id=as_stream(f"ful_{SESSION}"))
    session = session.apply(CheckoutSession.Retrieved(checkout=checkout(MUG, COURSE), source=Source.STAFF))
    assert titles(session, fulfillment).lines(["li_mug", "li_course"]) == "“Mug, blue” and “Course”"

    held = fulfillment.apply(Fulfillment.StockHeld(lines=(replace(MUG, name="Our mug"),)))
    assert titles(session, held).line("li_mug") == "“Our mug”"

    requested = Fulfillment.Requested(
        plan=(replace(MUG, name="Our best mug"), COURSE),
        catalog="",
        currency="eur",
        amount_shipping=0,
        amount_tax=0,
        paid_at=BEGINNING,
    )
    assert titles(session, held.apply(requested)).line("li_mug") == "“Our best mug”"


def test_lines_of_one_title_are_distinguished() -> None:
    session = CheckoutSession(id=SESSION).apply(
        CheckoutSession.Retrieved(checkout=checkout(MUG, REPLACED, KEY), source=Source.STAFF)
    )

    names = titles(session, Fulfillment(id=as_stream(f"ful_{SESSION}")))

    assert names.lines(["li_mug", "li_mug2"]) == "“Mug, blue” (li_mug) and “Mug, blue” (li_mug2)"
    assert names.line("li_key") == "“Item li_key”"


def test_a_line_without_a_title_is_called_by_its_id() -> None:
    nameless = replace(MUG, item=replace(MUG.item, description=""))
    session = CheckoutSession(id=SESSION).apply(
        CheckoutSession.Retrieved(checkout=checkout(nameless), source=Source.STAFF)
    )

    assert titles(session, Fulfillment(id=as_stream(f"ful_{SESSION}"))).line("li_mug") == "line li_mug"


def test_the_story_of_a_checkout_uses_its_own_titles() -> None:
    plan = (replace(MUG, delivery=SHIPMENT), replace(COURSE, delivery=MANUAL))
    retrieved = CheckoutSession.Retrieved(checkout=checkout(*plan), source=Source.STAFF)
    delivered = Fulfillment.StockHeld(lines=plan)

    stored = [replace(event, originator_version=1) for event in (retrieved, delivered)]
    document = checkout_document(SESSION, list(enumerate(stored, 1)))

    assert document is not None
    assert document.story[1].text == "Requested stock for “Mug, blue” and “Course” while the payment is pending"
    assert CUSTOMER.name is not None
    assert all(CUSTOMER.name.text not in entry.text for entry in document.story)
