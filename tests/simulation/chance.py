"""Everything that goes wrong in a run, drawn from its seed, or again just as it was drawn before.

A mishap is known by where it happened: the name of the place and how often that had been reached. So a run can be
repeated with some of its mishaps only, which is how a failing one is made shorter.
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Mishap:
    place: str
    number: int
    """The first time is 1."""
    what: str

    def __str__(self) -> str:
        return f"{self.place} #{self.number}: {self.what}"


@dataclass
class Chance:
    seed: int
    rates: Mapping[str, float]
    """How likely each kind of mishap is, wherever it can happen."""
    given: Iterable[Mishap] | None = None
    """If there are any, these happen and no others."""
    is_calm: bool = False
    """Nothing goes wrong any more."""
    drawn: list[Mishap] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reached: Counter[str] = Counter()
        self._random = random.Random(f"mishaps {self.seed}")
        self._given = None if self.given is None else {(each.place, each.number): each.what for each in self.given}

    def mishap(self, place: str, kinds: Sequence[str]) -> str | None:
        """What goes wrong here now, if anything does."""
        self._reached[place] += 1
        if self.is_calm:
            return None
        number = self._reached[place]
        what = self._draw(kinds) if self._given is None else self._given.get((place, number))
        if what is not None:
            self.drawn.append(Mishap(place, number, what))
        return what

    def _draw(self, kinds: Sequence[str]) -> str | None:
        drawn = self._random.random()
        for kind in kinds:
            drawn -= self.rates.get(kind, 0.0)
            if drawn < 0:
                return kind
        return None

    def pick(self, place: str, names: Sequence[str]) -> str:
        """One of these, always the same at this place, whatever else happens."""
        return random.Random(f"{self.seed} {place}").choice(names)

    def amount(self, place: str, low: float, high: float) -> float:
        """A number between these, always the same at this place."""
        return random.Random(f"{self.seed} {place}").uniform(low, high)
