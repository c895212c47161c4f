"""Identifiers: their types, Stripe's own, whose shape is checked where one comes in, and the stream IDs that are made
from them. At run time each is a plain text."""

import re
import unicodedata
from enum import StrEnum
from typing import NewType, TypeGuard

StreamId = NewType("StreamId", str)
"""Of any stream of the log."""
SessionId = NewType("SessionId", StreamId)
"""Of a Checkout Session (`cs_test_...`, `cs_live_...`), and of its stream."""
PaymentId = NewType("PaymentId", StreamId)
"""Of a payment intent (`pi_...`), and of its stream."""
StripeEventId = NewType("StripeEventId", StreamId)
"""Of a Stripe event (`evt_...`), and of its stream."""
EffectId = NewType("EffectId", StreamId)
"""Of an effect, and of its stream; the idempotency key of its attempts, too."""
LineItemId = NewType("LineItemId", str)
"""Of a line item of a Checkout Session (`li_...`)."""
Sku = NewType("Sku", str)
"""A stock-keeping unit in the one form in which it is kept."""
PoolName = NewType("PoolName", str)
"""Of a pool of license keys, in the one shape that names its stream."""

STRIPE_EVENT_PREFIX = "evt_"
PAYMENT_PREFIX = "pi_"
SKU_PREFIX = "sku_"
KEYS_PREFIX = "keys_"
EFFECT_PREFIX = "eff_"
_SESSION = re.compile(r"cs_(?:test|live)_[A-Za-z0-9]{1,200}")
_PAYMENT = re.compile(rf"{PAYMENT_PREFIX}[A-Za-z0-9_]{{1,200}}")
_STRIPE_EVENT = re.compile(rf"{STRIPE_EVENT_PREFIX}[A-Za-z0-9_]{{1,200}}")
_SKU = re.compile(r"[^\x00-\x1f\x7f/\ud800-\udfff]{1,100}")
_POOL = re.compile(r"[A-Za-z0-9._-]{1,100}")
_OF_A_SESSION = re.compile(rf"(?:ful_)?({_SESSION.pattern})|{EFFECT_PREFIX}({_SESSION.pattern})_.+", re.DOTALL)


class IdentifierKind(StrEnum):
    """What a text was expected to be, as a parameter of reasons. `application.text.identifier_wording` words it."""

    SESSION = "session"
    STRIPE_EVENT = "stripe_event"
    SKU = "sku"
    KEY_POOL = "key_pool"
    MAIL_ADDRESS = "mail_address"
    PUBLIC_MAIL_ADDRESS = "public_mail_address"


class InvalidIdentifier(Exception):
    """The text does not have the shape of such an identifier. `str` of it is for developers."""

    def __init__(self, expected: IdentifierKind) -> None:
        super().__init__(expected)
        self.expected = expected


def session_id(text: str) -> SessionId:
    """Return `text` if it is the ID of a Checkout Session (`cs_test_...`, `cs_live_...`).

    Raises:
        InvalidIdentifier: it is not. An empty ID would otherwise ask Stripe for the list of all sessions.
    """
    if not _SESSION.fullmatch(text):
        raise InvalidIdentifier(IdentifierKind.SESSION)
    return SessionId(StreamId(text))


def payment_id(text: str | None) -> PaymentId | None:
    """Return `text` if it is the ID of a payment intent (`pi_...`), which is also the stream of that payment; else
    None."""
    return PaymentId(StreamId(text)) if text and _PAYMENT.fullmatch(text) else None


def stripe_event_id(text: str) -> StripeEventId:
    """Return `text` if it is the ID of a Stripe event (`evt_...`).

    Raises:
        InvalidIdentifier: it is not.
    """
    if not _STRIPE_EVENT.fullmatch(text):
        raise InvalidIdentifier(IdentifierKind.STRIPE_EVENT)
    return StripeEventId(StreamId(text))


def stored_session_id(text: str) -> SessionId:
    """Return the ID as the log or a view has it: the policy of Stripe events checked its shape."""
    return SessionId(StreamId(text))


def stored_stripe_event_id(text: str) -> StripeEventId:
    """Return the ID as the log has it: the webhook checked its shape before it was stored."""
    return StripeEventId(StreamId(text))


def stored_effect_id(text: str) -> EffectId:
    """Return the ID as a view has it: `domain.step.effect_id` made it."""
    return EffectId(StreamId(text))


def is_stripe_event(subject: str) -> TypeGuard[StripeEventId]:
    """True if the prefix of a subject is that of a Stripe event (`evt_...`). Check what a person types with
    `stripe_event_id` as well."""
    return subject.startswith(STRIPE_EVENT_PREFIX)


def is_livemode(session: SessionId) -> bool:
    """True if a session ID belongs to live mode, which its second part names."""
    return session.startswith("cs_live_")


def fulfillment_id(session: SessionId) -> StreamId:
    return StreamId(f"ful_{session}")


def session_of_stream(stream: str) -> SessionId | None:
    """Return the session that this stream belongs to: its own, that of its fulfillment, or that of one of its
    effects."""
    found = _OF_A_SESSION.fullmatch(stream)
    return SessionId(StreamId(found[1] or found[2])) if found else None


def retried_subject(subject: str) -> SessionId | StripeEventId | None:
    """What staff retry when this is stuck: a Stripe event, or the session that the stream belongs to. None for others,
    such as a SKU or a payment."""
    return subject if is_stripe_event(subject) else session_of_stream(subject)


def normal_sku(text: str) -> Sku:
    """Return a SKU in its stored form: composed characters (NFC), without space around it. Case counts.

    "Café" typed on two keyboards would otherwise be two SKUs.
    """
    return Sku(unicodedata.normalize("NFC", text).strip())


def stock_id(sku: Sku) -> StreamId:
    """The stream of a SKU.

    Raises:
        InvalidIdentifier: empty, longer than 100 characters, or with a slash or a control character in it.
    """
    if not _SKU.fullmatch(sku):
        raise InvalidIdentifier(IdentifierKind.SKU)
    return StreamId(f"{SKU_PREFIX}{sku}")


def sku_of_stream(stream: StreamId) -> Sku:
    """The SKU whose stream this is."""
    return Sku(stream.removeprefix(SKU_PREFIX))


def pool_name(text: str) -> PoolName:
    """Return `text` if it can be the name of a pool of license keys.

    Raises:
        InvalidIdentifier: not 1 to 100 letters, digits, dots, hyphens or underscores.
    """
    if not _POOL.fullmatch(text):
        raise InvalidIdentifier(IdentifierKind.KEY_POOL)
    return PoolName(text)


def key_pool_id(pool: PoolName) -> StreamId:
    """The stream of a pool of license keys."""
    return StreamId(f"{KEYS_PREFIX}{pool}")


def pool_of_stream(stream: StreamId) -> PoolName:
    """The pool whose stream this is."""
    return PoolName(stream.removeprefix(KEYS_PREFIX))
