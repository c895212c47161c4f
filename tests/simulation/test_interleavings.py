"""Every interleaving of two webhook deliveries, a visit of the landing page, and one crash of the process.

A webhook delivery has two steps: it arrives, and it is committed. A visit has three: the engine asks Stripe, gets the
answer, and records it. Between two steps the engine does nothing, decides, or does everything that follows. These are
all orders of a small world; `make simulate` draws from a large one.

The test plays the steps before a crash once for all orders that share them: a crashed process leaves the store and the
world outside, so each of these orders continues with a copy of both.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pytest
from builders import a_checkout, a_line_item
from fakes.crash import CrashPoints
from fakes.outside import FixedClock, Outside
from greenlet import getcurrent, greenlet
from shop import COMPLETED, SUCCEEDED, Shop, SQLiteStore
from typed_ids import as_event, as_session, as_sku

from application.receive import receive
from application.staff.by import By
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.stripe_event import StripeEvent

ID = as_session("cs_test_small")
CATALOG = """
[products.prod_access]
delivery = "access"
[products.prod_mug]
delivery = "courier"
sku = "mug"
track_stock = true
"""
PAID = a_checkout(
    line_items=[a_line_item("li_1", product="prod_access"), a_line_item("li_2", product="prod_mug", quantity=2)]
)
UNPAID = replace(PAID, payment_status="unpaid")

Step = Literal["first", "second", "visit", "crash"]
STEPS: Mapping[Step, int] = {"first": 2, "second": 2, "visit": 3, "crash": 1}


@dataclass(frozen=True)
class Sent:
    id: str
    type: str
    payment_status: str


@dataclass(frozen=True)
class Scenario:
    before: Checkout
    """Stripe's answers until the second webhook delivery."""
    first: Sent
    second: Sent


SCENARIOS = {
    "the same event twice": Scenario(PAID, Sent("evt_1", COMPLETED, "paid"), Sent("evt_1", COMPLETED, "paid")),
    "two events of the same": Scenario(PAID, Sent("evt_1", COMPLETED, "paid"), Sent("evt_2", COMPLETED, "paid")),
    "a debit that arrives": Scenario(UNPAID, Sent("evt_1", COMPLETED, "unpaid"), Sent("evt_2", SUCCEEDED, "paid")),
}


def nothing(shop: Shop) -> None:
    pass


def deciding(shop: Shop) -> None:
    shop.runtime.engine.run_until_quiet(effects=False)


RESTS: Sequence[Callable[[Shop], None]] = (nothing, deciding, Shop.rest)


def interleavings(left: Mapping[Step, int]) -> Iterator[tuple[Step, ...]]:
    """Yield every order of these steps. Steps of one name keep their own order."""
    if not any(left.values()):
        yield ()
    for step, count in left.items():
        if count:
            for rest in interleavings({**left, step: count - 1}):
                yield (step, *rest)


def effective(order: Sequence[Step]) -> tuple[Step, ...]:
    """Return the order without the steps that the crash makes void: no process continues what the crashed one began."""
    crash = order.index("crash")
    begun = set(order[:crash])
    return (*order[: crash + 1], *(step for step in order[crash + 1 :] if step not in begun))


def orders(scenario: Scenario) -> list[tuple[Step, ...]]:
    """Return all orders that differ in their effective steps. Of two equal deliveries, `first` always comes first."""
    found = dict.fromkeys(map(effective, interleavings(STEPS)))
    is_same = scenario.first == scenario.second
    return [order for order in found if not is_same or order.index("first") < order.index("second")]


def by_beginning(found: Sequence[tuple[Step, ...]]) -> dict[tuple[Step, ...], list[tuple[Step, ...]]]:
    """Return, by the steps before the crash, the steps after it."""
    after: dict[tuple[Step, ...], list[tuple[Step, ...]]] = {}
    for order in found:
        crash = order.index("crash")
        after.setdefault(order[:crash], []).append(order[crash + 1 :])
    return after


class HeldInACall(CrashPoints):
    """Pauses a call of Stripe's API by a greenlet before and after the call."""

    def __init__(self) -> None:
        super().__init__()
        self.main = getcurrent()

    def reach(self, place: str) -> None:
        if getcurrent() is not self.main and place.endswith("Stripe was asked"):
            self.main.switch()


