"""The process is stopped at every store write and every effect in turn; a restart loses nothing and doubles nothing.

Every place is tried over both stores, and a second end after every third place. A day in which nothing happens ends
over PostgreSQL as over SQLite, and has as many places, so both are compared with the same expectation.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from days import BAD_DAY, CARD, COURIER, COURIERS_MUG, DEBIT, GOOD_DAY, LATE, SHELF, STUCK, UNKNOWN, UNPAID, Action, Day
from fakes.crash import Crash, CrashPoints
from fakes.outside import FixedClock, Outside
from shop import Shop, SQLiteStore, Store
from typed_ids import as_session

from application.log.insertion import Bookkeeping
from application.log.tail import Entry
from application.running.effect_kinds import Attempt, Done
from application.running.followers import Followers
from application.running.handlers import SendMail
from domain.errors import Refused

pytestmark = pytest.mark.every_store

DAYS = {"good": GOOD_DAY, "bad": BAD_DAY}
SHARDS = 8
EVERY_FIRST = 3
"""Of how many places one is taken for a first end that a second one follows."""
GAPS = (1, 2, 3, 5, 9)
"""How many places after the first end a second one comes: while the first is made good, or soon after."""
MAY_REPEAT = {
    "CheckoutSession.RetryRequested",
    "Effect.AttemptOrphaned",
    "Effect.AttemptStarted",
    "Fulfillment.LineItemResumed",
    "StockItem.Counted",
}
"""An attempt with an unknown outcome is made again; staff repeat what was not confirmed to them. A
line that is delivered before the policy comes to it is not resumed first."""


@dataclass
class Run:
    """One day, with a process that ends at these places and is started again."""

    day: Day
    directory: Path
    store: Store
    at: tuple[int, ...] = ()
    outside: Outside = field(init=False)
    clock: FixedClock = field(default_factory=FixedClock)

    def __post_init__(self) -> None:
        self.outside = Outside(points=CrashPoints(*self.at), checkouts=dict(self.day.checkouts))
        self.shop = self._open(self.day.shifts[0].catalog)

    def _open(self, catalog: str) -> Shop:
        return Shop(directory=self.directory, store=self.store, outside=self.outside, clock=self.clock, catalog=catalog)

    def _restart(self, catalog: str) -> None:
        self.shop.kill()
        self.shop = self._open(catalog)

    def summary(self) -> dict[str, Any]:
        """Play the day, and say how everything stands at its end."""
        try:
            for shift in self.day.shifts:
                if shift.catalog != self.shop.catalog:
                    self._restart(shift.catalog)
                for action in shift.actions:
                    self._take(action)
            return _summary(self.shop, self.day)
        finally:
            self.shop.kill()

    def _take(self, action: Action) -> None:
        try:
            action(self.shop)
        except Crash:
            while not self._is_made_good(action):
                pass  # it ended again; there are only so many ends

    def _is_made_good(self, action: Action) -> bool:
        """Whether a new process could do what the one that ended was about to do."""
        self._restart(self.shop.catalog)
        try:
            self.shop.rest()
            # Who was not answered asks again: Stripe, the customer, staff; what had been recorded is refused or known.
            with suppress(Refused):
                action(self.shop)
        except Crash:
            return False
        return True


def _summary(shop: Shop, day: Day) -> dict[str, Any]:
    outside = shop.outside
    fulfillments = {id: shop.fulfillment(as_session(id)) for id in day.sessions}
    stock = shop.stock("mug")
    given = [key.text for ful in fulfillments.values() for line in ful.lines.values() for key in line.keys]
    return {
        "states": {id: shop.state(as_session(id)) for id in day.sessions},
        "lines": {id: {n: line.state for n, line in ful.lines.items()} for id, ful in fulfillments.items()},
        "mails": sorted(outside.mailbox),
        "delivered outside": sorted(outside.deliveries),
        "stock": (stock.on_hand, stock.available, len(stock.reserved), len(stock.backordered)),
        "keys": (sorted(given), len(set(given))),
        "events": Counter(event.TOPIC for event in shop.events() if event.TOPIC not in MAY_REPEAT),
    }


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ended two processes in a row is repeated at once: no time passes on these days while a process starts."""
    monkeypatch.setattr("domain.effect._ORPHAN_PAUSES", [timedelta(0)] * 4)


Undisturbed = dict[str, tuple[dict[str, Any], int]]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """How each day ends when nothing happens, and how many places there are to end it at."""
    with closing(SQLiteStore()) as store:
        return {name: _played(Run(day, tmp_path_factory.mktemp(name), store)) for name, day in DAYS.items()}


def _played(run: Run) -> tuple[dict[str, Any], int]:
    summary = run.summary()
    run.store.clear()
    return summary, len(run.outside.points.reached)


