"""Examines a backup: its content, and what a restore of it would lose."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from application.copies.copying import Likeness
from application.errors import LogMoved, UnfinishedCopy
from application.log.anchor import Anchor, anchor, anchors_at
from application.log.log import Log, Notification
from application.reading.rebuild import Meter, Report, silent
from application.text.reason_wording import in_words
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.key_pool import KeyPool
from domain.personal import Personal
from domain.stripe_event import StripeEvent

_BATCH_MAX = 1000
_UNREADABLE_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """The content of a verified backup."""

    events: int
    end: Anchor | None
    """The last event; None in an empty log."""
    bytes: int
    is_closed: bool
    """True if another database has replaced its log: such a backup is not restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The content of a log, read from its first event to its last."""

    events: int
    streams: int
    digest: str
    """SHA-256 over all events, as `fulfill copy` reports it."""
    followers: int
    parked: int
    end: Anchor | None
    """The last event; None in an empty log."""
    newest_at: datetime | None
    """When the last readable event was recorded, by the shop's clock."""
    is_closed: bool
    """True if another database has replaced it."""
    problems: Sequence[str]
    """The reasons for which no shop can resume from here, as sentences."""
    unreadable: Sequence[str]
    """The first unreadable events, and the first events whose predecessor in the stream is missing, as sentences. They
    are parked when a shop resumes from here."""

    @property
    def is_right(self) -> bool:
        return not self.problems and not self.unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The events of a log after the last one that it shares with another log."""

    agree_until: int
    """The position of that shared event; 0 if they share none."""
    differing: int
    """The number of positions up to there at which the two have different events: one of the logs was damaged or
    changed."""
    first_differing: int | None
    """The first of these positions."""
    events: int
    checkouts: int
    stripe_events: int
    """Stripe events received for the first time in that part of the log: Stripe can send them again."""
    keys: Mapping[str, int]
    """By pool, the number of keys that this part gave to customers or withdrew. In the backup they are free or
    unknown."""
    first_at: datetime | None
    last_at: datetime | None
    """The time when the last of these events was recorded, by the shop's clock; None if none can be read."""
    is_closed: bool
    """True if another database has replaced that log: no restore replaces it then."""


def contents(log: Log, report: Report = silent, *, url: str = "") -> Contents:
    """Read the whole log. `url` is its address, as in `DATABASE_URL`, for the messages.

    Raises:
        PersistenceError: it can't be read.
    """
    likeness, end, newest_at = Likeness(), None, None
    unreadable: list[str] = []
    meter, total = Meter(report, time.monotonic, 0), log.store.max_notification_id() or 0
    for batch in _batches(log, 0):
        likeness.take_in(batch)
        for stored in batch:
            try:
                newest_at = log.decode(stored).recorded_at
            except UnreadableEvent as error:
                unreadable.append(f"Event {stored.id}: {in_words(error.reason)}")
        end = anchor(batch[-1].id, batch[-1])
        meter.show(end.position, total)
    meter.show(total, total, is_last=True)
    positions = log.positions()
    return Contents(
        events=likeness.events,
        streams=likeness.streams,
        digest=likeness.digest,
        followers=len(positions),
        parked=len(log.store.select_parked_events()),
        end=end,
        newest_at=newest_at,
        is_closed=log.is_moved,
        problems=list(_problems(log, positions.values(), total, url)),
        unreadable=[*map(_gap, log.store.select_gaps(_UNREADABLE_MAX)), *unreadable[:_UNREADABLE_MAX]],
    )


