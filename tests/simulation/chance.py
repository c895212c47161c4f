"""The mishaps of a run: drawn from its seed, or given.

A mishap is identified by where it happens: the name of the place, and how often the run has reached it. So a run can be
repeated with some of its mishaps only, which is how `shrink` shortens a failing one.
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
    """The probability of each kind of mishap, wherever it can happen."""
    given: Iterable[Mishap] | None = None
    """Exactly these happen; None draws them."""
    is_calm: bool = False
    """True from when no more mishaps happen."""
    drawn: list[Mishap] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reached: Counter[str] = Counter()
        self._random = random.Random(f"mishaps {self.seed}")
        self._given = None if self.given is None else {(each.place, each.number): each.what for each in self.given}

    def mishap(self, place: str, kinds: Sequence[str]) -> str | None:
        """Return the mishap that happens here now, if one does."""
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
        """Return one of these: always the same at this place, whatever else happens."""
        return random.Random(f"{self.seed} {place}").choice(names)

    def amount(self, place: str, low: float, high: float) -> float:
        """Return a number between these: always the same at this place."""
        return random.Random(f"{self.seed} {place}").uniform(low, high)
