"""The part of a Checkout Session that we keep: the merchant's own copy of what was paid."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.identifiers import LineItemId
from domain.payment_wait import PaymentWait, wait_of
from domain.personal import Personal

PAID_STATUSES = frozenset({"paid", "no_payment_required"})
"""The statuses with nothing left to pay. Source: https://docs.stripe.com/api/checkout/sessions/object"""
_OVER = frozenset({"canceled", "requires_payment_method"})
"""The payment of a complete session was canceled, or failed: Checkout offers no second try. Sources:
https://docs.stripe.com/payments/paymentintents/lifecycle and
https://docs.stripe.com/payments/checkout/fulfill-orders"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """A line of the session as Stripe reports it after payment, so with the quantities that the customer chose.

    Amounts are integers of the currency's smallest unit. `metadata` is the Stripe product's own.
    """

    id: LineItemId
    price: str | None
    product: str | None
    description: str
    quantity: int
    currency: str
    amount_subtotal: int
    amount_discount: int
    amount_tax: int
    amount_total: int
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    line1: Personal | None = None
    line2: Personal | None = None
    city: Personal | None = None
    postal_code: Personal | None = None
    state: Personal | None = None
    country: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The customer, or the one to whom parcels are shipped."""

    name: Personal | None = None
    email: Personal | None = None
    phone: Personal | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field that the customer filled in besides the payment."""

    key: str
    label: str
    value: Personal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentment:
    """The total as the customer saw and pays it in a currency of their own, with Adaptive Pricing.

    `amount` is an integer of that currency's smallest unit. All other amounts of a checkout are in the shop's currency.
    Source: `presentment_details` of https://docs.stripe.com/api/checkout/sessions/object
    """

    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAddress:
    """Stripe's page on which the customer can still pay, of an open session or of the session that continues an expired
    one. Sources: `url` and `after_expiration.recovery` of https://docs.stripe.com/api/checkout/sessions/object"""

    url: Personal
    """Leads to a page about one person's order."""
    until: datetime | None = None
    """When Stripe closes it, if Stripe reports that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingRate:
    """The way of shipping that the customer chose. Its amount is the checkout's `amount_shipping`."""

    id: str
    name: str | None = None
    """Its name as the customer saw it. None if the key may not read shipping rates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A coupon that was applied, and the promotion code that the customer entered. Each is None if there is none, or if
    the key may not read it."""

    coupon: str | None = None
    coupon_name: str | None = None
    promotion_code: str | None = None
    code: str | None = None
    """The promotion code as the customer typed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxId:
    """A number under which the customer pays taxes, such as a VAT number. `type` is an enum of Stripe's."""

    type: str
    value: Personal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the customer agreed to on the payment page, as enums of Stripe's.

    Source: `consent` of https://docs.stripe.com/api/checkout/sessions/object
    """

    promotions: str | None = None
    """`opt_in` if the customer wants to receive promotions."""
    terms_of_service: str | None = None
    """`accepted` if the customer agreed to the shop's terms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """One retrieval of a session. Enums of Stripe's stay text: they are open, and an unknown one must not break us."""

    mode: str
    status: str
    payment_status: str
    livemode: bool
    created: datetime
    currency: str
    amount_subtotal: int
    amount_discount: int
    amount_shipping: int
    amount_tax: int
    amount_total: int
    line_items: tuple[LineItem, ...]
    payment_intent: str | None = None
    intent_status: str | None = None
    """The status of the payment intent. None without one, and in copies from before this was kept."""
    capture_method: str | None = None
    """`manual` if the merchant takes the authorized money later."""
    payment_method_types: tuple[str, ...] = ()
    payment_method_type: str | None = None
    """The payment method that the customer uses."""
    customer: str | None = None
    contact: Contact = Contact()
    shipping: Contact | None = None
    custom_fields: tuple[CustomField, ...] = ()
    metadata: dict[str, Personal] = field(default_factory=dict)
    """The merchant's own data on the session: it may be about the customer."""
    client_reference_id: Personal | None = None
    """Often a user name or an e-mail address."""
    payment_link: str | None = None
    subscription: str | None = None
    invoice: str | None = None
    locale: str | None = None
    presentment: Presentment | None = None
    shipping_rate: ShippingRate | None = None
    discounts: tuple[Discount, ...] = ()
    business_name: Personal | None = None
    tax_ids: tuple[TaxId, ...] = ()
    consent: Consent | None = None
    recovered_from: str | None = None
    """The expired session that this one continues."""
    payment_page: PaymentAddress | None = None
    """None when the customer has finished, and in copies from before this was kept."""

    def payment_page_at(self, now: datetime) -> PaymentAddress | None:
        """Return the page on which the customer can pay now, as far as Stripe has reported."""
        page = self.payment_page
        is_closed = page is None or (page.until is not None and page.until <= now)
        return None if self.is_complete or is_closed else page

    @property
    def is_open(self) -> bool:
        return self.status == "open"

    @property
    def is_complete(self) -> bool:
        return self.status == "complete"

    @property
    def is_expired(self) -> bool:
        return self.status == "expired"

    @property
    def is_paid(self) -> bool:
        """True if it is complete and nothing is left to pay. A `setup` session is `no_payment_required` even while it
        is open."""
        return self.is_complete and self.payment_status in PAID_STATUSES

    @property
    def is_authorized(self) -> bool:
        """The money is authorized for the merchant, who has not captured it yet."""
        return self.is_complete and not self.is_paid and self.intent_status == "requires_capture"

    @property
    def is_payment_required(self) -> bool:
        """False if it is free, or nothing is to be paid before a later date, as in a trial."""
        return self.payment_status != "no_payment_required"

    @property
    def payment_wait(self) -> PaymentWait:
        """What a complete, unpaid checkout waits for."""
        if self.is_authorized:
            return PaymentWait.CAPTURE
        return wait_of(self.payment_method_type, self.payment_method_types)

    @property
    def is_canceled(self) -> bool:
        return self.intent_status == "canceled"

    @property
    def is_payment_over(self) -> bool:
        """True if it is complete and unpaid, and Stripe expects no payment any more: the payment failed or was
        canceled."""
        return self.is_complete and not self.is_paid and self.intent_status in _OVER

    @property
    def is_understood(self) -> bool:
        """True if this version knows its `payment_status`."""
        return self.payment_status in PAID_STATUSES or self.payment_status == "unpaid"
