"""From a verified delivery to fulfilled and mailed, with the whole engine running: `python -m bench.checkouts` is the
process that is measured."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec
from bench import children
from bench.bodies import ONE_LINE, SEVERAL_LINES, SignedBody, products, signed_bodies
from bench.figures import Section, Spread, Table, Target, percentile
from bench.outside import Outside, outside
from bench.processes import cpu_seconds
from bench.shop import Watch, deliver, fill_shelves, open_shop, open_shop_with_ports
from bench.stores import FreshDatabase, Store, fresh

from interfaces.bootstrap import Runtime

_SECONDS_MAX = 300.0
_REST_SECONDS = 0.03
_REAL, _IN_MEMORY = "real ports", "in memory"
_WANTED = {
    ("SQLite", _REAL): (200, 6.0, 20),
    ("SQLite", _IN_MEMORY): (1000, 1.2, 20),
    ("PostgreSQL", _REAL): (200, 6.0, 40),
    ("PostgreSQL", _IN_MEMORY): (500, 1.8, 40),
}
"""Checkouts a second; milliseconds of CPU for each, and from delivery to fulfilled where nothing else is to do."""
_METHOD = """
One process runs the whole engine: writer, policies, views and effects, logging as in production. A signed delivery is
handed to the webhook's reader and then to the writer, in that process. Each session is complete and paid and has two
lines: an access, and a license key of one of ten pools or a piece of one of ten counted stocks. IDs are random and as
long as Stripe's. A checkout is done when its receipt's sending is durable in the log.

- **Real ports**: Stripe's SDK asks a server on this machine, and mails go over SMTP with STARTTLS to another one, both
  in a process of their own, whose CPU does not count.
- **In memory**: a function answers in Stripe's place, and a mail takes a millisecond to send. This is what the engine
  itself costs.

Each is measured in three ways:

- **Sustained**: as many deliveries as the engine takes, with at most {outstanding:,} checkouts under way.
- **At half of that rate**: deliveries at a steady pace.
- **Idle**: one delivery (one line, an access) at a time, with a rest between.

CPU is that of the process and of the database, deliveries included. Commits are those of the log.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    rounds: int = 3
    checkouts: int = 1500
    """In each round."""
    outstanding: int = 1000
    idle: int = 100
    paced_seconds: float = 5.0


class Plan(msgspec.Struct):
    outside: Outside | None
    """The other side of the real ports; None where they are in memory."""
    url: str
    directory: str
    database_pid: int | None
    rounds: int
    checkouts: int
    outstanding: int
    idle: int
    paced_seconds: float


class Outcome(msgspec.Struct):
    per_second: list[float] = []
    engine_ms: list[float] = []
    """CPU for each checkout, by round."""
    database_ms: list[float] = []
    events: list[float] = []
    commits: list[float] = []
    sustained_ms: list[float] = []
    """From delivery to fulfilled, by checkout."""
    paced_per_second: float = 0.0
    paced_ms: list[float] = []
    idle_ms: list[float] = []
    idle_mailed_ms: list[float] = []


_Outcomes = dict[tuple[str, str], Outcome]
"""By store and ports."""


def measure(stores: Sequence[Store], size: Size, say: Callable[[str], None]) -> Section:
    outcomes: _Outcomes = {}
    with outside() as reachable:
        for store in stores:
            for ports, other_side in ((_REAL, reachable), (_IN_MEMORY, None)):
                say(f"checkouts on {store.name}, {ports}: {size.rounds} rounds of {size.checkouts:,}, then paced, idle")
                with fresh(store) as database:
                    outcomes[store.name, ports] = children.run("checkouts", _plan(database, size, other_side), Outcome)
    return Section(
        title="End to end",
        method=_METHOD.format(outstanding=size.outstanding),
        tables=[_throughput(outcomes), _latency(outcomes)],
        targets=[target for (store, ports), found in outcomes.items() for target in _targets(store, ports, found)],
    )


def _plan(database: FreshDatabase, size: Size, other_side: Outside | None) -> Plan:
    return Plan(
        outside=other_side,
        url=database.url,
        directory=str(database.directory),
        database_pid=database.server_pid,
        rounds=size.rounds,
        checkouts=size.checkouts,
        outstanding=size.outstanding,
        idle=size.idle,
        paced_seconds=size.paced_seconds,
    )


class _Deliveries:
    """Hands deliveries over, and remembers when."""

    def __init__(self, runtime: Runtime, outstanding: int) -> None:
        self._runtime = runtime
        self._room = threading.Semaphore(outstanding)
        self._delivered_at: dict[str, float] = {}
        self.watch = Watch(runtime.log, lambda _: self._room.release())

    def hand_over(self, bodies: Iterable[SignedBody], *, seconds_between: float = 0.0) -> None:
        due_at = time.perf_counter()
        for signed in bodies:
            time.sleep(max(0.0, due_at - time.perf_counter()))
            due_at += seconds_between
            self._room.acquire()
            self._delivered_at[signed.session_id] = time.perf_counter()
            deliver(self._runtime, signed)

    def wait_for_mails(self) -> None:
        self.watch.wait(lambda: len(self.watch.mailed_at) == len(self._delivered_at), _SECONDS_MAX)

    def fulfilled_ms(self, bodies: Sequence[SignedBody]) -> list[float]:
        return [self._milliseconds(self.watch.fulfilled_at, signed) for signed in bodies]

    def mailed_ms(self, bodies: Sequence[SignedBody]) -> list[float]:
        return [self._milliseconds(self.watch.mailed_at, signed) for signed in bodies]

    def _milliseconds(self, until: dict[str, float], signed: SignedBody) -> float:
        return (until[signed.session_id] - self._delivered_at[signed.session_id]) * 1000


