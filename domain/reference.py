"""A reference of the merchant's (`client_reference_id`): which checkouts were paid under it.

A customer who pays for one order in two checkouts does so within minutes. Each payment is recorded in this one stream,
so the second one finds the first, whichever comes first: no view can lag behind.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Self, assert_never

from domain.checkout import Checkout
from domain.event import Aggregate, Event, replace
from domain.identifiers import SessionId, StreamId

_KEPT_MAX = 100
"""How many of the latest payments are compared with a new one."""
_DIGEST_LENGTH = 32


class Alike(StrEnum):
    """What two checkouts with one reference may have in common besides. The catalog says what they must have, by these
    names."""

    MAIL = "mail"
    """The mail address: the shop uses one reference for many customers, such as that of a campaign."""
    ITEM = "item"
    """An item: the shop uses one reference for many orders, such as that of a customer."""


def reference_id(checkout: Checkout, *, is_of_customer: bool) -> StreamId | None:
    """The stream of the reference of this checkout, or of the reference and its customer's mail address; None without a
    reference.

    Both may be about a person, so the stream has a digest of them in its name.
    """
    if checkout.client_reference_id is None:
        return None
    email = checkout.contact.email.text.strip().casefold() if checkout.contact.email else ""
    mode = "live" if checkout.livemode else "test"
    customer = (email,) if is_of_customer else ()
    named = "\n".join((mode, *customer, checkout.client_reference_id.text.strip()))
    return StreamId(f"ref_{hashlib.sha256(named.encode()).hexdigest()[:_DIGEST_LENGTH]}")


@dataclass(frozen=True, kw_only=True)
class Reference(Aggregate["ReferenceFact"]):
    @dataclass(frozen=True, kw_only=True)
    class Paid(Event):
        """A checkout with this reference is paid: the one that is the event's `session_id`."""

        TOPIC: ClassVar[str] = "Reference.Paid"

    payments: tuple[tuple[SessionId, datetime], ...] = ()
    """The latest, with the times of their payments."""

    def pay(self, session: SessionId, at: datetime) -> Sequence["ReferenceFact"]:
        is_known = any(known == session for known, _ in self.payments)
        return [] if is_known else [self.Paid(session_id=session, occurred_at=at)]

    def others(self, session: SessionId, at: datetime, within: timedelta) -> Sequence[SessionId]:
        """The other checkouts that were paid so shortly before or after, the earliest first."""
        return [other for other, paid_at in self.payments if other != session and abs(at - paid_at) <= within]

    def apply(self, event: "ReferenceFact") -> Self:
        match event:
            case Reference.Paid():
                payments = (*self.payments, (event.session, event.occurred_at))
                return replace(self, payments=payments[-_KEPT_MAX:])
            case _:
                assert_never(event)


ReferenceFact = Reference.Paid


def has_item_in_common(one: Checkout, other: Checkout) -> bool:
    """Whether both have an item of the same price or name. Prices that a shop makes for each session have other IDs."""
    return not _items(one).isdisjoint(_items(other))


def _items(checkout: Checkout) -> frozenset[str]:
    bought = [item for item in checkout.line_items if item.quantity > 0]
    return frozenset(text for item in bought for text in (item.price, item.description) if text)
