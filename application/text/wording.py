"""Plain English names, for people who read the audit trail."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import assert_never

from application.text.english import listed
from domain.checkout_session import CheckoutSession
from domain.deliveries.kind import DeliveryKind, built_in
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.mail import MailKind
from domain.source import Source
from domain.step import DeliverStep, MailStep, RetrieveStep, parse_step

PAYMENTS = {"paid": "paid", "unpaid": "not paid yet", "no_payment_required": "nothing to pay"}

_REPORTED = {
    "payment_intent.succeeded": "succeeded",
    "payment_intent.canceled": "was canceled",
    "payment_intent.processing": "is being processed",
    "payment_intent.requires_action": "needs an action by the customer",
    "charge.captured": "was captured",
}
_UNPAID = {
    "requires_capture": "authorized, not captured yet",
    "canceled": "payment canceled",
    "requires_payment_method": "payment failed",
}


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles of a checkout's line items, by ID."""

    by_line: Mapping[str, str] = field(default_factory=dict)

    def line(self, id: str) -> str:
        return self.by_line.get(id, f"line {id}")

    def lines(self, ids: Iterable[str]) -> str:
        return listed(map(self.line, ids))


def titles(session: CheckoutSession, fulfillment: Fulfillment) -> Titles:
    """Return the known titles. Lines with the same title show their IDs."""
    items = session.checkout.line_items if session.checkout else ()
    found = {item.id: item.description for item in items}
    found |= {line.id: line.title for line in fulfillment.held}
    found |= {id: line.plan.title for id, line in fulfillment.lines.items()}
    often = [title for title in found.values() if list(found.values()).count(title) > 1]
    return Titles({id: f"“{title}” ({id})" if title in often else f"“{title}”" for id, title in found.items() if title})


def effect(step: str, names: Titles) -> str:
    """Return the purpose of an effect, as a noun with its article."""
    match parsed := parse_step(step):
        case MailStep():
            return _mail(parsed, names) if parsed.resend is None else f"a copy of {_mail(parsed, names)}"
        case DeliverStep():
            return f"the delivery of {names.line(parsed.line)}"
        case RetrieveStep():
            return "the retrieval from Stripe"
        case None:
            return f"the effect {step}"
        case _:
            assert_never(parsed)


def _mail(step: MailStep, names: Titles) -> str:
    match step.kind:
        case MailKind.RECEIPT:
            return "the receipt"
        case MailKind.PAYMENT_PENDING:
            return "the mail about the pending payment"
        case MailKind.PAYMENT_FAILED:
            return "the mail about the failed payment"
        case MailKind.SHIPPED:
            return f"the mail about parcel {step.parcel}"
        case MailKind.BACKORDERED:
            what = f"the back-order of {names.line(step.occasion)}" if step.occasion else "back-ordered items"
            return f"the mail about {what}"
        case MailKind.DELIVERED:
            return f"the mail with {names.line(step.occasion or '')}"
        case MailKind.KEYS_REPLACED:
            return "the mail with new license keys"
        case MailKind.CANCELED:
            return "the mail about the cancellation"
        case _:
            assert_never(step.kind)


def source(where: Source) -> str:
    match where:
        case Source.WEBHOOK:
            return "after a webhook delivery"
        case Source.LANDING_PAGE:
            return "when the customer returned"
        case Source.STAFF:
            return "when staff asked for it"
        case Source.SCHEDULE:
            return "on schedule, since it was not paid"
        case _:
            assert_never(where)


def blocked(state: LineState) -> str:
    match state:
        case LineState.MANUAL:
            return "waits for a person"
        case LineState.BACKORDERED:
            return "is backordered"
        case LineState.GIVEN_UP:
            return "was given up"
        case LineState.PENDING | LineState.DELIVERED | LineState.CANCELED:
            return f"is {state}"
        case _:
            assert_never(state)


def delivery(name: str) -> str:
    """Return how a line is delivered. The merchant's own kinds keep the merchant's names."""
    match kind := built_in(name):
        case DeliveryKind.ACCESS:
            return "as access"
        case DeliveryKind.SHIPMENT:
            return "as a parcel"
        case DeliveryKind.LICENSE_KEY:
            return "as a license key"
        case DeliveryKind.HTTP:
            return "by a call to the shop's service"
        case DeliveryKind.MANUAL:
            return "by hand"
        case None:
            return f"by {name}"
        case _:
            assert_never(kind)


def reported(type: str) -> str:
    """Return what a Stripe event reports about a payment, as the end of a sentence."""
    return _REPORTED.get(type, "changed")


def payment(status: str, intent_status: str | None = None) -> str:
    """Return the payment status in words; an unknown one is quoted."""
    if status == "unpaid" and intent_status in _UNPAID:
        return _UNPAID[intent_status]
    return PAYMENTS.get(status, f"payment status '{status}'")


def and_behind_it(detail: str, events: int) -> str:
    """Return the sentence of a parked event, with the number of events that are parked behind it."""
    return f"{detail} ({events} more wait behind it)"


def tried_at_a_start(detail: str) -> str:
    """Return the sentence of a parked event that no person retries."""
    return f"{detail}. A server tries it again when it starts"


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
