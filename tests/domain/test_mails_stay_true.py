"""Right before a mail leaves, each of its statements is compared with what is so now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from builders import ADDRESS, CUSTOMER, a_checkout, a_line_item
from kinds import ACCESS, HTTP, LICENSE_KEY, SHIPMENT
from scenario import FULFILLMENT, SAID_AT, SESSION, Facts, Streams, effect, planned, requested, streams
from taken_back import taken_back
from typed_ids import as_event, as_line, as_sku, as_stream

from domain import reasons
from domain.catalog import Catalog
from domain.checkout import Contact
from domain.checkout_session import CheckoutSession
from domain.effect import MAIL, Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.mail import Mail, MailKind, MailLine
from domain.mail_requests import look_again
from domain.personal import Personal
from domain.plan import PlannedLine, Rule
from domain.policies.emails import EmailPolicy
from domain.policy import NOTHING_FURTHER, Begin
from domain.reason import Reason
from domain.source import Source
from domain.streams import Streams as Reach

CATALOG = Catalog(
    products={"prod_li_mug": Rule(delivery=SHIPMENT, sku=as_sku("mug"), track_stock=True, name="The mug")}
)
POLICY = EmailPolicy(frozenset(MailKind), CATALOG)
WITHOUT_RECEIPTS = EmailPolicy(frozenset(MailKind) - {MailKind.RECEIPT}, CATALOG)

MUG, BOWL = (planned(id, SHIPMENT, tracks=as_sku(id), name=f"The {id[3:]}") for id in ("li_mug", "li_bowl"))
COURSE = planned("li_course", ACCESS)
KEY = planned("li_key", LICENSE_KEY, settings={"pool": "pro"})
HOOK = planned("li_hook", HTTP)
KEYS = (Personal("AAAA"),)

PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1000, currency="eur", occurred_at=SAID_AT)
FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_failed"), occurred_at=SAID_AT)
SUCCEEDED = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_succeeded"), occurred_at=SAID_AT)
SHIPPED = Fulfillment.Shipped(number=1, lines=(as_line("li_mug"),), carrier="DHL", tracking=Personal("T1"))


@dataclass(frozen=True)
class TheMail:
    """The moment in which this mail is claimed."""

    step: str
    name = "claim"
    begins = Begin.AT_THE_BEGINNING
    reads = frozenset({Event})
    further = NOTHING_FURTHER

    def likely(self, event: Event) -> Sequence[str]:
        return ()

    def decide(self, event: Event, do: Reach) -> None:
        look_again(do.load(Effect, as_stream(effect(self.step))), SESSION, do)


def retrieved(*lines: PlannedLine, **changes: Any) -> CheckoutSession.Retrieved:
    checkout = a_checkout(line_items=[line.item for line in lines], **changes)
    return CheckoutSession.Retrieved(checkout=checkout, source=Source.WEBHOOK, occurred_at=SAID_AT)


def promised(line: PlannedLine) -> Fulfillment.LineItemReserved:
    return Fulfillment.LineItemReserved(line_item=line.id)


def waits(line: PlannedLine) -> Fulfillment.LineItemBlocked:
    return Fulfillment.LineItemBlocked(line_item=line.id, state=LineState.BACKORDERED, detail=reasons.as_written("why"))


def delivered(line: PlannedLine, **changes: Any) -> Fulfillment.LineItemDelivered:
    return replace(Fulfillment.LineItemDelivered(line_item=line.id), **changes)


def after(
    *plan: PlannedLine,
    facts: Sequence[Event] = (),
    then: Sequence[Event] = (),
    policy: EmailPolicy = POLICY,
    **changes: Any,
) -> Streams:
    """An order to which this happened, with the mails that it led to, none of which has left."""
    log = streams((SESSION, retrieved(*plan, **changes)))
    log.add(SESSION, *(facts or [PAID]))
    if not facts:
        log.add(FULFILLMENT, requested(*plan), *then)
    log.follow([policy])
    return log


def with_keys_after_the_receipt() -> Streams:
    log = after(KEY, HOOK, then=[waits(KEY)])
    claimed(log, "mail_receipt")
    log.add(FULFILLMENT, delivered(KEY, keys=KEYS))
    log.follow([POLICY])
    return log


def claimed(log: Streams, step: str) -> None:
    """A worker has begun to send it."""
    log.add(as_stream(effect(step)), Effect.AttemptStarted(number=1, worker="worker"))


def the_mail(log: Streams, step: str) -> Mail:
    mail = log.load(Effect, as_stream(effect(step))).requested
    assert mail is not None
    assert mail.mail is not None
    return mail.mail


def shown(line: PlannedLine, state: LineState, **changes: Any) -> MailLine:
    return MailLine(
        id=line.id, title=line.title, quantity=1, amount_total=1000, delivery=line.delivery, state=state, **changes
    )


OUTDATED = reasons.mail_outdated()


def withdrawn(step: str, why: Reason = OUTDATED) -> Facts:
    return {effect(step): [Effect.Withdrawn(why=why)]}


def renewed(step: str, mail: Mail) -> Facts:
    return {effect(step): [Effect.Withdrawn(why=OUTDATED), Effect.Requested(kind=MAIL, step=step, mail=mail)]}


@pytest.mark.parametrize(
    ("log", "step"),
    [
        pytest.param(after(HOOK), "mail_receipt", id="receipt"),
        pytest.param(after(MUG, then=[waits(MUG)], policy=WITHOUT_RECEIPTS), "mail_backordered", id="backordered"),
        pytest.param(
            after(MUG, then=[promised(MUG), SHIPPED, delivered(MUG)], shipping=CUSTOMER), "mail_shipped_1", id="shipped"
        ),
        pytest.param(with_keys_after_the_receipt(), "mail_delivered_li_key", id="delivered"),
        pytest.param(
            after(MUG, facts=[FAILED], payment_status="unpaid"), "mail_payment_failed", id="the payment has failed"
        ),
    ],
)
def test_a_mail_that_is_still_true_stays_as_it_is(log: Streams, step: str) -> None:
    assert log.load(Effect, as_stream(effect(step))).is_open

    log.when(TheMail(step), SESSION, CheckoutSession.Noted(text=Personal("a note"))).then_nothing()


def test_a_receipt_shows_the_current_state_of_its_lines() -> None:
    log = after(MUG, BOWL, then=[waits(MUG), waits(BOWL)])
    log.add(FULFILLMENT, promised(MUG), SHIPPED)
    is_so = (shown(MUG, LineState.DELIVERED), shown(BOWL, LineState.BACKORDERED))
    before = the_mail(log, "mail_receipt")

    log.when(TheMail("mail_receipt"), FULFILLMENT, delivered(MUG)).then(
        renewed("mail_receipt", replace(before, lines=is_so))
    )


def test_a_receipt_that_comes_late_does_not_call_revoked_keys_delivered() -> None:
    log = after(KEY, then=[delivered(KEY, keys=KEYS)])
    before = the_mail(log, "mail_receipt")
    numbers = tuple(range(1, len(KEYS) + 1))
    lost = shown(KEY, LineState.DELIVERED, has_lost_its_keys=True)

    log.when(TheMail("mail_receipt"), FULFILLMENT, Fulfillment.KeysRevoked(line_item=KEY.id, numbers=numbers)).then(
        renewed("mail_receipt", replace(before, lines=(lost,)))
    )


def test_a_mail_about_a_line_that_waits_for_license_keys_does_not_call_it_out_of_stock() -> None:
    keys, stock = (
        the_mail(after(line, then=[waits(line)], policy=WITHOUT_RECEIPTS), "mail_backordered") for line in (KEY, MUG)
    )

    assert keys.lines == (shown(KEY, LineState.BACKORDERED, is_short_of_keys=True),)
    assert stock.lines == (shown(MUG, LineState.BACKORDERED),)


def test_a_receipt_that_comes_late_carries_the_keys_that_came_meanwhile() -> None:
    log = after(KEY, then=[waits(KEY)])
    before = the_mail(log, "mail_receipt")
    is_so = (shown(KEY, LineState.DELIVERED, keys=KEYS),)

    log.when(TheMail("mail_receipt"), FULFILLMENT, delivered(KEY, keys=KEYS)).then(
        renewed("mail_receipt", replace(before, lines=is_so))
    )


def test_keys_that_a_late_receipt_carries_have_no_mail_of_their_own() -> None:
    log = after(KEY, then=[waits(KEY)])
    log.add(FULFILLMENT, delivered(KEY, keys=KEYS))
    log.follow([POLICY])
    log.decide(TheMail("mail_receipt"), log.log[-1])

    log.when(TheMail("mail_delivered_li_key"), SESSION, CheckoutSession.Noted(text=Personal("a note"))).then(
        withdrawn("mail_delivered_li_key", reasons.in_the_receipt())
    )


def test_a_receipt_waits_while_a_line_is_planned_again_and_is_asked_for_when_it_is_settled() -> None:
    seat = planned("li_mug", ACCESS, tracks=as_sku("seat"))
    log = after(MUG, then=[waits(MUG)])
    again = Fulfillment.Replanned(lines=(seat,), replaced=(MUG,), catalog="beef")
    log.when(TheMail("mail_receipt"), FULFILLMENT, again).then(withdrawn("mail_receipt"))
    log.add(FULFILLMENT, promised(seat))

    decided = log.decide(POLICY, log.add(FULFILLMENT, delivered(seat)))

    assert [(event.TOPIC, event.originator_id) for event in decided] == [("Effect.Requested", effect("mail_receipt"))]
    assert the_mail(log, "mail_receipt").lines == (shown(seat, LineState.DELIVERED),)


def test_keys_that_were_taken_back_are_not_mailed() -> None:
    log = with_keys_after_the_receipt()

    log.when(TheMail("mail_delivered_li_key"), FULFILLMENT, taken_back("li_key")).then(
        withdrawn("mail_delivered_li_key")
    )


def test_no_mail_is_requested_about_keys_that_were_taken_back() -> None:
    log = after(KEY, HOOK, then=[waits(KEY)])
    log.add(FULFILLMENT, delivered(KEY, keys=KEYS), taken_back("li_key"))

    assert log.decide(POLICY, log.log[-1]) == []


def test_a_receipt_shows_no_keys_that_were_taken_back() -> None:
    log = after(KEY, then=[waits(KEY)])
    log.add(FULFILLMENT, delivered(KEY, keys=KEYS), taken_back("li_key"))

    log.decide(TheMail("mail_receipt"), log.log[-1])

    assert [line.keys for line in the_mail(log, "mail_receipt").lines] == [()]


def test_a_backorder_mail_leaves_out_what_has_come_meanwhile() -> None:
    log = after(MUG, BOWL, then=[waits(MUG), waits(BOWL)], policy=WITHOUT_RECEIPTS)
    before = the_mail(log, "mail_backordered")

    log.when(TheMail("mail_backordered"), FULFILLMENT, promised(MUG)).then(
        renewed("mail_backordered", replace(before, lines=(shown(BOWL, LineState.BACKORDERED),)))
    )


def test_while_the_receipt_is_to_be_claimed_it_alone_will_say_what_has_to_wait_and_what_came() -> None:
    log = after(MUG, KEY, then=[promised(MUG), waits(KEY)])
    log.add(FULFILLMENT, waits(MUG), delivered(KEY, keys=KEYS))
    log.follow([POLICY])
    note = CheckoutSession.Noted(text=Personal("a note"))

    for step in ("mail_backordered", "mail_delivered_li_key"):
        log.when(TheMail(step), SESSION, note).then(withdrawn(step, reasons.in_the_receipt()))
    log.decide(TheMail("mail_receipt"), log.log[-1])

    lines = (shown(MUG, LineState.BACKORDERED), shown(KEY, LineState.DELIVERED, keys=KEYS))
    assert the_mail(log, "mail_receipt").lines == lines


def test_what_a_receipt_under_way_does_not_say_has_a_mail_of_its_own() -> None:
    log = after(MUG, BOWL, then=[promised(MUG), waits(BOWL)])
    claimed(log, "mail_receipt")
    log.add(FULFILLMENT, waits(MUG))
    log.follow([POLICY])

    log.when(TheMail("mail_backordered"), SESSION, CheckoutSession.Noted(text=Personal("a note"))).then_nothing()


def test_no_mail_asks_to_wait_for_what_has_come_meanwhile() -> None:
    log = after(MUG, then=[waits(MUG)], policy=WITHOUT_RECEIPTS)

    log.when(TheMail("mail_backordered"), FULFILLMENT, promised(MUG)).then(withdrawn("mail_backordered"))


def test_a_line_that_was_left_out_and_has_to_wait_again_is_reported_by_itself() -> None:
    log = after(MUG, BOWL, then=[waits(MUG), waits(BOWL)], policy=WITHOUT_RECEIPTS)
    log.decide(TheMail("mail_backordered"), log.add(FULFILLMENT, promised(MUG)))
    log.follow([WITHOUT_RECEIPTS])

    decided = log.decide(WITHOUT_RECEIPTS, log.add(FULFILLMENT, waits(MUG)))

    assert [event.originator_id for event in decided] == [effect("mail_backordered_li_mug")]


@pytest.mark.parametrize("fact", [PAID, FAILED, SUCCEEDED], ids=["paid", "failed", "succeeded"])
def test_no_mail_asks_to_wait_for_a_payment_that_is_decided(fact: Event) -> None:
    log = streams()
    log.decide(POLICY, log.add(SESSION, retrieved(MUG, payment_status="unpaid")))

    log.when(TheMail("mail_payment_pending"), SESSION, fact).then(withdrawn("mail_payment_pending"))


@pytest.mark.parametrize("fact", [PAID, SUCCEEDED], ids=["paid", "succeeded"])
def test_a_customer_who_has_paid_gets_no_payment_failed_mail(fact: Event) -> None:
    log = after(MUG, facts=[FAILED], payment_status="unpaid")

    log.when(TheMail("mail_payment_failed"), SESSION, fact).then(withdrawn("mail_payment_failed"))


def test_a_mail_on_the_payment_calls_the_lines_as_the_catalog_did_when_it_was_decided() -> None:
    """Another host may have another catalog: both names are true, and the hosts do not outdo each other."""
    log = after(MUG, facts=[FAILED], payment_status="unpaid")
    assert [line.title for line in the_mail(log, "mail_payment_failed").lines] == ["The mug"]

    log.when(TheMail("mail_payment_failed"), SESSION, FAILED).then_nothing()


SUMS: dict[str, Any] = {
    "amount_subtotal": 900,
    "amount_discount": 50,
    "amount_shipping": 100,
    "amount_tax": 150,
    "amount_total": 1100,
}


@pytest.mark.parametrize("payment", ["paid", "unpaid"])
def test_a_mail_has_the_sums_that_stripe_has_now(payment: str) -> None:
    facts = [] if payment == "paid" else [FAILED]
    step = "mail_receipt" if payment == "paid" else "mail_payment_failed"
    log = after(MUG, facts=facts, then=[promised(MUG)], payment_status=payment)
    before = the_mail(log, step)
    other = replace(MUG, item=a_line_item("li_mug", amount_total=1000))

    log.when(TheMail(step), SESSION, retrieved(other, payment_status=payment, **SUMS)).then(
        renewed(step, replace(before, **SUMS))
    )


def test_a_mail_on_the_payment_has_the_quantities_that_stripe_has_now() -> None:
    log = after(MUG, BOWL, facts=[FAILED], payment_status="unpaid")
    before = the_mail(log, "mail_payment_failed")
    [mug, _] = before.lines
    more = replace(MUG, item=a_line_item("li_mug", quantity=2, amount_total=2000))

    log.when(TheMail("mail_payment_failed"), SESSION, retrieved(more, payment_status="unpaid")).then(
        renewed("mail_payment_failed", replace(before, lines=(replace(mug, quantity=2, amount_total=2000),)))
    )


def test_a_mail_goes_to_the_address_that_stripe_has_now() -> None:
    log = after(HOOK)
    moved = Contact(name=Personal("Ada Other"), email=Personal("other@example.com"))
    before = the_mail(log, "mail_receipt")

    log.when(TheMail("mail_receipt"), SESSION, retrieved(HOOK, contact=moved)).then(
        renewed("mail_receipt", replace(before, to=moved.email, name=moved.name))
    )


def test_a_mail_goes_to_the_address_that_staff_gave_whatever_stripe_says() -> None:
    log = after(HOOK)
    before, other = the_mail(log, "mail_receipt"), Personal("other@example.com")

    log.when(TheMail("mail_receipt"), SESSION, CheckoutSession.Readdressed(to=other)).then(
        renewed("mail_receipt", replace(before, to=other))
    )
    log.when(TheMail("mail_receipt"), SESSION, retrieved(HOOK)).then_nothing()


def test_a_mail_keeps_its_address_when_a_later_answer_of_stripes_has_none() -> None:
    after(HOOK).when(TheMail("mail_receipt"), SESSION, retrieved(HOOK, contact=Contact())).then_nothing()


def test_a_mail_that_is_retried_goes_to_the_address_that_stripe_has_by_now() -> None:
    log = after(HOOK, contact=Contact())
    log.decide(POLICY, log.add(SESSION, retrieved(HOOK)))
    log.decide(POLICY, log.add(SESSION, CheckoutSession.RetryRequested()))
    before = the_mail(log, "mail_receipt")
    assert before.to is None

    log.when(TheMail("mail_receipt"), SESSION, CheckoutSession.Noted(text=Personal("a note"))).then(
        renewed("mail_receipt", replace(before, to=CUSTOMER.email, name=CUSTOMER.name))
    )


def test_a_parcel_is_reported_with_the_address_that_stripe_has_now() -> None:
    log = after(MUG, then=[promised(MUG), SHIPPED, delivered(MUG)], shipping=CUSTOMER)
    elsewhere = replace(ADDRESS, line1=Personal("2 Other Road"))
    before = the_mail(log, "mail_shipped_1")

    log.when(TheMail("mail_shipped_1"), SESSION, retrieved(MUG, shipping=Contact(address=elsewhere))).then(
        renewed("mail_shipped_1", replace(before, ship_to=elsewhere))
    )


@pytest.mark.parametrize("step", ["mail_receipt", "mail_shipped_1", "mail_payment_failed"])
def test_a_mail_that_was_never_asked_for_is_not_asked_for_by_a_look(step: str) -> None:
    streams().when(TheMail(step), SESSION, PAID).then_nothing()
