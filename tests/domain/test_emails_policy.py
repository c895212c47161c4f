"""Whenever the customer should know something, a mail is asked for, once per session, kind and occasion."""

from dataclasses import replace
from typing import Any

import pytest
from builders import ADDRESS, CREATED, CUSTOMER, a_checkout, a_line_item
from kinds import ACCESS, HTTP, LICENSE_KEY, MANUAL, SHIPMENT
from scenario import FULFILLMENT, SAID_AT, SESSION, Facts, Streams, effect, planned, requested, streams
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
from domain.order_number import order_number
from domain.payment_wait import PaymentWait
from domain.personal import Personal
from domain.plan import PlannedLine, Rule
from domain.policies.emails import EmailPolicy
from domain.source import Source

CATALOG = Catalog(
    products={"prod_li_mug": Rule(delivery=SHIPMENT, sku=as_sku("mug"), track_stock=True, name="The mug")}
)
POLICY = EmailPolicy(frozenset(MailKind), CATALOG)
WITHOUT_RECEIPTS = EmailPolicy(frozenset(MailKind) - {MailKind.RECEIPT}, CATALOG)

MUG, BOWL = (replace(planned(id, SHIPMENT, tracks=as_sku(id)), name=f"The {id[3:]}") for id in ("li_mug", "li_bowl"))
COURSE = planned("li_course", ACCESS, settings={"link": "https://example.com/course"})
SEAT = planned("li_seat", ACCESS, tracks=as_sku("seat"))
KEY = planned("li_key", LICENSE_KEY, settings={"pool": "pro"})
HOOK = planned("li_hook", HTTP)
WRAP = planned("li_wrap", MANUAL)

PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1000, currency="eur", occurred_at=SAID_AT)
FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_failed"), occurred_at=SAID_AT)
SUCCEEDED = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_succeeded"), occurred_at=SAID_AT)


def retrieved(*lines: PlannedLine, **changes: Any) -> CheckoutSession.Retrieved:
    checkout = a_checkout(line_items=[line.item for line in lines], **changes)
    return CheckoutSession.Retrieved(checkout=checkout, source=Source.WEBHOOK, occurred_at=SAID_AT)


def promised(line: PlannedLine) -> Fulfillment.LineItemReserved:
    return Fulfillment.LineItemReserved(line_item=line.id)


def waits(line: PlannedLine) -> Fulfillment.LineItemBlocked:
    return Fulfillment.LineItemBlocked(line_item=line.id, state=LineState.BACKORDERED, detail=reasons.as_written("why"))


def delivered(line: PlannedLine, **changes: Any) -> Fulfillment.LineItemDelivered:
    return replace(Fulfillment.LineItemDelivered(line_item=line.id), **changes)


def shown(line: PlannedLine, state: LineState = LineState.PENDING, **changes: Any) -> MailLine:
    return MailLine(
        id=line.id, title=line.title, quantity=1, amount_total=1000, delivery=line.delivery, state=state, **changes
    )


def asked(kind: MailKind, *lines: MailLine, occasion: str = "", total: int = 1000, **changes: Any) -> Facts:
    """The mail that is asked for, on its stream."""
    mail = Mail(
        kind=kind,
        to=CUSTOMER.email,
        name=CUSTOMER.name,
        locale="en",
        currency="eur",
        amount_subtotal=total,
        amount_discount=0,
        amount_shipping=0,
        amount_tax=0,
        amount_total=total,
        lines=lines,
        ordered_at=CREATED,
        order_number=order_number(SESSION),
        payment_wait=PaymentWait.UNKNOWN if kind is MailKind.PAYMENT_PENDING else None,
    )
    step = f"mail_{kind}{occasion}"
    return {effect(step): [Effect.Requested(kind=MAIL, step=step, mail=replace(mail, **changes))]}


def paid(*plan: PlannedLine, **changes: Any) -> Streams:
    return streams((SESSION, retrieved(*plan, **changes)), (SESSION, PAID))


def test_an_unpaid_completion_mails_that_the_payment_is_pending() -> None:
    unpaid = retrieved(MUG, payment_status="unpaid")

    streams().when(POLICY, SESSION, unpaid).then(asked(MailKind.PAYMENT_PENDING, shown(MUG)))


