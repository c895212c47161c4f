"""What the sandbox keeps: plain frozen values, changed only by being replaced.

Amounts are integers of the currency's smallest unit, times are seconds since 1970, as in Stripe's API.
"""

from dataclasses import dataclass
from typing import Literal

from interfaces.sandbox.faults.weather import FAIR, Fate, Mishap

Mode = Literal["payment", "setup", "subscription"]
SessionStatus = Literal["open", "complete", "expired"]
PaymentStatus = Literal["paid", "unpaid", "no_payment_required"]
PayBy = Literal["card", "debit_succeeds", "debit_fails", "free"]
DeliveryState = Literal["pending", "delivered", "given_up", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    id: str
    created: int
    name: str
    description: str | None
    active: bool
    images: tuple[str, ...]
    metadata: dict[str, str]
    is_shippable: bool | None
    url: str | None
    updated: int | None = None
    """When it was last changed; None while it is as it was created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    interval: str
    interval_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    id: str
    created: int
    product_id: str
    active: bool
    currency: str
    unit_amount: int
    recurring: Recurring | None
    metadata: dict[str, str]
    nickname: str | None
    lookup_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """Takes a part, or an amount in one currency, off what is bought."""

    id: str
    created: int
    name: str | None
    percent_off: float | None
    amount_off: int | None
    currency: str | None
    duration: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionCode:
    """What a customer knows a coupon by."""

    id: str
    created: int
    code: str
    coupon_id: str
    active: bool
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedCoupon:
    """A coupon of a session."""

    id: str
    coupon_id: str
    promotion_code_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustableQuantity:
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    id: str
    price_id: str
    description: str
    quantity: int
    unit_amount: int
    currency: str
    adjustable: AdjustableQuantity | None
    metadata: dict[str, str]
    amount_discount: int = 0

    @property
    def amount_subtotal(self) -> int:
        return self.unit_amount * self.quantity

    @property
    def amount_total(self) -> int:
        return self.amount_subtotal - self.amount_discount


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionalItem:
    price_id: str
    quantity: int
    adjustable: AdjustableQuantity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxId:
    type: str
    """As Stripe names it, such as `eu_vat`."""
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """What the customer entered on the payment page."""

    email: str | None
    name: str | None = None
    phone: str | None = None
    address: Address | None = None
    business_name: str | None = None
    tax_id: TaxId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingOption:
    rate_id: str
    name: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    key: str
    label: str
    kind: Literal["text", "numeric", "dropdown"]
    is_optional: bool
    options: tuple[tuple[str, str], ...]
    """What a dropdown offers: label and value."""
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a session asks the customer and shows them; a payment link passes it on to its sessions."""

    metadata: dict[str, str]
    custom_fields: tuple[CustomField, ...]
    shipping_countries: tuple[str, ...]
    """Where goods may be sent to; nothing: no address is asked for."""
    shipping_options: tuple[ShippingOption, ...]
    has_phone: bool
    has_automatic_tax: bool
    payment_method_types: tuple[str, ...]
    echoed: dict[str, str]
    """Parameters which change nothing here and are shown again, such as `submit_type`."""
    is_captured_later: bool = False
    """Whether a card is only authorized, and the merchant captures the money (`capture_method=manual`)."""
    has_tax_ids: bool = False
    consents: tuple[Literal["terms_of_service", "promotions"], ...] = ()
    """What the customer is asked to agree to."""
    has_adaptive_pricing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit:
    """A bank debit on its way."""

    will_succeed: bool
    due_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    id: str
    created: int
    expires_at: int
    mode: Mode
    status: SessionStatus
    payment_status: PaymentStatus
    currency: str | None
    line_items: tuple[LineItem, ...]
    optional_items: tuple[OptionalItem, ...]
    wishes: Wishes
    success_url: str | None
    cancel_url: str | None
    url: str
    locale: str | None
    client_reference_id: str | None
    customer_email: str | None
    customer_id: str | None
    payment_link_id: str | None
    shipping: ShippingOption | None
    customer: Customer | None = None
    ship_to: Customer | None = None
    payment_intent_id: str | None = None
    subscription_id: str | None = None
    setup_intent_id: str | None = None
    invoice_id: str | None = None
    debit: Debit | None = None
    presentment: Money | None = None
    """What the customer paid in a currency of their own, with Adaptive Pricing."""
    has_opted_in: bool = False
    """Whether the customer wants to receive promotions."""
    pretended_payment_status: str | None = None
    """The status that the API reports instead of the true one, as if Stripe had added it."""
    discounts: tuple[AppliedCoupon, ...] = ()

    @property
    def amount_subtotal(self) -> int:
        return sum(item.amount_subtotal for item in self.line_items)

    @property
    def amount_discount(self) -> int:
        return sum(item.amount_discount for item in self.line_items)

    @property
    def amount_shipping(self) -> int:
        return self.shipping.amount if self.shipping else 0

    @property
    def amount_total(self) -> int:
        return self.amount_subtotal - self.amount_discount + self.amount_shipping


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLink:
    id: str
    created: int
    active: bool
    url: str
    currency: str
    line_items: tuple[LineItem, ...]
    optional_items: tuple[OptionalItem, ...]
    wishes: Wishes
    redirect_url: str | None
    custom_message: str | None
    completed_sessions_limit: int | None
    completed_sessions_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    value: str
    expires_at: float | None
    """A rolled secret keeps signing until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    id: str
    created: int
    url: str
    enabled_events: tuple[str, ...]
    description: str | None
    metadata: dict[str, str]
    api_version: str | None
    is_enabled: bool
    secrets: tuple[Secret, ...]

    @property
    def is_thin(self) -> bool:
        """Whether it gets thin events. At Stripe an event destination sets this; here `metadata[payload]=thin` does."""
        return self.metadata.get("payload") == "thin"

    def wants(self, event_type: str) -> bool:
        names = {"*", event_type, f"v1.{event_type}"}
        return self.is_enabled and not names.isdisjoint(self.enabled_events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The API request that caused an event; both are None for what a customer did."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    id: str
    created: int
    type: str
    object_id: str
    object_json: str
    """The object as it was at that moment; Stripe never renders an event again."""
    origin: Origin
    endpoint_ids: tuple[str, ...]
    previous_json: str | None = None
    """What of the object was otherwise before, where the event is about a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    at: float
    status: int | None
    """The HTTP status that the endpoint answered; None when there was no answer."""
    error: str | None = None
    mishaps: tuple[Mishap, ...] = ()
    """What was done to it on purpose."""

    @property
    def has_succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    event_id: str
    endpoint_id: str
    """Or, where `stripe listen` forwarded it, the URL that it forwarded to."""
    state: DeliveryState
    attempts: tuple[DeliveryAttempt, ...] = ()
    fate: Fate = FAIR
    made_at: float = 0.0
    """By the true clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What a request with an idempotency key was answered, for when it comes again."""

    request_digest: str
    request_id: str
    body_json: str
