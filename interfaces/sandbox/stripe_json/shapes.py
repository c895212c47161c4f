"""Stripe's JSON of products, prices, line items and endpoints, and what all JSON here has in common."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from interfaces.sandbox.model.errors import invalid_parameter
from interfaces.sandbox.model.values import (
    Address,
    AdjustableQuantity,
    Endpoint,
    LineItem,
    Price,
    Product,
    Recurring,
)

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]

API_VERSION: Final = "2026-10-28.endive"


@dataclass(frozen=True, slots=True)
class Expand:
    """Which references the caller wants to see as whole objects, as dotted paths."""

    paths: frozenset[str]

    @classmethod
    def checked(cls, paths: Iterable[str], allowed: Iterable[str]) -> "Expand":
        """Return the properties to expand.

        Raises:
            StripeError: one of them can't be expanded.
        """
        expand = cls(frozenset(paths))
        for path in sorted(expand.paths.difference(allowed)):
            message = f"This property cannot be expanded ({path})."
            raise invalid_parameter("expand", message)
        return expand

    def has(self, path: str) -> bool:
        return any(asked == path or asked.startswith(f"{path}.") for asked in self.paths)

    def under(self, prefix: str) -> "Expand":
        start = f"{prefix}."
        return Expand(frozenset(path.removeprefix(start) for path in self.paths if path.startswith(start)))


NOTHING: Final = Expand(frozenset())


def list_json(url: str, data: Sequence[Json], *, has_more: bool) -> JsonObject:
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


def product_json(product: Product) -> JsonObject:
    return {
        "id": product.id,
        "object": "product",
        "active": product.active,
        "created": product.created,
        "default_price": None,
        "description": product.description,
        "images": product.images,
        "livemode": False,
        "marketing_features": [],
        "metadata": product.metadata,
        "name": product.name,
        "package_dimensions": None,
        "shippable": product.is_shippable,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": product.created if product.updated is None else product.updated,
        "url": product.url,
    }


def price_json(price: Price, product: Product | None) -> JsonObject:
    """The price; with its product in full where one is given."""
    return {
        "id": price.id,
        "object": "price",
        "active": price.active,
        "billing_scheme": "per_unit",
        "created": price.created,
        "currency": price.currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": price.lookup_key,
        "metadata": price.metadata,
        "nickname": price.nickname,
        "product": price.product_id if product is None else product_json(product),
        "recurring": _recurring_json(price.recurring),
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time" if price.recurring is None else "recurring",
        "unit_amount": price.unit_amount,
        "unit_amount_decimal": str(price.unit_amount),
    }


def line_item_json(item: LineItem, price: Price, product: Product | None) -> JsonObject:
    return {
        "id": item.id,
        "object": "item",
        "adjustable_quantity": adjustable_json(item.adjustable),
        "amount_discount": item.amount_discount,
        "amount_subtotal": item.amount_subtotal,
        "amount_tax": 0,
        "amount_total": item.amount_total,
        "currency": item.currency,
        "description": item.description,
        "metadata": item.metadata,
        "price": price_json(price, product),
        "quantity": item.quantity,
    }


def adjustable_json(adjustable: AdjustableQuantity | None) -> JsonObject:
    return {
        "enabled": adjustable is not None,
        "maximum": adjustable.maximum if adjustable else None,
        "minimum": adjustable.minimum if adjustable else None,
    }


def endpoint_json(endpoint: Endpoint, *, secret: str | None) -> JsonObject:
    """The endpoint. As at Stripe, only the answer to its creation has the secret."""
    shown: JsonObject = {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": endpoint.api_version,
        "application": None,
        "created": endpoint.created,
        "description": endpoint.description,
        "enabled_events": endpoint.enabled_events,
        "livemode": False,
        "metadata": endpoint.metadata,
        "status": "enabled" if endpoint.is_enabled else "disabled",
        "url": endpoint.url,
    }
    return shown if secret is None else {**shown, "secret": secret}


def address_json(address: Address | None) -> JsonObject:
    shown = address or Address()
    return {
        "city": shown.city,
        "country": shown.country,
        "line1": shown.line1,
        "line2": shown.line2,
        "postal_code": shown.postal_code,
        "state": shown.state,
    }


def _recurring_json(recurring: Recurring | None) -> JsonObject | None:
    if recurring is None:
        return None
    return {
        "interval": recurring.interval,
        "interval_count": recurring.interval_count,
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }
