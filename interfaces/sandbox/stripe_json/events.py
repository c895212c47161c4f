"""Stripe events as JSON: snapshots, which carry the object, and thin ones, which only name it."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from interfaces.sandbox.model.values import Event
from interfaces.sandbox.stripe_json.shapes import API_VERSION, JsonObject
from interfaces.sandbox.stripe_json.versions import event_in_version

COMPLETED: Final = "checkout.session.completed"
ASYNC_SUCCEEDED: Final = "checkout.session.async_payment_succeeded"
ASYNC_FAILED: Final = "checkout.session.async_payment_failed"
EXPIRED: Final = "checkout.session.expired"

SESSION_EVENTS: Final = (COMPLETED, ASYNC_SUCCEEDED, ASYNC_FAILED, EXPIRED)
"""The events that report the state of a checkout."""
PAYMENT_EVENTS: Final = (
    *("payment_intent.succeeded", "payment_intent.canceled", "payment_intent.processing"),
    *("payment_intent.requires_action", "charge.captured"),
)
"""What hints at payments that arrive or end otherwise, such as those that are captured later."""
FULFILLING_EVENTS: Final = (*SESSION_EVENTS, *PAYMENT_EVENTS)
"""What `fulfill serve` listens for."""

_OBJECTS: Final = {
    "charge": ("charge", "charges"),
    "charge.dispute": ("dispute", "disputes"),
    "charge.refund": ("refund", "refunds"),
    "checkout.session": ("checkout.session", "checkout/sessions"),
    "payment_intent": ("payment_intent", "payment_intents"),
    "refund": ("refund", "refunds"),
}
"""What events are about, and where it is found."""


def event_json(event: Event, *, pending_webhooks: int, api_version: str | None = None) -> JsonObject:
    """A snapshot; its version is that of the endpoint it goes to, or the account's own."""
    data: JsonObject = {"object": msgspec.json.decode(event.object_json)}
    if event.previous_json is not None:
        data["previous_attributes"] = msgspec.json.decode(event.previous_json)
    version = api_version or API_VERSION
    latest: JsonObject = {
        "id": event.id,
        "object": "event",
        "api_version": version,
        "created": event.created,
        "data": data,
        "livemode": False,
        "pending_webhooks": pending_webhooks,
        "request": {"id": event.origin.request_id, "idempotency_key": event.origin.idempotency_key},
        "type": event.type,
    }
    return event_in_version(latest, version)


def thin_event_json(event: Event) -> JsonObject:
    kind, collection = _OBJECTS[event.type.rpartition(".")[0]]
    created = datetime.fromtimestamp(event.created, UTC)
    return {
        "id": event.id,
        "object": "v2.core.event",
        "context": None,
        "created": created.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "livemode": False,
        "reason": None,
        "related_object": {
            "id": event.object_id,
            "type": kind,
            "url": f"/v1/{collection}/{event.object_id}",
        },
        "type": f"v1.{event.type}",
    }
