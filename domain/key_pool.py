"""A pool of licence keys: each is given away once, and never the same one twice."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self, assert_never

from domain.event import Aggregate, Event, replace
from domain.personal import Personal
from domain.stock_item import Claim


@dataclass(frozen=True, kw_only=True)
class KeyPool(Aggregate["KeyPoolFact"]):
    @dataclass(frozen=True, kw_only=True)
    class Imported(Event):
        TOPIC: ClassVar[str] = "KeyPool.Imported"
        keys: tuple[Personal, ...]

    @dataclass(frozen=True, kw_only=True)
    class Assigned(Event):
        """These keys belong to that line now, for good."""

        TOPIC: ClassVar[str] = "KeyPool.Assigned"
        line_item: str
        keys: tuple[Personal, ...]

    @dataclass(frozen=True, kw_only=True)
    class RanOut(Event):
        """There are not enough keys for a line: it waits for an import."""

        TOPIC: ClassVar[str] = "KeyPool.RanOut"
        line_item: str
        quantity: int

    @dataclass(frozen=True, kw_only=True)
    class WaitEnded(Event):
        """A line needs no keys of this pool any more."""

        TOPIC: ClassVar[str] = "KeyPool.WaitEnded"
        line_item: str

    known: frozenset[str] = frozenset()
    supply: tuple[Personal, ...] = ()
    """What was free after the latest import, oldest first."""
    taken: int = 0
    """How many of the supply were given away since: a pool of many keys is not copied for each that leaves it."""
    ledger: ChainMap[Claim, tuple[Personal, ...]] = field(default_factory=ChainMap)
    waiting: Mapping[Claim, int] = field(default_factory=dict)
    """Oldest first."""

    @property
    def pool(self) -> str:
        return self.id.removeprefix("keys_")

    @property
    def free(self) -> tuple[Personal, ...]:
        """Oldest first."""
        return self.supply[self.taken :]

    @property
    def assigned(self) -> Mapping[Claim, tuple[Personal, ...]]:
        """Oldest first."""
        return self.ledger

    def import_keys(self, keys: Sequence[str]) -> "KeyPoolFacts":
        """Add the keys that were never in this pool, then serve whoever waits longest and fits."""
        new = [key for key in dict.fromkeys(keys) if key not in self.known]
        if not new:
            return []
        facts: list[KeyPoolFact] = [self.Imported(keys=tuple(Personal(key) for key in new))]
        state = self.foresee(facts)
        for claim, quantity in state.waiting.items():
            served = state.assign(claim, quantity)
            facts += served
            state = state.foresee(served)
        return facts

    def assign(self, claim: Claim, quantity: int) -> "KeyPoolFacts":
        """Give a line its keys, or let it wait. A line that has its keys gets no others."""
        if claim in self.assigned:
            return []
        if quantity <= len(self.supply) - self.taken:
            keys = self.supply[self.taken : self.taken + quantity]
            return [self.Assigned(line_item=claim.line_item, keys=keys, session_id=claim.session_id)]
        if claim in self.waiting:
            return []
        return [self.RanOut(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id)]

    def stop_waiting(self, claim: Claim) -> "KeyPoolFacts":
        if claim not in self.waiting:
            return []
        return [self.WaitEnded(line_item=claim.line_item, session_id=claim.session_id)]

    def apply(self, event: "KeyPoolFact") -> Self:
        match event:
            case KeyPool.Imported():
                known = self.known.union(key.text for key in event.keys)
                return replace(self, known=known, supply=self.free + event.keys, taken=0)
            case KeyPool.Assigned():
                claim = Claim(event.session, event.line_item)
                ledger, waiting = _with(self.ledger, claim, event.keys), _without(self.waiting, claim)
                return replace(self, taken=self.taken + len(event.keys), ledger=ledger, waiting=waiting)
            case KeyPool.RanOut():
                claim = Claim(event.session, event.line_item)
                return replace(self, waiting={**self.waiting, claim: event.quantity})
            case KeyPool.WaitEnded():
                return replace(self, waiting=_without(self.waiting, Claim(event.session, event.line_item)))
            case _:
                assert_never(event)


KeyPoolFact = KeyPool.Imported | KeyPool.Assigned | KeyPool.RanOut | KeyPool.WaitEnded
KeyPoolFacts = Sequence[KeyPoolFact]


def _without(waiting: Mapping[Claim, int], claim: Claim) -> Mapping[Claim, int]:
    return {other: quantity for other, quantity in waiting.items() if other != claim}


def _with(
    ledger: ChainMap[Claim, tuple[Personal, ...]], claim: Claim, keys: tuple[Personal, ...]
) -> ChainMap[Claim, tuple[Personal, ...]]:
    """A ledger with one more entry. The other one stays as it is.

    Each of its maps is larger than the one before it, so that mostly small ones are copied. With a single dict, copied
    for every entry, a large pool took seconds to replay.
    """
    newest, older = {claim: keys}, list(ledger.maps)
    while older and len(older[0]) <= len(newest):
        newest = {**older.pop(0), **newest}
    return ChainMap(newest, *older)
