"""Rebuilds a view from the whole log while the live one serves, and verifies the live one.

This module reads events and writes rows; a rebuild has access to nothing that acts.
"""

import hashlib
import heapq
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from application.errors import NotFound, RefusedInWords
from application.log.anchor import Anchor, anchors_at
from application.log.log import Entry
from application.reading.following import Following, ReadableLog, fold_batch
from application.reading.projection import Projection, Row, Value
from application.reading.registry import PROJECTIONS
from application.reading.views import Overtaken, Snapshot, View, Views, ViewState
from application.reading.void import empty_void_views

BATCH_MAX = 5000
_REPORT_SECONDS = 1.0
_DIFFERENCES_MAX = 10

Key = tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a rebuild, in events of the log."""

    done: int
    total: int
    events_per_second: float

    @property
    def seconds_left(self) -> float | None:
        """The remaining seconds at the rate so far; None while there is no rate."""
        return (self.total - self.done) / self.events_per_second if self.events_per_second else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row that differs between the live view and a fresh fold of the log; None where it is missing."""

    key: Key
    live: Row | None
    fresh: Row | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of comparing the live view with a fresh fold of the log up to its position."""

    name: str
    version: int
    position: int
    rows: int
    live_digest: str
    fresh_digest: str
    unreadable: int
    """The number of events that a fresh fold leaves out."""
    differences: tuple[Difference, ...]
    """The first of them, in the order of the key."""

    @property
    def is_right(self) -> bool:
        return self.live_digest == self.fresh_digest


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Report no progress."""


class Rebuild:
    def __init__(
        self,
        log: ReadableLog,
        views: Views,
        scratch: Callable[[], AbstractContextManager[Views]],
        projections: Sequence[Projection] = PROJECTIONS,
        *,
        timer: Callable[[], float] = time.monotonic,
        batch_max: int = BATCH_MAX,
    ) -> None:
        """`scratch` creates a temporary store for a view that serves no reader, and removes it again."""
        self._log = log
        self._views = views
        self._scratch = scratch
        self._projections = {projection.name: projection for projection in projections}
        self._timer = timer
        self._batch_max = batch_max

    def rebuild(self, name: str, report: Report = silent) -> View:
        """Build a new generation beside the live one, then switch to it. An interrupted build is resumed.

        Raises:
            NotFound: there is no such projection.
            Refused: a later version of this program keeps it, which alone can rebuild it.
        """
        projection = self._projection(name)
        empty_void_views(self._log.store, self._views)
        view = self._begin(projection)
        meter = Meter(report, self._timer, view.position)
        while view.state is ViewState.BUILDING:
            try:
                position, end = self._step(self._views, projection, view)
                meter.show(position, end)
                if position >= end:
                    self._views.switch(view)
            except Overtaken:
                pass  # another process builds the same view, or the live view is further ahead: look again
            view = self._look_again(projection, view)
        meter.show(view.position, view.position, is_last=True)
        return view

    def verify(self, name: str, report: Report = silent) -> Verification:
        """Compare the live view with a fresh fold of the log up to the same position.

        Raises:
            NotFound: there is no such projection.
            ViewNotBuilt: there is no live view of it yet.
        """
        projection = self._projection(name)
        empty_void_views(self._log.store, self._views)
        with self._views.snapshot(projection) as live, self._scratch() as scratch:
            meter = Meter(report, self._timer, 0)
            scratch.create(projection, ViewState.LIVE)
            while (view := scratch.all()[0]).position < live.view.position:
                meter.show(view.position, live.view.position)
                self._step(scratch, projection, view, live.view.position)
            with scratch.snapshot(projection) as fresh:
                return compare(projection, live, fresh)

    def _projection(self, name: str) -> Projection:
        if name not in self._projections:
            raise NotFound(f"No projection {name}. The projections are {', '.join(sorted(self._projections))}.")
        return self._projections[name]

    def _begin(self, projection: Projection) -> View:
        """Return the generation to build: one of this version that was begun before, else a new one."""
        own = self._own(projection)
        if any(view.version > projection.version for view in own):
            raise RefusedInWords(
                f"A later version of fulfill maintains the view {projection.name}. Rebuild it with that version."
            )
        building = next((view for view in own if view.state is ViewState.BUILDING), None)
        if building is not None and building.version == projection.version and building.variant == projection.variant:
            return building
        if building is not None:
            self._views.drop(building)
        try:
            return self._views.create(projection, ViewState.BUILDING)
        except Overtaken:
            return self._begin(projection)

    def _look_again(self, projection: Projection, view: View) -> View:
        """Return the generation that is being built, or that serves by now; another one if it was dropped."""
        own = {each.generation: each for each in self._own(projection)}
        if view.generation in own:
            return own[view.generation]
        replaced_it = (
            each for each in own.values() if each.state is ViewState.LIVE and each.generation > view.generation
        )
        return next(replaced_it, None) or self._begin(projection)

    def _own(self, projection: Projection) -> list[View]:
        return [view for view in self._views.all() if view.name == projection.name]

    def _step(self, views: Views, projection: Projection, view: View, until: int | None = None) -> tuple[int, int]:
        """Bring a view one batch further. Return its position then, and the end of the log."""
        end = until if until is not None else self._log.store.max_notification_id() or 0
        if view.position >= end:
            return view.position, end
        # The end was read first, so if the batch is not full, everything up to that end has been seen.
        read = self._select(projection, view.position, end)
        last = read[-1].anchor if len(read) == self._batch_max else self._anchor_at(end)
        views.apply(fold_batch(read, [Following(projection, view)], last, views))
        return last.position, end

    def _anchor_at(self, position: int) -> Anchor:
        """
        Raises:
            Overtaken: the log was restored to an earlier moment.
        """
        found = anchors_at(self._log.store, [position])
        if position not in found:
            raise Overtaken(f"the log has no event {position} any more")
        return found[position]

    def _select(self, projection: Projection, start: int, stop: int) -> Sequence[Entry]:
        topics = sorted(projection.reads or ())
        store = self._log.store
        found = store.select_notifications(start, self._batch_max, stop, topics, inclusive_of_start=False)
        return [self._log.entry(each) for each in found]


