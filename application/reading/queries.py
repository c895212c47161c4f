"""Queries of people: one checkout, search, the work queue, the stock and the views themselves.

Each answer is exact as of the end of the log: the views are brought there first, with or without a server running.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from application.log.insertion import ParkedEvent
from application.log.log import Log, Notification
from application.reading.answers import (
    ANYTIME,
    IncompleteView,
    KeyPoolLevel,
    ProjectionStatus,
    SearchHit,
    SeenWithin,
    StockLevel,
    WorkItem,
)
from application.reading.checkout_document import CheckoutDocument, checkout_document, known_by
from application.reading.checkout_state import CheckoutState
from application.reading.due_effects import DueEffects
from application.reading.projection import Projection, Row, rfc3339
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.projections.search import SEARCH
from application.reading.projections.timeline import TIMELINE
from application.reading.projections.work_queue import WORK_QUEUE, is_due
from application.reading.projector import Projector
from application.reading.search_terms import TERM_MAX, beginning_of_end, readings, words
from application.reading.supply import low_supplies, pool_levels, stock_levels
from application.reading.views import (
    Above,
    Among,
    AtMost,
    Equal,
    Filter,
    OneOf,
    Selection,
    StartsWith,
    View,
    Views,
    ViewState,
)
from application.reading.wording import and_behind_it
from application.reading.work import OtherWork, Work, WorkKind
from application.reason_wording import in_words
from domain import reasons
from domain.catalog import NEVER_LOW, LowStock
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.identifiers import session_of_stream
from domain.ids import SessionId, StreamId
from domain.order_number import order_number, read_order_number
from domain.reason import Reason
from domain.step import effect_id
from domain.stripe_event import StripeEvent

_WORDS_MAX = 10
_HITS_MAX = 200
_WORK_MAX = 1000
_BATCH_MAX = 100
_NEARBY_MAX = 20
_LATE = timedelta(minutes=15)
_TICK = timedelta(microseconds=1)
FAILED = "failed"
CANDIDATES_MAX = 5


class Queries:
    def __init__(
        self,
        log: Log,
        views: Views,
        projector: Projector,
        clock: Callable[[], datetime],
        low_stock: LowStock = NEVER_LOW,
    ) -> None:
        """`low_stock` is when the catalog asks for warnings."""
        self._log = log
        self._clock = clock
        self._low_stock = low_stock
        self._views = views
        self._projector = projector
        self.due_effects = DueEffects(views)

    def checkout(
        self, session_id: SessionId, as_of: datetime | None = None, *, hides_personal: bool = False
    ) -> CheckoutDocument | None:
        """The checkout as it is now, or as it was then by our clock; None if the log knew nothing of it.

        Raises:
            UnreadableEvent: this version can't read one of its events, so the state of the checkout is not known.
        """
        self._projector.catch_up()
        events = self._events([session_id]).get(session_id, [])
        known = events if as_of is None else known_by(events, as_of)
        return checkout_document(session_id, known, hides_personal=hides_personal)

    def has_unreadable_events_of_any_checkout(self) -> bool:
        """Whether the log has unreadable events that may belong to any checkout, so every story may lack them."""
        return any(isinstance(event, UnreadableEvent) and event.session_id is None for _, event in self._left_out())

    def search(self, text: str, limit: int = 50, seen: SeenWithin = ANYTIME) -> list[SearchHit]:
        """Checkouts with every search word, or with words that begin so; the newest first. Without a word: all of
        them."""
        self._projector.catch_up()
        within = list(self._within(seen))
        for wanted in readings(text):
            if hits := self._hits(wanted[:_WORDS_MAX], within, min(limit, _HITS_MAX)):
                return hits
        return []

    def _within(self, seen: SeenWithin) -> Iterator[Filter]:
        if seen.since is not None:
            yield Above("recorded_at", rfc3339(seen.since - _TICK))
        if seen.until is not None:
            yield AtMost("recorded_at", rfc3339(seen.until - _TICK))
        if seen.before is not None:
            where = [Equal("session_id", seen.before)]
            rows = self._views.select(Selection(projection=CHECKOUTS, where=where))
            yield AtMost("position", int(rows[0]["position"] or 0) - 1 if rows else 0)

    def named(self, name: str) -> list[SessionId]:
        """The sessions that a person calls so: by their order number, payment intent or reference, else by the end of
        their ID. No more than `CANDIDATES_MAX`."""
        self._projector.catch_up()
        number, whole = read_order_number(name), "".join(words(name))[:TERM_MAX]
        found = dict.fromkeys(self._found_by(Equal("term", number.casefold()), "order_number") if number else ())
        found |= dict.fromkeys(self._found_by(Equal("term", whole), "payment_intent"))
        found |= dict.fromkeys(self._with_reference(name, whole))
        if not found and (end := beginning_of_end(name)):
            found |= dict.fromkeys(self._found_by(StartsWith("term", end), "session"))
        return list(found)[:CANDIDATES_MAX]

    def _with_reference(self, name: str, whole: str) -> Iterator[SessionId]:
        """Parts of references are terms too, so the references themselves are compared."""
        for session_id in self._found_by(Equal("term", whole), "client_reference_id"):
            checkout = self._log.get(CheckoutSession, session_id).checkout
            reference = checkout.client_reference_id if checkout else None
            if reference and words(reference.text) == words(name):
                yield session_id

    def _found_by(self, term: Filter, field: str) -> list[SessionId]:
        selection = Selection(projection=SEARCH, where=[term, Equal("field", field)], limit=_HITS_MAX)
        return [_session_of(row) for row in self._views.select(selection)]

    def _hits(self, wanted: Sequence[str], within: Sequence[Filter], limit: int) -> list[SearchHit]:
        found = [Among("session_id", SEARCH, [StartsWith("term", word)]) for word in wanted]
        selection = Selection(projection=CHECKOUTS, where=[*found, *within], order_by=["-position"], limit=limit)
        rows = self._views.select(selection)
        states = self._states([_session_of(row) for row in rows])
        return [_hit(row, states, self._matched(_session_of(row), wanted)) for row in rows]

    def work_queue(self, limit: int = _WORK_MAX) -> list[WorkItem]:
        """Incomplete views; then, the longest wait first, what waits for a person, effects that keep failing, what a
        policy could not handle, the effects that no worker has carried out for a quarter of an hour, and what is
        low in stock.

        At most `limit` of the latter. So the answer is empty only if nothing is missing from it.
        """
        self._projector.catch_up()
        selection = Selection(
            projection=WORK_QUEUE,
            where=[Equal("is_open", 1)],
            order_by=["since", "subject", "kind", "item"],
            limit=limit,
        )
        now = self._clock()
        rows = [row for row in self._views.select(selection) if is_due(row, now)]
        incomplete = [self._incomplete_item(view) for view in self.incomplete()]
        items = [*map(_work_item, rows), *self._parked(), *self._late_effects(now, limit), *self._low()]
        return [*incomplete, *sorted(items, key=lambda item: item.since)[:limit]]

    def orders(self, subjects: Iterable[str]) -> Mapping[str, Checkout]:
        """Stripe's latest answers about those of the subjects that are sessions, as far as there are any that this
        version can read. No stream is replayed: the view knows where the answers are in the log."""
        self._projector.catch_up()
        sessions = [each for each in dict.fromkeys(subjects) if session_of_stream(each)]
        positions: list[int] = []
        for start in range(0, len(sessions), _BATCH_MAX):
            where = [OneOf("session_id", sessions[start : start + _BATCH_MAX])]
            rows = self._views.select(Selection(projection=CHECKOUTS, where=where))
            positions += [int(row["retrieved_position"]) for row in rows if row["retrieved_position"] is not None]
        answers = (self._log.entry(found).readable for found in self._read(sorted(positions)))
        return {each.originator_id: each.checkout for each in answers if isinstance(each, CheckoutSession.Retrieved)}

    def work_of(self, subject: str) -> list[WorkItem]:
        """The same, of one session or Stripe event."""
        self._projector.catch_up()
        where: list[Filter] = [Equal("is_open", 1), Equal("subject", subject)]
        now = self._clock()
        rows = self._views.select(Selection(projection=WORK_QUEUE, where=where, order_by=["since", "kind", "item"]))
        parked = [item for item in self._parked() if item.subject == subject]
        return [*(_work_item(row) for row in rows if is_due(row, now)), *parked]

    def stuck(self, kinds: Collection[WorkKind]) -> Iterator[Sequence[str]]:
        """The sessions and Stripe events with work of these kinds, each once, by pages."""
        self._projector.catch_up()
        parked = {item.subject for item in self._parked()} if OtherWork.PARKED_EVENT in kinds else set[str]()
        in_order = sorted(parked)
        yield from (in_order[start : start + _BATCH_MAX] for start in range(0, len(in_order), _BATCH_MAX))
        kind, subject, now = OneOf("kind", sorted(map(str, kinds))), "", self._clock()
        while True:
            where: list[Filter] = [Equal("is_open", 1), kind, Above("subject", subject)]
            rows = self._views.select(
                Selection(projection=WORK_QUEUE, where=where, order_by=["subject"], limit=_BATCH_MAX)
            )
            if not rows:
                return
            subject = str(rows[-1]["subject"])
            due = dict.fromkeys(str(row["subject"]) for row in rows if is_due(row, now))
            yield [each for each in due if each not in parked]

    def stock(self) -> list[StockLevel]:
        self._projector.catch_up()
        return stock_levels(self._views, self._low_stock)

    def key_pools(self) -> list[KeyPoolLevel]:
        self._projector.catch_up()
        return pool_levels(self._views, self._low_stock)

    def incomplete(self, *projections: Projection) -> list[IncompleteView]:
        """The live views that left events out: among those of these projections, or among all without any."""
        names = {projection.name for projection in projections}
        return [
            IncompleteView(name=view.name, left_out=view.unreadable, position=first.position, error=first.error)
            for view in self._views.all()
            if view.state is ViewState.LIVE and view.unreadable and (not names or view.name in names)
            for first in self._views.unreadable(view)[:1]
        ]

    def projections(self) -> list[ProjectionStatus]:
        """Every generation of every view, as it is: nothing is brought up to date for this."""
        views = self._views.all()
        missing = [each for each in self._projector.projections if each.name not in {view.name for view in views}]
        return sorted([*map(_status, views), *map(_not_begun, missing)], key=lambda status: status.name)

    def _states(self, sessions: Sequence[SessionId]) -> Mapping[SessionId, CheckoutState]:
        states: dict[SessionId, CheckoutState] = {}
        for start in range(0, len(sessions), _BATCH_MAX):
            states |= self._states_of_batch(sessions[start : start + _BATCH_MAX])
        return states

    def _states_of_batch(self, sessions: Sequence[SessionId]) -> Mapping[SessionId, CheckoutState]:
        """A checkout that can't be read is parked, and the others are shown all the same."""
        try:
            documents = (checkout_document(id, events) for id, events in self._events(sessions).items())
            return {document.session_id: document.state for document in documents if document}
        except UnreadableEvent:
            if len(sessions) == 1:
                return {sessions[0]: CheckoutState.PARKED}
            return {id: state for each in sessions for id, state in self._states_of_batch([each]).items()}

    def _events(self, sessions: Sequence[SessionId]) -> Mapping[SessionId, list[tuple[int, Event]]]:
        """Each session's events with their positions, in log order.

        Raises:
            UnreadableEvent: one of these sessions has an event that this version can't read.
        """
        missing = list(self._missing(sessions))  # first: the timeline may be replaced by one that has them
        where = [OneOf("session_id", sessions)]
        rows = self._views.select(Selection(projection=TIMELINE, where=where, order_by=["position"]))
        positions = {*(int(row["position"] or 0) for row in rows), *missing}
        events: dict[SessionId, list[tuple[int, Event]]] = {}
        for notification in self._read(sorted(positions)):
            event = self._log.decode(notification)
            events.setdefault(event.session, []).append((notification.id, event))
        return events

    def _missing(self, sessions: Sequence[SessionId]) -> Iterator[int]:
        """Positions of events of these sessions that the timeline left out: without them it describes another checkout.

        Raises:
            UnreadableEvent: this version can't read one of them either.
        """
        for position, event in self._left_out():
            if event.session_id in sessions:
                if isinstance(event, UnreadableEvent):
                    raise event
                yield position

    def _left_out(self) -> Iterator[tuple[int, Event | UnreadableEvent]]:
        """Positions of the events that the timeline left out, and the events as this version reads them now."""
        for view in self._views.all():
            if view.name == TIMELINE.name and view.state is ViewState.LIVE and view.unreadable:
                for found in self._read([each.position for each in self._views.unreadable(view)]):
                    yield found.id, self._log.entry(found).readable

    def _read(self, positions: Sequence[int]) -> Iterable[Notification]:
        return self._log.store.select_positions(positions) if positions else ()

    def _matched(self, session_id: SessionId, wanted: Sequence[str]) -> tuple[str, ...]:
        fields = set()
        for word in wanted:
            where = (StartsWith("term", word), Equal("session_id", session_id))
            rows = self._views.select(Selection(projection=SEARCH, where=where, limit=_BATCH_MAX))
            fields |= {str(row["field"]) for row in rows}
        return tuple(sorted(fields))

    def _parked(self) -> list[WorkItem]:
        """The first of each subject and policy: a retry of it releases the events that wait behind it."""
        waiting: dict[tuple[str, str], list[ParkedEvent]] = {}
        for parked in self._log.store.select_parked_events():
            waiting.setdefault((parked.subject, parked.policy), []).append(parked)
        return [_parked_item(group[0], len(group) - 1) for group in waiting.values() if not self._is_dismissed(group)]

    def _is_dismissed(self, group: Sequence[ParkedEvent]) -> bool:
        """Whether a person dismissed these events of one subject, and none was parked since."""
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
        if subject.startswith("evt_"):
            return self._log.get(StripeEvent, subject).dismissed_at
        return None

    def _incomplete_item(self, view: IncompleteView) -> WorkItem:
        why = reasons.events_left_out(view.left_out, view.position, view.error)
        return _item(view.name, OtherWork.INCOMPLETE_VIEW, "", why, self._recorded_at(view.position))

    def _recorded_at(self, position: int) -> datetime:
        """When the event there was recorded, or the next one that can be read."""
        for found in self._log.store.select_notifications(position, _NEARBY_MAX):
            event = self._log.entry(found).readable
            if isinstance(event, Event):
                return event.recorded_at
        return self._clock()

    def _low(self) -> Iterator[WorkItem]:
        """What is low: since the last change of the SKU or the pool."""
        for low in low_supplies(self._views, self._low_stock):
            yield _item(low.name, low.kind, "", low.why, self._changed_at(low.stream))

    def _changed_at(self, stream: StreamId) -> datetime:
        """When the last event of this stream was recorded that this version can read; now, if there is none."""
        for stored in self._log.store.select_events(stream, desc=True, limit=_NEARBY_MAX):
            with suppress(UnreadableEvent):
                return self._log.decode(stored).recorded_at
        return self._clock()

    def _late_effects(self, now: datetime, limit: int) -> Iterator[WorkItem]:
        """Effects that are due and stay so: no worker runs, none knows their kind, or their checkout can't be read."""
        late = now - _LATE
        for effect in self.due_effects.due(late, limit):
            if effect.since is not None and effect.since <= late:
                step = effect.effect_id.removeprefix(effect_id(effect.session_id, ""))
                why = reasons.waits_for_worker(effect.kind)
                yield _item(effect.session_id, OtherWork.WAITING_EFFECT, step, why, effect.since)


