"""Places where a process can be stopped, and stores that have them before and after every write."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import cast

from application.log.insertion import Inserted, Insertion, ParkedEvent
from application.log.log import Log, LogRecorder
from application.reading.projection import Projection
from application.reading.views import Advance, Selection, Snapshot, Unreadable, View, Views, ViewState
from infrastructure.event_store import postgres, sqlite


class Crash(BaseException):
    """The process ends here; no code handles it."""


class CrashPoints:
    """Counts the places that are reached, and ends the process at each chosen one (from 1). Before that it may be made
    to raise errors at the next places of a name, one after the other."""

    def __init__(self, *at: int) -> None:
        self.at = at
        self.reached: list[str] = []
        self.planned_errors: dict[str, list[Exception | None]] = {}

    def reach(self, place: str) -> None:
        self.reached.append(place)
        self.raise_planned_error(place)
        if len(self.reached) in self.at:
            raise Crash(place)

    def raise_planned_error(self, place: str) -> None:
        """If there is any for this place, which need not be one to crash at."""
        error = self.planned_errors[place].pop(0) if self.planned_errors.get(place) else None
        if error is not None:
            raise error


class CrashingRecorder(LogRecorder):
    """What a recorder of any store is, with a place to crash before and after every insert."""

    points = CrashPoints()

    def select_parked_events(
        self, *, policy: str | None = None, subjects: Collection[str] | None = None
    ) -> Sequence[ParkedEvent]:
        self.points.raise_planned_error("read what is parked")
        return super().select_parked_events(policy=policy, subjects=subjects)  # type: ignore[safe-super]  # the store's own

    def insert(self, insertion: Insertion) -> Inserted:
        self.points.reach("before an insert")
        inserted = super().insert(insertion)  # type: ignore[safe-super]  # the store's own
        self.points.reach("after an insert")
        return inserted


class CrashingSQLiteRecorder(CrashingRecorder, sqlite.SQLiteLogRecorder):
    pass


class CrashingSQLite(sqlite.SQLiteLogFactory):
    process_recorder_class = CrashingSQLiteRecorder


class CrashingPostgresRecorder(CrashingRecorder, postgres.PostgresLogRecorder):
    pass


class CrashingPostgres(postgres.PostgresLogFactory):
    process_recorder_class = CrashingPostgresRecorder


_CRASHING = {
    "infrastructure.event_store.sqlite:SQLiteLogFactory": "fakes.crash:CrashingSQLite",
    "infrastructure.event_store.postgres:PostgresLogFactory": "fakes.crash:CrashingPostgres",
}


def open_crashing_log(environment: Mapping[str, str], points: CrashPoints) -> Log:
    """The log that the library would open in this environment, with places to crash."""
    module = _CRASHING[environment["PERSISTENCE_MODULE"]]
    log = Log({**environment, "PERSISTENCE_MODULE": module})
    cast(CrashingRecorder, log.store).points = points
    return log


class CrashingViews:
    """Views with a place to crash before and after every change of rows."""

    def __init__(self, views: Views, points: CrashPoints) -> None:
        self._views = views
        self._points = points

    def apply(self, advances: Sequence[Advance]) -> None:
        self._points.reach("before a change of views")
        self._views.apply(advances)
        self._points.reach("after a change of views")

    def all(self) -> Sequence[View]:
        return self._views.all()

    def create(self, projection: Projection, state: ViewState) -> View:
        return self._views.create(projection, state)

    def switch(self, view: View) -> None:
        self._views.switch(view)

    def empty(self, views: Sequence[View]) -> None:
        self._points.reach("before views are emptied")
        self._views.empty(views)
        self._points.reach("after views are emptied")

    def drop(self, view: View) -> None:
        self._views.drop(view)

    def select(self, selection: Selection) -> Sequence[Mapping[str, str | int | None]]:
        return self._views.select(selection)

    def count(self, selection: Selection) -> int:
        return self._views.count(selection)

    def rows(
        self, view: View, projection: Projection, keys: Sequence[str]
    ) -> Mapping[str, Mapping[str, str | int | None]]:
        return self._views.rows(view, projection, keys)

    def unreadable(self, view: View) -> Sequence[Unreadable]:
        return self._views.unreadable(view)

    def close(self) -> None:
        self._views.close()

    def snapshot(self, projection: Projection) -> AbstractContextManager[Snapshot]:
        return self._views.snapshot(projection)