class Meter:
    """Reports the progress about once a second, and at the end."""

    def __init__(self, report: Report, timer: Callable[[], float], begun_at: int) -> None:
        self._report = report
        self._timer = timer
        self._begun_at = begun_at
        self._started = self._shown = timer()

    def show(self, done: int, total: int, *, is_last: bool = False) -> None:
        now = self._timer()
        if is_last or now - self._shown >= _REPORT_SECONDS:
            self._shown = now
            seconds = now - self._started
            rate = (done - self._begun_at) / seconds if seconds > 0 else 0.0
            self._report(Progress(done=done, total=total, events_per_second=rate))


def compare(projection: Projection, live: Snapshot, fresh: Snapshot) -> Verification:
    """Compare the two views row by row. Both are held at the same position."""
    digests = hashlib.sha256(), hashlib.sha256()
    rows = 0
    differences: list[Difference] = []
    for key, (mine, theirs) in _side_by_side(projection, live.rows(), fresh.rows()):
        rows += mine is not None
        for digest, row in zip(digests, (mine, theirs), strict=True):
            if row is not None:
                digest.update(_canonical(row))
        if mine != theirs and len(differences) < _DIFFERENCES_MAX:
            differences.append(Difference(key=key, live=mine, fresh=theirs))
    return Verification(
        name=projection.name,
        version=projection.version,
        position=live.view.position,
        rows=rows,
        live_digest=digests[0].hexdigest(),
        fresh_digest=digests[1].hexdigest(),
        unreadable=fresh.view.unreadable,
        differences=tuple(differences),
    )


def _canonical(row: Row) -> bytes:
    return json.dumps(row, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _side_by_side(
    projection: Projection, live: Iterable[Row], fresh: Iterable[Row]
) -> Iterator[tuple[Key, tuple[Row | None, Row | None]]]:
    """Yield the rows of both side by side, in the order of the key."""
    columns = projection.table.key

    def keyed(rows: Iterable[Row], side: int) -> Iterator[tuple[Any, int, Row]]:
        return ((tuple(row[column] for column in columns), side, row) for row in rows)

    merged = heapq.merge(keyed(live, 0), keyed(fresh, 1), key=itemgetter(0))
    for key, group in groupby(merged, key=itemgetter(0)):
        found = {side: row for _, side, row in group}
        yield key, (found.get(0), found.get(1))
