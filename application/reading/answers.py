"""The arguments and answers of queries: plain values, however they are shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from application.reading.checkout_state import CheckoutState, Situation
from application.reading.work import About, WorkKind
from domain.checkout import Checkout, LineItem
from domain.identifiers import PoolName, SessionId, Sku, session_of_stream
from domain.order_number import OrderNumber
from domain.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    session_id: SessionId
    order_number: OrderNumber
    state: CheckoutState
    situation: CheckoutState | Situation
    """The state as staff read it."""
    amount_total: int | None
    currency: str | None
    recorded_at: datetime
    """The time of its first event."""
    matched: tuple[str, ...]
    """The fields in which the words were found: `email`, `sku`, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCheckout:
    checkout: Checkout
    """Stripe's copy of the order, with the shipping address as staff corrected it."""
    names: Mapping[str, str]
    """What the catalog calls planned lines, by ID."""

    def name(self, item: LineItem) -> str:
        return self.names.get(item.id, item.description)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutFilter:
    """Selects checkouts by their total and by when they were first seen, by our clock. `before` is a checkout: those
    first seen before it are selected."""

    since: datetime | None = None
    """At this time or later."""
    until: datetime | None = None
    """Earlier than this."""
    before: SessionId | None = None
    states: Collection[CheckoutState | Situation] = ()
    """One of these, as the state or as staff read it; any, if there are none."""
    currency: str | None = None
    least: int | None = None
    """In the smallest unit of the currency, as `most`. Both are included."""
    most: int | None = None


ALL_CHECKOUTS = CheckoutFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A task that waits for a person."""

    subject: str
    """The session, or the Stripe event if there is no session; for low supplies the SKU or the pool; for an incomplete
    view its name."""
    kind: WorkKind
    about: About
    detail: str
    """The reason for which it waits, as a sentence."""
    why: Reason
    since: datetime
    retry_at: datetime | None = None
    """The time of the engine's next attempt; None if it makes none."""

    @property
    def item(self) -> str:
        """What it is about, as programs read it; empty if it is about the whole subject."""
        return "" if self.about is None else str(self.about)

    @property
    def place(self) -> "WorkPlace":
        return WorkPlace(self.since, self.kind.value, self.subject, self.item)

    @property
    def session_id(self) -> SessionId | None:
        """The session, if it is about one."""
        return session_of_stream(self.subject)


@dataclass(frozen=True, slots=True, order=True)
class WorkPlace:
    """The place of an item in the queue, after which a page begins: its time, kind, subject and item."""

    since: datetime
    kind: str
    subject: str
    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFilter:
    """Selects work. An empty filter selects all of it."""

    kinds: Collection[WorkKind] = ()
    subject: str | None = None
    """A session, a Stripe event, or whatever else is the subject."""
    sku: Sku | None = None
    """Work about orders with this SKU, and about the SKU itself."""
    until: datetime | None = None
    """It has waited since then, or longer."""


ALL_WORK = WorkFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPage:
    items: Sequence[WorkItem]
    counts: Mapping[WorkKind, int]
    """How many items there are of each kind, on this page or not."""
    left: int
    """How many come after this page."""
    is_whole: bool
    """False if there are more items than were counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLevel:
    """Counts of pieces. `available` is `on_hand` without promised pieces."""

    sku: Sku
    on_hand: int
    reserved: int
    available: int
    backordered: int
    is_low: bool = False
    """Whether the catalog asks for a warning at so few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPoolLevel:
    """Counts of keys. `given` counts valid keys of customers, and `waiting` the keys that lines wait for."""

    pool: PoolName
    free: int
    given: int
    revoked: int
    withdrawn: int
    waiting: int
    is_low: bool = False
    """Whether the catalog asks for a warning at so few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteView:
    """A live view that left events out, so that answers from it may be incomplete."""

    name: str
    left_out: int
    """The number of these events."""
    position: int
    """The position of the first of them in the log."""
    error: str
    """The reason for which that event was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionStatus:
    name: str
    version: int
    position: int
    state: str
    """`live`, `building`, or `failed` if it left events out."""
    unreadable: int