@dataclass
class Run:
    scenario: Scenario
    store: SQLiteStore
    directory: Path
    rest: Callable[[Shop], None]
    outside: Outside
    clock: FixedClock = field(default_factory=FixedClock)
    acknowledged: set[str] = field(default_factory=set)
    waiting: dict[str, "Future[bool]"] = field(default_factory=dict)
    visit: Any = None
    taken: Counter[Step] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.shop = Shop(
            directory=self.directory, store=self.store, outside=self.outside, clock=self.clock, catalog=CATALOG
        )

    def close(self) -> None:
        self.shop.kill()
        self.store.close()

    def take(self, step: Step) -> None:
        self.taken[step] += 1
        if step == "visit":
            self._visit(self.taken[step])
        else:
            self._deliver(step, getattr(self.scenario, step), self.taken[step])
        self._rest()

    def crashed(self) -> "Run":
        """Return another process that starts from what a crash of this one leaves."""
        outside = replace(
            self.outside,
            points=HeldInACall(),
            checkouts=dict(self.outside.checkouts),
            mailbox=dict(self.outside.mailbox),
            deliveries=dict(self.outside.deliveries),
        )
        run = replace(
            self,
            store=self.store.copy(),
            outside=outside,
            clock=replace(self.clock),
            acknowledged=set(self.acknowledged),
            waiting={},
            visit=None,
            taken=Counter(),
        )
        run._rest()
        return run

    def _rest(self) -> None:
        self.rest(self.shop)
        is_begun = self.shop.fulfillment(ID).requested is not None
        assert not is_begun or self.outside.checkouts[ID].payment_status == "paid", "fulfilled before it was paid"

    def _visit(self, step: int) -> None:
        if step == 1:
            self.visit = greenlet(lambda: self.shop.visit(ID))
        if self.visit is not None and not self.visit.dead:
            self.visit.switch()

    def _deliver(self, name: str, sent: Sent, step: int) -> None:
        if step == 1:
            if name == "second":
                self.outside.checkouts[ID] = PAID
            self.waiting[name] = self._post(sent)
        elif name in self.waiting:
            self.shop.runtime.writer.settle(self.waiting[name])
        if name in self.waiting and self.waiting[name].done():
            self.acknowledged.add(name)

    def _post(self, sent: Sent) -> "Future[bool]":
        waiter: Future[bool] = Future()
        received = StripeEvent.Received(
            type=sent.type,
            livemode=False,
            api_version="2026-10-28.endive",
            account=None,
            object_id=ID,
            payment_status=sent.payment_status,
            signature="t=1,v1=00",
            body="{}",
            occurred_at=self.clock(),
            session_id=ID,
        )
        receive(self.shop.runtime.writer, self.clock, as_event(sent.id), received, waiter)
        return waiter

    def ending(self) -> dict[str, Any]:
        """Return the end of the run, after Stripe has repeated what was not acknowledged."""
        for name in ("first", "second"):
            if name not in self.acknowledged:
                self.shop.runtime.writer.settle(self._post(getattr(self.scenario, name)))
        for _ in range(5):
            self.shop.rest()
            self.clock.advance(3600)
        stock = self.shop.stock("mug")
        return {
            "state": self.shop.state(ID),
            "paid": len(self.shop.events_of(CheckoutSession.Paid)),
            "requested": len(self.shop.events_of(Fulfillment.Requested)),
            "delivered": sorted(event.line_item for event in self.shop.events_of(Fulfillment.LineItemDelivered)),
            "stock": (stock.on_hand, stock.available),
            "mails": [id.rpartition("mail_")[2] for id in self.outside.mailbox if "pending" not in id],
            "outside": list(self.outside.deliveries),
        }


EXPECTED = {
    "state": "fulfilled",
    "paid": 1,
    "requested": 1,
    "delivered": ["li_1", "li_2"],
    "stock": (3, 3),
    "mails": ["receipt"],
    "outside": [f"eff_{ID}_deliver_li_2"],
}


def test_the_number_of_interleavings_is_known() -> None:
    every = set(interleavings(STEPS))

    assert len(every) == 8 * 7 * 6 * 5 * 4 * 3 * 2 // (2 * 2 * (3 * 2))
    assert [len(orders(scenario)) for scenario in SCENARIOS.values()] == [455, 910, 910]


@pytest.mark.long
@pytest.mark.parametrize("rest", RESTS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_interleaving_ends_the_same(name: str, rest: Callable[[Shop], None], tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    left = by_beginning(orders(scenario))
    longest = [beginning for beginning in left if len(beginning) == sum(STEPS.values()) - STEPS["crash"]]
    for steps in longest:
        outside = Outside(points=HeldInACall(), checkouts={ID: scenario.before})
        with closing(Run(scenario, SQLiteStore(), tmp_path, rest, outside)) as run:
            run.shop.runtime.staff.count(as_sku("mug"), 5, By(name="ann", reason="before the day"))
            for number in range(len(steps) + 1):
                beginning = steps[:number]
                if beginning:
                    run.take(beginning[-1])
                for after in left.pop(beginning, []):
                    with closing(run.crashed()) as crashed:
                        for step in after:
                            crashed.take(step)
                        assert crashed.ending() == EXPECTED, " ".join((*beginning, "crash", *after))
    assert not left
