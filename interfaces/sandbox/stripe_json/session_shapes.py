"""Stripe's JSON of checkout sessions and payment links, which look alike in many places."""

from collections.abc import Sequence
from typing import Final

from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import (
    Customer,
    CustomField,
    LineItem,
    OptionalItem,
    PaymentLink,
    Session,
    ShippingOption,
    Wishes,
)
from interfaces.sandbox.stripe_json.discount_shapes import amounts_off_json, session_discounts_json
from interfaces.sandbox.stripe_json.payment_shapes import PaymentShapes
from interfaces.sandbox.stripe_json.shapes import (
    NOTHING,
    Expand,
    Json,
    JsonObject,
    address_json,
    adjustable_json,
    line_item_json,
    list_json,
)

ITEM_EXPANDS: Final = ("discounts", "price", "price.product", "taxes")
SESSION_EXPANDS: Final = (
    *("customer", "line_items", "line_items.data", "payment_intent", "payment_link"),
    *("discounts.coupon", "discounts.promotion_code", "shipping_cost.shipping_rate"),
    *(f"line_items.data.{path}" for path in ITEM_EXPANDS),
    *("payment_intent.latest_charge", "payment_intent.payment_method", "total_details.breakdown"),
)
LINK_EXPANDS: Final = tuple(path for path in SESSION_EXPANDS if path.startswith("line_items"))
EMBEDDED_ITEMS_MAX: Final = 10
"""How many line items an expanded session shows; the rest is paged."""


class SessionShapes:
    """Renders with the state at hand, since a session names prices, products and payments by ID."""

    def __init__(self, state: State) -> None:
        self._state = state

    def session(self, session: Session, expand: Expand = NOTHING) -> JsonObject:
        shown = {
            "id": session.id,
            "object": "checkout.session",
            **_progress(session),
            **_amounts(session, expand.under("total_details")),
            **_customer(session),
            **_settings(session),
            "discounts": session_discounts_json(session, self._state, expand.under("discounts")),
            **_wishes(session.wishes),
            "payment_link": session.payment_link_id,
            "shipping_cost": _shipping_cost(session, expand.under("shipping_cost")),
        }
        if expand.has("line_items"):
            url = f"/v1/checkout/sessions/{session.id}/line_items"
            shown["line_items"] = self._items(url, session, expand.under("line_items.data"))
        if expand.has("payment_intent") and session.payment_intent_id:
            intent = self._state.payment_intent(session.payment_intent_id)
            shown["payment_intent"] = PaymentShapes(self._state).intent(intent, expand.under("payment_intent"))
        if expand.has("payment_link") and session.payment_link_id:
            shown["payment_link"] = self.link(self._state.payment_link(session.payment_link_id))
        if expand.has("customer") and session.customer_id:
            shown["customer"] = _customer_object(session, session.customer_id)
        return shown

    def link(self, link: PaymentLink, expand: Expand = NOTHING) -> JsonObject:
        shown: JsonObject = {
            "id": link.id,
            "object": "payment_link",
            "active": link.active,
            "after_completion": _after_completion(link),
            "allow_promotion_codes": False,
            "currency": link.currency,
            "inactive_message": None,
            "livemode": False,
            "optional_items": _optional_items(link.optional_items),
            "restrictions": _restrictions(link),
            "url": link.url,
            **_wishes(link.wishes),
            "custom_fields": [_custom_field(field, has_answer=False) for field in link.wishes.custom_fields],
            "payment_method_types": link.wishes.payment_method_types or None,
        }
        if expand.has("line_items"):
            url = f"/v1/payment_links/{link.id}/line_items"
            shown["line_items"] = self._items(url, link, expand.under("line_items.data"))
        return shown

    def item(self, item: LineItem, of: Session | PaymentLink, expand: Expand = NOTHING) -> JsonObject:
        price = self._state.price(item.price_id)
        product = self._state.product(price.product_id) if expand.has("price.product") else None
        shown = line_item_json(item, price, product)
        if expand.has("discounts"):
            shown["discounts"] = amounts_off_json(of, item.amount_discount) if isinstance(of, Session) else []
        if expand.has("taxes"):
            shown["taxes"] = []
        return shown

    def _items(self, url: str, of: Session | PaymentLink, expand: Expand) -> JsonObject:
        data = [self.item(item, of, expand) for item in of.line_items[:EMBEDDED_ITEMS_MAX]]
        return list_json(url, data, has_more=len(of.line_items) > EMBEDDED_ITEMS_MAX)


