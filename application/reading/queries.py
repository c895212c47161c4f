"""The questions that people ask: one checkout, search, the work queue, the stock, and the views themselves.

Each answer is exact as of the end of the log: a query first brings the views there, with or without a running server.
The modules beside this one compute the answers: checkout_search, open_work, session_events, supply and view_states.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from application.log.log import Log
from application.reading.answers import (
    ALL_CHECKOUTS,
    ALL_WORK,
    CheckoutFilter,
    IncompleteView,
    KeyPoolLevel,
    NamedCheckout,
    ProjectionStatus,
    SearchHit,
    StockLevel,
    WorkFilter,
    WorkItem,
    WorkPage,
    WorkPlace,
)
from application.reading.checkout_document import CheckoutDocument, checkout_document, known_by
from application.reading.checkout_search import CheckoutSearch
from application.reading.checkout_state import CheckoutState, Situation
from application.reading.customer_summary import CustomerSummary, customer_summary
from application.reading.due_effects import DueEffects
from application.reading.open_work import OpenWork
from application.reading.projection import Projection
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.projector import Projector
from application.reading.session_events import SessionEvents
from application.reading.supply import pool_levels, stock_levels
from application.reading.view_states import incomplete_views, projection_statuses
from application.reading.views import OneOf, Selection, Views
from application.reading.work import WorkKind
from domain.catalog import NEVER_LOW, LowStock
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, StripeEventId, session_of_stream

_WORK_MAX = 1000
_BATCH_MAX = 100


class Queries:
    def __init__(
        self,
        log: Log,
        views: Views,
        projector: Projector,
        clock: Callable[[], datetime],
        low_stock: LowStock = NEVER_LOW,
    ) -> None:
        """`low_stock` has the levels at which the catalog asks for warnings."""
        self._log = log
        self._low_stock = low_stock
        self._views = views
        self._projector = projector
        self.due_effects = DueEffects(views)
        self._events = SessionEvents(log, views)
        self._search = CheckoutSearch(log, views)
        self._work = OpenWork(log, views, self.due_effects, clock, low_stock)

    def checkout(
        self, session_id: SessionId, as_of: datetime | None = None, *, hides_personal: bool = False
    ) -> CheckoutDocument | None:
        """Return the checkout as it is now, or as it was then by our clock; None if it was not in the log.

        Raises:
            UnreadableEvent: this version can't read one of its events, so the state of the checkout is not known.
        """
        return checkout_document(session_id, self._known(session_id, as_of), hides_personal=hides_personal)

    def customer_summary(
        self, session_id: SessionId, as_of: datetime | None = None, *, hides_personal: bool = False
    ) -> CustomerSummary | None:
        """Return what the customer may know of the checkout. Times and errors are as for `checkout`."""
        return customer_summary(session_id, self._known(session_id, as_of), hides_personal=hides_personal)

    def _known(self, session_id: SessionId, as_of: datetime | None) -> Sequence[tuple[int, Event]]:
        self._projector.catch_up()
        events = self._events.of([session_id]).get(session_id, [])
        return events if as_of is None else known_by(events, as_of)

    def has_unreadable_events_of_any_checkout(self) -> bool:
        """True if the log has unreadable events that may belong to any checkout, so every story may lack them."""
        return self._events.has_unreadable_events_of_any_checkout()

    def search(self, text: str, limit: int = 50, seen: CheckoutFilter = ALL_CHECKOUTS) -> list[SearchHit]:
        """Return the checkouts that match every search word; the newest first. Without a search word, return all
        checkouts."""
        self._projector.catch_up()
        return self._search.hits(text, limit, seen)

    def named(self, name: str) -> list[SessionId]:
        """Return at most five sessions with this order number or reference, or to which a payment intent, subscription,
        invoice or line item with this ID belongs. If there are none, return those with an ID that ends with it."""
        self._projector.catch_up()
        return self._search.named(name)

    def work_queue(self, limit: int = _WORK_MAX) -> list[WorkItem]:
        """Return incomplete views; then at most `limit` other tasks for a person, the longest wait first."""
        return list(self.work_page(limit).items)

    def work_page(self, limit: int = _WORK_MAX, of: WorkFilter = ALL_WORK, after: WorkPlace | None = None) -> WorkPage:
        """Return a page of that work, and the number of all its items."""
        self._projector.catch_up()
        return self._work.page(limit, of, after)

    def work_of(self, subject: str) -> list[WorkItem]:
        """Return the work of one session or Stripe event."""
        self._projector.catch_up()
        return self._work.of(subject)

    def stuck(self, kinds: Collection[WorkKind]) -> Iterator[Sequence[SessionId | StripeEventId]]:
        """Return the sessions and Stripe events with work of these kinds, each once, by pages."""
        self._projector.catch_up()
        return self._work.subjects(kinds)

    def parked_without_retry(self) -> Sequence[str]:
        """The other subjects of parked events, such as a SKU or a payment: no retry by staff releases their events."""
        return self._work.without_retry()

    def orders(self, subjects: Iterable[str]) -> Mapping[str, NamedCheckout]:
        """Return Stripe's latest answers about those subjects that are sessions, without the answers that this
        version can't read. Each comes with the latest correction of the shipping address and the catalog's names. No
        stream is replayed: the view has the names, and the positions of the others in the log."""
        self._projector.catch_up()
        sessions = [each for each in dict.fromkeys(subjects) if session_of_stream(each)]
        positions, names = list[int](), dict[str, Mapping[str, str]]()
        for start in range(0, len(sessions), _BATCH_MAX):
            where = [OneOf("session_id", sessions[start : start + _BATCH_MAX])]
            rows = self._views.select(Selection(projection=CHECKOUTS, where=where))
            places = (row[place] for row in rows for place in ("retrieved_position", "ships_to_position"))
            positions += [int(place) for place in places if place is not None]
            names |= {str(row["session_id"]): json.loads(str(row["names"])) for row in rows}
        stored = self._log.store.select_positions(sorted(positions)) if positions else ()
        events = [self._log.entry(each).readable for each in stored]
        answers: dict[str, Checkout] = {}
        for each in events:
            if isinstance(each, CheckoutSession.Retrieved):
                answers[each.originator_id] = each.checkout
        for each in events:
            if isinstance(each, Fulfillment.ShippingCorrected) and each.session in answers:
                answers[each.session] = replace(answers[each.session], shipping=each.to)
        return {id: NamedCheckout(checkout=checkout, names=names[id]) for id, checkout in answers.items()}

    def situations(self, subjects: Iterable[str]) -> Mapping[str, CheckoutState | Situation]:
        """How those subjects that are sessions stand, as staff read it."""
        self._projector.catch_up()
        named = (session_of_stream(each) for each in dict.fromkeys(subjects))
        return self._search.situations([each for each in named if each is not None])

    def stock(self) -> list[StockLevel]:
        self._projector.catch_up()
        return stock_levels(self._views, self._low_stock)

    def key_pools(self) -> list[KeyPoolLevel]:
        self._projector.catch_up()
        return pool_levels(self._views, self._low_stock)

    def incomplete(self, *projections: Projection) -> list[IncompleteView]:
        """Return the live views of these projections, or of all, that left events out."""
        return incomplete_views(self._views, *projections)

    def projections(self) -> list[ProjectionStatus]:
        """Every generation of every view, as it is: this query alone brings no view up to date."""
        return projection_statuses(self._views, self._projector.projections)
