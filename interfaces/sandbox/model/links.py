"""Payment links from the parameters that make and change them."""

from dataclasses import replace
from typing import Final

from interfaces.sandbox.model.carts import line_items_of, one_currency, optional_items_of, wishes_of
from interfaces.sandbox.model.errors import missing_parameter
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.values import PaymentLink

_NAMES: Final = (
    *("active", "after_completion", "allow_promotion_codes", "automatic_tax"),
    *("billing_address_collection", "consent_collection", "currency", "custom_fields", "custom_text"),
    *("customer_creation", "expand", "inactive_message", "invoice_creation", "line_items"),
    *("managed_payments", "metadata", "name_collection", "optional_items", "payment_intent_data"),
    *("payment_method_collection", "payment_method_options", "payment_method_types"),
    *("phone_number_collection", "restrictions", "shipping_address_collection", "shipping_options"),
    *("submit_type", "subscription_data", "tax_id_collection"),
)


def new_payment_link(params: Params, making: Making) -> PaymentLink:
    """Create a payment link.

    Raises:
        StripeError: a parameter is missing or invalid.
    """
    params.allow_only(_NAMES)
    items = line_items_of(params, making)
    currency = one_currency(items)
    if currency is None:
        raise missing_parameter("line_items")
    identifier = making.ids.object("plink")
    return PaymentLink(
        id=identifier,
        created=making.now,
        active=True,
        url=f"{making.base_url}/b/{identifier}",
        currency=currency,
        line_items=items,
        optional_items=optional_items_of(params, making),
        wishes=wishes_of(params, making),
        redirect_url=_redirect_url(params),
        custom_message=_custom_message(params),
        completed_sessions_limit=_limit(params),
    )


def changed_payment_link(link: PaymentLink, params: Params) -> PaymentLink:
    params.allow_only(("active", "after_completion", "expand", "metadata", "restrictions"))
    is_active = params.flag("active")
    if params.has("after_completion"):
        link = replace(link, redirect_url=_redirect_url(params), custom_message=_custom_message(params))
    if params.has("restrictions"):
        link = replace(link, completed_sessions_limit=_limit(params))
    metadata = params.merged("metadata", link.wishes.metadata)
    return replace(
        link,
        active=link.active if is_active is None else is_active,
        wishes=replace(link.wishes, metadata=metadata),
    )


def _redirect_url(params: Params) -> str | None:
    after = params.child("after_completion")
    kind = after.choice("type", ("redirect", "hosted_confirmation"))
    redirect = after.child("redirect")
    return redirect.url("url") or redirect.required("url") if kind == "redirect" else None


def _custom_message(params: Params) -> str | None:
    return params.child("after_completion").child("hosted_confirmation").text("custom_message")


def _limit(params: Params) -> int | None:
    return params.child("restrictions").child("completed_sessions").integer("limit", minimum=1)
