"""Products and prices from the parameters that create and change them."""

import re
from dataclasses import replace
from typing import Final

from interfaces.sandbox.model.errors import invalid_parameter, invalid_state, missing_parameter
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import Price, Product, Recurring

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
_PRODUCT_CHANGES: Final = ("active", "description", "expand", "images", "metadata", "name", "shippable", "url")
_PRICE_CHANGES: Final = ("active", "expand", "metadata", "nickname")
_INTERVALS: Final = ("day", "week", "month", "year")


def new_product(params: Params, making: Making) -> Product:
    """Create a product.

    Raises:
        StripeError: a parameter is invalid, or the ID is taken.
    """
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


def changed_product(product: Product, params: Params, *, now: int) -> Product:
    """Only what is named changes; what is set to nothing is removed."""
    params.allow_only(_PRODUCT_CHANGES)
    return replace(
        product,
        updated=now,
        name=params.required("name") if params.has("name") else product.name,
        description=params.text("description") if params.has("description") else product.description,
        active=_is_active(params, otherwise=product.active),
        images=params.texts("images") if params.has("images") else product.images,
        metadata=params.merged("metadata", product.metadata),
        is_shippable=params.flag("shippable") if params.has("shippable") else product.is_shippable,
        url=params.text("url") if params.has("url") else product.url,
    )


def check_without_prices(product: Product, state: State) -> None:
    """Refuse to delete a product with a price, active or not, as Stripe does.

    Raises:
        StripeError: the product has a price.
    """
    if any(price.product_id == product.id for price in state.prices.values()):
        raise invalid_state("This product cannot be deleted because it has one or more user-created prices.")


def _product(params: Params, making: Making, identifier: str) -> Product:
    return Product(
        id=identifier,
        created=making.now,
        name=params.required("name"),
        description=params.text("description"),
        active=_is_active(params, otherwise=True),
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
    price = Price(
        id=making.ids.object("price"),
        created=making.now,
        product_id=product.id,
        active=_is_active(params, otherwise=True),
        currency=currency_of(params),
        unit_amount=_unit_amount(params),
        recurring=_recurring(params),
        metadata=params.pairs("metadata"),
        nickname=params.text("nickname"),
        lookup_key=params.text("lookup_key"),
    )
    making.state.prices[price.id] = price
    return price


def changed_price(price: Price, params: Params) -> Price:
    """As at Stripe, the amount stays as it is."""
    params.allow_only(_PRICE_CHANGES)
    return replace(
        price,
        active=_is_active(params, otherwise=price.active),
        metadata=params.merged("metadata", price.metadata),
        nickname=params.text("nickname") if params.has("nickname") else price.nickname,
    )


def currency_of(params: Params) -> str:
    """Return the currency, three small letters.

    Raises:
        StripeError: it is missing or invalid.
    """
    currency = params.required("currency").lower()
    if not re.fullmatch(r"[a-z]{3}", currency):
        raise invalid_parameter(params.named("currency"), f"Invalid currency: {currency}")
    return currency


def _is_active(params: Params, *, otherwise: bool) -> bool:
    is_active = params.flag("active")
    return otherwise if is_active is None else is_active


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