def _item(subject: str, kind: WorkKind, item: str, why: Reason, since: datetime) -> WorkItem:
    return WorkItem(subject=subject, kind=kind, item=item, detail=in_words(why), why=why, since=since)


def _parked_item(parked: ParkedEvent, behind: int) -> WorkItem:
    place = f"{parked.policy}@{parked.position}"
    item = _item(parked.subject, OtherWork.PARKED_EVENT, place, parked.error, parked.parked_at)
    return replace(item, detail=and_behind_it(item.detail, behind)) if behind else item


def _status(view: View) -> ProjectionStatus:
    is_failed = view.unreadable > 0 and view.state is ViewState.LIVE
    return ProjectionStatus(
        name=view.name,
        version=view.version,
        position=view.position,
        state=FAILED if is_failed else view.state.value,
        unreadable=view.unreadable,
    )


def _not_begun(projection: Projection) -> ProjectionStatus:
    state = ViewState.BUILDING.value
    return ProjectionStatus(name=projection.name, version=projection.version, position=0, state=state, unreadable=0)


def _session_of(row: Row) -> SessionId:
    """As the log has it, so its shape was checked when it came in."""
    return SessionId(StreamId(str(row["session_id"])))


def _hit(row: Row, states: Mapping[SessionId, CheckoutState], matched: tuple[str, ...]) -> SearchHit:
    session_id, amount, currency = _session_of(row), row["amount_total"], row["currency"]
    return SearchHit(
        session_id=session_id,
        order_number=order_number(session_id),
        state=states.get(session_id, CheckoutState.OPEN),
        amount_total=None if amount is None else int(amount),
        currency=None if currency is None else str(currency),
        recorded_at=datetime.fromisoformat(str(row["recorded_at"])),
        matched=matched,
    )


def _work_item(row: Row) -> WorkItem:
    why = reasons.restored(str(row["code"]), json.loads(str(row["parameters"])))
    since = datetime.fromisoformat(str(row["since"]))
    item = _item(str(row["subject"]), Work(str(row["kind"])), str(row["item"]), why, since)
    return item if row["retry_at"] is None else replace(item, retry_at=datetime.fromisoformat(str(row["retry_at"])))
