"""The Stripe event in a webhook's body, in any API version: only a hint, since the session is retrieved afterwards."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from application.ports import NotFromStripe, WebhookDelivery
from application.text.identifier_wording import described
from application.text.storable import storable_json
from domain.identifiers import InvalidIdentifier, SessionId, StripeEventId, payment_id, session_id, stripe_event_id
from domain.stripe_event import StripeEvent

_EVENT_TYPE = re.compile(r"[ -~]{1,200}")
"""Stripe adds types as it likes: `v2.core.account[requirements].updated` is one of them."""
_SHORT_MAX = 200
_OBJECT_ID_MAX = 250
"""Longer than any session's ID, so that none is made by cutting."""
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
THIN = "v2.core.event"
SNAPSHOT = "event"


class _Object(msgspec.Struct):
    """The object of a snapshot event, in any API version."""

    id: str | None = None
    payment_status: str | None = None
    payment_intent: object = None
    """An ID in a charge, and in much else. Whatever it is, the event is genuine and taken in."""


class _Enclosed(msgspec.Struct):
    object: _Object


class _Related(msgspec.Struct):
    """The object that a thin event is about."""

    id: str


class _Envelope(msgspec.Struct):
    id: str
    object: str
    type: str
    created: int | str
    livemode: bool
    api_version: str | None = None
    account: str | None = None
    context: str | None = None
    snapshot_event: Any = None
    data: _Enclosed | None = None
    related_object: _Related | None = None


_envelope = msgspec.json.Decoder(_Envelope)


def read_delivery(body: bytes, signature: str) -> WebhookDelivery:
    """Return the Stripe event in a verified body: a snapshot of any API version, or a thin one.

    Raises:
        NotFromStripe: it is not what it claims to be.
    """
    try:
        text = body.decode()
        envelope = _envelope.decode(storable_json(body))
        id = stripe_event_id(envelope.id)
    except (UnicodeDecodeError, RecursionError, msgspec.MsgspecError, InvalidIdentifier) as error:
        raise NotFromStripe(f"The body is not a Stripe event: {_reason(error)}.") from error
    if not _EVENT_TYPE.fullmatch(envelope.type):
        raise NotFromStripe("The body is not a Stripe event: its type is none of Stripe's.")
    about = _about(envelope)
    object_id = about.id
    return WebhookDelivery(
        event_id=id,
        received=StripeEvent.Received(
            occurred_at=_moment(envelope.created),
            session_id=_session(object_id),
            type=envelope.type,
            livemode=envelope.livemode,
            api_version=_short(envelope.api_version),
            account=_short(envelope.account if envelope.object == SNAPSHOT else envelope.context),
            object_id=object_id[:_OBJECT_ID_MAX] if object_id else None,
            payment_status=_short(about.payment_status),
            payment_intent=_payment(about),
            snapshot_event=_twin(envelope.snapshot_event),
            signature=signature,
            body=text,
        ),
    )


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, InvalidIdentifier):
        return f"its ID is not {described(error.expected)}"
    return str(error)[:_SHORT_MAX]


def _about(envelope: _Envelope) -> _Object:
    """The object that the event is about, as far as the event contains it."""
    if envelope.object == SNAPSHOT and envelope.data is not None:
        return envelope.data.object
    if envelope.object == THIN:
        return _Object(id=envelope.related_object.id if envelope.related_object else None)
    raise NotFromStripe("The body is not a Stripe event: it is neither a snapshot event nor a thin one.")


def _moment(created: int | str) -> datetime:
    """Seconds since 1970 in a snapshot event, RFC 3339 in a thin one."""
    try:
        moment = datetime.fromisoformat(created) if isinstance(created, str) else None
        if isinstance(created, int) and 0 <= created < _LATEST:
            moment = datetime.fromtimestamp(created, UTC)
        if moment is None or moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotFromStripe("The body is not a Stripe event: its time is none.") from error


def _session(object_id: str | None) -> SessionId | None:
    """The session, recognized by the shape of its ID; the object's own type does not count."""
    try:
        return session_id(object_id or "")
    except InvalidIdentifier:
        return None


def _payment(about: _Object) -> str | None:
    """The payment intent that the object is, or names, recognized by the shape of its ID."""
    named = about.payment_intent
    return payment_id(about.id) or payment_id(named if isinstance(named, str) else None)


def _twin(snapshot_event: object) -> StripeEventId | None:
    """The snapshot event that a thin event names, recognized by the shape of its ID."""
    try:
        return stripe_event_id(snapshot_event) if isinstance(snapshot_event, str) else None
    except InvalidIdentifier:
        return None


def _short(text: str | None) -> str | None:
    return text[:_SHORT_MAX] if text else None
