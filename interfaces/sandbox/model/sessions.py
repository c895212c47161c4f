"""Checkout sessions from the parameters or the payment link that make them."""

from dataclasses import replace
from typing import Final

from interfaces.sandbox.model.carts import line_items_of, one_currency, optional_items_of, wishes_of
from interfaces.sandbox.model.discounts import discounted, discounts_of
from interfaces.sandbox.model.errors import StripeError, invalid_parameter, missing_parameter
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.values import LineItem, Mode, PaymentLink, Session

DAY_SECONDS: Final = 24 * 3600
_LIFE_SECONDS_MIN: Final = 30 * 60
_MODES: Final[tuple[Mode, ...]] = ("payment", "setup", "subscription")
_NAMES: Final = (
    *("adaptive_pricing", "after_expiration", "allow_promotion_codes", "allowed_payment_method_types"),
    *("automatic_tax", "billing_address_collection", "branding_settings", "cancel_url"),
    *("client_reference_id", "consent_collection", "currency", "custom_fields", "custom_text", "customer"),
    *("customer_account", "customer_creation", "customer_email", "customer_update", "discounts"),
    *("excluded_payment_method_types", "expand", "expires_at", "integration_identifier"),
    *("invoice_creation", "line_items", "locale", "managed_payments", "metadata", "mode"),
    *("name_collection", "optional_items", "origin_context", "payment_intent_data"),
    *("payment_method_collection", "payment_method_configuration", "payment_method_data"),
    *("payment_method_options", "payment_method_types", "permissions", "phone_number_collection"),
    *("redirect_on_completion", "return_url", "saved_payment_method_options", "setup_intent_data"),
    *("shipping_address_collection", "shipping_options", "submit_type", "subscription_data"),
    *("success_url", "tax_id_collection", "ui_mode", "wallet_options"),
)
_REFUSED: Final = {
    "return_url": "The sandbox has only the page that Stripe hosts: use `success_url`.",
}


def new_session(params: Params, making: Making) -> Session:
    """Create a Checkout Session.

    Raises:
        StripeError: a parameter is missing, invalid, or not known to the sandbox.
    """
    params.allow_only(_NAMES)
    for name, reason in _REFUSED.items():
        if params.has(name):
            raise invalid_parameter(name, reason)
    # Before dahlia, `hosted` was what is `hosted_page` now.
    params.choice("ui_mode", ("hosted_page", "hosted"))
    mode = _mode(params)
    items = line_items_of(params, making)
    if mode != "setup":
        _check_items(items, mode, making)
    return discounted(_opened(params, making, mode, items), making.state)


def _opened(params: Params, making: Making, mode: Mode, items: tuple[LineItem, ...]) -> Session:
    identifier = making.ids.checkout_session()
    wishes = wishes_of(params, making)
    return Session(
        id=identifier,
        created=making.now,
        expires_at=_expires_at(params, making.now),
        mode=mode,
        status="open",
        payment_status="no_payment_required" if mode == "setup" else "unpaid",
        currency=params.text("currency") or one_currency(items),
        line_items=items,
        optional_items=optional_items_of(params, making),
        wishes=wishes,
        success_url=params.url("success_url") or params.required("success_url"),
        cancel_url=params.url("cancel_url"),
        url=f"{making.base_url}/c/pay/{identifier}",
        locale=params.text("locale"),
        client_reference_id=params.text("client_reference_id"),
        customer_email=params.text("customer_email"),
        customer_id=params.text("customer"),
        payment_link_id=None,
        discounts=discounts_of(params, making),
        shipping=wishes.shipping_options[0] if wishes.shipping_options else None,
    )


def session_of_link(link: PaymentLink, making: Making, visit: Params) -> Session:
    """Return the session that a visit to a payment link opens, with the visit's own parameters.

    Raises:
        StripeError: the link is not active.
    """
    limit = link.completed_sessions_limit
    if not link.active or (limit is not None and link.completed_sessions_count >= limit):
        raise StripeError("This payment link is not active any more.", status=404)
    identifier = making.ids.checkout_session()
    recurring = any(making.state.price(item.price_id).recurring for item in link.line_items)
    return Session(
        id=identifier,
        created=making.now,
        expires_at=making.now + DAY_SECONDS,
        mode="subscription" if recurring else "payment",
        status="open",
        payment_status="unpaid",
        currency=link.currency,
        line_items=tuple(replace(item, id=making.ids.object("li")) for item in link.line_items),
        optional_items=link.optional_items,
        wishes=link.wishes,
        success_url=link.redirect_url,
        cancel_url=None,
        url=f"{making.base_url}/c/pay/{identifier}",
        locale=visit.text("locale"),
        client_reference_id=visit.text("client_reference_id"),
        customer_email=visit.text("prefilled_email"),
        customer_id=None,
        payment_link_id=link.id,
        shipping=link.wishes.shipping_options[0] if link.wishes.shipping_options else None,
    )


def _mode(params: Params) -> Mode:
    named = params.required("mode")
    for mode in _MODES:
        if mode == named:
            return mode
    raise invalid_parameter("mode", f"Invalid mode: must be one of {', '.join(_MODES)}")


def _check_items(items: tuple[LineItem, ...], mode: Mode, making: Making) -> None:
    if not items:
        raise missing_parameter("line_items")
    is_recurring = any(making.state.price(item.price_id).recurring for item in items)
    if mode == "payment" and is_recurring:
        message = (
            "You specified `payment` mode but passed a recurring price. "
            "Either switch to `subscription` mode or use only one-time prices."
        )
        raise invalid_parameter("line_items", message)
    if mode == "subscription" and not is_recurring:
        raise invalid_parameter("line_items", "You must provide at least one recurring price.")


def _expires_at(params: Params, now: int) -> int:
    chosen = params.integer("expires_at")
    if chosen is None:
        return now + DAY_SECONDS
    if not now + _LIFE_SECONDS_MIN - 60 <= chosen <= now + DAY_SECONDS + 60:
        message = "The `expires_at` timestamp must be between 30 minutes and 24 hours after creation."
        raise invalid_parameter("expires_at", message)
    return chosen
