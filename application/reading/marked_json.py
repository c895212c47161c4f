"""Values as JSON for other programs, with a mark on each personal text."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime

from application.reading.projection import rfc3339
from domain.checkout import Checkout
from domain.personal import Personal

_OF_THE_ORDER: Mapping[str, Callable[[Checkout], object]] = {
    "amount_subtotal": lambda checkout: checkout.amount_subtotal,
    "amount_discount": lambda checkout: checkout.amount_discount,
    "amount_shipping": lambda checkout: checkout.amount_shipping,
    "amount_tax": lambda checkout: checkout.amount_tax,
    "presentment": lambda checkout: checkout.presentment,
    "customer": lambda checkout: checkout.contact,
    "business_name": lambda checkout: checkout.business_name,
    "tax_ids": lambda checkout: checkout.tax_ids,
    "shipping": lambda checkout: checkout.shipping,
    "shipping_rate": lambda checkout: checkout.shipping_rate,
    "discounts": lambda checkout: checkout.discounts,
    "custom_fields": lambda checkout: checkout.custom_fields,
    "consent": lambda checkout: checkout.consent,
    "payment_method_type": lambda checkout: checkout.payment_method_type,
    "payment_intent": lambda checkout: checkout.payment_intent,
    "payment_link": lambda checkout: checkout.payment_link,
    "customer_id": lambda checkout: checkout.customer,
    "subscription": lambda checkout: checkout.subscription,
    "invoice": lambda checkout: checkout.invoice,
    "recovered_from": lambda checkout: checkout.recovered_from,
    "client_reference_id": lambda checkout: checkout.client_reference_id,
    "metadata": lambda checkout: checkout.metadata,
    "locale": lambda checkout: checkout.locale,
}


def marked_json(values: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """Return the values as plain JSON, and a JSON Pointer (RFC 6901) to each personal text in it."""
    marks: list[str] = []
    return {name: _plain(value, f"/{name}", marks) for name, value in values.items()}, marks


def values_of_order(checkout: Checkout | None) -> dict[str, object]:
    """Return Stripe's copy of an order without its total and line items, by the names that other programs rely on. Each
    value is None without a copy."""
    return {name: of(checkout) if checkout else None for name, of in _OF_THE_ORDER.items()}


def values_of(of: object) -> Iterator[tuple[str, object]]:
    """Return the fields of a dataclass, by name."""
    assert is_dataclass(of)
    return ((field.name, getattr(of, field.name)) for field in fields(of))


def _plain(value: object, at: str, marks: list[str]) -> object:
    """Return the value as plain JSON. `at` is the pointer to it; pointers to personal texts are added to `marks`."""
    match value:
        case Personal():
            marks.append(at)
            return value.text
        case datetime():
            return rfc3339(value)
        case tuple():
            return [_plain(each, f"{at}/{number}", marks) for number, each in enumerate(value)]
        case dict():
            return {key: _plain(each, f"{at}/{_escaped(key)}", marks) for key, each in value.items()}
        case _ if is_dataclass(value):
            return {name: _plain(each, f"{at}/{name}", marks) for name, each in values_of(value)}
        case _:
            return value


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
