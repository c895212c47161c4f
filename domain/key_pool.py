"""A pool of license keys: each is given away once, and never the same one twice."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, Self, assert_never

from domain import refusals
from domain.errors import Refused
from domain.event import Aggregate, Event, replace
from domain.identifiers import LineItemId, PoolName, pool_of_stream
from domain.persistent import PersistentMap
from domain.personal import Personal
from domain.stock_item import LineRef

WITHDRAWN = -1
"""The number of a withdrawn key."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The number of keys that a line waits for, and its place in the queue of the pool."""

    quantity: int
    place: int


@dataclass(frozen=True, kw_only=True)
class KeyPool(Aggregate["KeyPoolFact"]):
    @dataclass(frozen=True, kw_only=True)
    class Imported(Event):
        TOPIC: ClassVar[str] = "KeyPool.Imported"
        keys: tuple[Personal, ...]

    @dataclass(frozen=True, kw_only=True)
    class Assigned(Event):
        """These keys belong to that line now, beside those that it has."""

        TOPIC: ClassVar[str] = "KeyPool.Assigned"
        line_item: LineItemId
        keys: tuple[Personal, ...]

    @dataclass(frozen=True, kw_only=True)
    class RanOut(Event):
        """The pool has too few keys for a line, which waits for an import."""

        TOPIC: ClassVar[str] = "KeyPool.RanOut"
        line_item: LineItemId
        quantity: int

    @dataclass(frozen=True, kw_only=True)
    class WaitEnded(Event):
        """A line needs no keys of this pool any more."""

        TOPIC: ClassVar[str] = "KeyPool.WaitEnded"
        line_item: LineItemId

    @dataclass(frozen=True, kw_only=True)
    class Returned(Event):
        """A canceled line returns keys that no customer has seen: they are free again, at their old places."""

        TOPIC: ClassVar[str] = "KeyPool.Returned"
        line_item: LineItemId
        keys: tuple[Personal, ...]

    @dataclass(frozen=True, kw_only=True)
    class Revoked(Event):
        """These keys of a customer are not valid any more. No line ever gets them again."""

        TOPIC: ClassVar[str] = "KeyPool.Revoked"
        line_item: LineItemId
        keys: tuple[Personal, ...]

    @dataclass(frozen=True, kw_only=True)
    class Withdrawn(Event):
        """No line gets these keys, not even after an import of them."""

        TOPIC: ClassVar[str] = "KeyPool.Withdrawn"
        class_version: ClassVar[int] = 2
        keys: tuple[Personal, ...]
        were_free: int
        """The number of these keys that were free until now. In events of an earlier version all of them count as free,
        even those that were never imported."""

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["were_free"] = len(state["keys"])

    supply: PersistentMap[int, str] = field(default_factory=PersistentMap)
    """The free keys by their numbers in the order of imports: lines always get the first. Keys are plain texts here,
    and the map shows none of them: a million marked ones would be a million objects for the garbage collector to
    walk."""
    known: PersistentMap[str, int] = field(default_factory=PersistentMap)
    """By key, its number among all imported keys, to find repeated ones. `WITHDRAWN` for revoked keys, and for
    withdrawn ones, which may never have been imported."""
    numbered: int = 0
    """The number of the next imported key."""
    ledger: PersistentMap[tuple[str, str], tuple[str, ...]] = field(default_factory=PersistentMap)
    """The keys of each line that has some, by session and line item, without revoked ones."""
    waits: PersistentMap[LineRef, Wait] = field(default_factory=PersistentMap)
    queue: PersistentMap[int, LineRef] = field(default_factory=PersistentMap)
    """The waiting lines by their places, the oldest first."""
    waited: int = 0
    """The place of the next waiting line."""

    @property
    def pool(self) -> PoolName:
        return pool_of_stream(self.id)

    @property
    def free(self) -> tuple[Personal, ...]:
        """The free keys, oldest first. Walks all of them."""
        return tuple(map(Personal, self.supply.values()))

    @property
    def waiting(self) -> Mapping[LineRef, int]:
        """By waiting line, the number of keys that it waits for, oldest first."""
        return {ref: self.waits[ref].quantity for ref in self.queue.values()}

    def keys_of(self, ref: LineRef) -> tuple[Personal, ...]:
        """The keys that the line got and that are not revoked, oldest first; none before that."""
        return tuple(map(Personal, self.ledger.get(_entry(ref), ())))

    def _is_given(self, key: str) -> bool:
        number = self.known.get(key, WITHDRAWN)
        return number != WITHDRAWN and number not in self.supply

    def import_keys(self, keys: Sequence[str]) -> "KeyPoolFacts":
        """Add the keys that were never in this pool, then serve the needs that fit, oldest first."""
        new = [key for key in dict.fromkeys(keys) if key not in self.known]
        if not new:
            return []
        imported = self.Imported(keys=tuple(Personal(key) for key in new))
        return [imported, *self.foresee([imported])._serve()]

    def withdraw(self, keys: Sequence[str]) -> "KeyPoolFacts":
        """Withdraw these keys, whether they were imported or not: no line gets them.

        Raises:
            Refused: as `check_not_given`.
        """
        self.check_not_given(keys)
        new = [key for key in dict.fromkeys(keys) if self.known.get(key) != WITHDRAWN]
        were_free = sum(key in self.known for key in new)
        return [self.Withdrawn(keys=tuple(Personal(key) for key in new), were_free=were_free)] if new else []

    def check_not_given(self, keys: Sequence[str]) -> None:
        """
        Raises:
            Refused: a customer has one of these keys. The sentence names it by its number, since a key is a secret.
        """
        given = [number for number, key in enumerate(keys, 1) if self._is_given(key)]
        if given:
            raise Refused(refusals.keys_of_customers(self.pool, given))

    def _serve(self) -> "Iterator[KeyPool.Assigned]":
        free, keys = len(self.supply), iter(self.supply.values())
        for ref in self.queue.values():
            quantity = self.waits[ref].quantity
            if quantity <= free:
                free -= quantity
                yield self._assigned(ref, islice(keys, quantity))

    def _assigned(self, ref: LineRef, keys: Iterable[str]) -> "KeyPool.Assigned":
        marked = tuple(map(Personal, keys))
        return self.Assigned(line_item=ref.line_item, keys=marked, session_id=ref.session_id)

    def assign(self, ref: LineRef, quantity: int) -> "KeyPoolFacts":
        """Assign keys to a line, or put it in the queue. A line that has its keys gets no others."""
        if _entry(ref) in self.ledger:
            return []
        if quantity <= len(self.supply):
            return [self._assigned(ref, islice(self.supply.values(), quantity))]
        if ref in self.waits:
            return []
        return [self.RanOut(line_item=ref.line_item, quantity=quantity, session_id=ref.session_id)]

    def return_keys(self, ref: LineRef) -> "KeyPoolFacts":
        """Take back the keys of a line that no customer has seen, and serve the needs that now fit, oldest first."""
        keys = self.keys_of(ref)
        if not keys:
            return []
        returned = self.Returned(line_item=ref.line_item, keys=keys, session_id=ref.session_id)
        return [returned, *self.foresee([returned])._serve()]

    def revoke(self, ref: LineRef, keys: Collection[Personal]) -> "KeyPoolFacts":
        """Take the keys that are not valid any more from the line. No other line gets them."""
        revoked = tuple(key for key in self.keys_of(ref) if key in keys)
        return [self.Revoked(line_item=ref.line_item, keys=revoked, session_id=ref.session_id)] if revoked else []

    def replace(self, ref: LineRef, keys: Collection[Personal], quantity: int) -> "KeyPoolFacts":
        """Take these keys from the line, and give it so many new ones, or let it wait for them. A line that waits for
        new keys already gets all of them at once."""
        revoked = self.revoke(ref, keys)
        after = self.foresee(revoked)
        wanted = quantity + (self.waits[ref].quantity if ref in self.waits else 0)
        if wanted <= len(after.supply):
            return [*revoked, after._assigned(ref, islice(after.supply.values(), wanted))]
        return [*revoked, self.RanOut(line_item=ref.line_item, quantity=wanted, session_id=ref.session_id)]

    def stop_waiting(self, ref: LineRef) -> "KeyPoolFacts":
        if ref not in self.waits:
            return []
        return [self.WaitEnded(line_item=ref.line_item, session_id=ref.session_id)]

    def apply(self, event: "KeyPoolFact") -> Self:
        match event:
            case KeyPool.Imported():
                return self._supplied([key.text for key in event.keys])
            case KeyPool.Assigned():
                ref = LineRef(event.session, event.line_item)
                keys = [key.text for key in event.keys]
                ledger = self.ledger.put(_entry(ref), (*self.ledger.get(_entry(ref), ()), *keys))
                return replace(self._without(ref), supply=self._supply_without(keys), ledger=ledger)
            case KeyPool.RanOut():
                return self._with(LineRef(event.session, event.line_item), event.quantity)
            case KeyPool.WaitEnded():
                return self._without(LineRef(event.session, event.line_item))
            case KeyPool.Returned():
                free = {self.known[key.text]: key.text for key in event.keys}
                ledger = self.ledger.drop(_entry(LineRef(event.session, event.line_item)))
                return replace(self, supply=self.supply.put_all(free), ledger=ledger)
            case KeyPool.Revoked():
                return self._without_revoked(event)
            case KeyPool.Withdrawn():
                keys = [key.text for key in event.keys]
                known = self.known.put_all(dict.fromkeys(keys, WITHDRAWN))
                return replace(self, supply=self._supply_without(keys), known=known)
            case _:
                assert_never(event)

    def _supplied(self, keys: Sequence[str]) -> Self:
        numbers = range(self.numbered, self.numbered + len(keys))
        supply = self.supply.put_all(dict(zip(numbers, keys, strict=True)))
        known = self.known.put_all(dict(zip(keys, numbers, strict=True)))
        return replace(self, supply=supply, known=known, numbered=numbers.stop)

    def _without_revoked(self, event: "KeyPool.Revoked") -> Self:
        ref = LineRef(event.session, event.line_item)
        left = tuple(key.text for key in self.keys_of(ref) if key not in event.keys)
        known = self.known.put_all({key.text: WITHDRAWN for key in event.keys})
        return replace(self, ledger=self.ledger.put(_entry(ref), left), known=known)

    def _supply_without(self, keys: Sequence[str]) -> PersistentMap[int, str]:
        supply = self.supply
        for key in keys:
            supply = supply.drop(self.known.get(key, WITHDRAWN))
        return supply

    def _with(self, ref: LineRef, quantity: int) -> Self:
        before = self.waits.get(ref)
        place = self.waited if before is None else before.place
        waits, queue = self.waits.put(ref, Wait(quantity, place)), self.queue.put(place, ref)
        return replace(self, waits=waits, queue=queue, waited=self.waited + (before is None))

    def _without(self, ref: LineRef) -> Self:
        before = self.waits.get(ref)
        if before is None:
            return self
        return replace(self, waits=self.waits.drop(ref), queue=self.queue.drop(before.place))


KeyPoolFact = (
    KeyPool.Imported
    | KeyPool.Assigned
    | KeyPool.RanOut
    | KeyPool.WaitEnded
    | KeyPool.Returned
    | KeyPool.Revoked
    | KeyPool.Withdrawn
)
KeyPoolFacts = Sequence[KeyPoolFact]


def _entry(ref: LineRef) -> tuple[str, str]:
    """Return the key of a line in the ledger. A tuple of texts costs the garbage collector nothing, unlike an
    object."""
    return ref.session_id, ref.line_item
