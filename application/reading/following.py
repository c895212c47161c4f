"""Turns a batch of the log into changes of views. Each event is read once, decoded once, and folded for every view that
lacks it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from application.errors import described
from application.log.anchor import Anchor
from application.log.log import Entry, Notification
from application.log_line import LogLine
from application.reading.projection import Change, Projection, Put, Row, RowFold, Table, UnfitChange, narrowed
from application.reading.views import Advance, Unreadable, View, Views
from application.text.storable import storable
from domain.event import Event

logger = structlog.get_logger(__name__)

_ERROR_MAX = 500


class Feed(Protocol):
    """Reads the log in its order."""

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]: ...

    def select_positions(self, positions: Sequence[int]) -> Sequence[Notification]: ...

    def max_notification_id(self) -> int | None: ...


class ReadableLog(Protocol):
    """The log for readers: it has no method that appends."""

    @property
    def store(self) -> Feed: ...

    def read(self, after: int, limit: int, until: int | None = None) -> Sequence[Entry]:
        """Return the events after this position, in order: at most `limit`, and none beyond `until`."""

    def entry(self, notification: Notification) -> Entry: ...


@dataclass(slots=True)
class Following:
    """The progress of a view through a batch."""

    projection: Projection
    view: View
    changes: list[Change] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    """The rows that the events of the batch are about, as they are by now; by key, for a `RowFold` alone."""
    changed_rows: dict[str, Row] = field(default_factory=dict)
    """Those of them that the batch has changed."""

    def prepare(self, events: Iterable[Event], views: "Views") -> None:
        """Read the rows that a `RowFold` needs: as of the position of the view, or its `Advance` is refused."""
        if isinstance(self.projection.fold, RowFold):
            keys = {key for event in events if (key := self.projection.key_of(event)) is not None}
            self.rows = dict(views.rows(self.view, self.projection, sorted(keys)))

    @property
    def _table(self) -> Table:
        return self.projection.table_of(self.view.version)

    @property
    def _is_of_its_version(self) -> bool:
        return self.view.version == self.projection.version

    def take_in(self, event: Event, position: int) -> None:
        try:
            if isinstance(self.projection.fold, RowFold):
                self._take_in_row(event, position)
            else:
                self.changes += self.projection.changes(event, position)
        except Exception as error:  # noqa: BLE001 - the boundary around one event: recorded, and the rest goes on
            self.leave_out(position, error)

    def _take_in_row(self, event: Event, position: int) -> None:
        key = self.projection.key_of(event)
        if key is None:
            return
        before = self.rows.get(key)
        after = self.projection.row_after(before, event, position)
        if after is not None and after is not before:
            self.rows[key] = self.changed_rows[key] = after

    def leave_out(self, position: int, error: Exception) -> None:
        text = storable(described(error, UnfitChange)[:_ERROR_MAX])
        logger.error(LogLine.EVENT_LEFT_OUT, view=self.view.name, position=position, error=text)
        self.unreadable.append(Unreadable(position=position, error=text))

    def advance(self, anchor: Anchor) -> Advance:
        changes = [*self.changes, *map(Put, self.changed_rows.values())]
        return Advance(
            view=self.view,
            table=self._table,
            anchor=anchor,
            changes=changes if self._is_of_its_version else list(narrowed(self._table, changes)),
            unreadable=self.unreadable,
        )


def fold_batch(
    read: Sequence[Entry],
    following: Sequence[Following],
    last: Anchor,
    views: Views,
    pause: Callable[[], None] = lambda: None,
) -> list[Advance]:
    """Return the changes that bring these views to `last`, the last event of the log that `read` covers. `pause` is
    called before each event, for a `RowFold` twice, so that other threads of this process may run first."""
    for each in following:
        each.prepare(_events(read, each, pause), views)
    concerned: dict[str, list[Following]] = {}
    for entry in read:
        pause()
        topic = entry.topic
        if topic not in concerned:
            concerned[topic] = [each for each in following if each.projection.concerns(topic)]
        interested = [each for each in concerned[topic] if each.view.position < entry.position]
        if interested:
            _take_in(entry, interested)
    return [each.advance(last) for each in following if each.view.position < last.position]


def _events(read: Sequence[Entry], following: Following, pause: Callable[[], None]) -> Iterator[Event]:
    """The readable events of the batch that are new to the view."""
    for entry in read:
        pause()
        if following.view.position < entry.position and following.projection.concerns(entry.topic):
            readable = entry.readable
            if isinstance(readable, Event):
                yield readable


def _take_in(entry: Entry, interested: Sequence[Following]) -> None:
    try:
        event = entry.event
    except Exception as error:  # noqa: BLE001 - the boundary around one event: recorded, and the rest goes on
        for each in interested:
            each.leave_out(entry.position, error)
        return
    for each in interested:
        each.take_in(event, entry.position)
