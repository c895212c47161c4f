"""Coupons and promotion codes."""

from dataclasses import replace

from interfaces.sandbox.api.call import ApiCall
from interfaces.sandbox.api.paging import PAGING, created_within, newest_first, page_json
from interfaces.sandbox.model.discounts import new_coupon, new_promotion_code
from interfaces.sandbox.stripe_json.discount_shapes import coupon_json, promotion_code_json
from interfaces.sandbox.stripe_json.shapes import JsonObject
from interfaces.sandbox.stripe_json.versions import names_coupons

_CODE_EXPANDS = ("promotion.coupon",)


def create_coupon(call: ApiCall) -> JsonObject:
    with call.sandbox.changing() as making:
        return coupon_json(new_coupon(call.params, making), making.state)


def retrieve_coupon(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    with call.sandbox.reading() as state:
        return coupon_json(state.coupon(call.names["id"]), state)


def list_coupons(call: ApiCall) -> JsonObject:
    call.params.allow_only((*PAGING, "created"))
    is_within = created_within(call.params)
    with call.sandbox.reading() as state:
        found = [coupon for coupon in newest_first(state.coupons.values()) if is_within(coupon)]
        return page_json(call, "/v1/coupons", found, lambda coupon: coupon_json(coupon, state))


def create_promotion_code(call: ApiCall) -> JsonObject:
    expand = call.expand(_CODE_EXPANDS)
    names_coupon = names_coupons(call.version)
    with call.sandbox.changing() as making:
        made = new_promotion_code(call.params, making, names_coupon=names_coupon)
        return promotion_code_json(made, making.state, expand)


def retrieve_promotion_code(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    expand = call.expand(_CODE_EXPANDS)
    with call.sandbox.reading() as state:
        return promotion_code_json(state.promotion_code(call.names["id"]), state, expand)


def update_promotion_code(call: ApiCall) -> JsonObject:
    call.params.allow_only(("active", "expand", "metadata"))
    expand, is_active = call.expand(_CODE_EXPANDS), call.params.flag("active")
    with call.sandbox.changing() as making:
        code = making.state.promotion_code(call.names["id"])
        code = replace(
            code,
            active=code.active if is_active is None else is_active,
            metadata=call.params.merged("metadata", code.metadata),
        )
        making.state.promotion_codes[code.id] = code
        return promotion_code_json(code, making.state, expand)


def list_promotion_codes(call: ApiCall) -> JsonObject:
    call.params.allow_only((*PAGING, "active", "code", "created"))
    expand = call.expand(_CODE_EXPANDS, is_list=True)
    is_active, text, is_within = call.params.flag("active"), call.params.text("code"), created_within(call.params)
    with call.sandbox.reading() as state:
        found = [
            code
            for code in newest_first(state.promotion_codes.values())
            if is_active in (None, code.active) and text in (None, code.code) and is_within(code)
        ]
        return page_json(call, "/v1/promotion_codes", found, lambda code: promotion_code_json(code, state, expand))