@pytest.mark.parametrize(("method", "wait"), [("sepa_debit", PaymentWait.BANK), ("multibanco", PaymentWait.CUSTOMER)])
def test_the_pending_mail_says_whom_the_payment_waits_for(method: str, wait: PaymentWait) -> None:
    unpaid = retrieved(MUG, payment_status="unpaid", payment_method_type=method)

    streams().when(POLICY, SESSION, unpaid).then(asked(MailKind.PAYMENT_PENDING, shown(MUG), payment_wait=wait))


def test_an_authorized_payment_is_nothing_that_a_customer_has_to_wait_for() -> None:
    authorized = retrieved(MUG, payment_status="unpaid", intent_status="requires_capture")

    streams().when(POLICY, SESSION, authorized).then_nothing()


@pytest.mark.parametrize("status", ["canceled", "requires_payment_method"])
def test_a_payment_that_stripe_shows_as_over_is_reported_as_failed(status: str) -> None:
    over = retrieved(MUG, payment_status="unpaid", intent_status=status)

    streams().when(POLICY, SESSION, over).then(asked(MailKind.PAYMENT_FAILED, shown(MUG)))


def test_a_mail_on_the_payment_names_everything_that_was_bought() -> None:
    streams().when(POLICY, SESSION, retrieved(MUG, WRAP, payment_status="unpaid")).then(
        asked(MailKind.PAYMENT_PENDING, shown(MUG), shown(WRAP), total=2000)
    )


def test_a_mail_on_the_payment_leaves_out_what_was_not_bought() -> None:
    nothing = replace(COURSE, item=a_line_item("li_course", quantity=0, amount_total=0))

    streams().when(POLICY, SESSION, retrieved(MUG, nothing, payment_status="unpaid")).then(
        asked(MailKind.PAYMENT_PENDING, shown(MUG))
    )


def test_a_failed_payment_is_reported_as_soon_as_the_session_is_known() -> None:
    failed = streams()
    failed.when(POLICY, SESSION, FAILED).then_nothing()

    failed.when(POLICY, SESSION, retrieved(MUG, payment_status="unpaid")).then(
        asked(MailKind.PAYMENT_FAILED, shown(MUG))
    )


def test_a_payment_that_fails_later_is_reported_when_it_fails() -> None:
    log = streams((SESSION, retrieved(MUG, payment_status="unpaid")))

    log.when(POLICY, SESSION, FAILED).then(asked(MailKind.PAYMENT_FAILED, shown(MUG)))


@pytest.mark.parametrize("success", [SUCCEEDED, PAID])
def test_a_failure_that_stripe_contradicts_is_not_reported(success: Event) -> None:
    log = streams((SESSION, retrieved(MUG, payment_status="unpaid")), (SESSION, success))

    log.when(POLICY, SESSION, FAILED).then_nothing()


def test_a_failed_payment_is_not_reported_from_an_answer_before_the_customer_finished() -> None:
    """There is no address in that, and the answer that has one is on its way."""
    log = streams((SESSION, retrieved(MUG, status="open", payment_status="unpaid", contact=Contact())))
    log.when(POLICY, SESSION, FAILED).then_nothing()

    log.when(POLICY, SESSION, retrieved(MUG, payment_status="unpaid")).then(asked(MailKind.PAYMENT_FAILED, shown(MUG)))


def test_a_session_that_is_paid_at_once_has_no_mail_on_its_payment() -> None:
    streams().when(POLICY, SESSION, retrieved(MUG), meanwhile=[(SESSION, PAID)]).then_nothing()


def test_a_customer_who_has_not_finished_has_no_mail() -> None:
    streams().when(POLICY, SESSION, retrieved(MUG, status="open", payment_status="unpaid")).then_nothing()


def test_the_receipt_goes_out_when_the_engine_has_done_its_part() -> None:
    before = paid(MUG)

    before.when(POLICY, FULFILLMENT, requested(MUG)).then_nothing()
    before.when(POLICY, FULFILLMENT, promised(MUG)).then(asked(MailKind.RECEIPT, shown(MUG)))


