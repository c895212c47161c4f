"""The library's own way to follow a log, on PostgreSQL: `python -m bench.runner` is the process that is measured."""

import threading
from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from bench import children
from bench.baselines import library_environment
from bench.stopwatch import Pass, Stopwatch
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

    on_event: ClassVar[Callable[[], None]]

    def count_up(self, tracking: Tracking) -> None:
        self.insert_tracking(tracking)
        CountView.on_event()


class Counting(Projection[CountView]):
    name = "counting"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.count_up(tracking)


def _measured(plan: Plan) -> Pass:
    environment = library_environment(plan.url)
    events = _fill(environment, plan)
    stopwatch, numbers, has_all = Stopwatch(plan.database_pid, events), count(1), threading.Event()

    def on_event() -> None:
        number = next(numbers)
        stopwatch.passes(number)
        if number == events:
            has_all.set()

    CountView.on_event = on_event
    with ProjectionRunner(
        application_class=Ledgers, projection_class=Counting, view_class=CountView, env=environment
    ) as runner:
        if not has_all.wait(_SECONDS_MAX):
            raise TimeoutError(f"The runner needs more than {_SECONDS_MAX:.0f} seconds for {events} events")
        runner.stop()
    return stopwatch.measured


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


if __name__ == "__main__":
    children.carry_out(Plan, _measured)
