"""Products and prices from the parameters that create them."""

import re
from typing import Final

from interfaces.sandbox.errors import invalid_parameter, missing_parameter
from interfaces.sandbox.making import Making
from interfaces.sandbox.params import Params
from interfaces.sandbox.values import Price, Product, Recurring

_PRODUCT_NAMES: Final = (
    *("active", "default_price_data", "description", "expand", "id", "images", "marketing_features"),
    *("metadata", "name", "package_dimensions", "shippable", "statement_descriptor", "tax_code", "type"),
    *("unit_label", "url"),
)
_PRICE_NAMES: Final = (
    *("active", "billing_scheme", "currency", "expand", "lookup_key", "metadata", "nickname", "product"),
    *("product_data", "recurring", "tax_behavior", "transfer_lookup_key", "unit_amount"),
    "unit_amount_decimal",
)
_INTERVALS: Final = ("day", "week", "month", "year")


def new_product(params: Params, making: Making) -> Product:
    params.allow_only(_PRODUCT_NAMES)
    identifier = params.text("id") or making.ids.product()
    if identifier in making.state.products:
        message = f"Product already exists: {identifier}"
        raise invalid_parameter("id", message, code="resource_already_exists")
    product = _product(params, making, identifier)
    making.state.products[product.id] = product
    if params.has("default_price_data"):
        keep_price(params.child("default_price_data"), making, product)
    return product


def _product(params: Params, making: Making, identifier: str) -> Product:
    is_active = params.flag("active")
    return Product(
        id=identifier,
        created=making.now,
        name=params.required("name"),
        description=params.text("description"),
        active=is_active is not False,
        images=params.texts("images"),
        metadata=params.pairs("metadata"),
        is_shippable=params.flag("shippable"),
        url=params.text("url"),
    )


def new_price(params: Params, making: Making) -> Price:
    params.allow_only(_PRICE_NAMES)
    if params.has("product_data"):
        return keep_price(params, making, new_product(params.child("product_data"), making))
    product = making.state.product(params.required("product"), param=params.named("product"))
    return keep_price(params, making, product)


def keep_price(params: Params, making: Making, product: Product) -> Price:
    is_active = params.flag("active")
    price = Price(
        id=making.ids.object("price"),
        created=making.now,
        product_id=product.id,
        active=is_active is not False,
        currency=currency_of(params),
        unit_amount=_unit_amount(params),
        recurring=_recurring(params),
        metadata=params.pairs("metadata"),
        nickname=params.text("nickname"),
        lookup_key=params.text("lookup_key"),
    )
    making.state.prices[price.id] = price
    return price


def currency_of(params: Params) -> str:
    currency = params.required("currency").lower()
    if not re.fullmatch(r"[a-z]{3}", currency):
        raise invalid_parameter(params.named("currency"), f"Invalid currency: {currency}")
    return currency


def _unit_amount(params: Params) -> int:
    amount = params.integer("unit_amount")
    if amount is None:
        amount = params.integer("unit_amount_decimal")
    if amount is None:
        raise missing_parameter(params.named("unit_amount"))
    return amount


def _recurring(params: Params) -> Recurring | None:
    recurring = params.child("recurring")
    interval = recurring.choice("interval", _INTERVALS)
    if interval is None:
        return None
    return Recurring(interval=interval, interval_count=recurring.integer("interval_count", minimum=1) or 1)