def test_the_receipt_of_a_trial_knows_that_nothing_was_to_be_paid() -> None:
    trial = paid(MUG, payment_status="no_payment_required")

    trial.when(POLICY, FULFILLMENT, requested(MUG)).then_nothing()
    trial.when(POLICY, FULFILLMENT, promised(MUG)).then(asked(MailKind.RECEIPT, shown(MUG), is_payment_required=False))


def test_a_receipt_has_the_money_and_references_of_the_order() -> None:
    money: dict[str, Any] = {
        "currency": "jpy",
        "amount_subtotal": 900,
        "amount_discount": 50,
        "amount_shipping": 100,
        "amount_tax": 50,
        "amount_total": 1000,
        "locale": "ja",
    }
    shipping = Contact(address=ADDRESS)
    log = paid(HOOK, client_reference_id=Personal("ORDER-17"), shipping=shipping, **money)

    log.when(POLICY, FULFILLMENT, requested(HOOK)).then(
        asked(MailKind.RECEIPT, shown(HOOK), reference=Personal("ORDER-17"), **money)
    )


def test_a_receipt_carries_the_keys_and_links_that_are_there() -> None:
    keys = (Personal("AAAA"),)
    log = paid(KEY, COURSE)
    log.add(FULFILLMENT, requested(KEY, COURSE), delivered(COURSE, link="https://example.com/course"))

    log.when(POLICY, FULFILLMENT, delivered(KEY, keys=keys)).then(
        asked(
            MailKind.RECEIPT,
            shown(KEY, LineState.DELIVERED, keys=keys),
            shown(COURSE, LineState.DELIVERED, link="https://example.com/course"),
            total=2000,
        )
    )


def test_a_receipt_is_sent_for_what_a_person_delivers_too() -> None:
    blocked = Fulfillment.LineItemBlocked(
        line_item=as_line("li_wrap"), state=LineState.MANUAL, detail=reasons.as_written("why")
    )
    log = paid(WRAP)
    log.add(FULFILLMENT, requested(WRAP))

    log.when(POLICY, FULFILLMENT, blocked).then(asked(MailKind.RECEIPT, shown(WRAP, LineState.MANUAL)))


def test_a_session_without_lines_has_no_receipt() -> None:
    paid().when(POLICY, FULFILLMENT, requested()).then_nothing()


def test_the_receipt_alone_reports_what_waits_when_it_is_written() -> None:
    log = paid(MUG, BOWL, HOOK)
    log.add(FULFILLMENT, requested(MUG, BOWL, HOOK), waits(MUG))
    waiting = [shown(line, LineState.BACKORDERED) for line in (MUG, BOWL)]

    log.when(POLICY, FULFILLMENT, waits(BOWL)).then(asked(MailKind.RECEIPT, *waiting, shown(HOOK), total=3000))


def test_what_has_to_wait_after_the_receipt_was_written_is_reported() -> None:
    log = paid(MUG, BOWL)
    log.add(FULFILLMENT, requested(MUG, BOWL), promised(MUG), waits(BOWL))
    log.decide(POLICY, log.log[-1])

    log.when(POLICY, FULFILLMENT, waits(MUG)).then(
        asked(MailKind.BACKORDERED, shown(MUG, LineState.BACKORDERED), total=2000)
    )


def test_one_mail_lists_everything_that_waits() -> None:
    log = paid(MUG, BOWL, HOOK)
    log.add(FULFILLMENT, requested(MUG, BOWL, HOOK), waits(MUG))
    waiting = [shown(line, LineState.BACKORDERED) for line in (MUG, BOWL)]

    log.when(WITHOUT_RECEIPTS, FULFILLMENT, waits(BOWL)).then(asked(MailKind.BACKORDERED, *waiting, total=3000))


def test_a_line_that_has_to_wait_later_is_reported_by_itself() -> None:
    first = paid(MUG, BOWL)
    first.add(FULFILLMENT, requested(MUG, BOWL), promised(MUG), waits(BOWL))
    first.decide(WITHOUT_RECEIPTS, first.log[-1])

    first.when(WITHOUT_RECEIPTS, FULFILLMENT, waits(MUG)).then(
        asked(MailKind.BACKORDERED, shown(MUG, LineState.BACKORDERED), occasion="_li_mug", total=2000)
    )


