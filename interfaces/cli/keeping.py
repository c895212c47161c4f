"""Keeping the views: list, make afresh, prove."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.reading import is_complete, open_side
from interfaces.cli.usage import DONE, FAILED, Json

if TYPE_CHECKING:
    from application.reading.rebuild import Verification
    from interfaces.bootstrap import ReadSide

Name = Annotated[str, Parameter(help="Name of the projection, as in `fulfill projections list`.")]


def projections_list(*, json: Json = False) -> int:
    """List the views with their state and their position in the log."""
    with _open_views() as side:
        statuses = side.queries.projections()
        is_complete(side.queries)
    if json:
        print_json([asdict(status) for status in statuses])
    else:
        rows = [(each.name, each.version, each.position, each.state) for each in statuses]
        page().table(("name", "version", "position", "state"), rows)
    return DONE


def projections_rebuild(name: Name, /, *, json: Json = False) -> int:
    """Rebuild a view from the whole log, then switch to it. Safe to interrupt: run it again to resume."""
    from interfaces.cli.output.progress import progress

    with _open_views() as side, resumable(name), progress(f"rebuilding {name}") as report:
        for left in side.queries.projections():
            if left.name == name and left.state == "building" and left.position:
                talk(f"fulfill: Going on at event {left.position}, up to which {name} was made before.")
        view = side.rebuild.rebuild(name, report)
    if json:
        print_json({"name": view.name, "version": view.version, "position": view.position, "state": str(view.state)})
    else:
        page().say(f"{view.name} was made afresh from {view.position} events and serves now.")
    return DONE


def projections_verify(name: Name, /, *, json: Json = False) -> int:
    """Verify the live view: build a fresh one and compare the content hashes of both."""
    from interfaces.cli.output.progress import progress

    with _open_views() as side, progress(f"verifying {name}") as report:
        found = side.rebuild.verify(name, report)
    if json:
        print_json({**asdict(found), "is_same": found.is_right})
    else:
        _put_verification(found)
    return DONE if found.is_right else FAILED


def _put_verification(found: "Verification") -> None:
    if found.is_right:
        page().say(
            f"{found.name} is right: {found.rows} rows as of event {found.position}, sha256 {found.live_digest}."
        )
        return
    mended = f"`fulfill projections rebuild {found.name}` mends it"
    page().say(f"{found.name} is wrong as of event {found.position}; {mended}.")
    rows = [(str(each.key), str(each.live), str(each.fresh)) for each in found.differences]
    page().table(("key", "live", "fresh"), rows, wraps=("key", "live", "fresh"))


@contextmanager
def _open_views() -> Iterator["ReadSide"]:
    """The views themselves: others in their place would be no answer here.

    Raises:
        PersistenceError: they can't be used.
    """
    with open_side(needs_views=True) as side:
        yield side


@contextmanager
def resumable(name: str) -> Iterator[None]:
    """Told to stop, by Ctrl-C or SIGTERM, say how it goes on."""
    with told_if_stopped(
        f"What was made of {name} is kept: `fulfill projections rebuild {name}` goes on from there. Until then the "
        "view serves as it was."
    ):
        yield


@contextmanager
def told_if_stopped(how_it_goes_on: str) -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        talk(f"fulfill: Stopped. {how_it_goes_on}")
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
