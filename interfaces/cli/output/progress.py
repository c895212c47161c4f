"""How far a long command has come: a bar on a terminal, else a line a second, and always on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from interfaces.cli.output.printing import talk
from interfaces.cli.usage import COMMON, Verbosity

if TYPE_CHECKING:
    from application.reading.rebuild import Progress

Report = Callable[["Progress"], None]


@contextmanager
def progress(what: str, unit: str = "events") -> Iterator[Report]:
    """`unit` is what is counted."""
    if COMMON.get().verbosity is Verbosity.QUIET:
        yield lambda _now: None
    elif sys.stderr is not None and sys.stderr.isatty():
        with _bar(what, unit) as report:
            yield report
    else:
        yield lambda now: talk(f"{what}: {_described(now, unit)}")


@contextmanager
def _bar(what: str, unit: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[progress]}", markup=False),
        console=Console(stderr=True),
        auto_refresh=False,
    ) as bar:
        task = bar.add_task(what, total=None, progress="")

        def report(now: "Progress") -> None:
            bar.update(task, completed=now.done, total=max(now.total, 1), progress=_described(now, unit), refresh=True)

        yield report


def _described(now: "Progress", unit: str) -> str:
    share = 100 * now.done // now.total if now.total else 100
    pace = round(now.events_per_second)
    rate = f", {pace:,} {unit.removesuffix('s') if pace == 1 else unit} a second" if pace else ""
    left = f", {_duration(now.seconds_left)} left" if now.seconds_left else ""
    return f"{now.done:,} of {now.total:,} {unit} ({share} %){rate}{left}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