def test_every_line_that_has_to_wait_later_is_reported() -> None:
    vase = planned("li_vase", SHIPMENT, tracks=as_sku("vase"))
    first = paid(MUG, BOWL, vase)
    first.add(FULFILLMENT, requested(MUG, BOWL, vase), promised(MUG), promised(vase), waits(BOWL))
    first.decide(WITHOUT_RECEIPTS, first.log[-1])

    first.when(WITHOUT_RECEIPTS, FULFILLMENT, waits(MUG), meanwhile=[(FULFILLMENT, waits(vase))]).then(
        {
            **asked(MailKind.BACKORDERED, shown(MUG, LineState.BACKORDERED), occasion="_li_mug", total=3000),
            **asked(MailKind.BACKORDERED, shown(vase, LineState.BACKORDERED), occasion="_li_vase", total=3000),
        }
    )


def test_a_line_that_has_to_wait_again_is_not_reported_again() -> None:
    log = paid(MUG)
    log.add(FULFILLMENT, requested(MUG), waits(MUG))
    log.decide(WITHOUT_RECEIPTS, log.log[-1])
    log.add(FULFILLMENT, promised(MUG))

    log.when(WITHOUT_RECEIPTS, FULFILLMENT, waits(MUG)).then_nothing()


def test_a_line_that_has_to_wait_again_is_reported_if_it_never_was() -> None:
    """Stock came before the mail's turn, so that it was withdrawn, and was taken back."""
    log = paid(MUG)
    log.add(FULFILLMENT, requested(MUG), waits(MUG))
    log.decide(WITHOUT_RECEIPTS, log.log[-1])
    log.add(as_stream(effect("mail_backordered")), Effect.Withdrawn(why=reasons.mail_outdated()))
    log.add(FULFILLMENT, promised(MUG))

    log.when(WITHOUT_RECEIPTS, FULFILLMENT, waits(MUG)).then(
        asked(MailKind.BACKORDERED, shown(MUG, LineState.BACKORDERED))
    )


def test_a_mail_that_is_requested_again_leaves_out_what_another_mail_has() -> None:
    """The bowl waits first and then the mug; the bowl's mail was withdrawn, since it came, and is gone again."""
    log = paid(MUG, BOWL)
    log.add(FULFILLMENT, requested(MUG, BOWL), promised(MUG), waits(BOWL))
    log.decide(WITHOUT_RECEIPTS, log.log[-1])
    log.add(FULFILLMENT, waits(MUG))
    log.decide(WITHOUT_RECEIPTS, log.log[-1])
    log.add(as_stream(effect("mail_backordered")), Effect.Withdrawn(why=reasons.mail_outdated()))
    log.add(FULFILLMENT, promised(BOWL))

    log.when(WITHOUT_RECEIPTS, FULFILLMENT, waits(BOWL)).then(
        asked(MailKind.BACKORDERED, shown(BOWL, LineState.BACKORDERED), total=2000)
    )


def test_keys_that_come_after_the_receipt_have_a_mail_of_their_own() -> None:
    log = paid(KEY)
    log.add(FULFILLMENT, requested(KEY), waits(KEY))
    log.decide(POLICY, log.log[-1])
    keys = (Personal("AAAA"),)

    log.when(POLICY, FULFILLMENT, delivered(KEY, keys=keys)).then(
        asked(MailKind.DELIVERED, shown(KEY, LineState.DELIVERED, keys=keys), occasion="_li_key")
    )


def test_a_line_without_keys_or_links_that_is_delivered_later_has_no_mail_of_its_own() -> None:
    log = paid(SEAT)
    log.add(FULFILLMENT, requested(SEAT), waits(SEAT))
    log.decide(POLICY, log.log[-1])

    log.when(POLICY, FULFILLMENT, delivered(SEAT)).then_nothing()


def test_where_no_receipt_is_sent_keys_and_links_have_a_mail_each() -> None:
    policy = EmailPolicy(frozenset(MailKind) - {MailKind.RECEIPT}, CATALOG)
    log = paid(COURSE, KEY)
    log.add(FULFILLMENT, requested(COURSE, KEY))
    link, keys = "https://example.com/course", (Personal("AAAA"),)
    course, key = shown(COURSE, LineState.DELIVERED, link=link), shown(KEY, LineState.DELIVERED, keys=keys)

    log.when(
        policy,
        FULFILLMENT,
        delivered(COURSE, link=link),
        meanwhile=[(FULFILLMENT, delivered(KEY, keys=keys))],
    ).then(
        {
            **asked(MailKind.DELIVERED, course, occasion="_li_course", total=2000),
            **asked(MailKind.DELIVERED, key, occasion="_li_key", total=2000),
        }
    )


