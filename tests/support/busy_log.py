"""A log as a shop has it that sells a lot: as long as one likes, and made one event at a time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from log_parts import BEGINNING, COURSE, MUG, STAFF, LogWriter, checkout, mail, received
from typed_ids import as_event, as_line, as_session, as_stream

from domain.checkout import Contact
from domain.checkout_session import CheckoutSession
from domain.effect import MAIL, Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId
from domain.mail import MailKind
from domain.personal import Personal
from domain.source import Source

EVENTS_PER_SESSION = 11


def busy_log(sessions: int) -> Iterator[Event]:
    """A log of as many paid sessions, eleven events each, one event at a time however long it is."""
    for number in range(sessions):
        yield from _paid_at_once(as_session(f"cs_test_busy{number:06}"), number)


def _paid_at_once(session: SessionId, number: int) -> list[Event]:
    log = LogWriter(beginning=BEGINNING + timedelta(minutes=number))
    effect, mug = f"eff_{session}_mail_receipt", replace(MUG, track_stock=False)
    bought = checkout(mug, COURSE)
    contact = Contact(name=Personal(f"Customer {number}"), email=Personal(f"customer{number}@example.com"))
    retrieved = CheckoutSession.Retrieved(checkout=replace(bought, contact=contact), source=Source.WEBHOOK)
    requested = Fulfillment.Requested(
        plan=(mug, COURSE), catalog="c0ffee", currency="eur", amount_shipping=490, amount_tax=420, paid_at=log.beginning
    )
    shipped = Fulfillment.Shipped(
        number=1, lines=(as_line("li_mug"),), carrier="DHL", tracking=Personal(f"TRACK{number}")
    )
    log.add(
        as_stream(f"evt_{session}"), received("checkout.session.completed", session), session_id=session, actor="stripe"
    )
    completed = CheckoutSession.Completed(stripe_event=as_event(f"evt_{session}"), payment_status="paid")
    paid = CheckoutSession.Paid(payment_status="paid", amount_total=bought.amount_total, currency="eur")
    log.add(session, completed, retrieved, paid, session_id=session)
    log.add(
        as_stream(f"ful_{session}"),
        requested,
        Fulfillment.LineItemDelivered(line_item=as_line("li_course")),
        session_id=session,
    )
    receipt = Effect.Requested(kind=MAIL, step="mail_receipt", mail=mail(MailKind.RECEIPT, mug, COURSE))
    log.add(as_stream(effect), receipt, Effect.AttemptStarted(number=1, worker="w1"), session_id=session)
    log.add(as_stream(effect), Effect.Succeeded(number=1), session_id=session)
    delivered = Fulfillment.LineItemDelivered(line_item=as_line("li_mug"))
    log.add(as_stream(f"ful_{session}"), shipped, delivered, session_id=session, actor=STAFF, reason="packed")
    return log.events
