"""Bugs that show when the log is not the one that was there before: it was restored, or a standby was behind."""

import pytest

from application.projections import void
from application.recent_states import RecentStates


def views_of_another_log(patch: pytest.MonkeyPatch) -> None:
    """Views are taken for views of whatever log is there."""
    patch.setattr(void, "_void", lambda *_: [])


def memory_of_another_log(patch: pytest.MonkeyPatch) -> None:
    """What is remembered of streams is compared with what has come since, even if that is the log of another server."""
    refresh = RecentStates.refresh

    def compare(self: RecentStates) -> None:
        self._epoch = self._moves.epoch
        refresh(self)
        self._epoch = self._moves.epoch

    patch.setattr(RecentStates, "refresh", compare)


PLANTS = (views_of_another_log, memory_of_another_log)
