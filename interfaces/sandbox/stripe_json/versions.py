"""How older versions of Stripe's API showed a Checkout Session and an event.

At Stripe, additions also show in earlier versions. Here earlier versions lack them, as stored events of that time do:
readers of old events must accept both.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.stripe_json.shapes import API_VERSION, Json, JsonObject

_FORM: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z_]{1,30})?")
_DATE_LETTERS: Final = len("2026-10-28")
_DEPTH_MAX: Final = 12
_POLYMORPHIC_COUPONS: Final = "2025-09-30"
"""Source: https://docs.stripe.com/changelog/clover/2025-09-30/polymorphic-coupon and
https://docs.stripe.com/changelog/clover/2025-09-30/add-discount-source-property"""
_NAMES_A_COUPON: Final = {"promotion_code": "promotion", "discount": "source"}
"""Where these objects name their coupon since then. A session names what was attached to it, in every version: a
promotion code, and then no coupon. Source: a recorded `checkout.session.completed` of 2025-03-31.basil with
`{"coupon": null, "promotion_code": "promo_..."}`."""

VERSIONS: Final = (
    *(API_VERSION, "2026-03-25.dahlia", "2025-09-30.clover", "2025-03-31.basil", "2024-06-20", "2022-08-01"),
    *("2020-08-27", "2020-03-02", "2017-05-25", "2017-02-14"),
)
"""Those worth trying, newest first: between two of them nothing changes here."""


CouponOf = Callable[[str], JsonObject]
"""The coupon with this ID, as the latest version shows it."""


@dataclass(frozen=True, slots=True)
class Downgrade:
    since: str
    """The version that brought what the older ones did not have."""
    object: str
    to_older: Callable[[JsonObject], JsonObject]


def checked_version(version: str) -> str:
    """
    Raises:
        StripeError: no version can be called so.
    """
    if not _FORM.fullmatch(version):
        raise StripeError(f"Invalid Stripe API version: {version[:60]}")
    return version


def in_version(shown: JsonObject, version: str, coupon: CouponOf) -> JsonObject:
    """With each object in it as that version shows it. What an event holds is left as it was when it happened."""
    if _is_latest(version):
        return shown
    if names_coupons(version):
        shown = _with_coupons(shown, coupon, _DEPTH_MAX)
    return _object(shown, version, _DEPTH_MAX)


def names_coupons(version: str) -> bool:
    """Whether a promotion code and a discount have a coupon, whole, and not yet one of several kinds of reductions."""
    return version[:_DATE_LETTERS] < _POLYMORPHIC_COUPONS


def event_in_version(event: JsonObject, version: str) -> JsonObject:
    """An event with the object in it, as that version shows them."""
    if _is_latest(version):
        return event
    data = event["data"]
    assert isinstance(data, Mapping)
    return _downgraded({**event, "data": _value(data, version, _DEPTH_MAX)}, version)


def _with_coupons(shown: JsonObject, coupon: CouponOf, depth: int) -> JsonObject:
    """With whole coupons in promotion codes and discounts."""
    whole = {name: _values_with_coupons(value, coupon, depth - 1) for name, value in shown.items()}
    name = _NAMES_A_COUPON.get(str(shown.get("object")))
    of = whole.get(name) if name else None
    if name and isinstance(of, Mapping) and isinstance(of["coupon"], str):
        whole[name] = {**of, "coupon": coupon(of["coupon"])}
    return whole


def _values_with_coupons(value: Json, coupon: CouponOf, depth: int) -> Json:
    if depth and isinstance(value, Mapping):
        return _with_coupons(dict(value), coupon, depth)
    if depth and isinstance(value, list | tuple):
        return [_values_with_coupons(each, coupon, depth - 1) for each in value]
    return value


def _is_latest(version: str) -> bool:
    return version[:_DATE_LETTERS] >= API_VERSION[:_DATE_LETTERS]


def _value(value: Json, version: str, depth: int) -> Json:
    if depth and isinstance(value, Mapping):
        return _object(dict(value), version, depth)
    if depth and isinstance(value, list | tuple):
        return [_value(each, version, depth - 1) for each in value]
    return value


def _object(shown: JsonObject, version: str, depth: int) -> JsonObject:
    if shown.get("object") == "event":
        return shown
    return _downgraded({name: _value(value, version, depth - 1) for name, value in shown.items()}, version)


def _downgraded(shown: JsonObject, version: str) -> JsonObject:
    for step in _DOWNGRADES:
        if version[:_DATE_LETTERS] < step.since and shown.get("object") == step.object:
            shown = step.to_older(shown)
    return shown


def _without(*names: str) -> Callable[[JsonObject], JsonObject]:
    return lambda shown: {name: value for name, value in shown.items() if name not in names}


def _short_ui_mode(shown: JsonObject) -> JsonObject:
    names = {"hosted_page": "hosted", "embedded_page": "embedded", "elements": "custom"}
    mode = shown.get("ui_mode")
    return {**shown, "ui_mode": names.get(str(mode), mode)}


def _shipping_details(shown: JsonObject) -> JsonObject:
    collected = shown.get("collected_information")
    details = collected.get("shipping_details") if isinstance(collected, Mapping) else None
    return {**_without("collected_information")(shown), "shipping_details": details}


def _shipping(shown: JsonObject) -> JsonObject:
    cost = shown.get("shipping_cost")
    rate = cost.get("shipping_rate") if isinstance(cost, Mapping) else None
    kept = _without("shipping_details", "shipping_cost")(shown)
    return {**kept, "shipping": shown.get("shipping_details"), "shipping_rate": rate}


def _coupon_of(shown: JsonObject) -> JsonObject:
    name = _NAMES_A_COUPON[str(shown["object"])]
    of = shown.get(name)
    return {**_without(name, "customer_account")(shown), "coupon": of["coupon"] if isinstance(of, Mapping) else None}


def _display_items(shown: JsonObject) -> JsonObject:
    return {**shown, "display_items": None}


def _request_id(shown: JsonObject) -> JsonObject:
    request = shown.get("request")
    return {**shown, "request": request.get("id") if isinstance(request, Mapping) else request}


_SESSION: Final = "checkout.session"
_DOWNGRADES: Final[Sequence[Downgrade]] = (
    Downgrade("2026-03-25", _SESSION, _short_ui_mode),
    Downgrade("2025-09-30", _SESSION, _without("presentment_details")),
    Downgrade(_POLYMORPHIC_COUPONS, "promotion_code", _coupon_of),
    Downgrade(_POLYMORPHIC_COUPONS, "discount", _coupon_of),
    Downgrade("2025-03-31", _SESSION, _shipping_details),
    Downgrade("2025-03-31", _SESSION, _without("optional_items", "permissions", "wallet_options")),
    Downgrade("2022-08-01", _SESSION, _shipping),
    Downgrade("2022-08-01", _SESSION, _without("created", "custom_fields", "currency_conversion", "status", "ui_mode")),
    Downgrade("2020-08-27", _SESSION, _display_items),
    Downgrade("2020-08-27", _SESSION, _without("amount_subtotal", "amount_total", "currency", "total_details")),
    Downgrade("2020-08-27", _SESSION, _without("customer_details", "payment_status", "expires_at", "url")),
    Downgrade("2017-05-25", "event", _request_id),
)
"""Newest first; each is applied to what the ones before it left."""
