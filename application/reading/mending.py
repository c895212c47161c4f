"""Finds views that left out events which this version can read, so that they are rebuilt.

A process of an older version may have updated the views for a while, during a deploy or from a command line; or this
version's fold has been fixed. A view never reads an event twice, so only this check notices.
"""

from dataclasses import dataclass

import structlog

from application.log.tail import Entry
from application.log_line import LogLine
from application.reading.following import ReadableLog
from application.reading.projection import Projection
from application.reading.views import View, Views

logger = structlog.get_logger(__name__)

_LOOKED_AT_MAX = 200
"""The number of events checked per turn, so that many unreadable events delay no view."""


@dataclass(slots=True)
class _Look:
    """The events that one generation of a view left out."""

    generation: int
    looked_at: int = 0
    """The number of them that have been checked, from the first on."""
    is_due: bool = False


class Mending:
    def __init__(self, log: ReadableLog, views: Views) -> None:
        self._log = log
        self._views = views
        self._looks: dict[str, _Look] = {}
        self._reasons: set[tuple[str, int]] = set()
        """The views and positions of events for which a rebuild was due."""

    def is_due(self, projection: Projection, live: View) -> bool:
        """Return True if this view must be rebuilt. Each event causes that once in the life of a process: a rebuild
        that does not help is not repeated."""
        look = self._looks.get(live.name)
        if look is None or look.generation != live.generation or look.looked_at > live.unreadable:
            look = self._looks[live.name] = _Look(live.generation)
        if not look.is_due and look.looked_at < live.unreadable:
            look.is_due = self._finds_reason(projection, live, look)
        return look.is_due

    def _finds_reason(self, projection: Projection, live: View, look: _Look) -> bool:
        left_out = self._views.unreadable(live)[look.looked_at :][:_LOOKED_AT_MAX]
        look.looked_at += len(left_out)
        for found in self._log.store.select_positions([each.position for each in left_out]):
            reason = (live.name, found.id)
            if reason not in self._reasons and _can_take_in(projection, self._log.entry(found)):
                self._reasons.add(reason)
                logger.warning(
                    LogLine.VIEW_BUILT_AGAIN,
                    view=live.name,
                    position=found.id,
                )
                return True
        return False


def _can_take_in(projection: Projection, entry: Entry) -> bool:
    try:
        projection.changes(entry.event, entry.position)
    except Exception:  # noqa: BLE001 - the boundary around one event: it stays left out, which is recorded
        return False
    return True