def _progress(session: Session) -> JsonObject:
    return {
        "created": session.created,
        "expires_at": session.expires_at,
        "invoice": session.invoice_id,
        "livemode": False,
        "mode": session.mode,
        "payment_intent": session.payment_intent_id,
        "payment_status": session.pretended_payment_status or session.payment_status,
        "recovered_from": None,
        "setup_intent": session.setup_intent_id,
        "status": session.status,
        "subscription": session.subscription_id,
        "url": session.url if session.status == "open" else None,
    }


def _amounts(session: Session, expand: Expand) -> JsonObject:
    if session.mode == "setup":
        return {"amount_subtotal": None, "amount_total": None, "currency": None, "total_details": None}
    return {
        "amount_subtotal": session.amount_subtotal,
        "amount_total": session.amount_total,
        "currency": session.currency,
        "total_details": {
            "amount_discount": session.amount_discount,
            "amount_shipping": session.amount_shipping,
            "amount_tax": 0,
            **({"breakdown": _breakdown(session)} if expand.has("breakdown") else {}),
        },
    }


def _breakdown(session: Session) -> JsonObject:
    return {"discounts": amounts_off_json(session, session.amount_discount), "taxes": []}


def _customer(session: Session) -> JsonObject:
    return {
        "collected_information": _collected(session),
        "consent": _consent(session),
        "customer": session.customer_id,
        "customer_account": None,
        "customer_details": _customer_details(session),
        "customer_email": session.customer_email,
    }


def _settings(session: Session) -> JsonObject:
    return {
        "adaptive_pricing": {"enabled": session.wishes.has_adaptive_pricing},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "cancel_url": session.cancel_url,
        "client_reference_id": session.client_reference_id,
        "client_secret": None,
        "currency_conversion": None,
        "invoice_creation": None,
        "locale": session.locale,
        "optional_items": _optional_items(session.optional_items),
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "permissions": None,
        "presentment_details": _presentment(session),
        "saved_payment_method_options": None,
        "success_url": session.success_url,
        "ui_mode": "hosted_page",
        "wallet_options": None,
    }


def _wishes(wishes: Wishes) -> JsonObject:
    countries = wishes.shipping_countries
    texts = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {
        "automatic_tax": {
            "enabled": wishes.has_automatic_tax,
            "liability": {"type": "self"} if wishes.has_automatic_tax else None,
            "status": "complete" if wishes.has_automatic_tax else None,
        },
        "billing_address_collection": wishes.echoed.get("billing_address_collection"),
        "consent_collection": _consent_collection(wishes),
        "custom_fields": [_custom_field(field, has_answer=True) for field in wishes.custom_fields],
        "custom_text": dict.fromkeys(texts),
        "customer_creation": wishes.echoed.get("customer_creation", "if_required"),
        "integration_identifier": wishes.echoed.get("integration_identifier"),
        "metadata": wishes.metadata,
        "name_collection": None,
        "origin_context": wishes.echoed.get("origin_context"),
        "payment_method_collection": wishes.echoed.get("payment_method_collection", "if_required"),
        "payment_method_types": wishes.payment_method_types or ("card", "sepa_debit"),
        "phone_number_collection": {"enabled": wishes.has_phone},
        "shipping_address_collection": {"allowed_countries": countries} if countries else None,
        "shipping_options": [
            {"shipping_amount": option.amount, "shipping_rate": option.rate_id} for option in wishes.shipping_options
        ],
        "submit_type": wishes.echoed.get("submit_type"),
        "tax_id_collection": {"enabled": wishes.has_tax_ids, "required": "never"},
    }


def _consent_collection(wishes: Wishes) -> JsonObject | None:
    if not wishes.consents:
        return None
    return {
        "payment_method_reuse_agreement": None,
        "promotions": "auto" if "promotions" in wishes.consents else "none",
        "terms_of_service": "required" if "terms_of_service" in wishes.consents else "none",
    }


