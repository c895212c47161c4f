"""What people do in a run, and when, drawn from its seed."""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from eventsourcing.persistence import PersistenceError, StoredEvent
from simulation.merchant import Later, end_authorization
from simulation.past import Past, put_back, remember
from typed_ids import as_pool, as_session, as_sku

from application.errors import Busy, NotFound, Stopped, StoreUnavailable
from application.ports import Permanent, PortError, Temporary
from application.reading.registry import PROJECTIONS
from application.staff.by import By
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, fulfillment_id
from domain.source import Source
from domain.stock_item import StockItem
from interfaces.sandbox.model.values import PayBy

if TYPE_CHECKING:
    from simulation.process import Process
    from simulation.world import World

ANN = By(name="ann", reason="a day in a simulation")
NOT_NOW = (Busy, Stopped, StoreUnavailable, PersistenceError, PortError)
"""The errors that mean "not now": staff and customers may try again."""

Party = Literal["courier", "stripe", "mail server"]
PARTIES: Sequence[Party] = ("courier", "stripe", "mail server")
PRODUCTS = ("access", "mug", "key", "parcel", "poster", "fragile")
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
[products.prod_fragile]
delivery = "courier"
sku = "vase"
track_stock = true
"""
"""A poster has no rule, so a person delivers it."""
LATER_CATALOG = """
[products.prod_access]
delivery = "access"
[products.prod_mug]
delivery = "courier"
[products.prod_key]
delivery = "shipment"
[products.prod_poster]
delivery = "license_key"
pool = "keys"
[products.prod_fragile]
delivery = "courier"
sku = "mug"
track_stock = true
"""
"""Lines that the first catalog blocks can be replanned by this one."""


def without_courier(catalog: str) -> str:
    """Return the catalog without the rules of the courier: there a person delivers those products."""
    rules = [f"[{rule}" for rule in catalog.split("[")[1:]]
    return "".join(rule for rule in rules if 'delivery = "courier"' not in rule)


@dataclass(frozen=True, kw_only=True)
class Step:
    """An action of a person at a time, in seconds since the run began."""

    at: float

    def begin(self, world: "World") -> Callable[[], None]:
        def begin() -> None:
            world.scheduler.sleep(self.at)
            self.play(world)

        return begin

    def play(self, world: "World") -> None:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Buy(Step):
    """A customer fills a cart, pays or leaves, and visits the landing page."""

    who: str
    cart: Sequence[tuple[str, int]]
    by: PayBy | None
    """None: the customer leaves, and the session expires."""
    thinks_seconds: float = 10.0
    settles_seconds: float = 60.0
    """The time that the bank takes."""
    visits: Sequence[float] = ()
    """Visits of the landing page, in seconds after the payment; negative before it."""
    later: Later | None = None
    """What the merchant does with an authorized payment; None for a payment that is captured at once."""
    waits_for_evening: bool = False
    """True if the merchant does so days later, and not after `settles_seconds`."""
    is_silent: bool = False
    """True if every event that shows how the payment ends is lost for good."""

    def play(self, world: "World") -> None:
        session_id = world.open_session(
            self.who, self.cart, is_free=self.by == "free", later=self.later, is_silent=self.is_silent
        )
        for number, seconds in enumerate(self.visits):
            world.spawn(
                f"{self.who} visits {number}",
                self._visiting(world, as_session(session_id), self.thinks_seconds + seconds),
            )
        world.scheduler.sleep(self.thinks_seconds)
        if self.by is None:
            return
        world.sandbox.pay(session_id, by=self.by, email=f"{self.who}@example.com", name=self.who)
        world.payers.add(self.who)
        world.scheduler.news += 1
        world.say(f"{self.who} pays, by {self.by}")
        if self.later is not None and not self.waits_for_evening:
            world.scheduler.sleep(self.settles_seconds)
            end_authorization(world, session_id)
        if self.by.startswith("debit"):
            world.scheduler.sleep(self.settles_seconds)
            end = world.sandbox.settle if self.by == "debit_succeeds" else world.sandbox.fail
            end(session_id)
            world.say(f"{self.who}: {self.by}")

    def _visiting(self, world: "World", session_id: SessionId, seconds: float) -> Callable[[], None]:
        def visit() -> None:
            world.scheduler.sleep(max(0.0, seconds))
            process = world.server_for(f"{self.who} visits at {seconds}")
            if process is not None:
                world.visit(process, session_id)

        return visit


@dataclass(frozen=True, kw_only=True)
class Desk(Step):
    """A staff command, in its own process beside the servers."""

    is_followed: ClassVar[bool] = True
    """True if the command follows the log after it has recorded its decision."""

    def act(self, desk: "Process") -> None:
        raise NotImplementedError

    def play(self, world: "World") -> None:
        world.at_desk(f"{type(self).__name__.lower()}@{self.at:.0f}", self._act)

    def _act(self, desk: "Process") -> None:
        with suppress(Refused, NotFound, *NOT_NOW):
            self.act(desk)
            if self.is_followed:
                desk.desk.follow()


@dataclass(frozen=True, kw_only=True)
class Count(Desk):
    sku: str
    on_hand: int
    meanwhile: str | None = None
    """The customer for whom stock is just being reserved when staff count; None: they count at `at`."""

    def play(self, world: "World") -> None:
        if self.meanwhile is not None:
            world.scheduler.wait(lambda: self.meanwhile in world.wanting, _DAY_SECONDS)
        super().play(world)

    def act(self, desk: "Process") -> None:
        desk.runtime.staff.count(as_sku(self.sku), self.on_hand, ANN)


@dataclass(frozen=True, kw_only=True)
class ImportKeys(Desk):
    first: int
    count: int

    def act(self, desk: "Process") -> None:
        keys = [f"KEY-{number}" for number in range(self.first, self.first + self.count)]
        desk.runtime.staff.import_keys(as_pool("keys"), keys, ANN)


@dataclass(frozen=True, kw_only=True)
class OnCheckout(Desk):
    who: str
    what: str
    """`run`, `ship`, `complete`, `hand over`, `retry`, `replan`, `note` or `look`."""

    def act(self, desk: "Process") -> None:
        session_id = desk.world.session_of(self.who)
        staff = desk.runtime.staff
        if session_id is None:
            raise NotFound("the customer has no session yet")
        if self.what == "run":
            desk.runtime.fulfill_checkout(as_session(session_id), source=Source.STAFF, actor=ANN.actor)
        elif self.what == "ship":
            staff.ship(as_session(session_id), [], carrier="Pigeon", tracking=None, by=ANN)
        elif self.what == "complete":
            staff.complete(as_session(session_id), [], ANN)
        elif self.what == "hand over":
            lines = desk.runtime.log.get(Fulfillment, fulfillment_id(as_session(session_id))).lines.items()
            staff.complete(as_session(session_id), [id for id, line in lines if line.state.needs_a_person], ANN)
        elif self.what == "retry":
            staff.retry(session_id, ANN)
        elif self.what == "replan":
            desk.desk.check_catalog()
            staff.replan(as_session(session_id), ANN)
        elif self.what == "note":
            staff.note(as_session(session_id), "a customer called", ANN)
        else:
            desk.runtime.queries.checkout(as_session(session_id))
            desk.runtime.queries.work_queue()


@dataclass(frozen=True, kw_only=True)
class Cancel(Desk):
    """Staff cancel an order of a customer, or its first line."""

    who: str
    is_of_one_line: bool
    notifies: bool
    once_planned_seconds: float | None
    """The time between the planning of the lines and the command; None for a command at `at`, planned or not."""

    def play(self, world: "World") -> None:
        if self.once_planned_seconds is not None:
            world.scheduler.wait(lambda: self.who in world.wanting, _DAY_SECONDS)
            world.scheduler.sleep(self.once_planned_seconds)
        super().play(world)

    def act(self, desk: "Process") -> None:
        found = desk.world.session_of(self.who)
        if found is None:
            return
        session_id = as_session(found)
        lines = list(desk.runtime.log.get(Fulfillment, fulfillment_id(session_id)).lines)
        chosen = lines[:1] if self.is_of_one_line else []
        desk.runtime.staff.cancel(session_id, chosen, ANN, notifies=self.notifies)


@dataclass(frozen=True, kw_only=True)
class ShipAndCount(Desk):
    """A packer ships a customer's parcel soon after it was planned, and counts the shelf right after."""

    who: str

    def play(self, world: "World") -> None:
        world.scheduler.wait(lambda: self.who in world.wanting, _DAY_SECONDS)
        world.scheduler.sleep(3.0)
        super().play(world)

    def act(self, desk: "Process") -> None:
        session_id = desk.world.session_of(self.who)
        if session_id is not None:
            desk.runtime.staff.ship(as_session(session_id), [], carrier="Pigeon", tracking=None, by=ANN)
            desk.runtime.staff.count(as_sku("mug"), desk.runtime.log.get(StockItem, "sku_mug").on_hand, ANN)


