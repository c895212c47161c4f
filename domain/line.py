"""The progress of a line of a fulfillment, and the parcels that lines are shipped in."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self, assert_never

from domain.checkout import Contact
from domain.deliveries.kind import draws_keys, is_parcel, is_with_others
from domain.identifiers import LineItemId
from domain.personal import Personal
from domain.plan import PlannedLine
from domain.reason import Reason, ReasonCode

UNDECIDED = (ReasonCode.PAID_AFTER_CANCELLATION, ReasonCode.PAID_TWICE)
"""A line that waits for a person with such a reason is not done by hand: it may not be delivered at all. If lines of a
checkout have different ones, staff read the first."""


class LineState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    BACKORDERED = "backordered"
    MANUAL = "manual"
    GIVEN_UP = "given_up"
    CANCELED = "canceled"

    @property
    def is_finished(self) -> bool:
        """True if nothing is left to do for the line, by the engine or a person. A finished line stays finished."""
        match self:
            case LineState.DELIVERED | LineState.CANCELED:
                return True
            case LineState.PENDING | LineState.BACKORDERED | LineState.MANUAL | LineState.GIVEN_UP:
                return False
            case _:
                assert_never(self)

    @property
    def is_delivered(self) -> bool:
        """True if the customer has the line, so a mail or a page may show its keys and its link."""
        match self:
            case LineState.DELIVERED:
                return True
            case LineState.PENDING | LineState.BACKORDERED | LineState.MANUAL | LineState.GIVEN_UP | LineState.CANCELED:
                return False
            case _:
                assert_never(self)

    @property
    def is_retriable(self) -> bool:
        """True if a retry of the checkout includes this line."""
        match self:
            case LineState.PENDING | LineState.GIVEN_UP:
                return True
            case LineState.DELIVERED | LineState.BACKORDERED | LineState.MANUAL | LineState.CANCELED:
                return False
            case _:
                assert_never(self)

    @property
    def needs_a_person(self) -> bool:
        match self:
            case LineState.BACKORDERED | LineState.MANUAL | LineState.GIVEN_UP:
                return True
            case LineState.PENDING | LineState.DELIVERED | LineState.CANCELED:
                return False
            case _:
                assert_never(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A planned line and its progress."""

    plan: PlannedLine
    state: LineState = LineState.PENDING
    is_reserved: bool = False
    why: Reason | None = None
    """The reason for which it is blocked; None if it is not."""
    note: str | None = None
    """The other side's remark on its delivery."""
    all_keys: tuple[Personal, ...] = ()
    """The license keys that it ever got, oldest first, with those that staff revoked."""
    revoked_keys: frozenset[int] = frozenset()
    """The numbers of those, from 1."""
    keys_awaited: int = 0
    """How many new keys it waits for, in the place of revoked ones."""
    link: str | None = None
    """The link that it was delivered with."""
    delivered_at: datetime | None = None
    plans: int = 1
    """The number of its plans so far. Each plan has its own deliveries."""

    @property
    def is_ready(self) -> bool:
        """True if it needs no stock, or has a promise of it."""
        return self.plan.stock_sku is None or self.is_reserved

    @property
    def is_to_hand_over(self) -> bool:
        """True if it waits for no stock, so that its kind delivers it."""
        return self.state is LineState.PENDING and self.is_ready

    @property
    def is_to_pack(self) -> bool:
        """True if it is a parcel that staff can pack now."""
        return self.is_to_hand_over and is_parcel(self.plan.kind)

    @property
    def is_undecided(self) -> bool:
        """True if a person still has to decide whether it is delivered at all."""
        return self.state is LineState.MANUAL and self.why is not None and self.why.code in UNDECIDED

    @property
    def is_working(self) -> bool:
        """It is about to change by itself: no person has to pack it, and nothing is missing for it."""
        return self.state is LineState.PENDING and not self.is_to_pack

    @property
    def keys(self) -> tuple[Personal, ...]:
        """Its license keys that are valid, as far as we know: those that staff revoked are not."""
        return tuple(key for number, key in enumerate(self.all_keys, 1) if number not in self.revoked_keys)

    @property
    def customers_keys(self) -> tuple[Personal, ...]:
        """The license keys that the customer has now."""
        return self.keys if self.state.is_delivered else ()

    @property
    def is_short_of_keys(self) -> bool:
        """True if it waits for license keys: for its first ones, or for new ones in the place of revoked ones."""
        is_first = self.state is LineState.BACKORDERED and draws_keys(self.plan.kind)
        return self.keys_awaited > 0 or (is_first and self.is_ready)

    @property
    def has_lost_its_keys(self) -> bool:
        """True if staff revoked all its license keys, and it waits for no new ones."""
        return bool(self.all_keys) and not self.keys and not self.keys_awaited

    @property
    def customers_link(self) -> str | None:
        """The link that the customer has now."""
        return self.link if self.state.is_delivered else None

    @property
    def is_settled(self) -> bool:
        """True if the engine will not change this line by itself any further, so the customer can be notified."""
        is_moving = not (self.state.is_finished or self.state.needs_a_person)
        return not is_moving or (self.is_ready and is_with_others(self.plan.kind))

    def reserved(self) -> Self:
        return replace(self, is_reserved=True, state=LineState.PENDING, why=None)

    def blocked(self, state: LineState, why: Reason, *, is_stock_missing: bool) -> Self:
        """Return the blocked line. A line that is short of stock has lost its promise; one that is short of keys keeps
        it.

        Events from before `is_stock_missing` do not distinguish the two: only lines of keys can be short of keys.
        """
        is_short_of_stock = is_stock_missing or (state is LineState.BACKORDERED and not draws_keys(self.plan.kind))
        return replace(self, state=state, why=why, is_reserved=self.is_reserved and not is_short_of_stock)

    def resumed(self) -> Self:
        return replace(self, state=LineState.PENDING, why=None)

    def canceled(self) -> Self:
        return replace(self, state=LineState.CANCELED, is_reserved=False, why=None)

    def without_keys(self, numbers: tuple[int, ...]) -> Self:
        return replace(self, revoked_keys=self.revoked_keys | set(numbers))

    def awaiting_keys(self, quantity: int) -> Self:
        return replace(self, keys_awaited=quantity)

    def with_new_keys(self, keys: tuple[Personal, ...]) -> Self:
        return replace(self, all_keys=(*self.all_keys, *keys), keys_awaited=0)

    def unshipped(self) -> Self:
        return replace(self, state=LineState.PENDING, is_reserved=False, delivered_at=None, note=None)

    def delivered(self, at: datetime, keys: tuple[Personal, ...], link: str | None, note: str | None) -> Self:
        return replace(self, state=LineState.DELIVERED, delivered_at=at, all_keys=keys, link=link, why=None, note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    number: int
    lines: tuple[LineItemId, ...]
    """Those that are still in it."""
    carrier: str
    tracking: Personal | None
    """Personal, since it leads to a page about one person's parcel."""
    shipped_at: datetime
    ships_to: Contact | None = None
    """The corrected shipping contact at that time; None if it was as the customer entered it."""
    corrections: int = 0
    """How often a person has corrected its carrier or its tracking number."""

    def corrected(self, *, carrier: str | None, tracking: Personal | None) -> Self:
        return replace(
            self,
            carrier=self.carrier if carrier is None else carrier,
            tracking=self.tracking if tracking is None else tracking,
            corrections=self.corrections + 1,
        )

    def without(self, lines: Collection[LineItemId]) -> Self:
        return replace(self, lines=tuple(line for line in self.lines if line not in lines))
