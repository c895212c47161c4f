"""The stock of a SKU: pieces on the shelf, promises and waiting lines. Never negative, never promised twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self, assert_never

from domain import refusals
from domain.errors import Refused
from domain.event import Aggregate, Event, replace
from domain.identifiers import LineItemId, SessionId, Sku, sku_of_stream
from domain.persistent import PersistentMap

QUANTITY_MAX = 1_000_000_000


class LineRef(NamedTuple):
    """Names a line of a session, for which stock is promised and keys are assigned, all or nothing."""

    session_id: SessionId
    line_item: LineItemId


@dataclass(frozen=True, slots=True)
class Need:
    """The number of pieces that a line needs, and whether they are promised or waited for."""

    quantity: int
    is_promised: bool
    place: int
    """Its number among all needs of this SKU so far: older ones come first. It stays when a promise comes late or is
    taken back."""


@dataclass(frozen=True, kw_only=True)
class StockItem(Aggregate["StockItemFact"]):
    @dataclass(frozen=True, kw_only=True)
    class Counted(Event):
        """Staff counted `on_hand` pieces on the shelf, including promised ones. The pieces of a delivery that is under
        way are on the shelf until its outcome is recorded."""

        TOPIC: ClassVar[str] = "StockItem.Counted"
        on_hand: int

    @dataclass(frozen=True, kw_only=True)
    class Reserved(Event):
        """Pieces are promised to a line, paid or not."""

        TOPIC: ClassVar[str] = "StockItem.Reserved"
        line_item: LineItemId
        quantity: int

    @dataclass(frozen=True, kw_only=True)
    class Backordered(Event):
        """The stock is too low for a line, which waits for a count or a release."""

        TOPIC: ClassVar[str] = "StockItem.Backordered"
        line_item: LineItemId
        quantity: int

    @dataclass(frozen=True, kw_only=True)
    class Released(Event):
        """A line no longer needs its pieces, promised or waited for."""

        TOPIC: ClassVar[str] = "StockItem.Released"
        line_item: LineItemId
        quantity: int

    @dataclass(frozen=True, kw_only=True)
    class Dispatched(Event):
        """Promised pieces left the shelf: shipped or handed over."""

        TOPIC: ClassVar[str] = "StockItem.Dispatched"
        line_item: LineItemId
        quantity: int

    @dataclass(frozen=True, kw_only=True)
    class Returned(Event):
        """The pieces of a line that had left the shelf are on it again."""

        TOPIC: ClassVar[str] = "StockItem.Returned"
        line_item: LineItemId
        quantity: int

    on_hand: int = 0
    promised: int = 0
    """The number of promised pieces."""
    asked: int = 0
    """The place of the next need."""
    needs: PersistentMap[LineRef, Need] = field(default_factory=PersistentMap)
    waiting: PersistentMap[int, LineRef] = field(default_factory=PersistentMap)
    """The needs without a promise by their places, the oldest first, without a walk over all promises."""

    @property
    def sku(self) -> Sku:
        return sku_of_stream(self.id)

    @property
    def available(self) -> int:
        return self.on_hand - self.promised

    @property
    def reserved(self) -> dict[LineRef, int]:
        """The promised pieces by line, oldest first. Sorts all promises."""
        promised = ((need.place, ref) for ref, need in self.needs.items() if need.is_promised)
        return self._quantities(ref for _, ref in sorted(promised))

    @property
    def backordered(self) -> dict[LineRef, int]:
        """Oldest first."""
        return self._quantities(self.waiting.values())

    def _quantities(self, refs: Iterable[LineRef]) -> dict[LineRef, int]:
        return {ref: self.needs[ref].quantity for ref in refs}

    def reserve(self, ref: LineRef, quantity: int) -> "StockItemFacts":
        """Promise pieces to a line if enough are free, else let it wait. A line with a promise or a place keeps it."""
        current = self.needs.get(ref)
        if current is None:
            return [self._asked(ref, quantity)]
        if current.quantity == quantity:
            return []
        released = _released(ref, current.quantity)
        return self._and_serve([released, self.foresee([released])._asked(ref, quantity)])

    def _asked(self, ref: LineRef, quantity: int) -> "StockItem.Reserved | StockItem.Backordered":
        return _reserved(ref, quantity) if quantity <= self.available else _backordered(ref, quantity)

    def release(self, ref: LineRef) -> "StockItemFacts":
        """Release the promise or the need of a line, and serve the waiting needs that now fit, oldest first."""
        need = self.needs.get(ref)
        return self._and_serve([_released(ref, need.quantity)]) if need else []

    def dispatch(self, ref: LineRef) -> "StockItemFacts":
        """Record that the promised pieces left the shelf. A line that only waited got its pieces elsewhere, and stops
        waiting."""
        need = self.needs.get(ref)
        if need is None:
            return []
        return self.take(ref) if need.is_promised else self.release(ref)

    def take(self, ref: LineRef) -> "StockItemFacts":
        """Record that the pieces of a line left the shelf. If a count took its promise back meanwhile, other lines lose
        theirs."""
        need = self.needs.get(ref)
        if need is None:
            return []
        if not need.is_promised and need.quantity > self.on_hand:
            return self.release(ref)
        gone = self.Dispatched(line_item=ref.line_item, quantity=need.quantity, session_id=ref.session_id)
        if need.is_promised:
            return [gone]
        return self._and_serve([gone, *self._taken_back(self.promised + need.quantity - self.on_hand)])

    def put_back(self, ref: LineRef, quantity: int) -> "StockItemFacts":
        """The pieces of a line are on the shelf again, and promised to it again."""
        if ref in self.needs:
            return []
        returned = self.Returned(line_item=ref.line_item, quantity=quantity, session_id=ref.session_id)
        return [returned, _reserved(ref, quantity)]

    def count(self, on_hand: int) -> "StockItemFacts":
        """Set the number of pieces on the shelf. A surplus serves waiting lines; a shortfall takes the newest promises
        back.

        Raises:
            Refused: the number is negative or beyond reason.
        """
        if not 0 <= on_hand <= QUANTITY_MAX:
            raise Refused(refusals.count_out_of_range(on_hand, QUANTITY_MAX))
        return self._and_serve([self.Counted(on_hand=on_hand), *self._taken_back(self.promised - on_hand)])

    def _taken_back(self, short: int) -> "StockItemFacts":
        """Take back the newest promises until this many pieces are free again."""
        taken: list[StockItemFact] = []
        for ref, quantity in reversed(self.reserved.items()) if short > 0 else ():
            if short <= 0:
                break
            short -= quantity
            taken.append(_backordered(ref, quantity))
        return taken[::-1]

    def _and_serve(self, facts: "StockItemFacts") -> "StockItemFacts":
        """Return the facts, and then the promises for waiting needs that now fit, oldest first: no need waits for
        available stock."""
        after = self.foresee(facts)
        available, served = after.available, list(facts)
        for ref in after.waiting.values():
            if available <= 0:
                break
            quantity = after.needs[ref].quantity
            if quantity <= available:
                available -= quantity
                served.append(_reserved(ref, quantity))
        return served

    def apply(self, event: "StockItemFact") -> Self:
        match event:
            case StockItem.Counted():
                return replace(self, on_hand=event.on_hand)
            case StockItem.Reserved():
                return self._needing(event, is_promised=True)
            case StockItem.Backordered():
                return self._needing(event, is_promised=False)
            case StockItem.Released():
                return self._without(event)
            case StockItem.Dispatched():
                return replace(self._without(event), on_hand=self.on_hand - event.quantity)
            case StockItem.Returned():
                return replace(self, on_hand=self.on_hand + event.quantity)
            case _:
                assert_never(event)

    def _needing(self, event: "StockItem.Reserved | StockItem.Backordered", *, is_promised: bool) -> Self:
        ref = _ref(event)
        before = self.needs.get(ref)
        place = self.asked if before is None else before.place
        return replace(
            self,
            asked=self.asked + (before is None),
            needs=self.needs.put(ref, Need(event.quantity, is_promised, place)),
            waiting=self.waiting.drop(place) if is_promised else self.waiting.put(place, ref),
            promised=self.promised - _promised(before) + (event.quantity if is_promised else 0),
        )

    def _without(self, event: "StockItem.Released | StockItem.Dispatched") -> Self:
        ref = _ref(event)
        before = self.needs.get(ref)
        if before is None:
            return self
        return replace(
            self,
            needs=self.needs.drop(ref),
            waiting=self.waiting.drop(before.place),
            promised=self.promised - _promised(before),
        )


StockItemOfLine = (
    StockItem.Reserved | StockItem.Backordered | StockItem.Released | StockItem.Dispatched | StockItem.Returned
)
StockItemFact = StockItem.Counted | StockItemOfLine
StockItemFacts = Sequence[StockItemFact]


def _ref(event: StockItemOfLine) -> LineRef:
    return LineRef(event.session, event.line_item)


def _promised(need: Need | None) -> int:
    return need.quantity if need and need.is_promised else 0


def _reserved(ref: LineRef, quantity: int) -> StockItem.Reserved:
    return StockItem.Reserved(line_item=ref.line_item, quantity=quantity, session_id=ref.session_id)


def _backordered(ref: LineRef, quantity: int) -> StockItem.Backordered:
    return StockItem.Backordered(line_item=ref.line_item, quantity=quantity, session_id=ref.session_id)


def _released(ref: LineRef, quantity: int) -> StockItem.Released:
    return StockItem.Released(line_item=ref.line_item, quantity=quantity, session_id=ref.session_id)
