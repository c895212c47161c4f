"""Days that can be played: how many customers come, what they do, and what the weather is like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from interfaces.sandbox.faults.requests import Fault
from interfaces.sandbox.faults.weather import CALM, STORM, Weather


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What customers do. Ways to pay are weights against each other, everything else a chance from 0 to 1."""

    card: float = 70
    debit_succeeds: float = 12
    debit_fails: float = 4
    free: float = 4
    abandons: float = 10
    changes_quantity: float = 0.2
    pays_twice: float = 0.02
    returns_late: float = 0.1
    never_returns: float = 0.15
    refreshes: float = 0.2


_EVENLY: Final = (1,) * 24
_SHOP_HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 9, 8, 7, 6, 6, 7, 8, 9, 10, 10, 8, 5, 3, 2)
_RUSH: Final = (40, 20, 5, 2, 1, 2, 5, 10, 30, 20, 12, 10, 12, 10, 8, 8, 10, 15, 25, 30, 30, 20, 10, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    says: str
    customers: int
    hours: tuple[int, ...] = _SHOP_HOURS
    """How many come in each hour of the day, against each other."""
    habits: Habits = Habits()
    weather: Weather = CALM
    faults: tuple[tuple[Fault, float], ...] = ()
    """Of the API, each with its chance."""


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "quiet-day": Scenario(says="A few customers, and everything works.", customers=40),
    "black-friday": Scenario(
        says="A crowd at midnight and in the evening; Stripe is busy, and some things come late or twice.",
        customers=600,
        hours=_RUSH,
        habits=Habits(abandons=25, pays_twice=0.04, refreshes=0.4),
        weather=Weather(double=0.05, delay=0.1, reorder=0.1, lose=0.02, delay_seconds=1.0),
        faults=((Fault(status=429), 0.03), (Fault(status=None, delay_seconds=1.0), 0.05)),
    ),
    "stormy-day": Scenario(
        says="Every mishap that a delivery can meet with, and an API that fails now and then.",
        customers=120,
        weather=STORM,
        faults=((Fault(status=500), 0.05), (Fault(status=None, is_cut=True), 0.02)),
    ),
    "bad-day-at-stripe": Scenario(
        says="A third of all deliveries is lost until the evening, and the API fails, dawdles and breaks off.",
        customers=200,
        hours=_EVENLY,
        weather=Weather(drop=0.3, lose=0.3, lose_answer=0.2, corrupt=0.05, delay=0.3, delay_seconds=2.0),
        faults=(
            (Fault(status=500), 0.15),
            (Fault(status=500, is_done_first=True), 0.05),
            (Fault(status=None, is_cut=True), 0.05),
            (Fault(status=None, dribble_seconds=3.0), 0.05),
            (Fault(status=429), 0.05),
        ),
    ),
}
