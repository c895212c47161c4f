"""The content of a mail to the customer, decided when it is requested; templates define its looks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.checkout import Address, Presentment
from domain.identifiers import LineItemId
from domain.line import LineState
from domain.order_number import OrderNumber
from domain.payment_wait import PaymentWait
from domain.personal import Personal


class MailKind(StrEnum):
    RECEIPT = "receipt"
    PAYMENT_PENDING = "payment_pending"
    PAYMENT_FAILED = "payment_failed"
    SHIPPED = "shipped"
    BACKORDERED = "backordered"
    DELIVERED = "delivered"
    """Keys or links of a line that became ready after the receipt was written, or where no receipt is sent."""
    KEYS_REPLACED = "keys_replaced"
    """New license keys in the place of revoked ones."""
    CANCELED = "canceled"
    """A person canceled lines, or a checkout before its payment, and wants the customer notified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLine:
    """A line item as the mail shows it. `state` is the state of the line when the mail was decided."""

    id: LineItemId
    title: str
    quantity: int
    amount_total: int
    delivery: str
    state: LineState
    keys: tuple[Personal, ...] = ()
    link: str | None = None
    is_short_of_keys: bool = False
    """It waits for license keys."""
    has_lost_its_keys: bool = False
    """Staff revoked all its license keys, and it waits for no new ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Amounts are integers of the currency's smallest unit."""

    kind: MailKind
    to: Personal | None
    name: Personal | None
    locale: str | None
    currency: str
    amount_subtotal: int
    amount_discount: int
    amount_shipping: int
    amount_tax: int
    amount_total: int
    lines: tuple[MailLine, ...]
    """The lines that this mail is about: all lines, those in the parcel, or those that have to wait."""
    ordered_at: datetime
    order_number: OrderNumber | None = None
    """None in mails from before there were order numbers."""
    reference: Personal | None = None
    ship_to: Address | None = None
    carrier: str | None = None
    tracking: Personal | None = None
    presentment: Presentment | None = None
    payment_wait: PaymentWait | None = None
    """What a payment that has not arrived waits for, in a mail about it or about the cancellation of the order. None if
    it failed or was canceled, in other mails, and in mails of earlier versions."""
    is_payment_required: bool = True
    """False if Stripe reports that no payment is required, or not yet, as in a trial."""
    is_correction: bool = False
    """True if it was requested since a person corrected the carrier or the tracking number of its parcel."""
    is_order_canceled: bool = False
    """True in a mail about a cancellation, and in a receipt, if no line of the order is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """The mail that the mail server accepted: its text part, as the customer reads it. The HTML part has the same
    content."""

    subject: Personal
    text: Personal