@dataclass(frozen=True, kw_only=True)
class TakeOver(Step):
    """While the courier is called for a customer, a packer finds the shelf empty, and hands the line over by hand."""

    who: str

    def play(self, world: "World") -> None:
        world.slow_calls_for.add(self.who)
        world.scheduler.wait(lambda: self.who in world.called, _DAY_SECONDS)
        at = world.scheduler.now
        Count(at=at, sku="vase", on_hand=0).play(world)
        world.scheduler.sleep(2.0)
        for what in ("replan", "hand over"):
            OnCheckout(at=at, who=self.who, what=what).play(world)
        world.slow_calls_for.discard(self.who)


@dataclass(frozen=True, kw_only=True)
class Poison(Step):
    """Each delivery to a customer crashes its process, as a segmentation fault does."""

    who: str

    def play(self, world: "World") -> None:
        world.poison.add(self.who)


@dataclass(frozen=True, kw_only=True)
class Rebuild(Desk):
    is_followed: ClassVar[bool] = False
    name: str

    def act(self, desk: "Process") -> None:
        desk.runtime.rebuild.rebuild(self.name)


@dataclass(frozen=True, kw_only=True)
class Outage(Step):
    """A party outside fails or refuses for a while."""

    party: Party
    is_for_good: bool
    """True if it answers each call with a permanent error."""
    seconds: float

    def play(self, world: "World") -> None:
        world.set_error(self.party, Permanent if self.is_for_good else Temporary)
        world.scheduler.sleep(self.seconds)
        world.set_error(self.party, None)