def test_every_parcel_is_reported_with_what_is_in_it_and_where_it_goes() -> None:
    log = paid(MUG, BOWL, shipping=Contact(name=Personal("Bob"), address=ADDRESS))
    log.add(FULFILLMENT, requested(MUG, BOWL), promised(MUG), promised(BOWL))
    first = Fulfillment.Shipped(number=1, lines=(as_line("li_mug"),), carrier="DHL", tracking=Personal("T1"))
    second = Fulfillment.Shipped(number=2, lines=(as_line("li_bowl"),), carrier="UPS", tracking=None)

    log.when(POLICY, FULFILLMENT, first, meanwhile=[(FULFILLMENT, delivered(MUG))]).then(
        asked(
            MailKind.SHIPPED,
            shown(MUG, LineState.DELIVERED),
            occasion="_1",
            total=2000,
            ship_to=ADDRESS,
            carrier="DHL",
            tracking=Personal("T1"),
        )
    )
    log.when(POLICY, FULFILLMENT, second, meanwhile=[(FULFILLMENT, delivered(BOWL))]).then(
        asked(
            MailKind.SHIPPED,
            shown(BOWL, LineState.DELIVERED),
            occasion="_2",
            total=2000,
            ship_to=ADDRESS,
            carrier="UPS",
        )
    )


def test_a_parcel_is_reported_with_everything_in_it() -> None:
    log = paid(MUG, BOWL)
    log.add(FULFILLMENT, requested(MUG, BOWL), promised(MUG), promised(BOWL))
    both = Fulfillment.Shipped(
        number=1, lines=(as_line("li_mug"), as_line("li_bowl")), carrier="DHL", tracking=Personal("T1")
    )

    log.when(POLICY, FULFILLMENT, both).then(
        asked(
            MailKind.SHIPPED, shown(MUG), shown(BOWL), occasion="_1", total=2000, carrier="DHL", tracking=Personal("T1")
        )
    )


def test_no_mail_goes_out_before_stripe_was_asked() -> None:
    streams().when(POLICY, FULFILLMENT, requested(HOOK)).then_nothing()


def test_without_an_address_a_mail_is_given_up_where_staff_see_it() -> None:
    log = paid(HOOK, contact=Contact(name=CUSTOMER.name))
    mail = asked(MailKind.RECEIPT, shown(HOOK), to=None)
    ((stream, facts),) = mail.items()

    log.when(POLICY, FULFILLMENT, requested(HOOK)).then({stream: [*facts, Effect.GivenUp(error=reasons.no_address())]})


def test_a_kind_of_mail_that_the_merchant_does_not_want_is_not_asked_for() -> None:
    policy = EmailPolicy(frozenset(), CATALOG)
    log = paid(MUG)
    log.add(FULFILLMENT, requested(MUG))
    shipped = Fulfillment.Shipped(number=1, lines=(as_line("li_mug"),), carrier="DHL", tracking=None)

    log.when(policy, FULFILLMENT, waits(MUG)).then_nothing()
    log.when(policy, FULFILLMENT, shipped).then_nothing()
    streams().when(policy, SESSION, retrieved(MUG, payment_status="unpaid")).then_nothing()


def test_a_mail_of_a_kind_and_occasion_is_asked_for_once() -> None:
    log = paid(HOOK, MUG)
    log.add(FULFILLMENT, requested(HOOK, MUG), promised(MUG))
    log.decide(POLICY, log.log[-1])

    log.when(POLICY, FULFILLMENT, delivered(HOOK)).then_nothing()


def test_a_mail_that_has_an_address_goes_there_although_a_later_answer_of_stripes_has_none() -> None:
    log = paid(HOOK)
    log.add(FULFILLMENT, requested(HOOK))
    log.decide(POLICY, log.log[-1])
    log.add(SESSION, retrieved(HOOK, contact=Contact()))

    log.when(POLICY, FULFILLMENT, delivered(HOOK)).then_nothing()
