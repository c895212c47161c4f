"""What each kind of mail says, so that its text and its HTML part say the same. It promises no further mail: which ones
go out is the merchant's choice."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.deliveries.kind import DeliveryKind
from domain.line import LineState
from domain.mail import MailKind, MailLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    subject: str
    """`{order}` is "Your order", with the merchant's own reference behind it if there is one."""
    heading: str
    lead: str
    closing: str


_WORDS: Mapping[MailKind, Words] = {
    MailKind.RECEIPT: Words(
        subject="{order}: thank you, and your receipt",
        heading="Thank you for your order",
        lead="Your payment has arrived. Here is what you bought, and what happens next.",
        closing="Please keep this mail: it is your receipt.",
    ),
    MailKind.PAYMENT_PENDING: Words(
        subject="{order}: we are waiting for your payment",
        heading="We have your order",
        lead="Your payment has not reached us yet. Some payment methods take several days. "
        "We start on your order as soon as it arrives.",
        closing="If you received payment instructions, please follow them. Otherwise there is nothing you need to do.",
    ),
    MailKind.PAYMENT_FAILED: Words(
        subject="{order}: your payment was not completed",
        heading="Your payment was not completed",
        lead="We received no payment for this order, so you were not charged and nothing will be sent.",
        closing="If you would still like to have it, please order again.",
    ),
    MailKind.SHIPPED: Words(
        subject="{order}: a parcel is on its way",
        heading="A parcel is on its way to you",
        lead="This has just left us:",
        closing="Carriers can take a day until they know where a parcel is.",
    ),
    MailKind.BACKORDERED: Words(
        subject="{order}: a part of it takes longer",
        heading="A part of your order takes longer",
        lead="We are sorry: we do not have enough of this at the moment. You get it as soon as we do.",
        closing="You need not do anything. What is not listed here is not held up by it.",
    ),
    MailKind.DELIVERED: Words(
        subject="{order}: ready for you",
        heading="Ready for you",
        lead="This part of your order is here now:",
        closing="Please keep this mail.",
    ),
}

_DELIVERED: Mapping[str, str] = {
    DeliveryKind.ACCESS: "Ready for you",
    DeliveryKind.SHIPMENT: "On its way to you",
    DeliveryKind.MANUAL: "Handed over",
}
_PENDING: Mapping[str, str] = {
    DeliveryKind.SHIPMENT: "Will be packed and shipped to you",
    DeliveryKind.LICENSE_KEY: "Your licence key is being made ready",
}


def words(kind: MailKind) -> Words:
    return _WORDS[kind]


def next_step(line: MailLine) -> str:
    """What the customer can do or expect, in the state that the line had when the mail was decided."""
    match line.state:
        case LineState.DELIVERED if line.keys:
            return "Your licence key:" if len(line.keys) == 1 else "Your licence keys:"
        case LineState.DELIVERED:
            return _DELIVERED.get(line.delivery, "Delivered")
        case LineState.PENDING:
            return _PENDING.get(line.delivery, "Being made ready for you")
        case LineState.BACKORDERED:
            return "Not here at this moment. You get it as soon as it is."
        case _:
            return "Prepared for you by a person"
