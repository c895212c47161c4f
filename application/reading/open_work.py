"""The work that waits for a person: rows of the view `work_queue`, and what only the log and other views show."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from application.log.insertion import ParkedEvent
from application.log.log import Log
from application.reading.answers import IncompleteView, WorkFilter, WorkItem, WorkPage, WorkPlace
from application.reading.due_effects import DueEffects
from application.reading.low_since import low_since
from application.reading.projection import Row, rfc3339
from application.reading.projections.search import SEARCH
from application.reading.projections.work_queue import WORK_QUEUE, is_due
from application.reading.refused_key import is_behind_the_key, of_the_key
from application.reading.search_terms import words
from application.reading.supply import low_supplies
from application.reading.view_states import incomplete_views
from application.reading.views import Above, Among, AtMost, Equal, Filter, OneOf, Selection, Views
from application.reading.work import About, AboutEffect, AboutEvent, OtherWork, Work, WorkKind, about_row
from application.text.reason_wording import in_words
from application.text.wording import and_behind_it, tried_at_a_start
from domain import reasons
from domain.catalog import LowStock
from domain.checkout_session import CheckoutSession
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.identifiers import (
    SessionId,
    Sku,
    StripeEventId,
    is_stripe_event,
    retried_subject,
    session_of_stream,
)
from domain.reason import Reason
from domain.step import effect_id
from domain.stripe_event import StripeEvent

_PAGE_MAX = 100
_COUNTED_MAX = 10_000
_LATE_EFFECTS_MAX = 1000
_NEARBY_MAX = 20
_LATE = timedelta(minutes=15)


class OpenWork:
    """Reads the views as they are: `Queries` brings them to the end of the log first."""

    def __init__(
        self, log: Log, views: Views, due_effects: DueEffects, clock: Callable[[], datetime], low_stock: LowStock
    ) -> None:
        self._log = log
        self._views = views
        self._due_effects = due_effects
        self._clock = clock
        self._low_stock = low_stock

    def page(self, limit: int, of: WorkFilter, after: WorkPlace | None) -> WorkPage:
        """Return incomplete views; then, the longest wait first and at most `limit`: rows of the view, parked events,
        effects that no worker has carried out for a quarter of an hour, and low supplies.

        Without a filter, the incomplete views come first and are never cut off, so an empty answer means that there is
        no work. They are no part of later pages. A key that Stripe refuses is one item, unless the filter asks for the
        checkouts behind it, which are counted.
        """
        now = self._clock()
        found = self._rows(of, now)
        rows = [row for row in found if not is_behind_the_key(row, of)]
        others = [each for each in self._others(now) if self._is_meant(each, of)]
        of_key = of_the_key(_work_item(row) for row in found if is_behind_the_key(row, of))
        places = sorted([*map(_place, rows), *(each.place for each in [*others, *of_key])])
        left = [place for place in places if after is None or place > after]
        shown = {*left[:limit]}
        items = [_work_item(row) for row in rows if _place(row) in shown]
        items += [each for each in [*others, *of_key] if each.place in shown]
        incomplete = [] if after else self._incomplete(of)
        counts = Counter(each.kind for each in [*incomplete, *others])
        counts.update(Work(str(row["kind"])) for row in found)
        return WorkPage(
            items=[*incomplete, *sorted(items, key=lambda item: item.place)],
            counts=counts,
            left=len(left) - len(shown),
            is_whole=len(found) < _COUNTED_MAX,
        )

    def _rows(self, of: WorkFilter, now: datetime) -> Sequence[Row]:
        where: list[Filter] = [Equal("is_open", 1)]
        if of.kinds:
            where.append(OneOf("kind", sorted(map(str, of.kinds))))
        if of.subject is not None:
            where.append(Equal("subject", of.subject))
        if of.sku is not None:
            where += [Among("subject", SEARCH, _with_sku(word), of="session_id") for word in words(of.sku)]
        if of.until is not None:
            where.append(AtMost("since", rfc3339(of.until)))
        order_by = ["since", "kind", "subject", "item"]
        selection = Selection(projection=WORK_QUEUE, where=where, order_by=order_by, limit=_COUNTED_MAX)
        return [row for row in self._views.select(selection) if is_due(row, now)]

    def _others(self, now: datetime) -> Iterator[WorkItem]:
        yield from self._parked()
        yield from self._late_effects(now, _LATE_EFFECTS_MAX)
        yield from self._low()

    def _is_meant(self, item: WorkItem, of: WorkFilter) -> bool:
        if (of.kinds and item.kind not in of.kinds) or of.subject not in {None, item.subject}:
            return False
        if of.until is not None and item.since > of.until:
            return False
        return of.sku is None or item.subject == of.sku or self._has_sku(item.subject, of.sku)

    def _has_sku(self, session: str, sku: Sku) -> bool:
        found = (
            Selection(projection=SEARCH, where=[Equal("session_id", session), *_with_sku(word)], limit=1)
            for word in words(sku)
        )
        return all(self._views.select(each) for each in found)

    def _incomplete(self, of: WorkFilter) -> list[WorkItem]:
        if of.subject or of.sku or of.until or (of.kinds and OtherWork.INCOMPLETE_VIEW not in of.kinds):
            return []
        return [self._incomplete_item(view) for view in incomplete_views(self._views)]

    def of(self, subject: str) -> list[WorkItem]:
        """Return the items of the view and the parked events of one session or Stripe event."""
        where: list[Filter] = [Equal("is_open", 1), Equal("subject", subject)]
        now = self._clock()
        rows = self._views.select(Selection(projection=WORK_QUEUE, where=where, order_by=["since", "kind", "item"]))
        return [*(_work_item(row) for row in rows if is_due(row, now)), *self._parked([subject])]

    def subjects(self, kinds: Collection[WorkKind]) -> Iterator[Sequence[SessionId | StripeEventId]]:
        """Return the sessions and Stripe events with work of these kinds, each once, by pages."""
        parked = (
            {retried_subject(item.subject) for item in self._parked()} if OtherWork.PARKED_EVENT in kinds else set()
        )
        in_order = sorted(each for each in parked if each is not None)
        yield from (in_order[start : start + _PAGE_MAX] for start in range(0, len(in_order), _PAGE_MAX))
        kind, subject, now = OneOf("kind", sorted(map(str, kinds))), "", self._clock()
        while True:
            where: list[Filter] = [Equal("is_open", 1), kind, Above("subject", subject)]
            rows = self._views.select(
                Selection(projection=WORK_QUEUE, where=where, order_by=["subject"], limit=_PAGE_MAX)
            )
            if not rows:
                return
            subject = str(rows[-1]["subject"])
            due = dict.fromkeys(retried_subject(str(row["subject"])) for row in rows if is_due(row, now))
            yield [each for each in due if each is not None and each not in parked]

    def without_retry(self) -> Sequence[str]:
        """The other subjects of parked events, such as a SKU or a payment: no retry by staff releases their events."""
        return sorted({item.subject for item in self._parked() if retried_subject(item.subject) is None})

    def _parked(self, subjects: Collection[str] | None = None) -> list[WorkItem]:
        """The first parked event of each subject and policy: its retry releases the events that wait behind it."""
        waiting: dict[tuple[str, str], list[ParkedEvent]] = {}
        for parked in self._log.store.select_parked_events(subjects=subjects):
            waiting.setdefault((parked.subject, parked.policy), []).append(parked)
        return [_parked_item(group[0], len(group) - 1) for group in waiting.values() if not self._is_dismissed(group)]

    def _is_dismissed(self, group: Sequence[ParkedEvent]) -> bool:
        """True if a person dismissed these events of one subject, and none of them was parked later."""
        subject = group[0].subject
        try:
            dismissed_at = self._dismissed_at(subject)
        except UnreadableEvent:
            return False
        return dismissed_at is not None and all(each.parked_at <= dismissed_at for each in group)

    def _dismissed_at(self, subject: str) -> datetime | None:
        """
        Raises:
            UnreadableEvent: this version can't read the subject's stream.
        """
        if session_of_stream(subject) == subject:
            return self._log.get(CheckoutSession, subject).dismissed_at
        if is_stripe_event(subject):
            return self._log.get(StripeEvent, subject).dismissed_at
        return None

    def _incomplete_item(self, view: IncompleteView) -> WorkItem:
        why = reasons.events_left_out(view.left_out, view.position, view.error)
        return _item(view.name, OtherWork.INCOMPLETE_VIEW, None, why, self._recorded_at(view.position))

    def _recorded_at(self, position: int) -> datetime:
        """The time when the event at this position, or the next readable one, was recorded."""
        for found in self._log.store.select_notifications(position, _NEARBY_MAX):
            event = self._log.entry(found).readable
            if isinstance(event, Event):
                return event.recorded_at
        return self._clock()

    def _low(self) -> Iterator[WorkItem]:
        """Low supplies. One of the catalog that was never counted or filled is low since the log began."""
        for low in low_supplies(self._views, self._low_stock):
            since = low_since(self._log, low) or self._recorded_at(1)
            yield _item(low.name, low.kind, None, low.why, since)

    def _late_effects(self, now: datetime, limit: int) -> Iterator[WorkItem]:
        """Effects that stay due: no worker runs, no worker knows their kind, or their checkout can't be read."""
        late = now - _LATE
        for effect in self._due_effects.due(late, limit):
            if effect.since is not None and effect.since <= late:
                step = effect.effect_id.removeprefix(effect_id(effect.session_id, ""))
                why = reasons.waits_for_worker(effect.kind)
                yield _item(effect.session_id, OtherWork.WAITING_EFFECT, AboutEffect(step), why, effect.since)


