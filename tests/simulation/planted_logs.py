"""Bugs that show only if another log takes the place of the log: a restored backup, or a standby that was behind."""

from collections.abc import Sequence

import pytest

from application.reading import void as void_views
from application.reading.following import Feed
from application.reading.views import View
from application.writing.recent_states import RecentStates
from infrastructure.event_store import sqlite


def views_of_another_log(patch: pytest.MonkeyPatch) -> None:
    """Views of another log are used as views of this one."""
    patch.setattr(void_views, "_void", lambda *_: [])


def memory_of_another_log(patch: pytest.MonkeyPatch) -> None:
    """Remembered states are compared only with newer events, even if those come from another server's log."""
    refresh = RecentStates.refresh

    def compare(self: RecentStates) -> None:
        self._epoch = self._moves.epoch
        refresh(self)
        self._epoch = self._moves.epoch

    patch.setattr(RecentStates, "refresh", compare)
    patch.setattr(RecentStates, "_is_of", lambda *_: True)


def view_known_by_its_number(patch: pytest.MonkeyPatch) -> None:
    """A view counts as a view of this log if the log reaches its position, without a comparison of the event there."""

    def void(known: Sequence[View], store: Feed) -> list[View]:
        end = store.max_notification_id() or 0
        return [view for view in known if view.position > end]

    patch.setattr(void_views, "_void", void)


def gap_accepted(patch: pytest.MonkeyPatch) -> None:
    """The store accepts events although it lacks earlier ones of their streams."""
    patch.setattr(sqlite, "predecessors", lambda events: [None] * len(events))


PLANTS = (
    views_of_another_log,
    memory_of_another_log,
    view_known_by_its_number,
    gap_accepted,
)
