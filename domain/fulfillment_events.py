"""The events of a fulfillment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from domain.checkout import Contact
from domain.event import Event
from domain.former_sentences import store_reason, store_remarks
from domain.identifiers import LineItemId
from domain.line import LineState
from domain.personal import Personal, mark_stored
from domain.plan import PlannedLine
from domain.reason import Reason


class FulfillmentEvents:
    """`Fulfillment` inherits them, so their names are `Fulfillment.NAME`."""

    @dataclass(frozen=True, kw_only=True)
    class StockHeld(Event):
        """A delayed payment is on its way. Stock is reserved for these lines until it arrives."""

        TOPIC: ClassVar[str] = "Fulfillment.StockHeld"
        class_version: ClassVar[int] = 2
        lines: tuple[PlannedLine, ...]

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_remarks(state["lines"])

    @dataclass(frozen=True, kw_only=True)
    class HoldReleased(Event):
        """The delayed payment failed or was canceled. The reserved stock is free again."""

        TOPIC: ClassVar[str] = "Fulfillment.HoldReleased"
        class_version: ClassVar[int] = 2
        lines: tuple[PlannedLine, ...]

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_remarks(state["lines"])

    @dataclass(frozen=True, kw_only=True)
    class Requested(Event):
        """The session is paid and planned. Amounts are integers of the currency's smallest unit."""

        TOPIC: ClassVar[str] = "Fulfillment.Requested"
        class_version: ClassVar[int] = 2
        plan: tuple[PlannedLine, ...]
        catalog: str
        currency: str
        amount_shipping: int
        amount_tax: int
        paid_at: datetime
        amount_total: int | None = None
        """The total that the customer pays. None in events from before this was kept."""

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_remarks(state["plan"])

    @dataclass(frozen=True, kw_only=True)
    class Replanned(Event):
        """Staff replanned undelivered lines from the current catalog."""

        TOPIC: ClassVar[str] = "Fulfillment.Replanned"
        class_version: ClassVar[int] = 2
        lines: tuple[PlannedLine, ...]
        replaced: tuple[PlannedLine, ...]
        catalog: str

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_remarks([*state["lines"], *state["replaced"]])

    @dataclass(frozen=True, kw_only=True)
    class LineItemReserved(Event):
        """The line's stock is promised to it."""

        TOPIC: ClassVar[str] = "Fulfillment.LineItemReserved"
        line_item: LineItemId

    @dataclass(frozen=True, kw_only=True)
    class LineItemBlocked(Event):
        """The line can't continue by itself."""

        TOPIC: ClassVar[str] = "Fulfillment.LineItemBlocked"
        class_version: ClassVar[int] = 2
        line_item: LineItemId
        state: LineState
        detail: Reason
        is_stock_missing: bool = False

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_reason(state, "detail")

    @dataclass(frozen=True, kw_only=True)
    class LineItemResumed(Event):
        """A person asked for a retry of a delivery that was given up."""

        TOPIC: ClassVar[str] = "Fulfillment.LineItemResumed"
        line_item: LineItemId

    @dataclass(frozen=True, kw_only=True)
    class LineItemDelivered(Event):
        """The customer has the whole quantity of the line. Recorded once per line, and again after `Unshipped`."""

        TOPIC: ClassVar[str] = "Fulfillment.LineItemDelivered"
        line_item: LineItemId
        keys: tuple[Personal, ...] = ()
        link: str | None = None
        note: str | None = None

    @dataclass(frozen=True, kw_only=True)
    class Shipped(Event):
        """A parcel left."""

        TOPIC: ClassVar[str] = "Fulfillment.Shipped"
        class_version: ClassVar[int] = 2
        number: int
        lines: tuple[LineItemId, ...]
        carrier: str
        tracking: Personal | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            mark_stored(state, "tracking")

    @dataclass(frozen=True, kw_only=True)
    class ParcelCorrected(Event):
        """A person corrected the carrier and the tracking number of a parcel that has left."""

        TOPIC: ClassVar[str] = "Fulfillment.ParcelCorrected"
        number: int
        correction: int
        """Counts the corrections of this parcel, from 1."""
        carrier: str
        tracking: Personal | None
        notifies: bool
        """Whether the customer gets a mail about it."""

    @dataclass(frozen=True, kw_only=True)
    class Unshipped(Event):
        """A person took lines out of a parcel that had been reported: they are to be packed again."""

        TOPIC: ClassVar[str] = "Fulfillment.Unshipped"
        number: int
        lines: tuple[PlannedLine, ...]
        is_restocked: bool
        """Whether their pieces are on the shelf again. If not, the lines take others."""

    @dataclass(frozen=True, kw_only=True)
    class LineItemsCanceled(Event):
        """A person canceled these lines: none of them will be delivered. No money moves."""

        TOPIC: ClassVar[str] = "Fulfillment.LineItemsCanceled"
        number: int
        """Counts the cancellations of this checkout, from 1."""
        lines: tuple[LineItemId, ...]
        notifies: bool
        """Whether the customer gets a mail about it."""

    @dataclass(frozen=True, kw_only=True)
    class ShippingCorrected(Event):
        """A person corrected where parcels go. Parcels that have left are not concerned."""

        TOPIC: ClassVar[str] = "Fulfillment.ShippingCorrected"
        to: Contact

    @dataclass(frozen=True, kw_only=True)
    class KeysShown(Event):
        """A person looked at the license keys of these lines."""

        TOPIC: ClassVar[str] = "Fulfillment.KeysShown"
        lines: tuple[LineItemId, ...]

    @dataclass(frozen=True, kw_only=True)
    class KeysRevoked(Event):
        """A person revoked license keys that the customer has: they are not valid any more."""

        TOPIC: ClassVar[str] = "Fulfillment.KeysRevoked"
        line_item: LineItemId
        numbers: tuple[int, ...]
        """Among all keys that the line ever got, from 1."""

    @dataclass(frozen=True, kw_only=True)
    class KeysAwaited(Event):
        """The pool has too few keys to replace revoked ones: the line waits for an import."""

        TOPIC: ClassVar[str] = "Fulfillment.KeysAwaited"
        line_item: LineItemId
        quantity: int
        """How many in all it waits for from now on."""
        detail: Reason

    @dataclass(frozen=True, kw_only=True)
    class KeysWaitEnded(Event):
        """A person decided that the line gets no new keys in the place of revoked ones."""

        TOPIC: ClassVar[str] = "Fulfillment.KeysWaitEnded"
        line_item: LineItemId

    @dataclass(frozen=True, kw_only=True)
    class KeysReplaced(Event):
        """The customer of a delivered line gets these keys in the place of revoked ones."""

        TOPIC: ClassVar[str] = "Fulfillment.KeysReplaced"
        number: int
        """Counts the replacements of this checkout, from 1."""
        line_item: LineItemId
        keys: tuple[Personal, ...]

    @dataclass(frozen=True, kw_only=True)
    class Completed(Event):
        """Every line is finished: delivered or canceled."""

        TOPIC: ClassVar[str] = "Fulfillment.Completed"


FulfillmentFact = (
    FulfillmentEvents.StockHeld
    | FulfillmentEvents.HoldReleased
    | FulfillmentEvents.Requested
    | FulfillmentEvents.Replanned
    | FulfillmentEvents.LineItemReserved
    | FulfillmentEvents.LineItemBlocked
    | FulfillmentEvents.LineItemResumed
    | FulfillmentEvents.LineItemDelivered
    | FulfillmentEvents.Shipped
    | FulfillmentEvents.ParcelCorrected
    | FulfillmentEvents.Unshipped
    | FulfillmentEvents.LineItemsCanceled
    | FulfillmentEvents.ShippingCorrected
    | FulfillmentEvents.KeysShown
    | FulfillmentEvents.KeysRevoked
    | FulfillmentEvents.KeysAwaited
    | FulfillmentEvents.KeysWaitEnded
    | FulfillmentEvents.KeysReplaced
    | FulfillmentEvents.Completed
)
FulfillmentFacts = Sequence[FulfillmentFact]
