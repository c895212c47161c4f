"""One story, told once: from its seed or again with some of its mishaps."""

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
    """Everything that went wrong with the engine is told as problems."""
    chance = Chance(story.seed, story.rates, mishaps)
    with tempfile.TemporaryDirectory(prefix="simulation-") as directory, _only_cries() as cries:
        world = World(
            chance,
            Path(directory),
            CATALOG,
            names=story.servers,
            is_thin=story.is_thin,
            has_two_endpoints=story.has_two_endpoints,
            hears_of_payments=story.hears_of_payments,
            delivery_seconds_max=story.delivery_seconds_max,
            page_events=story.page_events,
            lag_seconds_max=story.lag_seconds_max,
            without_courier=story.without_courier,
            shells_catalog=story.shells_catalog,
        )
        try:
            found = [*_told(story, world), *cries]
        finally:
            world.close()
        return Outcome(
            story=story,
            mishaps=tuple(chance.drawn),
            problems=found,
            trace=tuple(world.trace),
            turns=world.scheduler.steps,
        )


def _told(story: Story, world: World) -> Sequence[str]:
    try:
        _run(story, world)
        return [world.reported(problem) for problem in problems(world)]
    except Exception as error:  # noqa: BLE001 - whatever comes out of a run is what it found
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
def _only_cries() -> Iterator[Sequence[str]]:
    """Of all that is logged only what the engine itself calls critical: a run's trace says the rest, and more."""
    cries: list[str] = []

    def drop(_logger: object, level: str, said: MutableMapping[str, object]) -> NoReturn:
        if level == "critical":
            cries.append(f"logged as critical: {said.get('event')}: {said.get('error')}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[drop], cache_logger_on_first_use=False)
    try:
        yield cries
    finally:
        structlog.configure(**before)