def _measured(plan: Plan) -> Outcome:
    runtime = (
        open_shop(plan.directory, plan.url, products)
        if plan.outside is None
        else open_shop_with_ports(plan.directory, plan.url, plan.outside)
    )
    deliveries, outcome = _Deliveries(runtime, plan.outstanding), Outcome()
    runtime.engine.start()
    fill_shelves(runtime, plan.checkouts * (plan.rounds + 1) * 3)
    _hand_over(deliveries, "warm", min(plan.outstanding, plan.checkouts))
    for number in range(plan.rounds):
        _sustained(plan, deliveries, f"round {number}", outcome)
    _paced(plan, deliveries, outcome)
    _idle(plan, deliveries, outcome)
    runtime.engine.stop()
    return outcome


def _sustained(plan: Plan, deliveries: _Deliveries, run: str, outcome: Outcome) -> None:
    bodies, watch, count = list(signed_bodies(run, plan.checkouts)), deliveries.watch, plan.checkouts
    events, commits = watch.topics.total(), watch.commits
    cpu, database, started = time.process_time(), _database_seconds(plan), time.perf_counter()
    deliveries.hand_over(bodies)
    deliveries.wait_for_mails()
    outcome.per_second.append(count / (time.perf_counter() - started))
    outcome.engine_ms.append((time.process_time() - cpu) / count * 1000)
    outcome.database_ms.append((_database_seconds(plan) - database) / count * 1000)
    outcome.events.append((watch.topics.total() - events) / count)
    outcome.commits.append((watch.commits - commits) / count)
    outcome.sustained_ms += deliveries.fulfilled_ms(bodies)


def _paced(plan: Plan, deliveries: _Deliveries, outcome: Outcome) -> None:
    outcome.paced_per_second = Spread.of(outcome.per_second).middle / 2
    count = max(1, int(outcome.paced_per_second * plan.paced_seconds))
    bodies = _hand_over(deliveries, "paced", count, seconds_between=1 / outcome.paced_per_second)
    outcome.paced_ms = deliveries.fulfilled_ms(bodies)


def _idle(plan: Plan, deliveries: _Deliveries, outcome: Outcome) -> None:
    for number in range(plan.idle):
        time.sleep(_REST_SECONDS)
        bodies = _hand_over(deliveries, f"idle {number}", 1, start=ONE_LINE)
        outcome.idle_ms += deliveries.fulfilled_ms(bodies)
        outcome.idle_mailed_ms += deliveries.mailed_ms(bodies)


def _hand_over(
    deliveries: _Deliveries, run: str, count: int, *, start: str = SEVERAL_LINES, seconds_between: float = 0.0
) -> Sequence[SignedBody]:
    bodies = list(signed_bodies(run, count, start=start))
    deliveries.hand_over(bodies, seconds_between=seconds_between)
    deliveries.wait_for_mails()
    return bodies


def _database_seconds(plan: Plan) -> float:
    return 0.0 if plan.database_pid is None else cpu_seconds(plan.database_pid)


def _throughput(outcomes: _Outcomes) -> Table:
    head = ["", "ports", "checkouts/s", "CPU ms: engine", "CPU ms: database", "events each", "commits each"]
    rows = [
        [
            *name,
            Spread.of(found.per_second).text(),
            Spread.of(found.engine_ms).text(2),
            Spread.of(found.database_ms).text(2),
            Spread.of(found.events).text(1),
            Spread.of(found.commits).text(2),
        ]
        for name, found in outcomes.items()
    ]
    return Table(head=head, rows=rows)


def _latency(outcomes: _Outcomes) -> Table:
    rows = []
    for name, found in outcomes.items():
        pace = f"{found.paced_per_second:,.0f} a second"
        for what, values in (
            ("sustained, fulfilled", found.sustained_ms),
            (f"{pace}, fulfilled", found.paced_ms),
            ("idle, fulfilled", found.idle_ms),
            ("idle, mailed", found.idle_mailed_ms),
        ):
            rows.append([*name, what, f"{percentile(values, 0.5):,.1f}", f"{percentile(values, 0.99):,.1f}"])
    return Table(head=["", "ports", "from delivery", "p50 ms", "p99 ms"], rows=rows)


def _targets(store: str, ports: str, found: Outcome) -> Sequence[Target]:
    rate, cpu_ms, idle_ms = _WANTED[store, ports]
    each = [engine + database for engine, database in zip(found.engine_ms, found.database_ms, strict=True)]
    return [
        Target(
            what=f"End to end on {store}, {ports}: checkouts a second",
            wanted=rate,
            measured=Spread.of(found.per_second).middle,
            is_at_least=True,
        ),
        Target(
            what=f"End to end on {store}, {ports}: CPU of a checkout",
            wanted=cpu_ms,
            measured=Spread.of(each).middle,
            unit="ms",
            digits=2,
        ),
        Target(
            what=f"Idle on {store}, {ports}: from delivery to fulfilled, p50",
            wanted=idle_ms,
            measured=percentile(found.idle_ms, 0.5),
            unit="ms",
            digits=1,
        ),
    ]


if __name__ == "__main__":
    children.carry_out(Plan, _measured)
