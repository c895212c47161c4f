"""Copies a whole log into another database, and proves both equal: a shop moves from a file to a server with it.

Events keep their bytes and their positions in the log, so the positions of followers, of parked events and in views
mean the same in both logs.

When all is proven equal, the copy marks the source, too: two databases in use would give the same keys to different
customers. After a kill between the two marks no process starts on either log, and the same copy resumes.

No process may run on half a log: a policy would repeat its decisions, and a finished effect would look due. So the
transaction of the first batch marks the target, each batch moves the mark, and the copy removes it only when all events
are there and proven equal. The mark is a row among the followers' positions, which every log has, and
`Log.check_is_whole` looks for it before any process reads or writes. A kill needs no clean-up: the mark has all that
the resumed copy needs.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import islice

from eventsourcing.persistence import IntegrityError

from application.errors import RefusedInWords
from application.log.insertion import ParkedEvent
from application.log.log import COPYING, Log, Notification
from application.ports import WorkerLocks
from application.reading.projection import Projection
from application.reading.projector import Projector
from application.reading.rebuild import Meter, Report, Verification, compare, silent
from application.reading.registry import PROJECTIONS
from application.reading.views import Views, ViewState
from application.text.stored_reason import as_text

BATCH_MAX = 1000
_FOLLOWED_MAX = 5000
_DIFFERENCES_MAX = 10
_FIRST_VERSION = 1

Stage = Callable[[str], AbstractContextManager[Report]]
"""Begins a stage of the work, by its name, and yields the function that reports its progress."""


def silently(_name: str) -> AbstractContextManager[Report]:
    """Report no progress."""
    return nullcontext(silent)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDatabase:
    """A database with a log."""

    name: str
    """For messages, without a password."""
    log: Log
    views: Views
    locks: WorkerLocks

    def end(self) -> int:
        return self.log.store.max_notification_id() or 0

    def lead(self) -> None:
        """Keep other processes from starting there. Cheap enough to be called with every batch.

        Raises:
            Refused: a process uses it.
        """
        if not self.locks.lead():
            raise _is_used(self)


@dataclass(slots=True)
class Likeness:
    """The events that both logs share, from the beginning."""

    events: int = 0
    streams: int = 0
    """The number of streams that begin in these events."""
    differences: list[str] = field(default_factory=list)
    """The first of them."""
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def take_in(self, events: Sequence[Notification]) -> None:
        for event in events:
            head = f"{event.id} {event.originator_id} {event.originator_version} {event.topic} {len(event.state)}\n"
            self._hash.update(head.encode())
            self._hash.update(event.state)
            self.streams += event.originator_version == _FIRST_VERSION
        self.events += len(events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """The result of a copy: what was copied, and how the two databases compare."""

    events: int
    streams: int
    digest: str
    """SHA-256 over all events in the order of the log: position, stream, version, topic and bytes."""
    followers: int
    parked: int
    views: Sequence[Verification]
    """For each view, the rows of the source as `live` and those of the target as `fresh`."""
    differences: Sequence[str]
    """The first differences between the logs and their bookkeeping, as sentences."""

    @property
    def is_same(self) -> bool:
        return not self.differences and all(view.is_right for view in self.views)


class Copy:
    def __init__(
        self,
        source: OpenDatabase,
        target: OpenDatabase,
        projections: Sequence[Projection] = PROJECTIONS,
        *,
        timer: Callable[[], float] = time.monotonic,
        batch_max: int = BATCH_MAX,
    ) -> None:
        self._source = source
        self._target = target
        self._projections = projections
        self._timer = timer
        self._batch_max = batch_max

    @property
    def databases(self) -> tuple[OpenDatabase, OpenDatabase]:
        """The source and the target."""
        return self._source, self._target

    def __call__(self, stage: Stage = silently) -> Copied:
        """Copy what is missing, and prove both logs equal. Only then can processes use the target.

        Raises:
            Refused: a process uses one of them, or the target holds something else.
            UnfinishedCopy: the source is not a whole log itself.
            PersistenceError: one of them can't be used.
        """
        source, target = self._source, self._target
        self._hold()
        self._check_alone()
        source.log.check_is_whole()
        done = self._begin(stage)
        self._check_alone()  # again: a worker enlists before it looks for the mark, so one of the two notices the other
        with stage("copying") as report:
            self._copy_events(done, report)
        positions, parked = self._bookkeeping(source)
        target.log.store.replace_bookkeeping(positions, parked)
        with stage("comparing") as report:
            likeness = self._compare(source.end(), report)
        likeness.differences += self._differences_of_bookkeeping()
        views = [] if likeness.differences else self._compare_views(stage)
        copied = Copied(
            events=likeness.events,
            streams=likeness.streams,
            digest=likeness.digest,
            followers=len(positions),
            parked=len(parked),
            views=views,
            differences=likeness.differences[:_DIFFERENCES_MAX],
        )
        if copied.is_same:
            self._end(positions)
        return copied

    def _hold(self) -> None:
        self._source.lead()
        self._target.lead()

    def _check_alone(self) -> None:
        """
        Raises:
            Refused: a worker carries out effects of one of them.
        """
        for database in (self._source, self._target):
            if database.locks.has_others():
                raise _is_used(database)

    def _begin(self, stage: Stage) -> int:
        """Return the position that an interrupted copy has reached; without one, begin a new copy.

        Raises:
            Refused: the target holds anything but the beginning of the source's log, or another database has replaced
            the source.
        """
        target = self._target
        done = target.log.store.max_tracking_id(COPYING)
        if done is None:
            if target.end():
                raise RefusedInWords(f"{target.name} already has a log. Copy into an empty database.")
            if self._source.log.is_moved:
                raise RefusedInWords(
                    f"A copy in another database has already replaced {self._source.name}. Copy that one; or, if it is "
                    "not in use, run `fulfill reopen` here first."
                )
            with self._undisturbed():
                target.log.store.insert_copied([], since=None)
            return 0
        if done:
            with stage("looking at what is there") as report:
                is_beginning = target.end() == done and not self._compare(done, report).differences
            if not is_beginning:
                raise RefusedInWords(
                    f"{target.name} holds an unfinished copy of a log other than {self._source.name}. Copy into an "
                    "empty database."
                )
        return done

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """
        Raises:
            Refused: another process has written to the target.
        """
        try:
            yield
        except IntegrityError as error:
            raise RefusedInWords(
                f"Another process wrote to {self._target.name} during the copy. Stop everything there, then copy into "
                "an empty database."
            ) from error

    def _copy_events(self, done: int, report: Report) -> None:
        meter = Meter(report, self._timer, done)
        store = self._source.log.store
        while read := store.select_notifications(done, self._batch_max, inclusive_of_start=False):
            self._hold()
            with self._undisturbed():
                self._target.log.store.insert_copied(read, since=done)
            done = read[-1].id
            meter.show(done, self._source.end())
        meter.show(done, done, is_last=True)

    def _compare(self, until: int, report: Report) -> Likeness:
        """Compare both logs event by event, up to this position. Equal logs have equal streams. In the order of the log
        this takes one pass and no memory, whatever order each database gives to texts."""
        likeness = Likeness()
        meter = Meter(report, self._timer, 0)
        stores = (self._source.log.store, self._target.log.store)
        done = 0
        while not likeness.differences:
            here, there = (
                store.select_notifications(done, self._batch_max, until, inclusive_of_start=False) for store in stores
            )
            if here != there:
                likeness.differences = list(islice(_differences(here, there), _DIFFERENCES_MAX))
            elif here:
                likeness.take_in(here)
                done = here[-1].id
                meter.show(done, until)
            else:
                break
        meter.show(done, until, is_last=True)
        return likeness

    def _bookkeeping(self, database: OpenDatabase) -> tuple[dict[str, int], list[ParkedEvent]]:
        return dict(database.log.positions()), list(database.log.store.select_parked_events())

    def _differences_of_bookkeeping(self) -> list[str]:
        (here, parked_here), (there, parked_there) = map(self._bookkeeping, (self._source, self._target))
        found = [
            f"The follower {name} is at {here.get(name)} in the source and at {there.get(name)} in the target."
            for name in sorted(here.keys() | there.keys())
            if here.get(name) != there.get(name)
        ]
        if set(map(_as_parked, parked_here)) != set(map(_as_parked, parked_there)):
            found.append("The parked events are not the same.")
        return found

    def _compare_views(self, stage: Stage) -> list[Verification]:
        for what, database in (("views of the source", self._source), ("views of the target", self._target)):
            with stage(what) as report:
                self._catch_up(database, report)
        return [self._compare_view(projection) for projection in self._projections]

    def _catch_up(self, database: OpenDatabase, report: Report) -> None:
        projector = Projector(database.log, database.views, self._projections, batch_max=_FOLLOWED_MAX)
        projector.prepare()
        end, begun_at = database.end(), self._followed(database)
        meter = Meter(report, self._timer, begun_at)
        while projector.turn():
            self._hold()
            meter.show(self._followed(database), end)
        meter.show(end, end, is_last=True)

    def _followed(self, database: OpenDatabase) -> int:
        return min((view.position for view in database.views.all() if view.state is ViewState.LIVE), default=0)

    def _compare_view(self, projection: Projection) -> Verification:
        source, target = self._source.views, self._target.views
        with source.snapshot(projection) as here, target.snapshot(projection) as there:
            return compare(projection, here, there)

    def _end(self, positions: dict[str, int]) -> None:
        """
        Raises:
            Refused: a process has used the source since, so the copy is incomplete.
        """
        self._hold()
        source, target = self._source, self._target
        source.log.store.set_moved(True)
        if source.end() != target.end() or self._bookkeeping(source)[0] != positions:
            source.log.store.set_moved(False)
            raise RefusedInWords(
                f"Another process wrote to {source.name} during the copy. Stop everything there, then run the same "
                "`fulfill copy` again."
            )
        target.log.store.end_copy()


def _is_used(database: OpenDatabase) -> RefusedInWords:
    return RefusedInWords(
        f"A process is using {database.name}. Stop every `fulfill serve`, `worker` and other command there, then copy."
    )


def _differences(here: Sequence[Notification], there: Sequence[Notification]) -> Iterator[str]:
    """Return the differences between two portions of a log, as sentences."""
    source, target = ({each.id: each for each in events} for events in (here, there))
    # Past the end of the shorter portion nothing can be compared: the rest may be in its next one.
    last = min(here[-1].id, there[-1].id) if here and there else None
    for position in sorted(source.keys() | target.keys()):
        if last is not None and position > last:
            return
        mine, theirs = source.get(position), target.get(position)
        if mine != theirs:
            yield f"Event {position}: {_described(mine)} in the source, {_described(theirs)} in the target."


def _described(event: Notification | None) -> str:
    if event is None:
        return "none"
    digest = hashlib.sha256(event.state).hexdigest()[:12]
    return f"{event.originator_id}@{event.originator_version} {event.topic} sha256 {digest}…"


def _as_parked(event: ParkedEvent) -> tuple[object, ...]:
    """Older versions kept the error on SQLite as it came."""
    return event.policy, event.position, event.subject, as_text(event.error), event.parked_at
