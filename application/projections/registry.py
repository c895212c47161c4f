"""Every projection there is, once. Each is listed, followed, rebuilt and verified for being here."""

from application.projections.checkouts import CHECKOUTS
from application.projections.daily_sales import DAILY_SALES
from application.projections.due_effects import DUE_EFFECTS
from application.projections.projection import Projection
from application.projections.search import SEARCH
from application.projections.stock import STOCK
from application.projections.timeline import TIMELINE
from application.projections.work_queue import WORK_QUEUE

PROJECTIONS: tuple[Projection, ...] = (
    CHECKOUTS,
    DAILY_SALES,
    DUE_EFFECTS,
    SEARCH,
    STOCK,
    TIMELINE,
    WORK_QUEUE,
)
