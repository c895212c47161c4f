"""Going through a long log: `python -m bench.catch_up` is the process that is measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import getpid

import msgspec
from bench import children, runner
from bench.figures import Section, Table, Target
from bench.long_log import fill
from bench.processes import resident_bytes
from bench.shop import open_shop
from bench.stopwatch import PARTS, Pass, Stopwatch
from bench.stores import FreshDatabase, Store, fresh

from application.reading.projector import Projector
from application.running.followers import Followers
from application.writing.recent_states import RecentStates
from domain.event import Event
from domain.policy import NOTHING_FURTHER, Begin
from domain.streams import Streams
from infrastructure.event_store.topics import TOPICS
from interfaces.bootstrap import Runtime

_MIB = 1024 * 1024
_METHOD = """
A log of {events:,} events: those that the engine writes for a checkout of two lines, again and again for other
sessions, bodies of 4.5 KB included. The **follower** is ours, with one policy that counts; its position is stored with
its batches. The **projector** is ours too, with all views, rows and positions written. Against them, the library's
`ProjectionRunner` on PostgreSQL over {sample:,} events of the same mean size, before and after; it stores a position
for each event and counts in memory: the least that it can do. Each way is measured in ten parts.
"""
_MEMORY_METHOD = """
The resident memory of a process whose follower reads {events:,} events of such a log on SQLite, looked at after every
tenth of it. Flat means: at the end no more than {times} times what it was after the first tenth.
"""
MEMORY_TIMES = 1.1
EVENT_BYTES = 800
"""About how large the state of one of these events is, at the mean."""


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


class Outcome(msgspec.Struct):
    follower: Pass
    resident_mib: list[float]
    """After each tenth of the follower's way."""
    projector: Pass | None


class _Counting:
    """Implements `domain.policy.Policy`."""

    name = "counting"
    begins = Begin.AT_THE_BEGINNING
    reads = frozenset(TOPICS.values())
    further = NOTHING_FURTHER

    def __init__(self) -> None:
        self.count = 0

    def likely(self, event: Event) -> Sequence[str]:
        return ()

    def decide(self, event: Event, do: Streams) -> None:
        self.count += 1


def measure(stores: Sequence[Store], size: Size, say: Callable[[str], None]) -> Section:
    postgres = next(store for store in stores if store.name == "PostgreSQL")
    library, passes = _library(postgres, size, say), dict[str, Pass]()
    for store in stores:
        say(f"catch-up on {store.name}: {size.events:,} events")
        with fresh(store) as database:
            found = children.run("catch_up", _plan(database, size.events, has_projector=True), Outcome)
        passes[f"{store.name}, the follower"] = found.follower
        if found.projector is not None:
            passes[f"{store.name}, the projector"] = found.projector
    library.parts += _library(postgres, size, say).parts
    return Section(
        title="Catch-up",
        method=_METHOD.format(events=size.events, sample=size.sample),
        tables=[_table({**passes, "PostgreSQL, the library's `ProjectionRunner`": library}, library)],
        targets=[
            Target(
                what=f"Catch-up: {name}, in times of `ProjectionRunner`",
                wanted=40,
                measured=each.per_second.middle / library.per_second.middle,
                is_at_least=True,
                digits=1,
            )
            for name, each in passes.items()
            if name.endswith("follower")
        ],
    )


def measure_memory(stores: Sequence[Store], size: Size, say: Callable[[str], None]) -> Section:
    say(f"memory over {size.memory_events:,} events on SQLite")
    with fresh(stores[0]) as database:
        found = children.run("catch_up", _plan(database, size.memory_events, has_projector=False), Outcome)
    each = size.memory_events // PARTS
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


def _plan(database: FreshDatabase, events: int, *, has_projector: bool) -> Plan:
    return Plan(database.url, str(database.directory), database.server_pid, events, has_projector)


def _library(store: Store, size: Size, say: Callable[[str], None]) -> Pass:
    say(f"catch-up of the library's ProjectionRunner on PostgreSQL: {size.sample:,} events")
    with fresh(store) as database:
        plan = runner.Plan(database.url, database.server_pid, size.sample, EVENT_BYTES)
        return children.run("runner", plan, Pass)


def _table(passes: dict[str, Pass], library: Pass) -> Table:
    rows = [
        [
            name,
            f"{each.events:,}",
            each.per_second.text(),
            each.cpu_us.text(1),
            f"{each.per_second.middle / library.per_second.middle:,.1f}",
        ]
        for name, each in passes.items()
    ]
    return Table(head=["", "events", "events/s", "CPU µs an event", "in times of `ProjectionRunner`"], rows=rows)


def _measured(plan: Plan) -> Outcome:
    runtime = open_shop(plan.directory, plan.url, lambda _: [])
    fill(runtime.log, plan.events)
    followed, resident = _follow(plan, runtime)
    projected = _project(plan, runtime) if plan.has_projector else None
    runtime.locks.release()
    runtime.log.close()
    return Outcome(followed, resident, projected)


def _follow(plan: Plan, runtime: Runtime) -> tuple[Pass, list[float]]:
    policy, resident = _Counting(), list[float]()
    followers = Followers(runtime.log, [policy], RecentStates(runtime.log.store), runtime.locks, runtime.clock)
    stopwatch = Stopwatch(plan.database_pid, end := runtime.log.store.max_notification_id() or 0)
    while followers.turn():
        if stopwatch.passes(policy.count):
            resident.append(resident_bytes(getpid()) / _MIB)
    assert policy.count == end, f"{policy.count} of {end} events were followed"
    return stopwatch.measured, resident


def _project(plan: Plan, runtime: Runtime) -> Pass:
    projector = Projector(runtime.log, runtime.views)
    stopwatch = Stopwatch(plan.database_pid, runtime.log.store.max_notification_id() or 0)
    while projector.turn():
        stopwatch.passes(min(view.position for view in runtime.views.all()))
    return stopwatch.measured


if __name__ == "__main__":
    children.carry_out(Plan, _measured)
