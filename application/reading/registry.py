"""All projections. Whatever is in this list is followed, listed, rebuilt and verified."""

from zoneinfo import ZoneInfo

from application.reading.projection import Projection
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.projections.daily_sales import DAILY_SALES, daily_sales
from application.reading.projections.due_effects import DUE_EFFECTS
from application.reading.projections.key_pools import KEY_POOLS
from application.reading.projections.search import SEARCH
from application.reading.projections.stock import STOCK
from application.reading.projections.timeline import TIMELINE
from application.reading.projections.work_queue import WORK_QUEUE

PROJECTIONS: tuple[Projection, ...] = (
    CHECKOUTS,
    DAILY_SALES,
    DUE_EFFECTS,
    KEY_POOLS,
    SEARCH,
    STOCK,
    TIMELINE,
    WORK_QUEUE,
)


def projections_in(zone: ZoneInfo) -> tuple[Projection, ...]:
    """Return all projections, with the days of this time zone."""
    return tuple(daily_sales(zone) if each is DAILY_SALES else each for each in PROJECTIONS)
