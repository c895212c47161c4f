"""Stripe's JSON of coupons, promotion codes and discounts."""

from collections.abc import Sequence

from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import AppliedCoupon, Coupon, PromotionCode, Session
from interfaces.sandbox.stripe_json.shapes import Expand, Json, JsonObject


def coupon_json(coupon: Coupon, state: State) -> JsonObject:
    return {
        "id": coupon.id,
        "object": "coupon",
        "amount_off": coupon.amount_off,
        "created": coupon.created,
        "currency": coupon.currency,
        "duration": coupon.duration,
        "duration_in_months": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": coupon.metadata,
        "name": coupon.name,
        "percent_off": coupon.percent_off,
        "redeem_by": None,
        "times_redeemed": sum(discount.coupon_id == coupon.id for discount in _redeemed(state)),
        "valid": True,
    }


def promotion_code_json(code: PromotionCode, state: State, expand: Expand) -> JsonObject:
    coupon = state.coupon(code.coupon_id)
    is_whole = expand.has("promotion.coupon")
    return {
        "id": code.id,
        "object": "promotion_code",
        "active": code.active,
        "code": code.code,
        "created": code.created,
        "customer": None,
        "customer_account": None,
        "expires_at": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": code.metadata,
        "promotion": {"coupon": coupon_json(coupon, state) if is_whole else coupon.id, "type": "coupon"},
        "restrictions": {"first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None},
        "times_redeemed": sum(discount.promotion_code_id == code.id for discount in _redeemed(state)),
    }


def session_discounts_json(session: Session, state: State, expand: Expand) -> Json:
    return [_session_discount(discount, state, expand) for discount in session.discounts]


def amounts_off_json(session: Session, amount: int) -> Json:
    """What the discount of a session took off, as a whole or off one of its line items."""
    return [{"amount": amount, "discount": _discount(discount, session)} for discount in session.discounts if amount]


def _session_discount(discount: AppliedCoupon, state: State, expand: Expand) -> JsonObject:
    """As Stripe shows it, what was attached: the coupon or the promotion code."""
    shown_coupon: Json = None
    shown_code: Json = discount.promotion_code_id
    if discount.promotion_code_id is None:
        coupon = state.coupon(discount.coupon_id)
        shown_coupon = coupon_json(coupon, state) if expand.has("coupon") else coupon.id
    elif expand.has("promotion_code"):
        code = state.promotion_code(discount.promotion_code_id)
        shown_code = promotion_code_json(code, state, expand.under("promotion_code"))
    return {"coupon": shown_coupon, "promotion_code": shown_code}


def _discount(discount: AppliedCoupon, session: Session) -> JsonObject:
    return {
        "id": discount.id,
        "object": "discount",
        "checkout_session": session.id,
        "customer": session.customer_id,
        "customer_account": None,
        "end": None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": discount.promotion_code_id,
        "source": {"coupon": discount.coupon_id, "type": "coupon"},
        "start": session.created,
        "subscription": session.subscription_id,
        "subscription_item": None,
    }


def _redeemed(state: State) -> Sequence[AppliedCoupon]:
    complete = (session for session in state.sessions.values() if session.status == "complete")
    return [discount for session in complete for discount in session.discounts]
