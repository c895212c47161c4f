"""Void views: derived from another log, or from events that a restore removed. They are emptied and rebuilt."""

from collections.abc import Sequence

import structlog

from application.log.anchor import anchors_at
from application.log_line import LogLine
from application.reading.following import Feed
from application.reading.views import Overtaken, View, Views

logger = structlog.get_logger(__name__)

_LOOKS_MAX = 20


def empty_void_views(store: Feed, views: Views) -> Sequence[View]:
    """Empty every view that is not derived from this log, and return those views as they were.

    Raises:
        PersistenceError: the log or the views can't be used.
    """
    for _ in range(_LOOKS_MAX - 1):
        try:
            return empty_void_among(views.all(), store, views)
        except Overtaken:
            pass  # another process moved or emptied one of them: look again
    return empty_void_among(views.all(), store, views)


def empty_void_among(known: Sequence[View], store: Feed, views: Views) -> Sequence[View]:
    """Empty the void views among these, whatever their version: no process can continue them.

    Raises:
        Overtaken: another process moves or empties one of them.
        PersistenceError: the log or the views can't be used.
    """
    void = _void(known, store)
    if void:
        views.empty(void)
    for view in void:
        logger.warning(
            LogLine.VIEW_EMPTIED,
            view=view.name,
            position=view.position,
        )
    return void


def _void(known: Sequence[View], store: Feed) -> Sequence[View]:
    begun = [view for view in known if view.position > 0]
    if not begun:
        return []
    anchors = [view.anchor for view in begun if view.anchor is not None]
    found = anchors_at(store, {view.position for view in begun} | {anchor.position for anchor in anchors})
    # Processes from before anchors move the position alone. Then at least some event must be at that position.
    return [
        view
        for view in begun
        if view.position not in found or (view.anchor is not None and found.get(view.anchor.position) != view.anchor)
    ]
