"""Going through a long log: `python -m bench.catch_up` is the process that is measured."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from os import getpid

import msgspec
from bench import children, runner
from bench.figures import Section, Table, Target
from bench.long_log import fill
from bench.processes import cpu_seconds, resident_bytes
from bench.shop import Leads, open_shop, open_views
from bench.stores import Place, Store, fresh

from application.followers import Followers
from application.projections.projector import Projector
from application.unit_of_work import HotStates
from domain.event import Event
from domain.policies.policy import Streams

_MIB = 1024 * 1024
_METHOD = """
A log of {events:,} events: those that the engine writes for a checkout of two lines, again and again for other
sessions, bodies of 4.5 KB included. The **follower** is ours, with one policy that counts; its position is stored with
its batches. The **projector** is ours too, with all views, rows and positions written. Against them, the library's
`ProjectionRunner` on PostgreSQL over {sample:,} events of the same mean size, which stores a position per event and
counts in memory: the least that it can do.
"""
_MEMORY_METHOD = """
The resident memory of a process whose follower reads {events:,} events of such a log on SQLite, looked at after every
tenth of it. Flat means: at the end no more than {times} times what it was after the first tenth.
"""
MEMORY_TIMES = 1.1
_PAGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    events: int = 200_000
    sample: int = 5_000
    memory_events: int = 1_000_000


class Plan(msgspec.Struct):
    url: str
    directory: str
    database_pid: int | None
    events: int
    has_projector: bool


class Pass(msgspec.Struct):
    """One way through the log."""

    events: int
    seconds: float
    cpu_seconds: float


class Outcome(msgspec.Struct):
    event_bytes: int
    """The mean size of an event's state."""
    follower: Pass
    resident_mib: list[float]
    """After each tenth of the follower's way."""
    projector: Pass | None


class _Counting:
    """Implements `domain.policies.policy.Policy`."""

    name = "counting"

    def __init__(self) -> None:
        self.count = 0

    def decide(self, event: Event, do: Streams) -> None:
        self.count += 1


def measure(stores: Sequence[Store], size: Size, say: Callable[[str], None]) -> Section:
    passes: dict[str, Pass] = {}
    event_bytes = 0
    for store in stores:
        if store.has_engine:
            say(f"catch-up on {store.name}: {size.events:,} events")
            with fresh(store) as place:
                found = children.run("catch_up", _plan(place, size.events, has_projector=True), Outcome)
            event_bytes = found.event_bytes
            passes[f"{store.name}, the follower"] = found.follower
            if found.projector is not None:
                passes[f"{store.name}, the projector"] = found.projector
    library = _library(next(store for store in stores if store.name == "PostgreSQL"), size, event_bytes, say)
    return Section(
        title="Catch-up",
        method=_METHOD.format(events=size.events, sample=size.sample),
        tables=[_table({**passes, "PostgreSQL, the library's `ProjectionRunner`": library}, library)],
        targets=[
            Target(
                what=f"Catch-up: {name}, in times of `ProjectionRunner`",
                wanted=40,
                measured=_rate(each) / _rate(library),
                is_at_least=True,
                digits=1,
            )
            for name, each in passes.items()
            if name.endswith("follower")
        ],
    )


def measure_memory(stores: Sequence[Store], size: Size, say: Callable[[str], None]) -> Section:
    say(f"memory over {size.memory_events:,} events on SQLite")
    with fresh(stores[0]) as place:
        found = children.run("catch_up", _plan(place, size.memory_events, has_projector=False), Outcome)
    each = size.memory_events // _PAGES
    rows = [[f"{each * number:,}", f"{mib:,.0f}"] for number, mib in enumerate(found.resident_mib, 1)]
    return Section(
        title="Memory",
        method=_MEMORY_METHOD.format(events=size.memory_events, times=MEMORY_TIMES),
        tables=[Table(head=["events", "resident MiB"], rows=rows)],
        targets=[
            Target(
                what=f"Memory after {size.memory_events:,} events, in times of that after a tenth",
                wanted=MEMORY_TIMES,
                measured=found.resident_mib[-1] / found.resident_mib[0],
                digits=2,
            )
        ],
    )


def _plan(place: Place, events: int, *, has_projector: bool) -> Plan:
    return Plan(place.url, str(place.directory), place.server_pid, events, has_projector)


def _library(store: Store, size: Size, event_bytes: int, say: Callable[[str], None]) -> Pass:
    say(f"catch-up of the library's ProjectionRunner on PostgreSQL: {size.sample:,} events")
    with fresh(store) as place:
        plan = runner.Plan(place.url, place.server_pid, size.sample, event_bytes)
        found = children.run("runner", plan, runner.Outcome)
    return Pass(found.events, found.seconds, found.cpu_seconds)


def _table(passes: dict[str, Pass], library: Pass) -> Table:
    rows = [
        [
            name,
            f"{each.events:,}",
            f"{_rate(each):,.0f}",
            f"{each.cpu_seconds / each.events * 1e6:,.1f}",
            f"{_rate(each) / _rate(library):,.1f}",
        ]
        for name, each in passes.items()
    ]
    return Table(head=["", "events", "events/s", "CPU µs an event", "in times of `ProjectionRunner`"], rows=rows)


def _rate(each: Pass) -> float:
    return each.events / each.seconds


def _measured(plan: Plan) -> Outcome:
    runtime = open_shop(plan.directory, plan.url, lambda _: [])
    log = runtime.log
    fill(log, plan.events)
    end = log.store.max_notification_id() or 0
    policy = _Counting()
    followers = Followers(log, [policy], HotStates(), Leads(), runtime.clock)
    resident: list[float] = []

    def follow() -> None:
        for tenth in range(1, _PAGES + 1):
            while policy.count < end * tenth // _PAGES:
                followers.turn()
            resident.append(resident_bytes(getpid()) / _MIB)
        followers.turn()  # which stores the position

    followed = _timed(plan, end, follow)
    assert policy.count == end, f"{policy.count} of {end} events were followed"
    sizes = [len(stored.state) for stored in log.store.select_notifications(None, 1000)]
    projected = None
    if plan.has_projector:
        projector = Projector(log, open_views(runtime))
        projected = _timed(plan, end, lambda: _turn_until_done(projector))
    log.close()
    return Outcome(sum(sizes) // len(sizes), followed, resident, projected)


def _turn_until_done(projector: Projector) -> None:
    for _ in count():
        if not projector.turn():
            return


def _timed(plan: Plan, events: int, do: Callable[[], None]) -> Pass:
    cpu, started = _cpu_seconds(plan), time.perf_counter()
    do()
    return Pass(events, time.perf_counter() - started, _cpu_seconds(plan) - cpu)


def _cpu_seconds(plan: Plan) -> float:
    return time.process_time() + (0.0 if plan.database_pid is None else cpu_seconds(plan.database_pid))


if __name__ == "__main__":
    children.carry_out(Plan, _measured)
