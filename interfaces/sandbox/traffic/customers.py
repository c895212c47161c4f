"""The customers of a day and their actions, drawn from a seed beforehand."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from interfaces.sandbox.model.values import PayBy
from interfaces.sandbox.traffic.scenarios import Habits, Scenario
from interfaces.sandbox.traffic.stall import CURRENCIES, GOODS, SAMPLE, StallProduct

Deed = Literal["order", "pay", "return"]

_HOUR_SECONDS: Final = 3600
_WAYS: Final[tuple[PayBy | None, ...]] = ("card", "debit_succeeds", "debit_fails", "free", None)
_GOODS_MAX: Final = 3
_QUANTITY_MAX: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Shopper:
    number: int
    currency: str
    goods: tuple[StallProduct, ...]
    pays_by: PayBy | None
    """None: they leave the payment page and never come back."""
    quantity: int | None
    """Of the first good, if they change it on the payment page."""
    orders: int
    """Two where they ordered and paid twice by mistake."""

    @property
    def email(self) -> str:
        return f"customer{self.number}@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAction:
    at: float
    """Seconds since the day began, in the middle of one: Stripe's times are whole, and a slow machine must not put
    one action into the next second and another one not."""
    customer: Shopper
    deed: Deed
    order: int = 0
    """Which of their orders."""


def actions_of(scenario: Scenario, seed: int, customers: int | None = None) -> tuple[CustomerAction, ...]:
    """The actions of a whole day, in order; with the scenario's number of customers, or the given one."""
    chance = random.Random(f"{seed} customers")  # noqa: S311 (it has to be the same again)
    actions: list[CustomerAction] = []
    for number in range(1, (scenario.customers if customers is None else customers) + 1):
        customer = _customer(number, scenario.habits, chance)
        hour = chance.choices(range(24), scenario.hours)[0]
        arrives = (hour + chance.random()) * _HOUR_SECONDS
        for order in range(customer.orders):
            actions.extend(_actions(customer, order, arrives + order * 40, scenario.habits, chance))
    whole = (replace(action, at=int(action.at) + 0.5) for action in actions)
    return tuple(sorted(whole, key=lambda action: (action.at, action.customer.number, action.order)))


def _customer(number: int, habits: Habits, chance: random.Random) -> Shopper:
    weights = (habits.card, habits.debit_succeeds, habits.debit_fails, habits.free, habits.abandons)
    pays_by = chance.choices(_WAYS, weights)[0]
    goods = [SAMPLE] if pays_by == "free" else chance.sample(GOODS, chance.randint(1, _GOODS_MAX))
    changes = chance.random() < habits.changes_quantity
    return Shopper(
        number=number,
        currency=chance.choices(CURRENCIES, (6, 3, 1))[0],
        goods=tuple(goods),
        pays_by=pays_by,
        quantity=chance.randint(2, _QUANTITY_MAX) if changes else None,
        orders=2 if chance.random() < habits.pays_twice else 1,
    )


def _actions(
    customer: Shopper, order: int, arrives: float, habits: Habits, chance: random.Random
) -> Iterator[CustomerAction]:
    yield CustomerAction(at=arrives, customer=customer, deed="order", order=order)
    pays = arrives + chance.uniform(20, 600)
    returns = list(_returns(pays, habits, chance))
    if customer.pays_by is not None:
        yield CustomerAction(at=pays, customer=customer, deed="pay", order=order)
        for at in returns:
            yield CustomerAction(at=at, customer=customer, deed="return", order=order)


def _returns(pays: float, habits: Habits, chance: random.Random) -> Sequence[float]:
    """When they look at the page after paying; some again and again."""
    if chance.random() < habits.never_returns:
        return []
    is_late = chance.random() < habits.returns_late
    first = pays + (chance.uniform(1, 6) * _HOUR_SECONDS if is_late else chance.uniform(1, 5))
    again = chance.randint(1, 4) if chance.random() < habits.refreshes else 0
    return [first, *(first + 3 * number for number in range(1, again + 1))]