def _with_sku(word: str) -> list[Filter]:
    """A word of a SKU may be a word of a title as well, and a term has one heading."""
    return [Equal("term", word), OneOf("field", ["sku", "title"])]


def _place(row: Row) -> WorkPlace:
    since = datetime.fromisoformat(str(row["since"]))
    return WorkPlace(since, str(row["kind"]), str(row["subject"]), str(row["item"]))


def _item(subject: str, kind: WorkKind, about: About, why: Reason, since: datetime) -> WorkItem:
    return WorkItem(subject=subject, kind=kind, about=about, detail=in_words(why), why=why, since=since)


def _parked_item(parked: ParkedEvent, behind: int) -> WorkItem:
    about = AboutEvent(parked.policy, parked.position)
    item = _item(parked.subject, OtherWork.PARKED_EVENT, about, parked.error, parked.parked_at)
    detail = and_behind_it(item.detail, behind) if behind else item.detail
    return replace(item, detail=detail if retried_subject(parked.subject) else tried_at_a_start(detail))


def _work_item(row: Row) -> WorkItem:
    why = reasons.restored(str(row["code"]), json.loads(str(row["parameters"])))
    kind, since = Work(str(row["kind"])), datetime.fromisoformat(str(row["since"]))
    item = _item(str(row["subject"]), kind, about_row(kind, str(row["item"])), why, since)
    return item if row["retry_at"] is None else replace(item, retry_at=datetime.fromisoformat(str(row["retry_at"])))
