"""One task for the key that Stripe refuses, whatever number of checkouts waits for it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from application.reading.answers import WorkFilter, WorkItem
from application.reading.projection import Row
from application.reading.work import AboutCheckouts, Work

THE_KEY = "STRIPE_API_KEY"
"""The subject of the task: the setting that has the key."""


def is_behind_the_key(row: Row, of: WorkFilter) -> bool:
    """Return True for a checkout that waits for the key, unless the filter asks for such checkouts: by this kind of
    task, or by one of them."""
    return row["kind"] == Work.STRIPE_KEY_REFUSED and Work.STRIPE_KEY_REFUSED not in of.kinds and of.subject is None


def of_the_key(tasks: Iterable[WorkItem]) -> Sequence[WorkItem]:
    """Return one task for those of the checkouts that wait, none without any: since the first of them, with the reason
    of the latest and the time of the next attempt."""
    waiting = sorted(tasks, key=lambda each: each.place)
    if not waiting:
        return []
    retries = [each.retry_at for each in waiting if each.retry_at is not None]
    sessions = dict.fromkeys(each.session_id for each in waiting if each.session_id is not None)
    latest = replace(waiting[-1], since=waiting[0].since, retry_at=min(retries, default=None))
    return [replace(latest, subject=THE_KEY, about=AboutCheckouts(tuple(sessions)))]