def lost(backup: Log, current: Log, report: Report = silent) -> Lost:
    """Return what the current log has beyond the backup. Both logs are read from their first event on.

    Raises:
        PersistenceError: one of them can't be read.
    """
    agree_until, differing, first_differing = _common(backup, current), 0, None
    if agree_until is None:
        agree_until = next(_differences(backup, current, None, report)).agree_until
    else:
        for each in _differences(backup, current, agree_until, report):
            differing, first_differing = differing + 1, first_differing or each.position
    events, checkouts, stripe_events, keys = 0, set[str](), 0, Counter[str]()
    first_at = last_at = None
    for batch in _batches(current, agree_until):
        events += len(batch)
        for event in filter(None, (_readable(current, stored) for stored in batch)):
            first_at, last_at = first_at or event.recorded_at, event.recorded_at
            checkouts |= {event.session_id} if event.session_id else set()
            stripe_events += isinstance(event, StripeEvent.Received)
            if isinstance(event, KeyPool.Assigned | KeyPool.Withdrawn):
                keys[_pool(event)] += len(event.keys)
    return Lost(
        agree_until=agree_until,
        differing=differing,
        first_differing=first_differing,
        events=events,
        checkouts=len(checkouts),
        stripe_events=stripe_events,
        keys=dict(sorted(keys.items())),
        first_at=first_at,
        last_at=last_at,
        is_closed=current.is_moved,
    )


def keys_given(log: Log, after: int) -> Iterator[tuple[str, Sequence[Personal]]]:
    """Return, by pool, the license keys that this log gave to customers or withdrew after this position.

    Raises:
        PersistenceError: it can't be read.
    """
    for batch in _batches(log, after):
        for event in filter(None, (_readable(log, stored) for stored in batch)):
            if isinstance(event, KeyPool.Assigned | KeyPool.Withdrawn):
                yield _pool(event), event.keys


def _pool(event: KeyPool.Assigned | KeyPool.Withdrawn) -> str:
    return KeyPool(id=event.originator_id).pool


def _readable(log: Log, stored: Notification) -> Event | None:
    try:
        return log.decode(stored)
    except UnreadableEvent:
        return None


def _common(backup: Log, current: Log) -> int | None:
    """Return the position at which one of them ends and the other one has the same event; None if their pasts
    differ."""
    for whole, longer in ((backup, current), (current, backup)):
        end = whole.store.max_notification_id() or 0
        if anchors_at(whole.store, [end]) == anchors_at(longer.store, [end]):
            return end
    return None


@dataclass(frozen=True, slots=True)
class _Difference:
    position: int
    agree_until: int
    """The position of the last event before it that both logs have."""


def _differences(backup: Log, current: Log, until: int | None, report: Report) -> Iterator[_Difference]:
    """Yield the positions up to this one at which the two have different events, in order."""
    logs = backup, current
    total = max(log.store.max_notification_id() or 0 for log in logs) if until is None else until
    meter = Meter(report, time.monotonic, 0)
    here, there = (_events(log, until) for log in logs)
    mine, theirs, agreed = next(here, None), next(there, None), 0
    while mine is not None or theirs is not None:
        position = min(each.id for each in (mine, theirs) if each is not None)
        if mine == theirs:
            agreed = position
        else:
            yield _Difference(position, agreed)
        if mine is not None and mine.id == position:
            mine = next(here, None)
        if theirs is not None and theirs.id == position:
            theirs = next(there, None)
        meter.show(position, total)
    meter.show(total, total, is_last=True)


def _events(log: Log, until: int | None) -> Iterator[Notification]:
    for batch in _batches(log, 0, until):
        yield from batch


def _gap(place: tuple[int, str, int]) -> str:
    position, stream, version = place
    return (
        f"Event {position} is event {version} of {stream}, but event {version - 1} of that stream is missing before it"
    )


def _batches(log: Log, after: int, until: int | None = None) -> Iterator[Sequence[Notification]]:
    while batch := log.store.select_notifications(after, _BATCH_MAX, until, inclusive_of_start=False):
        yield batch
        after = batch[-1].id


def _problems(log: Log, positions: Iterable[int], end: int, url: str) -> Iterator[str]:
    try:
        log.check_is_at_work()
    except UnfinishedCopy as error:
        yield str(error)
    except LogMoved:
        yield (
            "It is closed: a copy in another database had replaced its log. If you abandon that database, stop "
            f"everything there, then run `DATABASE_URL={url} fulfill reopen`."
        )
    if max(positions, default=0) > end:
        yield "A follower's position is after the end of this log, so events are missing."
