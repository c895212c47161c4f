"""Coupons and promotion codes, and what they take off the line items of a session."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from interfaces.sandbox.model.catalog import currency_of
from interfaces.sandbox.model.errors import invalid_parameter, missing_parameter
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import AppliedCoupon, Coupon, LineItem, PromotionCode, Session

_COUPON_NAMES: Final = ("amount_off", "currency", "duration", "expand", "id", "metadata", "name", "percent_off")
_CODE_NAMES: Final = ("active", "code", "expand", "metadata")
_PERCENT: Final = 100
_CODE_LETTERS: Final = 8


def new_coupon(params: Params, making: Making) -> Coupon:
    """Create a coupon.

    Raises:
        StripeError: a parameter is invalid, or the ID is taken.
    """
    params.allow_only(_COUPON_NAMES)
    identifier = params.text("id") or making.ids.object("coupon")
    if identifier in making.state.coupons:
        raise invalid_parameter("id", f"Coupon already exists: {identifier}.", code="resource_already_exists")
    percent, amount = params.number("percent_off"), params.integer("amount_off", minimum=1)
    if percent is None and amount is None:
        raise missing_parameter("percent_off")
    if percent is not None and amount is not None:
        raise invalid_parameter("percent_off", "You can't set both `percent_off` and `amount_off`.")
    if percent is not None and not 0 < percent <= _PERCENT:
        raise invalid_parameter("percent_off", f"Invalid percent_off: must be more than 0, and at most {_PERCENT}.")
    coupon = Coupon(
        id=identifier,
        created=making.now,
        name=params.text("name"),
        percent_off=percent,
        amount_off=amount,
        currency=None if amount is None else currency_of(params),
        duration=params.choice("duration", ("once", "forever")) or "once",
        metadata=params.pairs("metadata"),
    )
    making.state.coupons[coupon.id] = coupon
    return coupon


def new_promotion_code(params: Params, making: Making, *, names_coupon: bool = False) -> PromotionCode:
    """Create the code that a customer knows for a coupon. `names_coupon` as before 2025-09-30.clover: `coupon` and not
    `promotion[coupon]`.

    Raises:
        StripeError: a parameter is invalid, there is no such coupon, or an active code of the same name.
    """
    params.allow_only((*_CODE_NAMES, "coupon" if names_coupon else "promotion"))
    promotion = params if names_coupon else params.child("promotion")
    if not names_coupon:
        promotion.choice("type", ("coupon",))
    coupon = making.state.coupon(promotion.required("coupon"), param=promotion.named("coupon"))
    code = params.text("code") or making.ids.object("promo")[-_CODE_LETTERS:].upper()
    if any(each.active and each.code.lower() == code.lower() for each in making.state.promotion_codes.values()):
        raise invalid_parameter("code", "An active promotion code with the same code already exists.")
    made = PromotionCode(
        id=making.ids.object("promo"),
        created=making.now,
        code=code,
        coupon_id=coupon.id,
        active=params.flag("active") is not False,
        metadata=params.pairs("metadata"),
    )
    making.state.promotion_codes[made.id] = made
    return made


def discounts_of(params: Params, making: Making) -> tuple[AppliedCoupon, ...]:
    """Return the discounts of a new session: one at most, as at Stripe.

    Raises:
        StripeError: there are several, or one of them is unknown.
    """
    listed = params.children("discounts")
    if len(listed) > 1:
        raise invalid_parameter("discounts", "You can only specify one discount.")
    if listed and params.flag("allow_promotion_codes"):
        message = "You may only specify one of these parameters: allow_promotion_codes, discounts."
        raise invalid_parameter("allow_promotion_codes", message)
    return tuple(_discount(each, making) for each in listed)


def discounted(session: Session, state: State) -> Session:
    """Return the session with what its discount takes off each line item. Shipping stays as it is.

    Raises:
        StripeError: the coupon is of another currency.
    """
    for discount in session.discounts:
        coupon = state.coupon(discount.coupon_id)
        if coupon.currency not in (None, session.currency):
            message = f"The coupon {coupon.id} is in {coupon.currency}, and the session in {session.currency}."
            raise invalid_parameter("discounts", message)
        off = _amount_off(coupon, session.amount_subtotal)
        session = replace(session, line_items=_shared(session.line_items, off, session.amount_subtotal))
    return session


def _discount(params: Params, making: Making) -> AppliedCoupon:
    params.allow_only(("coupon", "promotion_code"))
    code = None
    if params.has("promotion_code"):
        code = making.state.promotion_code(params.required("promotion_code"), param=params.named("promotion_code"))
        if not code.active:
            raise invalid_parameter(params.named("promotion_code"), "This promotion code is not active.")
    coupon_id = code.coupon_id if code else params.required("coupon")
    coupon = making.state.coupon(coupon_id, param=params.named("coupon"))
    return AppliedCoupon(id=making.ids.object("di"), coupon_id=coupon.id, promotion_code_id=code.id if code else None)


def _amount_off(coupon: Coupon, subtotal: int) -> int:
    if coupon.percent_off is not None:
        off = Decimal(str(coupon.percent_off)) * subtotal / _PERCENT
        return int(off.to_integral_value(ROUND_HALF_UP))
    return min(coupon.amount_off or 0, subtotal)


def _shared(items: Sequence[LineItem], off: int, subtotal: int) -> tuple[LineItem, ...]:
    """The share of each line item is in proportion to its amount; together they are exactly `off`."""
    shared, before, passed = [], 0, 0
    for item in items:
        passed += item.amount_subtotal
        until_here = off * passed // subtotal if subtotal else 0
        shared.append(replace(item, amount_discount=until_here - before))
        before = until_here
    return tuple(shared)