@dataclass(frozen=True, kw_only=True)
class ClockAhead(Step):
    """The clock of a server's host is ahead for a while, until the evening at the latest."""

    server: str
    ahead_seconds: float
    seconds: float

    def play(self, world: "World") -> None:
        world.ahead[self.server] = timedelta(seconds=self.ahead_seconds)
        world.say(f"the clock of {self.server} is {self.ahead_seconds:.0f} s ahead")
        world.scheduler.sleep(self.seconds)
        world.ahead.pop(self.server, None)
        world.say(f"the clock of {self.server} is put right")


@dataclass(frozen=True, kw_only=True)
class NewRules(Step):
    """The merchant changes the catalog. Every process that starts later reads the new one."""

    def play(self, world: "World") -> None:
        world.catalog = LATER_CATALOG


@dataclass(frozen=True, kw_only=True)
class Restart(Step):
    """An operator stops a server and starts it again, as for an upgrade."""

    server: str
    away_seconds: float

    def play(self, world: "World") -> None:
        world.stop(self.server)
        world.scheduler.sleep(self.away_seconds)
        world.start(self.server)


@dataclass(frozen=True, kw_only=True)
class RunAlone(Step):
    """No server runs when a customer pays, and staff run the checkout by hand."""

    who: str
    away_seconds: float

    def play(self, world: "World") -> None:
        for name in world.names:
            world.stop(name)
        world.scheduler.wait(lambda: self.who in world.payers, self.away_seconds)
        OnCheckout(at=self.at, who=self.who, what="run").play(world)
        for name in world.names:
            world.start(name)