def _consent(session: Session) -> JsonObject | None:
    """What the customer agreed to by pressing the button."""
    asked = session.wishes.consents
    if session.status != "complete" or not asked:
        return None
    opted = "opt_in" if session.has_opted_in else "opt_out"
    return {
        "promotions": opted if "promotions" in asked else None,
        "terms_of_service": "accepted" if "terms_of_service" in asked else None,
    }


def _presentment(session: Session) -> JsonObject | None:
    own = session.presentment
    return {"presentment_amount": own.amount, "presentment_currency": own.currency} if own else None


def _collected(session: Session) -> JsonObject | None:
    if session.status != "complete":
        return None
    ship_to = session.ship_to
    shipping: JsonObject | None = None
    if ship_to is not None:
        shipping = {"address": address_json(ship_to.address), "name": ship_to.name}
    business_name = _business_name(session)
    return {"business_name": business_name, "individual_name": None, "shipping_details": shipping}


def _business_name(session: Session) -> str | None:
    return session.customer.business_name if session.customer and session.wishes.has_tax_ids else None


def _customer_details(session: Session) -> JsonObject | None:
    customer = session.customer
    if customer is None and session.customer_email is not None:
        customer = Customer(email=session.customer_email)
    if customer is None:
        return None
    return {
        "address": address_json(customer.address) if session.customer else None,
        "business_name": _business_name(session),
        "email": customer.email,
        "individual_name": None,
        "name": customer.name,
        "phone": customer.phone,
        "tax_exempt": "none",
        "tax_ids": _tax_ids(session),
    }


def _tax_ids(session: Session) -> Json:
    if session.customer is None:
        return None
    tax_id = session.customer.tax_id if session.wishes.has_tax_ids else None
    return [{"type": tax_id.type, "value": tax_id.value}] if tax_id else []


def _customer_object(session: Session, identifier: str) -> JsonObject:
    customer = session.customer
    return {
        "id": identifier,
        "object": "customer",
        "created": session.created,
        "email": customer.email if customer else session.customer_email,
        "livemode": False,
        "metadata": {},
        "name": customer.name if customer else None,
        "phone": customer.phone if customer else None,
    }


def _shipping_cost(session: Session, expand: Expand) -> JsonObject | None:
    option = session.shipping
    if option is None:
        return None
    return {
        "amount_subtotal": option.amount,
        "amount_tax": 0,
        "amount_total": option.amount,
        "shipping_rate": _shipping_rate(session, option) if expand.has("shipping_rate") else option.rate_id,
    }


def _shipping_rate(session: Session, option: ShippingOption) -> JsonObject:
    return {
        "id": option.rate_id,
        "object": "shipping_rate",
        "active": True,
        "created": session.created,
        "delivery_estimate": None,
        "display_name": option.name,
        "fixed_amount": {"amount": option.amount, "currency": session.currency},
        "livemode": False,
        "metadata": {},
        "tax_behavior": "unspecified",
        "tax_code": None,
        "type": "fixed_amount",
    }


def _optional_items(items: Sequence[OptionalItem]) -> Json:
    return [
        {
            "adjustable_quantity": adjustable_json(item.adjustable),
            "price": item.price_id,
            "quantity": item.quantity,
        }
        for item in items
    ]


def _custom_field(field: CustomField, *, has_answer: bool) -> JsonObject:
    kind: JsonObject = {}
    if field.kind == "dropdown":
        kind["options"] = [{"label": label, "value": value} for label, value in field.options]
    else:
        kind.update(maximum_length=None, minimum_length=None)
    if has_answer:
        kind.update(default_value=None, value=field.answer)
    return {
        "key": field.key,
        "label": {"custom": field.label, "type": "custom"},
        "optional": field.is_optional,
        "type": field.kind,
        field.kind: kind,
    }


def _after_completion(link: PaymentLink) -> JsonObject:
    if link.redirect_url is not None:
        return {"type": "redirect", "redirect": {"url": link.redirect_url}}
    message = {"custom_message": link.custom_message}
    return {"type": "hosted_confirmation", "hosted_confirmation": message}


def _restrictions(link: PaymentLink) -> JsonObject | None:
    if link.completed_sessions_limit is None:
        return None
    counted = {"count": link.completed_sessions_count, "limit": link.completed_sessions_limit}
    return {"completed_sessions": counted}
