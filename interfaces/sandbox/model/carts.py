"""Line items, optional items and what else sessions and payment links share, from their parameters."""

from collections.abc import Sequence
from typing import Final, Literal

from interfaces.sandbox.model.catalog import keep_price, new_product
from interfaces.sandbox.model.errors import invalid_parameter, missing_parameter
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.payment_values import CAPTURE_METHODS
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import (
    AdjustableQuantity,
    CustomField,
    LineItem,
    OptionalItem,
    Price,
    ShippingOption,
    Wishes,
)

LINE_ITEMS_MAX: Final = 200
"""Stripe takes 100. Ours may be more, so that paging past one page of 100 can be tried."""

_CUSTOM_FIELDS_MAX: Final = 3
_ECHOED: Final = (
    *("billing_address_collection", "customer_creation", "integration_identifier", "origin_context"),
    *("payment_method_collection", "submit_type"),
)
_CONSENTS: Final[tuple[Literal["terms_of_service", "promotions"], ...]] = ("terms_of_service", "promotions")
_WAYS_TO_ASK: Final = ("auto", "none", "required")
_KINDS: Final[tuple[Literal["text", "numeric", "dropdown"], ...]] = ("text", "numeric", "dropdown")


def line_items_of(params: Params, making: Making) -> tuple[LineItem, ...]:
    """Return the line items of a new session or payment link.

    Raises:
        StripeError: a line item is invalid, or there are too many.
    """
    listed = params.children("line_items")
    if len(listed) > LINE_ITEMS_MAX:
        message = f"The sandbox takes up to {LINE_ITEMS_MAX} line items."
        raise invalid_parameter("line_items", message)
    return tuple(_line_item(item, making) for item in listed)


def line_item(price: Price, making: Making, *, quantity: int, adjustable: AdjustableQuantity | None) -> LineItem:
    return LineItem(
        id=making.ids.object("li"),
        price_id=price.id,
        description=making.state.product(price.product_id).name,
        quantity=quantity,
        unit_amount=price.unit_amount,
        currency=price.currency,
        adjustable=adjustable,
        metadata={},
    )


def optional_items_of(params: Params, making: Making) -> tuple[OptionalItem, ...]:
    return tuple(
        OptionalItem(
            price_id=_price(item, making).id,
            quantity=item.integer("quantity", minimum=1) or 1,
            adjustable=_adjustable(item),
        )
        for item in params.children("optional_items")
    )


def one_currency(items: Sequence[LineItem]) -> str | None:
    """Return the currency of the items, three small letters; None if there are no items.

    Raises:
        StripeError: they have several currencies.
    """
    currencies = sorted({item.currency for item in items})
    if len(currencies) > 1:
        message = f"All line items must have one currency, not {', '.join(currencies)}."
        raise invalid_parameter("line_items", message)
    return currencies[0] if currencies else None


def wishes_of(params: Params, making: Making) -> Wishes:
    addresses = params.child("shipping_address_collection")
    echoed = {name: params.text(name) for name in _ECHOED}
    return Wishes(
        metadata=params.pairs("metadata"),
        custom_fields=_custom_fields(params),
        shipping_countries=addresses.texts("allowed_countries"),
        shipping_options=tuple(_shipping(item, making) for item in params.children("shipping_options")),
        has_phone=params.child("phone_number_collection").flag("enabled") is True,
        has_automatic_tax=params.child("automatic_tax").flag("enabled") is True,
        payment_method_types=params.texts("payment_method_types"),
        echoed={name: value for name, value in echoed.items() if value is not None},
        is_captured_later=_is_captured_later(params.child("payment_intent_data")),
        has_tax_ids=params.child("tax_id_collection").flag("enabled") is True,
        consents=tuple(name for name in _CONSENTS if _is_asked_for(name, params.child("consent_collection"))),
        has_adaptive_pricing=params.child("adaptive_pricing").flag("enabled") is True,
    )


def _is_asked_for(consent: str, params: Params) -> bool:
    return params.choice(consent, _WAYS_TO_ASK) in ("auto", "required")


def _is_captured_later(params: Params) -> bool:
    return params.choice("capture_method", CAPTURE_METHODS) == "manual"


def _line_item(params: Params, making: Making) -> LineItem:
    price = _price(params, making)
    quantity = params.integer("quantity", maximum=999_999)
    if quantity is None:
        raise missing_parameter(params.named("quantity"))
    return line_item(price, making, quantity=quantity, adjustable=_adjustable(params))


def _price(params: Params, making: Making) -> Price:
    if not params.has("price_data"):
        return _active_price(params, making.state)
    described = params.child("price_data")
    if described.has("product"):
        identifier = described.required("product")
        product = making.state.product(identifier, param=described.named("product"))
    else:
        product = new_product(described.child("product_data"), making)
    return keep_price(described, making, product)


def _active_price(params: Params, state: State) -> Price:
    param = params.named("price")
    price = state.price(params.required("price"), param=param)
    if not price.active:
        raise invalid_parameter(param, "The price specified is inactive. This field only accepts active prices.")
    if not state.product(price.product_id).active:
        message = f"Price `{price.id}` is not available to be purchased because its product is not active."
        raise invalid_parameter(param, message)
    return price


def _adjustable(params: Params) -> AdjustableQuantity | None:
    adjustable = params.child("adjustable_quantity")
    if not adjustable.flag("enabled"):
        return None
    maximum = adjustable.integer("maximum", minimum=1, maximum=999_999)
    return AdjustableQuantity(minimum=adjustable.integer("minimum") or 0, maximum=maximum or 99)


def _custom_fields(params: Params) -> tuple[CustomField, ...]:
    fields = params.children("custom_fields")
    if len(fields) > _CUSTOM_FIELDS_MAX:
        raise invalid_parameter("custom_fields", f"You can have up to {_CUSTOM_FIELDS_MAX} custom fields.")
    return tuple(_custom_field(field) for field in fields)


def _custom_field(params: Params) -> CustomField:
    named = params.required("type")
    kind = next((kind for kind in _KINDS if kind == named), None)
    if kind is None:
        raise invalid_parameter(params.named("type"), f"Invalid type: must be one of {', '.join(_KINDS)}")
    options = params.child("dropdown").children("options") if kind == "dropdown" else []
    return CustomField(
        key=params.required("key"),
        label=params.child("label").required("custom"),
        kind=kind,
        is_optional=params.flag("optional") is True,
        options=tuple((option.required("label"), option.required("value")) for option in options),
    )


def _shipping(params: Params, making: Making) -> ShippingOption:
    rate = params.child("shipping_rate_data")
    if not params.has("shipping_rate_data"):
        raise missing_parameter(rate.named("display_name"))
    amount = rate.child("fixed_amount").integer("amount")
    return ShippingOption(rate_id=making.ids.object("shr"), name=rate.required("display_name"), amount=amount or 0)
