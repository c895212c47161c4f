"""A log with its views, and no engine: whatever opens the same database again sees the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from every_store import log_environment
from log_parts import BEGINNING

from application.log.log import Log
from application.reading.projection import Projection, Row
from application.reading.projector import Projector
from application.reading.queries import Queries
from application.reading.rebuild import Rebuild
from application.reading.registry import PROJECTIONS
from application.reading.views import Views
from domain.event import Event
from infrastructure.database import parse_database
from infrastructure.stores import stores
from infrastructure.views.sqlite import scratch_views


@dataclass(frozen=True, kw_only=True)
class ReadSide:
    log: Log
    views: Views
    projections: Sequence[Projection]
    batch_max: int

    @property
    def projector(self) -> Projector:
        return Projector(self.log, self.views, self.projections, batch_max=self.batch_max)

    @property
    def rebuild(self) -> Rebuild:
        return Rebuild(self.log, self.views, scratch_views, self.projections, batch_max=self.batch_max)

    @property
    def queries(self) -> Queries:
        return self.queries_at(BEGINNING + timedelta(days=1))

    def queries_at(self, now: datetime) -> Queries:
        return Queries(self.log, self.views, self.projector, lambda: now)

    def append(self, events: Iterable[Event]) -> None:
        self.log.store.insert_events(self.log.encode(list(events)))

    def rows(self, projection: Projection) -> list[Row]:
        """Every row of the live view, in the order of the key, wherever it stands."""
        with self.views.snapshot(projection) as snapshot:
            return list(snapshot.rows())

    def fold(self, projection: Projection, events: Iterable[Event]) -> list[Row]:
        """Append, follow to the end, and look."""
        self.append(events)
        self.projector.catch_up()
        return self.rows(projection)


@contextmanager
def open_read_side(
    url: str,
    projections: Sequence[Projection] = PROJECTIONS,
    *,
    batch_max: int = 7,
    environment: Mapping[str, str] | None = None,
) -> Iterator[ReadSide]:
    log = Log({**log_environment(url), **(environment or {})})
    views = stores(parse_database(url)).open_views()
    try:
        yield ReadSide(log=log, views=views, projections=projections, batch_max=batch_max)
    finally:
        views.close()
        log.close()