@dataclass(frozen=True, kw_only=True)
class Crash(Step):
    server: str

    def play(self, world: "World") -> None:
        process = world.servers.get(self.server)
        if process is not None:
            world.crash(process)


@dataclass(frozen=True, kw_only=True)
class PutBack(Step):
    """The log goes back to the moment of an event, after so many more events."""

    events: int

    def play(self, world: "World") -> None:
        self._wait_for(world, 1)
        past = remember(world)
        self._wait_for(world, self.events)
        self.change_logs(world, past)

    def _wait_for(self, world: "World", events: int) -> None:
        until = world.events + events
        world.scheduler.wait(lambda: world.events >= until, _DAY_SECONDS / 2)

    def change_logs(self, world: "World", past: Past) -> None:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Failover(PutBack):
    """The database fails, its locks are gone, and a standby that was behind takes over."""

    in_a_commit: bool = False
    """True if it happens just when a process commits something that it decided from events that get lost."""
    is_in_place: bool = False
    """True if a backup is restored in place instead, so that no connection is lost."""

    def play(self, world: "World") -> None:
        if not self.in_a_commit:
            super().play(world)
            return
        self._wait_for(world, 1)
        past = remember(world)
        self._wait_for(world, self.events)

        def fail_over(events: Sequence[StoredEvent]) -> None:
            if not is_over and past.lacks_one_before(events):
                is_over.append(True)
                self.change_logs(world, past)

        is_over: list[bool] = []
        world.before_commits.append(fail_over)
        world.scheduler.wait(lambda: bool(is_over), _DAY_SECONDS / 2)
        world.before_commits.remove(fail_over)

    def change_logs(self, world: "World", past: Past) -> None:
        if past.times_put_back != world.times_put_back:
            return  # another failover was faster
        put_back(world, past, is_noticed=not self.is_in_place)
        if not self.is_in_place:
            for process in world.processes:
                process.locks.lose()


@dataclass(frozen=True, kw_only=True)
class Restore(PutBack):
    """An operator stops all processes and restores a backup of the log."""

    away_seconds: float

    def change_logs(self, world: "World", past: Past) -> None:
        world.end_all()
        put_back(world, past)
        world.scheduler.sleep(self.away_seconds)
        for name in world.names:
            world.start(name)


@dataclass(frozen=True, kw_only=True)
class Resend(Step):
    """A person has Stripe resend all events of a customer."""

    who: str

    def play(self, world: "World") -> None:
        session_id = world.session_of(self.who)
        for event in world.sandbox.events():
            if event.object_id == session_id:
                world.sandbox.resend(event.id)


@dataclass(frozen=True, kw_only=True)
class Story:
    seed: int
    servers: Sequence[str]
    is_thin: bool
    has_two_endpoints: bool
    receives_payment_events: bool
    delivery_seconds_max: float
    lag_seconds_max: float
    """The longest lag of the policies, while staff and workers continue."""
    rates: dict[str, float]
    steps: Sequence[Step]
    without_courier: Sequence[str] = ()
    """The servers whose hosts lack the package that knows the courier."""
    shells_catalog: str | None = None
    """The catalog of staff's shells; None: the one of the servers."""
    page_events: int | None = None
    """The length from which a stream counts as long; None: as in production."""


