"""The library's own way to follow a log, on PostgreSQL: `python -m bench.runner` is the process that is measured."""

import threading
import time
from typing import Any
from uuid import UUID

import msgspec
from bench import children
from bench.baselines import library_environment
from bench.processes import cpu_seconds
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

_EVENTS_PER_AGGREGATE = 14
_AGGREGATES_PER_SAVE = 50
_SECONDS_MAX = 120.0


class Plan(msgspec.Struct):
    url: str
    database_pid: int | None
    events: int
    event_bytes: int
    """About how large the state of an event is."""


class Outcome(msgspec.Struct):
    events: int
    seconds: float
    cpu_seconds: float


class Ledger(Aggregate):
    @event("Opened")
    def __init__(self, text: str) -> None:
        self.text = text

    @event("Noted")
    def note(self, text: str) -> None:
        self.text = text


class Ledgers(Application[UUID]):
    pass


class CountView(PostgresTrackingRecorder):
    """Keeps its position in the database and counts in memory: less than any real view does."""

    count = 0
    wanted = 0
    has_all = threading.Event()

    def count_up(self, tracking: Tracking) -> None:
        self.insert_tracking(tracking)
        CountView.count += 1
        if CountView.count >= CountView.wanted:
            self.has_all.set()


class Counting(Projection[CountView]):
    name = "counting"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.count_up(tracking)


def _measured(plan: Plan) -> Outcome:
    environment = library_environment(plan.url)
    CountView.wanted = _fill(environment, plan)
    cpu, started = _cpu_seconds(plan), time.perf_counter()
    with ProjectionRunner(
        application_class=Ledgers, projection_class=Counting, view_class=CountView, env=environment
    ) as runner:
        if not CountView.has_all.wait(_SECONDS_MAX):
            raise TimeoutError(f"{CountView.count} of {CountView.wanted} events in {_SECONDS_MAX:.0f} seconds")
        seconds = time.perf_counter() - started
        cpu = _cpu_seconds(plan) - cpu
        runner.stop()
    return Outcome(CountView.wanted, seconds, cpu)


def _fill(environment: dict[str, str], plan: Plan) -> int:
    ledgers, text = Ledgers(environment), "x" * plan.event_bytes
    written = 0
    while written < plan.events:
        made = [Ledger(text) for _ in range(_AGGREGATES_PER_SAVE)]
        for ledger in made:
            for _ in range(_EVENTS_PER_AGGREGATE - 1):
                ledger.note(text)
        written += len(ledgers.save(*made))
    ledgers.close()
    return written


def _cpu_seconds(plan: Plan) -> float:
    return time.process_time() + (0.0 if plan.database_pid is None else cpu_seconds(plan.database_pid))


if __name__ == "__main__":
    children.carry_out(Plan, _measured)
