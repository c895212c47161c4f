"""Stripe events as the bodies of webhook deliveries, about 4.5 KB each, written by us in the shape of Stripe's API."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

SECRET = "whsec_of_the_benchmark"
_EVENT, _SESSION, _CREATED = "evt_NUMBER", "cs_test_NUMBER", 1_000_000_001


@dataclass(frozen=True, slots=True)
class SignedBody:
    session_id: str
    body: bytes
    signature: str


def signed_bodies(run: str, count: int, *, secret: str = SECRET) -> Iterator[SignedBody]:
    """`count` different completed sessions, signed now: they are good for 300 seconds. `run` keeps those of one run
    apart from those of another; letters and digits."""
    key, timestamp, template = secret.encode(), str(int(time.time())), _template()
    for number in range(count):
        name = f"{run}{number:08}".encode()
        body = template.replace(b"NUMBER", name).replace(b"1000000001", timestamp.encode())
        digest = hmac.digest(key, timestamp.encode() + b"." + body, hashlib.sha256).hex()
        yield SignedBody(f"cs_test_{name.decode()}", body, f"t={timestamp},v1={digest}")


def _template() -> bytes:
    return json.dumps(_event(), indent=2).encode()


def _event() -> dict[str, object]:
    return {
        "id": _EVENT,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": _CREATED,
        "data": {"object": _session()},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "checkout.session.completed",
    }


def _session() -> dict[str, object]:
    """A paid order of a made-up shop that asks for an address, a gift note and consent."""
    address = {
        "city": "Exampleton",
        "country": "DE",
        "line1": "1 Example Road",
        "line2": "Second courtyard, third door",
        "postal_code": "12345",
        "state": "",
    }
    return {
        "id": _SESSION,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": True,
        "amount_subtotal": 5900,
        "amount_total": 6490,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": "required",
        "cancel_url": "https://shop.example.com/basket?resume=NUMBER",
        "client_reference_id": "basket-NUMBER",
        "client_secret": None,
        "collected_information": {"shipping_details": {"address": address, "name": "Ada Example"}},
        "consent": {"promotions": "opt_in", "terms_of_service": "accepted"},
        "consent_collection": {"promotions": "auto", "terms_of_service": "required"},
        "created": _CREATED,
        "currency": "eur",
        "currency_conversion": None,
        "custom_fields": [
            {
                "dropdown": None,
                "key": "giftnote",
                "label": {"custom": "What shall we write on the card?", "type": "custom"},
                "optional": True,
                "text": {"maximum_length": 200, "minimum_length": None, "value": "With love, and see you in spring!"},
                "type": "text",
            }
        ],
        "customer": "cus_NUMBER",
        "customer_creation": "always",
        "customer_details": {
            "address": address,
            "email": "ada@example.com",
            "name": "Ada Example",
            "phone": "+490000000000",
            "tax_exempt": "none",
            "tax_ids": [],
        },
        "customer_email": None,
        "discounts": [],
        "expires_at": _CREATED,
        "invoice": None,
        "livemode": False,
        "locale": "en",
        "metadata": {"basket": "NUMBER", "campaign": "autumn-newsletter", "seen_at": "shop.example.com/autumn"},
        "mode": "payment",
        "payment_intent": "pi_NUMBER",
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": {"id": "pmc_NUMBER", "parent": None},
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card", "klarna", "sepa_debit"],
        "payment_status": "paid",
        "phone_number_collection": {"enabled": True},
        "recovered_from": None,
        "setup_intent": None,
        "shipping_address_collection": {"allowed_countries": ["AT", "BE", "CH", "DE", "FR", "LU", "NL"]},
        "shipping_cost": {"amount_subtotal": 590, "amount_tax": 0, "amount_total": 590, "shipping_rate": "shr_NUMBER"},
        "shipping_details": {"address": address, "name": "Ada Example"},
        "shipping_options": [{"shipping_amount": 590, "shipping_rate": "shr_NUMBER"}],
        "status": "complete",
        "submit_type": "pay",
        "subscription": None,
        "success_url": "https://shop.example.com/after-checkout?session_id={CHECKOUT_SESSION_ID}",
        "total_details": {"amount_discount": 0, "amount_shipping": 590, "amount_tax": 0},
        "ui_mode": "hosted",
        "url": None,
        "wallet_options": None,
    }