@pytest.mark.parametrize("name", DAYS)
def test_an_undisturbed_day_is_the_same_over_every_store(
    name: str, store: Store, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    assert _played(Run(DAYS[name], tmp_path, store)) == undisturbed[name]


def test_an_undisturbed_day_ends_as_it_should(undisturbed: Undisturbed) -> None:
    summary, places = undisturbed["good"]

    assert summary["states"] == {CARD: "fulfilled", DEBIT: "fulfilling", LATE: "fulfilling"}
    assert summary["stock"] == (4, 1, 2, 0)
    assert summary["keys"] == (["K-1", "K-2", "K-3"], 3)
    assert summary["delivered outside"] == [f"eff_{CARD}_deliver_li_parcel"]
    assert summary["mails"] == [
        f"eff_{CARD}_mail_receipt",
        f"eff_{CARD}_mail_shipped_1",
        f"eff_{DEBIT}_mail_payment_pending",
        f"eff_{DEBIT}_mail_receipt",
        f"eff_{LATE}_mail_delivered_li_keys",
        f"eff_{LATE}_mail_receipt",
    ]
    assert places > 50


def test_an_undisturbed_bad_day_ends_as_it_should(undisturbed: Undisturbed) -> None:
    summary, places = undisturbed["bad"]
    served = dict.fromkeys([SHELF, COURIER, STUCK, UNKNOWN], "fulfilled")

    assert summary["states"] == {UNPAID: "payment_failed", **served}
    assert summary["stock"] == (0, 0, 0, 0)
    assert summary["delivered outside"] == [
        COURIERS_MUG,
        f"eff_{STUCK}_deliver_li_parcel",
        f"eff_{STUCK}_deliver_li_poster_2",
    ]
    assert summary["mails"] == [
        f"eff_{COURIER}_mail_receipt",
        f"eff_{SHELF}_mail_backordered",
        f"eff_{SHELF}_mail_receipt",
        f"eff_{SHELF}_mail_shipped_1",
        f"eff_{STUCK}_mail_receipt",
        f"eff_{UNKNOWN}_mail_receipt",
        f"eff_{UNPAID}_mail_payment_failed",
        f"eff_{UNPAID}_mail_payment_pending",
    ]
    assert places > 50


def test_a_bad_day_has_everything_that_goes_wrong_in_it(undisturbed: Undisturbed) -> None:
    events = undisturbed["bad"][0]["events"]

    happened = {
        "Fulfillment.HoldReleased": 1,
        "Fulfillment.Replanned": 1,
        "Effect.AttemptFailed": 1,
        "Effect.GivenUp": 1,
        "Effect.RetryRequested": 1,
        "Effect.Withdrawn": 2,
        "CheckoutSession.Parked": 1,
        "StockItem.Backordered": 3,
        "StockItem.Reserved": 5,
    }
    assert {topic: events[topic] for topic in happened} == happened


@pytest.mark.long
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("name", DAYS)
def test_wherever_the_process_ends_the_day_ends_the_same(
    name: str, shard: int, store: Store, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    expected, places = undisturbed[name]

    for at in range(1 + shard, places + 1, SHARDS):
        _check(Run(DAYS[name], tmp_path, store, (at,)), expected)


@pytest.mark.long
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("name", DAYS)
def test_when_the_process_ends_again_soon_after_the_day_ends_the_same(
    name: str, shard: int, store: Store, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    expected, places = undisturbed[name]

    for at in range(1 + shard * EVERY_FIRST, places + 1, SHARDS * EVERY_FIRST):
        _check(Run(DAYS[name], tmp_path, store, (at, at + GAPS[at % len(GAPS)])), expected)


def _check(run: Run, expected: dict[str, Any]) -> None:
    (summary, _), reached = _played(run), run.outside.points.reached
    assert summary == expected, f"ended at {[(place, reached[place - 1]) for place in run.at if place <= len(reached)]}"


def _breaks(store: Store, directory: Path, expected: dict[str, Any], places: int) -> Iterator[bool]:
    """For every place in turn, whether an end there breaks the day."""
    for at in range(1, places + 1):
        try:
            yield _played(Run(GOOD_DAY, directory, store, (at,)))[0] != expected
        except (AssertionError, Refused):
            yield True  # staff find nothing to ship, or the day does not finish


class MarksBeforeItFulfills(Followers):
    """The first classic bug: marked processed, then fulfilled."""

    def _insert(self, batch: Any) -> Sequence[Entry]:
        if batch.has_news:
            self._log.append([], Bookkeeping(moves=self._moves(batch.positions)))
            return self._log.append(batch.unit.pending)
        return ()


class ActsWithoutAKey(SendMail):
    """The second classic bug: checked that it was not done, then done, without a key that is always the same."""

    def perform(self, attempt: Attempt) -> Done:
        requested = attempt.effect.requested
        assert requested is not None
        assert requested.mail is not None
        self._mailer.send(requested.mail, message_id=f"{attempt.key}_{attempt.number}")
        return Done()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "bug"), [("Followers", MarksBeforeItFulfills), ("SendMail", ActsWithoutAKey)], ids=["marked", "keyless"]
)
def test_with_a_classic_bug_planted_a_crash_breaks_the_day(
    name: str,
    bug: type,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"interfaces.bootstrap.{name}", bug)
    expected, places = _played(Run(GOOD_DAY, tmp_path, store))

    assert any(_breaks(store, tmp_path, expected, places))
