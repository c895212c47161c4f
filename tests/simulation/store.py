"""The real SQLite stores, with a place for mishaps before each query and around each write."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar, cast

from eventsourcing.persistence import Notification, StoredEvent

from application.log.anchor import Stretch
from application.log.insertion import Inserted, Insertion, ParkedEvent
from application.log.log import Log
from application.reading.projection import Projection
from application.reading.views import Advance, Selection, Snapshot, Unreadable, View, Views, ViewState
from infrastructure.event_store import sqlite

T = TypeVar("T")


class Places(Protocol):
    """Where mishaps happen to a process."""

    epoch: int
    """Incremented when the process learns that the log may be another one."""

    def read(self, what: str) -> None:
        """Called before a query."""

    def write(self, what: str, do: Callable[[], T]) -> T:
        """Called with each write, which it carries out."""

    def seen(self, found: Sequence[Notification]) -> Sequence[Notification]:
        """Return the events of the log as the process sees them."""

    def committing(self, events: Sequence[StoredEvent]) -> None: ...

    def committed(self, events: Sequence[StoredEvent]) -> None: ...


class _Nowhere:
    epoch = 0

    def read(self, what: str) -> None: ...

    def write(self, what: str, do: Callable[[], T]) -> T:
        return do()

    def seen(self, found: Sequence[Notification]) -> Sequence[Notification]:
        return found

    def committing(self, events: Sequence[StoredEvent]) -> None: ...

    def committed(self, events: Sequence[StoredEvent]) -> None: ...


NOWHERE = _Nowhere()


class SimulatedRecorder(sqlite.SQLiteLogRecorder):
    places: Places = NOWHERE

    @property
    def epoch(self) -> int:
        """Like the epoch of a PostgreSQL connection, which grows when another server takes over."""
        return self.places.epoch + super().epoch

    def insert(self, insertion: Insertion) -> Inserted:
        def insert() -> Inserted:
            inserted = self._insert_in_turn(insertion)
            firsts = [each for each, at in zip(insertion.firsts, inserted.firsts, strict=True) if at is not None]
            self.places.committed([*firsts, *insertion.events])
            return inserted

        self.places.committing(insertion.events)
        return self.places.write("commit", insert)

    def _insert_in_turn(self, insertion: Insertion) -> Inserted:
        return super().insert(insertion)

    def try_to_write(self) -> None:
        self.places.write("try to write", super().try_to_write)

    def select_streams(self, ids: Sequence[str], *, version_max: int | None = None) -> Sequence[StoredEvent]:
        self.places.read("read streams")
        return super().select_streams(ids, version_max=version_max)

    def select_notifications(self, *args: Any, **kwargs: Any) -> Sequence[Notification]:
        self.places.read("read the log")
        return self.places.seen(super().select_notifications(*args, **kwargs))

    def select_positions(self, positions: Sequence[int]) -> Sequence[Notification]:
        self.places.read("read places")
        return super().select_positions(positions)

    def select_stretch(self, start: int, limit: int) -> Stretch:
        self.places.read("read moves")
        return super().select_stretch(start, limit)

    def select_parked_events(
        self, *, policy: str | None = None, subjects: Collection[str] | None = None
    ) -> Sequence[ParkedEvent]:
        self.places.read("read what is parked")
        return super().select_parked_events(policy=policy, subjects=subjects)

    def max_notification_id(self) -> int:
        self.places.read("ask for the end")
        return super().max_notification_id()

    def max_tracking_id(self, application_name: str) -> int | None:
        self.places.read("ask for a position")
        return super().max_tracking_id(application_name)

    def select_terms(self) -> Mapping[str, int]:
        self.places.read("ask for the terms")
        return super().select_terms()

    def select_events(self, *args: Any, **kwargs: Any) -> Sequence[StoredEvent]:
        self.places.read("read a stream")
        return super().select_events(*args, **kwargs)


class SimulatedFactory(sqlite.SQLiteLogFactory):
    process_recorder_class = SimulatedRecorder


def open_log(database: str, places: Places) -> Log:
    """Open the log of this database in memory, which has its tables."""
    environment = {
        **sqlite.sqlite_environment(database, create_tables=True),
        "PERSISTENCE_MODULE": "simulation.store:SimulatedFactory",
    }
    log = Log(environment)
    cast(SimulatedRecorder, log.store).places = places
    return log


class SimulatedViews:
    """Views with a place for mishaps before each query and around each change."""

    def __init__(self, views: Views, places: Places) -> None:
        self._views = views
        self._places = places

    def apply(self, advances: Sequence[Advance]) -> None:
        self._places.write("change views", lambda: self._views.apply(advances))

    def create(self, projection: Projection, state: ViewState) -> View:
        return self._places.write("create a view", lambda: self._views.create(projection, state))

    def switch(self, view: View) -> None:
        self._places.write("switch a view", lambda: self._views.switch(view))

    def empty(self, views: Sequence[View]) -> None:
        self._places.write("empty views", lambda: self._views.empty(views))

    def drop(self, view: View) -> None:
        self._places.write("drop a view", lambda: self._views.drop(view))

    def all(self) -> Sequence[View]:
        self._places.read("read views")
        return self._views.all()

    def select(self, selection: Selection) -> Sequence[Mapping[str, str | int | None]]:
        self._places.read("read rows")
        return self._views.select(selection)

    def count(self, selection: Selection) -> int:
        self._places.read("count rows")
        return self._views.count(selection)

    def rows(
        self, view: View, projection: Projection, keys: Sequence[str]
    ) -> Mapping[str, Mapping[str, str | int | None]]:
        self._places.read("read rows")
        return self._views.rows(view, projection, keys)

    def unreadable(self, view: View) -> Sequence[Unreadable]:
        self._places.read("read what is unreadable")
        return self._views.unreadable(view)

    def snapshot(self, projection: Projection) -> AbstractContextManager[Snapshot]:
        self._places.read("read a view")
        return self._views.snapshot(projection)

    def close(self) -> None:
        self._views.close()
