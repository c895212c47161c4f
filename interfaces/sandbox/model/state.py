"""Where the sandbox keeps its values, and how they are found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from interfaces.sandbox.model.errors import missing_resource
from interfaces.sandbox.model.payment_values import Dispute, PaymentIntent, PaymentMethod, Refund
from interfaces.sandbox.model.values import (
    Coupon,
    Endpoint,
    Event,
    KeptAnswer,
    PaymentLink,
    Price,
    Product,
    PromotionCode,
    Session,
    WebhookDelivery,
)

Kept = TypeVar("Kept")
VERSION: Final = 1


@dataclass(slots=True, kw_only=True)
class State:
    """Everything there is, by ID, oldest first."""

    version: int = VERSION
    products: dict[str, Product] = field(default_factory=dict)
    prices: dict[str, Price] = field(default_factory=dict)
    coupons: dict[str, Coupon] = field(default_factory=dict)
    promotion_codes: dict[str, PromotionCode] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    payment_links: dict[str, PaymentLink] = field(default_factory=dict)
    payment_methods: dict[str, PaymentMethod] = field(default_factory=dict)
    payment_intents: dict[str, PaymentIntent] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    deliveries: dict[str, WebhookDelivery] = field(default_factory=dict)
    answers: dict[str, KeptAnswer] = field(default_factory=dict)
    """By API key and idempotency key; `IdempotencyKeys` knows how."""
    listening_secrets: dict[str, str] = field(default_factory=dict)
    """What is forwarded to `stripe listen` is signed with these; by digest of the API key that it uses."""

    def product(self, identifier: str, *, param: str | None = None) -> Product:
        return _find("product", self.products, identifier, param)

    def price(self, identifier: str, *, param: str | None = None) -> Price:
        return _find("price", self.prices, identifier, param)

    def coupon(self, identifier: str, *, param: str | None = None) -> Coupon:
        return _find("coupon", self.coupons, identifier, param)

    def promotion_code(self, identifier: str, *, param: str | None = None) -> PromotionCode:
        return _find("promotion code", self.promotion_codes, identifier, param)

    def session(self, identifier: str) -> Session:
        return _find("checkout.session", self.sessions, identifier, None)

    def payment_link(self, identifier: str) -> PaymentLink:
        return _find("payment link", self.payment_links, identifier, None)

    def payment_method(self, identifier: str) -> PaymentMethod:
        return _find("PaymentMethod", self.payment_methods, identifier, None)

    def payment_intent(self, identifier: str, *, param: str | None = None) -> PaymentIntent:
        return _find("payment_intent", self.payment_intents, identifier, param)

    def refund(self, identifier: str) -> Refund:
        return _find("refund", self.refunds, identifier, None)

    def dispute(self, identifier: str) -> Dispute:
        return _find("dispute", self.disputes, identifier, None)

    def endpoint(self, identifier: str) -> Endpoint:
        return _find("webhook endpoint", self.endpoints, identifier, None)

    def event(self, identifier: str) -> Event:
        return _find("event", self.events, identifier, None)

    def delivery(self, event_id: str, endpoint_id: str) -> WebhookDelivery | None:
        return self.deliveries.get(_delivery_key(event_id, endpoint_id))

    def keep_delivery(self, delivery: WebhookDelivery) -> None:
        self.deliveries[_delivery_key(delivery.event_id, delivery.endpoint_id)] = delivery

    def deliveries_of(self, event: Event) -> tuple[WebhookDelivery, ...]:
        found = (self.delivery(event.id, endpoint_id) for endpoint_id in event.endpoint_ids)
        return tuple(delivery for delivery in found if delivery is not None)

    def pending_webhooks(self, event: Event) -> int:
        return sum(1 for delivery in self.deliveries_of(event) if delivery.state != "delivered")


def _find(kind: str, table: Mapping[str, Kept], identifier: str, param: str | None) -> Kept:
    found = table.get(identifier)
    if found is None:
        raise missing_resource(kind, identifier, param=param)
    return found


def _delivery_key(event_id: str, endpoint_id: str) -> str:
    return f"{event_id} {endpoint_id}"
