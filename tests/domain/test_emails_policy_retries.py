"""Mails are tried again when a person asks."""

from dataclasses import replace

import pytest
from builders import CUSTOMER, a_checkout
from kinds import ACCESS, SHIPMENT
from scenario import FULFILLMENT, SAID_AT, SESSION, effect, planned, requested, streams
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
from domain.personal import Personal
from domain.policies.emails import EmailPolicy
from domain.reason import Reason
from domain.source import Source

POLICY = EmailPolicy(frozenset(MailKind), Catalog())
ASKED = CheckoutSession.RetryRequested()
READDRESSED = CheckoutSession.Readdressed(to=Personal("other@example.com"))
MUG, COURSE = planned("li_mug", SHIPMENT, tracks=as_sku("mug")), planned("li_course", ACCESS)
SHIPPED = Fulfillment.Shipped(number=1, lines=(as_line("li_mug"),), carrier="DHL", tracking=None)
UNPAID = CheckoutSession.Retrieved(
    checkout=a_checkout(payment_status="unpaid"), source=Source.WEBHOOK, occurred_at=SAID_AT
)
PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1000, currency="eur", occurred_at=SAID_AT)
FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_failed"), occurred_at=SAID_AT)
SUCCEEDED = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_succeeded"), occurred_at=SAID_AT)
WAITS = Fulfillment.LineItemBlocked(
    line_item=as_line("li_mug"), state=LineState.BACKORDERED, detail=reasons.as_written("why")
)
RESERVED = Fulfillment.LineItemReserved(line_item=as_line("li_mug"))


def a_mail(kind: MailKind, *line_items: str) -> Mail:
    line = MailLine(
        id=as_line(""), title="", quantity=1, amount_total=1000, delivery=SHIPMENT, state=LineState.BACKORDERED
    )
    return Mail(
        kind=kind,
        to=None,
        name=None,
        locale=None,
        currency="eur",
        amount_subtotal=1000,
        amount_discount=0,
        amount_shipping=0,
        amount_tax=0,
        amount_total=1000,
        lines=tuple(replace(line, id=as_line(id)) for id in line_items),
        ordered_at=SAID_AT,
    )


@pytest.mark.parametrize(
    "step",
    [
        "mail_receipt",
        "mail_payment_pending",
        "mail_payment_failed",
        "mail_shipped_1",
        "mail_shipped_2",
        "mail_backordered",
        "mail_backordered_li_mug",
        "mail_delivered_li_course",
    ],
)
def test_whenever_a_person_asks_a_mail_that_could_not_be_sent_is_tried_again(step: str) -> None:
    parcels = [(FULFILLMENT, SHIPPED), (FULFILLMENT, replace(SHIPPED, number=2))]
    log = streams((FULFILLMENT, requested(MUG, COURSE)), *parcels)
    mail = replace(a_mail(MailKind.RECEIPT), to=CUSTOMER.email)
    log.add(as_stream(effect(step)), Effect.Requested(kind=MAIL, step=step, mail=mail))
    log.add(as_stream(effect(step)), Effect.GivenUp(error=reasons.port_failed("The server refused it")))

    log.when(POLICY, SESSION, ASKED).then({effect(step): [Effect.RetryRequested()]})


def test_a_mail_without_an_address_is_tried_again_once_there_is_one() -> None:
    stream, mail = effect("mail_payment_failed"), a_mail(MailKind.PAYMENT_FAILED)
    log = streams((SESSION, FAILED), (SESSION, UNPAID))
    log.add(as_stream(stream), Effect.Requested(kind=MAIL, step="mail_payment_failed", mail=mail))
    log.add(as_stream(stream), Effect.GivenUp(error=reasons.no_address()))

    log.when(POLICY, SESSION, ASKED).then({stream: [Effect.RetryRequested()]})


@pytest.mark.parametrize("why", [reasons.no_address(), reasons.port_failed("The mail server refuses it for good")])
def test_a_mail_that_failed_is_tried_again_when_staff_give_it_another_address(why: Reason) -> None:
    stream, mail = effect("mail_receipt"), a_mail(MailKind.RECEIPT)
    log = streams((SESSION, replace(UNPAID, checkout=a_checkout(contact=Contact()))), (FULFILLMENT, requested(MUG)))
    log.add(as_stream(stream), Effect.Requested(kind=MAIL, step="mail_receipt", mail=mail), Effect.GivenUp(error=why))

    log.when(POLICY, SESSION, READDRESSED).then({stream: [Effect.RetryRequested()]})


@pytest.mark.parametrize("answers", [[], [replace(UNPAID, checkout=a_checkout(contact=Contact()))]])
def test_a_mail_without_an_address_is_not_tried_again(answers: list[Event]) -> None:
    stream, mail = effect("mail_receipt"), a_mail(MailKind.RECEIPT)
    log = streams(*((SESSION, answer) for answer in answers), (FULFILLMENT, requested(MUG)))
    log.add(
        as_stream(stream),
        Effect.Requested(kind=MAIL, step="mail_receipt", mail=mail),
        Effect.GivenUp(error=reasons.no_address()),
    )

    log.when(POLICY, SESSION, ASKED).then_nothing()


@pytest.mark.parametrize("end", [Effect.Succeeded(number=1), Effect.Withdrawn(why=reasons.mail_outdated())])
def test_a_mail_that_was_sent_or_withdrawn_is_not_tried_again(end: Event) -> None:
    started = Effect.AttemptStarted(number=1, worker="w1")
    log = streams()
    mail = replace(a_mail(MailKind.RECEIPT), to=CUSTOMER.email)
    log.add(
        as_stream(effect("mail_receipt")), Effect.Requested(kind=MAIL, step="mail_receipt", mail=mail), started, end
    )

    log.when(POLICY, SESSION, ASKED).then_nothing()
