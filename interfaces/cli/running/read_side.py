"""The read side for commands that only read: they need no setting but where the log is, and work beside a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from application.text.english import counted
from interfaces.cli.output.printing import report_void, talk
from interfaces.cli.running.logs import configure_command_logs
from interfaces.cli.running.shortcomings import shortcomings
from interfaces.cli.usage import SettingsSource

if TYPE_CHECKING:
    from application.reading.projection import Projection
    from application.reading.queries import Queries
    from domain.catalog import Catalog
    from interfaces.databases import ReadSide


@contextmanager
def open_side(
    *, needs_views: bool = False, warns_of_low_stock: bool = False, warns_of_shortcomings: bool = False
) -> Iterator["ReadSide"]:
    """The read side. What is logged on the way is no part of an answer.

    `warns_of_shortcomings`: what a shop in live mode lacks is reported on stderr.
    """
    from domain.catalog import NEVER_LOW
    from interfaces.databases import open_read_side

    configure_command_logs()
    source = SettingsSource()
    catalog = _catalog(source) if warns_of_low_stock or warns_of_shortcomings else None
    if warns_of_shortcomings:
        _warn(source, catalog)
    low_stock = catalog.low_stock if warns_of_low_stock and catalog else NEVER_LOW
    with open_read_side(
        source.database(), needs_views=needs_views, low_stock=low_stock, zone=source.time_zone()
    ) as side:
        report_void(side.void)
        if side.log.is_moved:
            talk("fulfill: A copy in another database has replaced this log. This answer shows the log as it was then.")
        if side.problem:
            talk(f"fulfill: {side.problem}. This answer is computed from the whole log, which takes longer.")
        yield side


def _catalog(source: SettingsSource) -> "Catalog | None":
    """A wrong catalog is reported, and the command answers without it."""
    from infrastructure.catalog_file import CatalogError
    from interfaces.databases import catalog_of

    try:
        return catalog_of(source.catalog())
    except CatalogError as error:
        talk(f"fulfill: No warnings of low stock: {error}")
        return None


def _warn(source: SettingsSource, catalog: "Catalog | None") -> None:
    shop = source.live_shop()
    for each in shortcomings(shop, catalog) if shop else ():
        talk(f"WARNING: {each}")


def is_complete(queries: "Queries", *projections: "Projection") -> bool:
    """Whether the views behind an answer, or all views, lack no event. Each one that does is reported on stderr."""
    incomplete = queries.incomplete(*projections)
    for view in incomplete:
        events = counted(view.left_out, "event")
        talk(f"fulfill: The view {view.name} lacks {events}, so this answer may be incomplete. See `fulfill queue`.")
    return not incomplete
