"""The form of the control page that makes a product and a checkout with it."""

from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import urlsplit

from interfaces.sandbox.model.errors import invalid_parameter
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.values import Session
from interfaces.sandbox.pages.money import decimals_of
from interfaces.sandbox.sandbox import Sandbox

DELIVERIES: Final = {
    "": "as the catalog says",
    "access": "access",
    "shipment": "a parcel",
    "license_key": "a license key",
    "manual": "by hand",
}
"""What the product's metadata may say of its delivery, for a shop that reads it there."""
_COUNTRIES: Final = ("DE", "AT", "CH", "FR", "GB", "US")


def sell(sandbox: Sandbox, params: Params, base_url: str) -> Session:
    """Make a product with a price, and an open checkout with so many of it.

    Raises:
        StripeError: a field is wrong.
    """
    name, currency = params.required("name"), params.required("currency").lower()
    delivery = params.choice("delivery", tuple(DELIVERIES)) or ""
    product = sandbox.create_product(
        {"name": name, "metadata": {"delivery": delivery, "sku": params.text("sku") or ""}}
    )
    values: dict[str, object] = {
        "product": product.id,
        "currency": currency,
        "unit_amount": _amount(params.required("price"), currency),
    }
    price = sandbox.create_price(values)
    addresses = {"shipping_address_collection": {"allowed_countries": _COUNTRIES}} if delivery == "shipment" else {}
    return sandbox.create_session(
        {
            "mode": "payment",
            "success_url": params.url("success_url") or return_url(sandbox, base_url),
            "line_items": [{"price": price.id, "quantity": params.integer("quantity", minimum=1) or 1}],
            **addresses,
        },
        base_url,
    )


def return_url(sandbox: Sandbox, base_url: str) -> str:
    """Where customers return to: the landing page beside the first webhook endpoint; without one, the control page."""
    for endpoint in sandbox.endpoints():
        parts = urlsplit(endpoint.url)
        return f"{parts.scheme}://{parts.netloc}/after-checkout?session_id={{CHECKOUT_SESSION_ID}}"
    return f"{base_url}/#{{CHECKOUT_SESSION_ID}}"


def _amount(price: str, currency: str) -> int:
    """The price in the currency's smallest unit, from a text such as `12`, `12.50` or `12,50`."""
    try:
        amount = Decimal(price.replace(",", ".")).scaleb(decimals_of(currency))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0 or amount != amount.to_integral_value():
        raise invalid_parameter("price", f"The price must be an amount such as 12.50 (got {price[:50]!r}).")
    return int(amount)
