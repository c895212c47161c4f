"""The events of checkouts, found by the view `timeline` and read from the log."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from application.log.log import Log, Notification
from application.reading.projections.timeline import TIMELINE
from application.reading.views import OneOf, Selection, Views, ViewState
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.identifiers import SessionId


class SessionEvents:
    """Reads the view as it is, and the events that it left out. `Queries` brings the view up to date before."""

    def __init__(self, log: Log, views: Views) -> None:
        self._log = log
        self._views = views

    def of(self, sessions: Sequence[SessionId]) -> Mapping[SessionId, list[tuple[int, Event]]]:
        """Return each session's events with their positions, in log order.

        Raises:
            UnreadableEvent: one of these sessions has an event that this version can't read.
        """
        missing = list(
            self._missing(sessions)
        )  # first, since the timeline may be replaced meanwhile by one that has them
        where = [OneOf("session_id", sessions)]
        rows = self._views.select(Selection(projection=TIMELINE, where=where, order_by=["position"]))
        positions = {*(int(row["position"] or 0) for row in rows), *missing}
        events: dict[SessionId, list[tuple[int, Event]]] = {}
        for notification in self._read(sorted(positions)):
            event = self._log.decode(notification)
            events.setdefault(event.session, []).append((notification.id, event))
        return events

    def has_unreadable_events_of_any_checkout(self) -> bool:
        """True if the log has unreadable events that may belong to any checkout, so every story may lack them."""
        return any(isinstance(event, UnreadableEvent) and event.session_id is None for _, event in self._left_out())

    def _missing(self, sessions: Sequence[SessionId]) -> Iterator[int]:
        """Yield the positions of events of these sessions that the timeline left out: without them it describes another
        checkout.

        Raises:
            UnreadableEvent: this version can't read one of them either.
        """
        for position, event in self._left_out():
            if event.session_id in sessions:
                if isinstance(event, UnreadableEvent):
                    raise event
                yield position

    def _left_out(self) -> Iterator[tuple[int, Event | UnreadableEvent]]:
        """Yield the positions of the events that the timeline left out, with the events as this version reads them
        now."""
        for view in self._views.all():
            if view.name == TIMELINE.name and view.state is ViewState.LIVE and view.unreadable:
                for found in self._read([each.position for each in self._views.unreadable(view)]):
                    yield found.id, self._log.entry(found).readable

    def _read(self, positions: Sequence[int]) -> Iterable[Notification]:
        return self._log.store.select_positions(positions) if positions else ()
