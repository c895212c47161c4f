"""The read side for commands that only read: they need no setting but where the log is, and work beside a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from application.reading.english import counted
from interfaces.cli.logs import configure_command_logs
from interfaces.cli.output.printing import report_void, talk
from interfaces.cli.usage import SettingsSource

if TYPE_CHECKING:
    from application.reading.projection import Projection
    from application.reading.queries import Queries
    from domain.catalog import LowStock
    from interfaces.databases import ReadSide


@contextmanager
def open_side(*, needs_views: bool = False, warns_of_low_stock: bool = False) -> Iterator["ReadSide"]:
    """The read side. What is logged on the way is no part of an answer."""
    from domain.catalog import NEVER_LOW
    from interfaces.databases import open_read_side

    configure_command_logs()
    source = SettingsSource()
    low_stock = _low_stock(source) if warns_of_low_stock else NEVER_LOW
    with open_read_side(
        source.database(), needs_views=needs_views, low_stock=low_stock, zone=source.time_zone()
    ) as side:
        report_void(side.void)
        if side.log.is_moved:
            talk("fulfill: A copy in another database has replaced this log. This answer shows the log as it was then.")
        if side.problem:
            talk(f"fulfill: {side.problem}. This answer is computed from the whole log, which takes longer.")
        yield side


def _low_stock(source: SettingsSource) -> "LowStock":
    """When the catalog asks for warnings. A wrong catalog is reported, and the command answers without it."""
    from domain.catalog import NEVER_LOW
    from infrastructure.catalog_file import CatalogError
    from interfaces.databases import low_stock

    try:
        return low_stock(source.catalog())
    except CatalogError as error:
        talk(f"fulfill: No warnings of low stock: {error}")
        return NEVER_LOW


def is_complete(queries: "Queries", *projections: "Projection") -> bool:
    """Whether the views behind an answer, or all views, lack no event. Each one that does is reported on stderr."""
    incomplete = queries.incomplete(*projections)
    for view in incomplete:
        events = counted(view.left_out, "event")
        talk(f"fulfill: The view {view.name} lacks {events}, so this answer may be incomplete. See `fulfill queue`.")
    return not incomplete