_RATES: Mapping[str, float] = {
    "gives way": 0.05,
    "stalls": 0.25,
    "fails": 0.04,
    "unreported": 0.04,
    "crash": 0.004,
    "crash at a call": 0.04,
    "unknown": 0.02,
    "loses its locks": 0.01,
    "times out": 0.1,
    "unreported call": 0.1,
    "slow": 0.1,
    "dropped": 0.15,
    "doubled": 0.15,
    "corrupted": 0.05,
    "answer lost": 0.1,
}
"""The probability of each mishap wherever it can happen, on an average day."""
_DAY_SECONDS = 600.0
_RECEIVES_PAYMENT_EVENTS = 0.4
_WAITS = 0.5
_SILENT = 0.15
"""Probabilities: endpoints receive payment events; a merchant captures or cancels days later; no event shows how a
payment ends."""
_CLOCKS, _CLOCKS_OF_SERVERS, _WEEKS = 0.4, 0.6, 40 * 86400.0
"""The share of days on which clocks are ahead, the share of servers then, and the longest time by which they are."""
_WITHOUT_COURIER = 0.3
"""The share of the days with several servers on which one of them can't call the courier."""
_SHELLS_CATALOG = 0.2
"""The share of days on which the shells of staff have an empty catalog, which would make every line manual."""
_IN_A_COMMIT = 0.6
"""The share of failovers that happen just when a process commits something that it decided from lost events."""
_IN_PLACE = 0.4
"""The share of these that are restores in place."""
_ALONE = 0.1
"""The share of the other days on which staff act while no server runs."""
_CANCELS, _CANCELS_OF_BUYERS = 0.4, 0.6
"""The share of days on which staff cancel orders, and the share of the orders then."""
_POISON = 0.2
"""The probability that the deliveries to one customer crash their processes, if the courier is called at all."""
_NAMES = ("anna", "ben", "cleo", "dora", "emil", "finn")


def story(seed: int) -> Story:
    """Draw a story. Some days have every kind of mishap and some only one, since a storm hides what calm water
    shows."""
    chance = random.Random(f"story {seed}")
    names = _NAMES[: chance.randint(1, len(_NAMES))]
    servers = ("p1", "p2", "p3")[: chance.choice([1, 2, 2, 3])]
    fierce = chance.choice([0.0, 0.3, 1.0, 1.0, 2.0])
    later = random.Random(f"later {seed}")
    shells_catalog = "" if random.Random(f"shells {seed}").random() < _SHELLS_CATALOG else None
    draw = _Drawing(chance, later, names, servers, moments=[chance.uniform(0, _DAY_SECONDS) for _ in range(3)])
    return Story(
        seed=seed,
        servers=servers,
        is_thin=chance.random() < 0.15,
        has_two_endpoints=chance.random() < 0.2,
        receives_payment_events=later.random() < _RECEIVES_PAYMENT_EVENTS,
        delivery_seconds_max=chance.choice([0.0, 0.0, 1.0, 60.0, 400.0]),
        without_courier=_without_courier(seed, servers),
        shells_catalog=shells_catalog,
        lag_seconds_max=random.Random(f"lag {seed}").choice([0.0, 0.0, 2.0, 8.0]),
        rates={kind: rate * fierce * chance.choice([0.0, 1.0, 1.0]) for kind, rate in _RATES.items()},
        steps=_day(seed, servers, shells_catalog, [*draw.steps(), *_put_back(seed, draw.moments)]),
    )


def _without_courier(seed: int, servers: Sequence[str]) -> Sequence[str]:
    """Return one of several servers on some days, and none on others."""
    chance = random.Random(f"without courier {seed}")
    return [chance.choice(servers)] if len(servers) > 1 and chance.random() < _WITHOUT_COURIER else []


