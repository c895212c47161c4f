"""The content of a callback: its body, and its signature by the Standard Webhooks scheme.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

from application.ports import DeliveryRequest
from domain.checkout import Address, Contact, CustomField
from domain.personal import Personal
from domain.plan import PlannedLine

Json = dict[str, object]

TIMEOUT_SECONDS_MAX = 30
"""A rule may not ask for more: the answer of a callback has come by then."""


def signing_secret(secret_key: str) -> str:
    """Return the secret with which the receiver verifies, derived from `FULFILL_SECRET_KEY`."""
    return "whsec_" + base64.b64encode(secret_key.encode()).decode()


def signed_headers(secret_key: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign the body. `timestamp` is in seconds since 1970."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret_key.encode(), signed, hashlib.sha256)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}


def message_body(request: DeliveryRequest, timestamp: int) -> bytes:
    """Return the JSON that docs/own-deliveries.md describes. Later versions may add fields; existing ones keep their
    meaning."""
    sent_at = datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="microseconds")
    message: Json = {
        "type": "delivery.requested",
        "timestamp": sent_at.replace("+00:00", "Z"),
        "data": {
            "idempotency_key": request.idempotency_key,
            "attempt": request.attempt,
            "session": {
                "id": request.session_id,
                "livemode": request.livemode,
                "payment_intent": request.payment_intent,
                "client_reference_id": request.client_reference_id,
                "metadata": dict(request.metadata),
                "custom_fields": [_custom_field(field) for field in request.custom_fields],
            },
            "line_item": _line(request.line),
            "customer": _contact(request.customer),
            "shipping": _contact(request.shipping) if request.shipping else None,
        },
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _line(line: PlannedLine) -> Json:
    item = line.item
    return {
        "id": item.id,
        "price": item.price,
        "product": item.product,
        "sku": line.sku,
        "name": line.title,
        "description": item.description,
        "quantity": item.quantity,
        "currency": item.currency,
        "amount_subtotal": item.amount_subtotal,
        "amount_discount": item.amount_discount,
        "amount_tax": item.amount_tax,
        "amount_total": item.amount_total,
        "metadata": dict(item.metadata),
    }


def _custom_field(field: CustomField) -> Json:
    return {"key": field.key, "label": field.label, "value": _text(field.value)}


def _contact(contact: Contact) -> Json:
    return {
        "name": _text(contact.name),
        "email": _text(contact.email),
        "phone": _text(contact.phone),
        "address": _address(contact.address) if contact.address else None,
    }


def _address(address: Address) -> Json:
    return {
        "line1": _text(address.line1),
        "line2": _text(address.line2),
        "city": _text(address.city),
        "postal_code": _text(address.postal_code),
        "state": _text(address.state),
        "country": _text(address.country),
    }


def _text(value: Personal | None) -> str | None:
    return value.text if value else None
