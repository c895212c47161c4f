"""One run: a story, played with the mishaps of its seed or with given ones."""

import tempfile
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import structlog
from simulation.aftermath import tidy_up
from simulation.chance import Chance, Mishap
from simulation.check import problems
from simulation.story import CATALOG, Story
from simulation.world import World


@dataclass(frozen=True, kw_only=True)
class Outcome:
    story: Story
    mishaps: Sequence[Mishap]
    problems: Sequence[str]
    trace: Sequence[str]
    turns: int


def play(story: Story, mishaps: Iterable[Mishap] | None = None) -> Outcome:
    """Play the story, and report everything that is wrong with the engine as problems."""
    chance = Chance(story.seed, story.rates, mishaps)
    with tempfile.TemporaryDirectory(prefix="simulation-") as directory, _critical_lines() as criticals:
        world = World(
            chance,
            Path(directory),
            CATALOG,
            names=story.servers,
            is_thin=story.is_thin,
            has_two_endpoints=story.has_two_endpoints,
            receives_payment_events=story.receives_payment_events,
            delivery_seconds_max=story.delivery_seconds_max,
            page_events=story.page_events,
            lag_seconds_max=story.lag_seconds_max,
            without_courier=story.without_courier,
            shells_catalog=story.shells_catalog,
        )
        try:
            found = [*_played(story, world), *criticals]
        finally:
            world.close()
        return Outcome(
            story=story,
            mishaps=tuple(chance.drawn),
            problems=found,
            trace=tuple(world.trace),
            turns=world.scheduler.steps,
        )


def _played(story: Story, world: World) -> Sequence[str]:
    try:
        _run(story, world)
        return [world.reported(problem) for problem in problems(world)]
    except Exception as error:  # noqa: BLE001 - any error of a run is a finding
        return [world.reported(f"{type(error).__name__}: {error}")]


def _run(story: Story, world: World) -> None:
    world.spawn("time at Stripe", world.pass_time)
    for name in story.servers:
        world.start(name)
    steps = [world.spawn(f"step {number} {step}", step.begin(world)) for number, step in enumerate(story.steps)]
    world.run_until(lambda: all(step.is_done for step in steps))
    evening = world.spawn("evening", lambda: tidy_up(world))
    world.run_until(lambda: evening.is_done)


@contextmanager
def _critical_lines() -> Iterator[Sequence[str]]:
    """Collect the critical lines that the engine logs. All others are dropped, since the trace of the run has more."""
    criticals: list[str] = []

    def drop(_logger: object, level: str, fields: MutableMapping[str, object]) -> NoReturn:
        if level == "critical":
            criticals.append(f"logged as critical: {fields.get('event')}: {fields.get('error')}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[drop], cache_logger_on_first_use=False)
    try:
        yield criticals
    finally:
        structlog.configure(**before)
