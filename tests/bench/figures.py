"""Figures with their spread, and what was to be reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several measurements of the same, and their extremes."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(median(values), min(values), max(values))

    def text(self, digits: int = 0) -> str:
        middle, low, high = (f"{value:,.{digits}f}" for value in (self.middle, self.low, self.high))
        return middle if low == high else f"{middle} ({low}–{high})"


def percentile(values: Sequence[float], share: float) -> float:
    """`share` of the values, from 0 to 1, are at most this."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    what: str
    wanted: float
    measured: float
    unit: str = ""
    is_at_least: bool = False
    """Whether more is better; else less is."""
    digits: int = 0

    @property
    def is_reached(self) -> bool:
        return self.measured >= self.wanted if self.is_at_least else self.measured <= self.wanted

    @property
    def verdict(self) -> str:
        if self.is_reached:
            return "reached"
        times = self.wanted / self.measured if self.is_at_least else self.measured / self.wanted
        return f"missed {times:,.2f} times"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one part of the benchmark found."""

    title: str
    method: str
    tables: Sequence[Table]
    targets: Sequence[Target]
