"""Keeping the views: list, make afresh, prove."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from interfaces.cli.printing import print_json, say, table
from interfaces.cli.usage import Json, Place

if TYPE_CHECKING:
    from application.rebuild import Progress

Name = Annotated[str, Parameter(help="The projection; `fulfill projections list` names them.")]
_FAILED = 1


def projections_list(*, json: Json = False) -> int:
    """List every view with the place in the log that it stands for."""
    from interfaces.bootstrap import open_read_side

    with open_read_side(Place().database()) as side:
        statuses = side.queries.projections()
    if json:
        print_json([asdict(status) for status in statuses])
    else:
        rows = [(each.name, each.version, each.position, each.state) for each in statuses]
        table(("name", "version", "position", "state"), rows)
    return 0


def projections_rebuild(name: Name, /, *, json: Json = False) -> int:
    """Make a view afresh from the whole log beside the live one, then let it serve. After a kill it goes on."""
    from interfaces.bootstrap import open_read_side

    with open_read_side(Place().database()) as side:
        view = side.rebuild.rebuild(name, _report)
    if json:
        print_json({"name": view.name, "version": view.version, "position": view.position, "state": str(view.state)})
    else:
        say(f"{view.name} was made afresh from {view.position} events and serves now.")
    return 0


def projections_verify(name: Name, /, *, json: Json = False) -> int:
    """Compare the live view with one made afresh, by the hash of their content."""
    from interfaces.bootstrap import open_read_side

    with open_read_side(Place().database()) as side:
        found = side.rebuild.verify(name, _report)
    is_same = found.live_digest == found.fresh_digest
    if json:
        print_json({**asdict(found), "is_same": is_same})
        return 0 if is_same else _FAILED
    if is_same:
        say(f"{found.name} is right: {found.rows} rows as of event {found.position}, sha256 {found.live_digest}.")
        return 0
    say(f"{found.name} is wrong as of event {found.position}. `fulfill projections rebuild {found.name}` mends it.")
    table(("key", "live", "fresh"), [(each.key, each.live, each.fresh) for each in found.differences])
    return _FAILED


def _report(progress: "Progress") -> None:
    """One line on the way, on a terminal always the same one."""
    share = 100 * progress.done // progress.total if progress.total else 100
    left = progress.seconds_left
    text = f"{progress.done}/{progress.total} events ({share} %), {progress.events_per_second:,.0f}/s"
    text += f", about {left:.0f} s left" if left else ""
    is_terminal = sys.stderr.isatty()
    print(f"\r\033[K{text}" if is_terminal else text, end="" if is_terminal else "\n", file=sys.stderr, flush=True)
    if is_terminal and progress.done >= progress.total:
        print(file=sys.stderr)
