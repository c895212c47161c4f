"""`fulfill projections`: list, rebuild and verify the views."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.text.english import counted
from interfaces.cli.choices import views
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.running.interruption import explained_if_stopped
from interfaces.cli.running.read_side import is_complete, open_side
from interfaces.cli.usage import DONE, FAILED, Json

if TYPE_CHECKING:
    from application.reading.rebuild import Verification
    from interfaces.databases import ReadSide

Name = Annotated[str, Parameter(completer=views, help="Name of the projection, as in `fulfill projections list`.")]


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
                talk(f"fulfill: Resuming the rebuild of {name} after event {left.position}.")
        view = side.rebuild.rebuild(name, report)
    if json:
        print_json({"name": view.name, "version": view.version, "position": view.position, "state": str(view.state)})
    else:
        page().say(f"Rebuilt {view.name} from {counted(view.position, 'event')}. It is live now.")
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
            f"{found.name} is correct: {counted(found.rows, 'row')} at event {found.position}, "
            f"sha256 {found.live_digest}."
        )
        return
    page().say(
        f"{found.name} is wrong at event {found.position}. Repair it with `fulfill projections rebuild {found.name}`."
    )
    rows = [(str(each.key), str(each.live), str(each.fresh)) for each in found.differences]
    page().table(("key", "live", "fresh"), rows, wraps=("key", "live", "fresh"))


@contextmanager
def _open_views() -> Iterator["ReadSide"]:
    """The stored views: temporary ones would be no answer here.

    Raises:
        PersistenceError: they can't be used.
    """
    with open_side(needs_views=True) as side:
        yield side


@contextmanager
def resumable(name: str) -> Iterator[None]:
    """When Ctrl-C or SIGTERM stops the rebuild, print how to resume it."""
    with explained_if_stopped(
        f"The progress is kept: run `fulfill projections rebuild {name}` to resume. Until then the old view stays live."
    ):
        yield