def _put_back(seed: int, moments: Sequence[float]) -> Sequence[Step]:
    """Steps that put the log back, on some days, mostly when much happens. They have their own random source, so that
    they change nothing else of a story."""
    chance, in_commits = random.Random(f"put back {seed}"), random.Random(f"in commits {seed}")
    what = chance.choice(["failovers", "restore", "nothing", "nothing"])
    steps: list[Step] = []
    for _ in range(chance.randint(1, 3)):
        at = round(chance.choice([*moments, chance.uniform(0, _DAY_SECONDS)]) + chance.choice([0.0, 0.1, 1.0]), 2)
        events = chance.choice([1, 2, 4, 8, 16])
        if what == "failovers":
            is_in_a_commit = in_commits.random() < _IN_A_COMMIT
            after = in_commits.choice([0, 0, 1, 3]) if is_in_a_commit else events
            is_in_place = is_in_a_commit and in_commits.random() < _IN_PLACE
            steps.append(Failover(at=at, events=after, in_a_commit=is_in_a_commit, is_in_place=is_in_place))
        elif what == "restore":
            away = chance.choice([0.0, 5.0, 60.0])
            return [Restore(at=at, events=events, away_seconds=away)]
    return steps


def _day(seed: int, servers: Sequence[str], shells_catalog: str | None, steps: Sequence[Step]) -> Sequence[Step]:
    """Return the steps in order, with more steps from their own random sources: for a buyer of mugs, for calls of the
    courier, and for clocks."""
    chance = random.Random(f"more of {seed}")
    more: list[Step] = []
    if (mugs := _buyers("mug", steps)) and chance.random() < 0.3:
        more.append(ShipAndCount(at=0.0, who=chance.choice(mugs)))
    if fragile := _buyers("fragile", steps):
        more.append(TakeOver(at=0.0, who=chance.choice(fragile)))
    payers = [step for step in steps if isinstance(step, Buy) and _pays(step)]
    if payers and (shells_catalog is not None or chance.random() < _ALONE):
        buy = chance.choice(payers)
        more.append(RunAlone(at=max(0.0, buy.at + buy.thinks_seconds - 1), who=buy.who, away_seconds=10.0))
    poison = random.Random(f"poison {seed}")
    if (called := _buyers("parcel", [step for step in steps if _pays(step)])) and poison.random() < _POISON:
        more.append(Poison(at=0.0, who=poison.choice(called)))
    return sorted([*steps, *more, *_cancels(seed, steps), *_clocks(seed, servers, steps)], key=lambda step: step.at)


def _cancels(seed: int, steps: Sequence[Step]) -> Sequence[Step]:
    """On some days staff cancel orders: before the payment, right after it, or later."""
    chance = random.Random(f"cancels {seed}")
    if chance.random() >= _CANCELS:
        return []
    return [
        Cancel(
            at=round(max(0.0, step.at + step.thinks_seconds + chance.choice([-1.0, 0.1, 3.0, 30.0, 200.0])), 2),
            who=step.who,
            is_of_one_line=chance.random() < 0.3,
            notifies=chance.random() < 0.4,
            once_planned_seconds=chance.choice([None, None, 0.0, 0.5, 3.0, 30.0]),
        )
        for step in steps
        if isinstance(step, Buy) and chance.random() < _CANCELS_OF_BUYERS
    ]


def _clocks(seed: int, servers: Sequence[str], steps: Sequence[Step]) -> Sequence[Step]:
    """Set the clocks of some servers ahead: by less than the tolerance of signatures, by more, or by hours. By weeks
    only where the engine asks for no payment on its schedule, which ends after thirty days."""
    chance = random.Random(f"clocks {seed}")
    if chance.random() >= _CLOCKS:
        return []
    is_scheduled = any(isinstance(step, Buy) and (step.is_silent or step.later) for step in steps)
    ahead = [200.0, 1200.0, 3 * 3600.0, 20 * 3600.0] if is_scheduled else [200.0, 3 * 3600.0, _WEEKS, _WEEKS]
    return [
        ClockAhead(
            at=round(chance.choice([0.0, chance.uniform(0, _DAY_SECONDS)]), 2),
            server=server,
            ahead_seconds=chance.choice(ahead),
            seconds=round(chance.uniform(60, _DAY_SECONDS), 2),
        )
        for server in servers
        if chance.random() < _CLOCKS_OF_SERVERS
    ]


