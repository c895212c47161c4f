"""Stripe events and sessions, about 4.5 KB each, written by us in the shape of Stripe's API.

IDs are random and as long as Stripe's, since that is what keys and indexes cost most with; the same run has the same.
"""

import hashlib
import hmac
import json
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

SECRET = "whsec_of_the_benchmark"
SKUS = 10
ONE_LINE, SEVERAL_LINES = "a1", "b1"
"""What the secret part of a session's ID begins with, by which its products are known."""
_SESSION, _EVENT, _INTENT, _ORDER, _LINES = "SESSION_ID", "EVENT_ID", "INTENT_ID", "ORDER_NAME", "LINE_ITEMS"
_CREATED = 1_000_000_001
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class SignedBody:
    session_id: str
    body: bytes
    signature: str


def random_id(prefix: str, seed: str, length: int) -> str:
    """The prefix and so many letters and digits, the same for the same seed."""
    digest = hashlib.shake_128(f"{prefix} {seed}".encode()).digest(length)
    return prefix + "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest)


def session_ids(run: str, count: int, start: str = SEVERAL_LINES) -> Iterator[str]:
    """`count` different sessions. `run` keeps those of one run apart from those of another."""
    return (random_id(f"cs_test_{start}", f"{run} {number}", 56) for number in range(count))


def event_id(session_id: str) -> str:
    return random_id("evt_1", session_id, 23)


def intent_id(session_id: str) -> str:
    return random_id("pi_3", session_id, 23)


def line_item_id(session_id: str, number: int) -> str:
    return random_id("li_1", f"{session_id} {number}", 23)


def products(session_id: str) -> Sequence[str]:
    """An access and, depending on the ID, a license key of one of ten pools or a piece of one of ten stocks."""
    if session_id.startswith(f"cs_test_{ONE_LINE}"):
        return ["prod_course"]
    number = zlib.crc32(session_id.encode())
    kind = "key" if number % 2 else "seat"
    return ["prod_course", f"prod_{kind}{number // 2 % SKUS}"]


def signed_bodies(run: str, count: int, *, start: str = SEVERAL_LINES, secret: str = SECRET) -> Iterator[SignedBody]:
    """`count` different completed sessions, signed now: they are good for 300 seconds."""
    key, timestamp = secret.encode(), str(int(time.time()))
    for id in session_ids(run, count, start):
        body = _named(_event_template(), id, timestamp)
        digest = hmac.digest(key, timestamp.encode() + b"." + body, hashlib.sha256).hex()
        yield SignedBody(id, body, f"t={timestamp},v1={digest}")


def answer(session_id: str, line_items: list[dict[str, object]]) -> bytes:
    """What Stripe's API answers when it is asked for a complete and paid session with these line items."""
    lines = json.dumps({"object": "list", "data": line_items, "has_more": False}).encode()
    return _named(_answer_template(), session_id, str(int(time.time()))).replace(f'"{_LINES}"'.encode(), lines)


def _named(template: bytes, session_id: str, created: str) -> bytes:
    return (
        template.replace(_SESSION.encode(), session_id.encode())
        .replace(_EVENT.encode(), event_id(session_id).encode())
        .replace(_INTENT.encode(), intent_id(session_id).encode())
        .replace(_ORDER.encode(), session_id[-14:].encode())
        .replace(str(_CREATED).encode(), created.encode())
    )


@cache
def _event_template() -> bytes:
    return json.dumps(_event(), indent=2).encode()


@cache
def _answer_template() -> bytes:
    return json.dumps({**_session(), "line_items": _LINES}, indent=2).encode()


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
        "cancel_url": "https://shop.example.com/basket?resume=ORDER_NAME",
        "client_reference_id": "basket-ORDER_NAME",
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
        "customer": "cus_ORDER_NAME",
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
        "metadata": {"basket": "ORDER_NAME", "campaign": "autumn-newsletter", "seen_at": "shop.example.com/autumn"},
        "mode": "payment",
        "payment_intent": _INTENT,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": {"id": "pmc_ORDER_NAME", "parent": None},
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card", "klarna", "sepa_debit"],
        "payment_status": "paid",
        "phone_number_collection": {"enabled": True},
        "recovered_from": None,
        "setup_intent": None,
        "shipping_address_collection": {"allowed_countries": ["AT", "BE", "CH", "DE", "FR", "LU", "NL"]},
        "shipping_cost": {
            "amount_subtotal": 590,
            "amount_tax": 0,
            "amount_total": 590,
            "shipping_rate": "shr_ORDER_NAME",
        },
        "shipping_details": {"address": address, "name": "Ada Example"},
        "shipping_options": [{"shipping_amount": 590, "shipping_rate": "shr_ORDER_NAME"}],
        "status": "complete",
        "submit_type": "pay",
        "subscription": None,
        "success_url": "https://shop.example.com/after-checkout?session_id={CHECKOUT_SESSION_ID}",
        "total_details": {"amount_discount": 0, "amount_shipping": 590, "amount_tax": 0},
        "ui_mode": "hosted",
        "url": None,
        "wallet_options": None,
    }
