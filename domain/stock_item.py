"""A SKU on the shelf: what is there, what is promised, who waits. Never below zero, never promised twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self, assert_never

from domain.errors import Refused
from domain.event import Aggregate, Event

QUANTITY_MAX = 1_000_000_000


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """The line of a session that wants stock: one claim, one promise, all or nothing."""

    session_id: str
    line_item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockItem(Aggregate["StockItemFact"]):
    @dataclass(frozen=True, kw_only=True)
    class Counted(Event):
        """Somebody looked: `on_hand` pieces are on the shelf, promised ones included."""

        TOPIC: ClassVar[str] = "StockItem.Counted"
        on_hand: int

    @dataclass(frozen=True, kw_only=True)
    class Reserved(Event):
        """Pieces are promised to a line, paid or not."""

        TOPIC: ClassVar[str] = "StockItem.Reserved"
        line_item: str
        quantity: int

    @dataclass(frozen=True, kw_only=True)
    class Backordered(Event):
        """There is not enough for a line: it waits for a count or a release."""

        TOPIC: ClassVar[str] = "StockItem.Backordered"
        line_item: str
        quantity: int

    @dataclass(frozen=True, kw_only=True)
    class Released(Event):
        """A line wants its pieces no more, promised or waited for."""

        TOPIC: ClassVar[str] = "StockItem.Released"
        line_item: str
        quantity: int

    @dataclass(frozen=True, kw_only=True)
    class Dispatched(Event):
        """Promised pieces left the shelf: shipped or handed over."""

        TOPIC: ClassVar[str] = "StockItem.Dispatched"
        line_item: str
        quantity: int

    on_hand: int = 0
    reserved: dict[Claim, int] = field(default_factory=dict)
    """Oldest first."""
    backordered: dict[Claim, int] = field(default_factory=dict)
    """Oldest first."""

    @property
    def sku(self) -> str:
        return self.id.removeprefix("sku_")

    @property
    def available(self) -> int:
        return self.on_hand - sum(self.reserved.values())

    def reserve(self, claim: Claim, quantity: int) -> "StockItemFacts":
        """Promise pieces to a line if there are enough, else let it wait. A line that has either keeps it."""
        current = self.reserved.get(claim, self.backordered.get(claim))
        if current == quantity:
            return []
        if current is not None:
            released = self.release(claim)
            return [*released, *self.foresee(released).reserve(claim, quantity)]
        kind = self.Reserved if quantity <= self.available else self.Backordered
        return [kind(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id)]

    def release(self, claim: Claim) -> "StockItemFacts":
        """Take back what a line was promised or waits for, and serve whoever waits longest and fits."""
        quantity = self.reserved.get(claim, self.backordered.get(claim))
        if quantity is None:
            return []
        return self._and_serve(
            [self.Released(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id)]
        )

    def dispatch(self, claim: Claim) -> "StockItemFacts":
        """The promised pieces leave the shelf. A line that only waited was served from elsewhere: it waits no more."""
        if claim in self.backordered:
            return self.release(claim)
        quantity = self.reserved.get(claim)
        if quantity is None:
            return []
        return [self.Dispatched(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id)]

    def count(self, on_hand: int) -> "StockItemFacts":
        """Set what is on the shelf. Room serves those who wait; a shortfall takes the newest promises back.

        Raises:
            Refused: the number is negative or beyond reason.
        """
        if not 0 <= on_hand <= QUANTITY_MAX:
            raise Refused(f"A count is a number from 0 to {QUANTITY_MAX}; {on_hand} was given.")
        counted = self.Counted(on_hand=on_hand)
        short = -self.foresee([counted]).available
        taken: list[StockItemFact] = []
        for claim, quantity in reversed(self.reserved.items()):
            if short <= 0:
                break
            short -= quantity
            taken.insert(0, self.Backordered(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id))
        facts: list[StockItemFact] = [counted, *taken]
        return self._and_serve(facts)

    def _and_serve(self, facts: "Iterable[StockItemFact]") -> "StockItemFacts":
        """The facts, and then everybody who waited and now fits, oldest first: nobody waits for what is there."""
        served = list(facts)
        after = self.foresee(served)
        available = after.available
        for claim, quantity in after.backordered.items():
            if quantity <= available:
                available -= quantity
                served.append(self.Reserved(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id))
        return served

    def apply(self, event: "StockItemFact") -> Self:
        if isinstance(event, StockItem.Counted):
            return replace(self, on_hand=event.on_hand)
        claim = Claim(event.session_id or "", event.line_item)
        reserved, backordered = _without(self.reserved, claim), _without(self.backordered, claim)
        match event:
            case StockItem.Reserved():
                return replace(self, reserved={**reserved, claim: event.quantity}, backordered=backordered)
            case StockItem.Backordered():
                return replace(self, reserved=reserved, backordered={**backordered, claim: event.quantity})
            case StockItem.Released():
                return replace(self, reserved=reserved, backordered=backordered)
            case StockItem.Dispatched():
                return replace(self, reserved=reserved, on_hand=self.on_hand - event.quantity)
            case _:
                assert_never(event)


def _without(claims: dict[Claim, int], claim: Claim) -> dict[Claim, int]:
    return {other: quantity for other, quantity in claims.items() if other != claim} if claim in claims else claims


StockItemFact = (
    StockItem.Counted | StockItem.Reserved | StockItem.Backordered | StockItem.Released | StockItem.Dispatched
)
StockItemFacts = Sequence[StockItemFact]