def _buyers(product: str, steps: Sequence[Step]) -> Sequence[str]:
    return [step.who for step in steps if isinstance(step, Buy) and product in dict(step.cart)]


def _pays(step: Step) -> bool:
    return isinstance(step, Buy) and step.by not in {None, "debit_fails"} and step.later != "canceled"


@dataclass(frozen=True)
class _Drawing:
    chance: random.Random
    later: random.Random
    """The random source of how payments end, so that it changes nothing else of a story."""
    names: Sequence[str]
    servers: Sequence[str]
    moments: Sequence[float]
    """The moments at which most steps happen, since only steps at the same time can get in each other's way."""

    def steps(self) -> list[Step]:
        chance = self.chance
        return [
            Count(at=0.0, sku="mug", on_hand=chance.randint(0, 6)),
            Count(at=0.0, sku="vase", on_hand=chance.randint(0, 3)),
            ImportKeys(at=0.0, first=0, count=chance.randint(0, 5)),
            *(self._buy(who) for who in self.names),
            *(self._event() for _ in range(chance.randint(0, 14))),
        ]

    def _at(self) -> float:
        at = self.chance.choice([*self.moments, self.chance.uniform(0, _DAY_SECONDS)])
        return round(at + self.chance.choice([0.0, 0.0, 0.02, 0.1, 0.5, 1.0, 1.5, 3.0]), 2)

    def _buy(self, who: str) -> Buy:
        chance = self.chance
        by: list[PayBy | None] = ["card", "card", "debit_succeeds", "debit_succeeds", "debit_fails", "free", None]
        buy = Buy(
            at=self._at(),
            who=who,
            cart=[(name, chance.randint(1, 3)) for name in chance.sample(PRODUCTS, chance.choice([1, 1, 2, 3]))],
            by=chance.choice(by),
            thinks_seconds=chance.choice([0.0, 0.0, 1.0, 40.0]),
            settles_seconds=chance.choice([0.0, 0.0, 1.0, 30.0, 300.0]),
            visits=[chance.choice([-5.0, 0.0, 0.0, 1.0, 30.0, 300.0]) for _ in range(chance.randint(0, 3))],
        )
        return self._paid_later(buy)

    def _paid_later(self, buy: Buy) -> Buy:
        later: Later | None = self.later.choice(["captured", "canceled", None, None])
        waits, is_silent = self.later.random() < _WAITS, self.later.random() < _SILENT
        if buy.by != "card":
            later = None
        return replace(buy, later=later, waits_for_evening=waits, is_silent=is_silent)

    def _event(self) -> Step:
        chance, at, who = self.chance, self._at(), self.chance.choice(self.names)
        server = chance.choice(self.servers)
        match chance.randrange(18):
            case 0 | 1 | 12 | 13 | 14 | 15:
                meanwhile, sku = chance.choice([None, who]), chance.choice(["mug", "vase"])
                return Count(at=at, sku=sku, on_hand=chance.randint(0, 1 if meanwhile else 8), meanwhile=meanwhile)
            case 2:
                return ImportKeys(at=at, first=chance.randint(0, 6), count=chance.randint(1, 4))
            case 3:
                return Rebuild(at=at, name=chance.choice([each.name for each in PROJECTIONS]))
            case 4:
                party = chance.choice(PARTIES)
                return Outage(at=at, party=party, is_for_good=chance.random() < 0.3, seconds=chance.uniform(1, 300))
            case 5:
                return Restart(at=at, server=server, away_seconds=chance.uniform(0, 60))
            case 6:
                return Crash(at=at, server=server)
            case 7:
                return Resend(at=at, who=who)
            case 8:
                return NewRules(at=at)
            case _:
                return OnCheckout(at=at, who=who, what=chance.choice(_AT_DESK))


_AT_DESK = ("run", "ship", "ship", "complete", "hand over", "retry", "replan", "replan", "note", "look")
