"""The process is stopped at every store write and every effect in turn; a restart loses nothing and doubles nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from eventsourcing.persistence import Tracking
from fakes.crash import Crash, CrashPoints
from fakes.outside import FixedClock, Outside
from shop import COMPLETED, SUCCEEDED, Shop, Store

from application.effect_kinds import Attempt, Done
from application.followers import Followers
from application.handlers import SendMail
from application.staff import By
from domain.errors import Refused

CATALOG = """
[products.prod_access]
delivery = "access"
[products.prod_mug]
delivery = "shipment"
sku = "mug"
track_stock = true
[products.prod_key]
delivery = "license_key"
pool = "keys"
[products.prod_parcel]
delivery = "courier"
"""
CARD, DEBIT, LATE = "cs_test_card", "cs_test_debit", "cs_test_late"
ANN = By(name="ann", reason="a day at the shop")
SHARDS = 8

Step = Callable[[Shop], object]


def checkouts() -> dict[str, Any]:
    everything = [
        a_line_item("li_access", product="prod_access"),
        a_line_item("li_mug", product="prod_mug"),
        a_line_item("li_key", product="prod_key", quantity=2),
        a_line_item("li_parcel", product="prod_parcel"),
    ]
    mugs = [a_line_item("li_mugs", product="prod_mug", quantity=2), a_line_item("li_keys", product="prod_key")]
    return {
        CARD: a_checkout(line_items=everything),
        DEBIT: a_checkout(line_items=everything[:2], payment_status="unpaid"),
        LATE: a_checkout(line_items=mugs),
    }


def a_day() -> Sequence[Step]:
    """Everything that happens to the shop, each step once."""
    return [
        lambda shop: shop.runtime.staff.count("mug", 2, ANN),
        lambda shop: shop.runtime.staff.import_keys("keys", ["K-1", "K-2"], ANN),
        lambda shop: shop.hear(COMPLETED, CARD, id="evt_1", payment_status="paid"),
        lambda shop: shop.hear(COMPLETED, DEBIT, id="evt_2", payment_status="unpaid"),
        Shop.rest,
        lambda shop: shop.visit(CARD),
        lambda shop: shop.outside.settle(DEBIT),
        lambda shop: shop.hear(SUCCEEDED, DEBIT, id="evt_3"),
        lambda shop: shop.hear(COMPLETED, LATE, id="evt_4", payment_status="paid"),
        Shop.rest,
        lambda shop: shop.runtime.staff.count("mug", 5, ANN),
        lambda shop: shop.runtime.staff.import_keys("keys", ["K-2", "K-3"], ANN),
        Shop.rest,
        lambda shop: shop.runtime.staff.ship(CARD, ["li_mug"], carrier="Pigeon", tracking="1", by=ANN),
        Shop.rest,
    ]


@dataclass
class Run:
    """One day, with a process that ends at one place and is started again."""

    directory: Path
    at: int | None = None
    outside: Outside = field(init=False)
    clock: FixedClock = field(default_factory=FixedClock)

    def __post_init__(self) -> None:
        self.outside = Outside(points=CrashPoints(self.at), checkouts=checkouts())
        self.store = Store(self.directory)
        self.shop = self._open()

    def _open(self) -> Shop:
        return Shop(directory=self.directory, store=self.store, outside=self.outside, clock=self.clock, catalog=CATALOG)

    def summary(self) -> dict[str, Any]:
        """Play the day, and say how everything stands at its end."""
        try:
            for step in a_day():
                self._take(step)
            return _summary(self.shop)
        finally:
            self.shop.kill()
            self.store.close()

    def _take(self, step: Step) -> None:
        try:
            step(self.shop)
        except Crash:
            self.shop.kill()
            self.shop = self._open()
            self.shop.rest()
            # Who was not answered asks again: Stripe, the customer, staff; what had been recorded is refused or known.
            with suppress(Refused):
                step(self.shop)


def _summary(shop: Shop) -> dict[str, Any]:
    outside, sessions = shop.outside, (CARD, DEBIT, LATE)
    fulfillments = {id: shop.fulfillment(id) for id in sessions}
    stock = shop.stock("mug")
    given = [key.text for ful in fulfillments.values() for line in ful.lines.values() for key in line.keys]
    may_repeat = {"Effect.AttemptStarted", "StockItem.Counted"}
    return {
        "states": {id: shop.state(id) for id in sessions},
        "lines": {id: {n: line.state for n, line in ful.lines.items()} for id, ful in fulfillments.items()},
        "mails": sorted(outside.mailbox),
        "delivered outside": sorted(outside.deliveries),
        "stock": (stock.on_hand, stock.available, len(stock.reserved), len(stock.backordered)),
        "keys": (sorted(given), len(set(given))),
        "events": Counter(event.TOPIC for event in shop.events() if event.TOPIC not in may_repeat),
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int]:
    """How a day ends when nothing happens, and how many places there are to end it at."""
    run = Run(tmp_path_factory.mktemp("undisturbed"))
    return run.summary(), len(run.outside.points.reached)


def test_an_undisturbed_day_ends_as_it_should(undisturbed: tuple[dict[str, Any], int]) -> None:
    summary, places = undisturbed

    assert summary["states"] == {CARD: "fulfilled", DEBIT: "fulfilling", LATE: "fulfilling"}
    assert summary["stock"] == (4, 1, 2, 0)
    assert summary["keys"] == (["K-1", "K-2", "K-3"], 3)
    assert summary["delivered outside"] == [f"eff_{CARD}_deliver_li_parcel"]
    assert summary["mails"] == [
        f"eff_{CARD}_mail_receipt",
        f"eff_{CARD}_mail_shipped_1",
        f"eff_{DEBIT}_mail_payment_pending",
        f"eff_{DEBIT}_mail_receipt",
        f"eff_{LATE}_mail_backordered",
        f"eff_{LATE}_mail_delivered_li_keys",
        f"eff_{LATE}_mail_receipt",
    ]
    assert places > 50


@pytest.mark.parametrize("shard", range(SHARDS))
def test_wherever_the_process_ends_the_day_ends_the_same(
    shard: int, tmp_path: Path, undisturbed: tuple[dict[str, Any], int]
) -> None:
    expected, places = undisturbed

    for at in range(1 + shard, places + 1, SHARDS):
        directory = tmp_path / str(at)
        directory.mkdir()
        run = Run(directory, at)
        assert run.summary() == expected, f"ended {run.outside.points.reached[at - 1]}, place {at} of {places}"


def _broken_places(tmp_path: Path, expected: dict[str, Any], places: int) -> int:
    """At how many places an end breaks the day."""
    broken = 0
    for at in range(1, places + 1):
        directory = tmp_path / f"planted{at}"
        directory.mkdir()
        try:
            broken += Run(directory, at).summary() != expected
        except (AssertionError, Refused):
            broken += 1  # staff find nothing to ship, or the day does not come to rest
    return broken


class MarksBeforeItFulfills(Followers):
    """The first classic bug: marked processed, then fulfilled."""

    def _insert(self, batch: Any) -> None:
        if batch.has_news:
            self._log.store.insert_events(
                [],
                trackings=[Tracking(name, position) for name, position in batch.positions.items()],
                since=self._stored,
            )
            self._log.store.insert_events(self._log.encode(batch.unit.pending))


class ActsWithoutAKey(SendMail):
    """The second classic bug: checked that it was not done, then done, without a key that is always the same."""

    def perform(self, attempt: Attempt) -> Done:
        requested = attempt.effect.requested
        assert requested is not None
        assert requested.mail is not None
        self._mailer.send(requested.mail, message_id=f"{attempt.key}_{attempt.number}")
        return Done()


@pytest.mark.parametrize(
    ("name", "bug"), [("Followers", MarksBeforeItFulfills), ("SendMail", ActsWithoutAKey)], ids=["marked", "keyless"]
)
def test_with_a_classic_bug_planted_a_crash_breaks_the_day(
    name: str,
    bug: type,
    tmp_path: Path,
    undisturbed: tuple[dict[str, Any], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"interfaces.bootstrap.{name}", bug)
    run = Run(tmp_path)
    expected = run.summary()

    assert _broken_places(tmp_path, expected, len(run.outside.points.reached)) > 0
