"""The log: one totally ordered event store on the `eventsourcing` library, and what we ask of it beyond the library."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import IntegrityError, Notification, ProcessRecorder, StoredEvent, Tracking
from eventsourcing.utils import EnvType

from application.errors import LogMoved, UnfinishedCopy
from application.log.insertion import NO_BOOKKEEPING, Bookkeeping, Inserted, Insertion, Move, ParkedEvent
from application.log.tail import Entry, Tail
from domain.event import A, Event, aggregate_fold
from domain.identifiers import KEYS_PREFIX
from domain.ids import StreamId

_PAGE_EVENTS = 100
_PAGE_BYTES = 128 * 1024
COPYING = "unfinished copy"
"""The mark of a log into which another one is being copied, among the positions of followers."""
MOVED = "moved to another database"
"""The mark of a log that was copied to another database, which has replaced it."""
MARKS = frozenset({COPYING, MOVED})
LEADS_BY = "leads by "
"""Begins the names of the last leader's settings, whose digests stand among the positions of followers."""


class LogRecorder(ProcessRecorder, ABC):
    """The library's process recorder, with many streams at once and bookkeeping in the same transaction."""

    @abstractmethod
    def insert(self, insertion: Insertion) -> Inserted:
        """Store all of it or nothing.

        Raises:
            IntegrityError: a stream has such a version already or lacks the one before, a follower's position is not
                what it was, or the epoch is over.
            PersistenceError: the store can't take it now, or took it and its answer was lost.
        """

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, tracking: Tracking | None = None, **unknown: object
    ) -> Sequence[int]:
        """The insert of the library: events, and the position of one follower, which only has to grow.

        Raises:
            TypeError: an argument that the library does not know would be lost.
        """
        if unknown:
            raise TypeError(f"insert_events takes no {', '.join(unknown)}. Use insert.")
        moves = []
        if tracking is not None:
            moves = [Move(follower=tracking.application_name, since=None, to=tracking.notification_id)]
        return self.insert(Insertion(events=stored_events, books=Bookkeeping(moves=moves))).events

    @abstractmethod
    def select_streams(self, ids: Sequence[str], *, version_max: int | None = None) -> Sequence[StoredEvent]:
        """The events of all these streams, in the order of stream and version; none of a later version than that."""

    @abstractmethod
    def select_positions(self, positions: Sequence[int]) -> Sequence[Notification]:
        """The events at these positions of the log, in its order."""

    @abstractmethod
    def select_gaps(self, limit: int) -> Sequence[tuple[int, str, int]]:
        """Position, stream and version of the first events whose predecessor in the stream is not before them."""

    @abstractmethod
    def select_moves(self, start: int, limit: int) -> Sequence[tuple[int, str, int]]:
        """Position, stream and version of the events after this position, in order."""

    @abstractmethod
    def select_stream_ids(self, begin: str, end: str) -> Sequence[str]:
        """The IDs of the streams from `begin` on, before `end`, in the store's own order of text. The index leads from
        one to the next, so this takes as long as there are streams, however many events they have."""

    @abstractmethod
    def select_parked_events(self, *, policy: str | None = None, subject: str | None = None) -> Sequence[ParkedEvent]:
        """Parked events in the order of the log."""

    @abstractmethod
    def select_positions_of_followers(self) -> Mapping[str, int]:
        """How far each follower has come, whichever version of us it is of; and the `MARKS` that the log has."""

    @abstractmethod
    def select_terms(self) -> Mapping[str, int]:
        """The terms (`application.log.leading`) of the last server that led; empty if none has."""

    @abstractmethod
    def replace_terms(self, terms: Mapping[str, int]) -> None:
        """Keep these as the terms of the last server that led."""

    @abstractmethod
    def insert_copied(self, events: Sequence[Notification], *, since: int | None) -> None:
        """Take in events of another log at their positions there, and mark in the same transaction that a copy has come
        so far. `since` is how far it had come until now: None before it begins, with an empty log.

        Raises:
            IntegrityError: the log does not end there, or the mark is another.
        """

    @abstractmethod
    def replace_bookkeeping(self, positions: Mapping[str, int], parked: Sequence[ParkedEvent]) -> None:
        """Have just these positions of followers, and these parked events. Marks stay."""

    @abstractmethod
    def end_copy(self) -> None:
        """Take the mark `COPYING` away. What is appended from now on comes after what was copied."""

    @abstractmethod
    def set_moved(self, is_moved: bool) -> None:
        """Set the mark `MOVED`, or take it away."""

    @property
    @abstractmethod
    def epoch(self) -> int:
        """Grows when the store may be another one than before: a promoted standby that lacks the end of what we know,
        or a restored backup. Compare it after each question with the epoch before the first answer that is still used,
        also from memory: a question itself may find the other store, and answer from it."""

    @abstractmethod
    def begin_epoch(self) -> None:
        """The store was found to lack rows that it had, so nothing that was read before is used any more."""

    def check_epoch(self, epoch: int | None) -> None:
        """
        Raises:
            IntegrityError: what was decided since this epoch, if there is one, must be decided again.
        """
        if epoch is not None and epoch != self.epoch:
            raise IntegrityError("The connection to the log was lost meanwhile, so the log may be another one.")

    @abstractmethod
    def try_to_write(self) -> None:
        """Write something durably that changes nothing.

        Raises:
            PersistenceError: nothing can be written now.
        """

    @abstractmethod
    def check_not_replaced(self) -> None:
        """Check that other processes can find what is written here. Cheap enough for every second.

        Raises:
            LogReplaced: they can't, until the log is opened again.
            LogMoved: other processes use another database. Only a store whose users may hold no lock checks this.
            PersistenceError: the check failed, and most likely nothing can be written.
        """

    @abstractmethod
    def watch(self, notify: Callable[[], None]) -> None:
        """Call `notify` from now on, on any thread, as soon as another connection may have committed, if the store
        sends notifications. If it does not, ask `has_foreign_commits`."""

    @abstractmethod
    def has_foreign_commits(self) -> bool:
        """Whether another connection may have committed since this was last asked. Cheap enough to ask every turn."""


class Log(Application[str]):
    """Every stream of ours in one store, in one order."""

    name = "fulfillment"

    def __init__(self, env: EnvType | None = None) -> None:
        super().__init__(env)
        self.page_events = _PAGE_EVENTS
        """So many events of one stream, and no more than `_PAGE_BYTES`, the writer's thread folds at a time: for a few
        milliseconds, in which webhooks wait. A longer stream is long."""
        self._tail = Tail()

    def construct_recorder(self) -> LogRecorder:
        return cast(LogRecorder, self.factory.process_recorder())

    @property
    def store(self) -> LogRecorder:
        return cast(LogRecorder, self.recorder)

    def check_is_whole(self) -> None:
        """
        Raises:
            UnfinishedCopy: events, positions or parked events of another log are still to be copied into it.
        """
        if self.store.max_tracking_id(COPYING) is not None:
            raise UnfinishedCopy(
                "The copy of another log into this database is not complete. Run the same `fulfill copy` again to "
                "resume it; to start over, use an empty database."
            )

    def positions(self) -> Mapping[str, int]:
        """How far each follower has come, whichever version of us it is of."""
        found = self.store.select_positions_of_followers()
        return {name: position for name, position in found.items() if name not in MARKS}

    @property
    def is_moved(self) -> bool:
        """Whether another database has replaced it."""
        return self.store.max_tracking_id(MOVED) is not None

    def check_is_at_work(self) -> None:
        """
        Raises:
            UnfinishedCopy: as `check_is_whole`.
            LogMoved: another database has replaced it.
        """
        self.check_is_whole()
        if self.is_moved:
            raise LogMoved

    def decode(self, stored: StoredEvent) -> Event:
        """The typed event.

        Raises:
            UnreadableEvent: this version can't read it.
        """
        return cast(Event, self.mapper.to_domain_event(stored))

    def append(
        self, events: Sequence[Event], books: Bookkeeping = NO_BOOKKEEPING, *, epoch: int | None = None
    ) -> Sequence[int]:
        """Insert events, and the bookkeeping that goes with them, in one transaction. Returns their positions.

        Raises:
            IntegrityError, PersistenceError: as `LogRecorder.insert`.
        """
        return self._insert(Insertion(events=self.encode(events), books=books, epoch=epoch)).events

    def begin(self, firsts: Sequence[Event], events: Sequence[Event], *, epoch: int | None = None) -> Inserted:
        """Insert the first events of streams that have not begun yet, and other events after them, in one transaction.

        Raises:
            IntegrityError, PersistenceError: as `LogRecorder.insert`.
        """
        return self._insert(Insertion(firsts=self.encode(firsts), events=self.encode(events), epoch=epoch))

    def _insert(self, insertion: Insertion) -> Inserted:
        before = self.store.epoch
        inserted = self.store.insert(insertion)
        placed = zip([*inserted.firsts, *inserted.events], [*insertion.firsts, *insertion.events], strict=True)
        self._tail.append([self._entry(at, stored) for at, stored in placed if at is not None], before)
        return inserted

    def read(self, after: int, limit: int, until: int | None = None) -> Sequence[Entry]:
        """What comes after this position, in order: at most so many, and none behind `until`.

        Entries from memory belong to the store's current epoch. Pass it to `append` with what follows from them.
        """
        known = self._tail.after(after, limit, self.store.epoch)
        if not known:
            found = self.store.select_notifications(after, limit, until, inclusive_of_start=False)
            return [self.entry(each) for each in found]
        return known if until is None else [entry for entry in known if entry.position <= until]

    def entry(self, notification: Notification) -> Entry:
        return self._entry(notification.id, notification)

    def _entry(self, position: int, stored: StoredEvent) -> Entry:
        return Entry(position, stored, self.decode)

    def encode(self, events: Sequence[Event]) -> list[StoredEvent]:
        return [self.mapper.to_stored_event(event) for event in events]

    def streams(self, ids: Sequence[str]) -> Mapping[str, Iterator[Event]]:
        """Return the events of each of these streams, none for an empty one. Each is decoded when it is asked for, so
        an unreadable event in one stream does not affect readers of another."""
        found: dict[str, list[StoredEvent]] = {id: [] for id in ids}
        for stored in self.store.select_streams(list(found)):
            found[str(stored.originator_id)].append(stored)
        return {id: map(self.decode, events) for id, events in found.items()}

    def short_streams(self, ids: Sequence[str]) -> Mapping[str, Iterator[Event] | None]:
        """Return the same, but None for a stream longer than a page, so that no caller waits for all of its events."""
        found: dict[str, list[StoredEvent]] = {id: [] for id in ids}
        for stored in self.store.select_streams(list(found), version_max=self.page_events + 1):
            found[str(stored.originator_id)].append(stored)
        return {id: self._page(events) for id, events in found.items()}

    def page(self, id: str, after: int) -> Iterator[Event] | None:
        """The events of a stream after this version; None if they are more than a page."""
        return self._page(self.store.select_events(id, gt=after, limit=self.page_events + 1))

    def _page(self, events: Sequence[StoredEvent]) -> Iterator[Event] | None:
        if len(events) > self.page_events or sum(len(stored.state) for stored in events) > _PAGE_BYTES:
            return None
        return map(self.decode, events)

    def key_pools(self) -> Sequence[StreamId]:
        """The streams of all key pools that ever had a key or an order."""
        # Whole words, since PostgreSQL may order text by a language that passes over underscores.
        found = self.store.select_stream_ids("keys", "keyt")
        return [StreamId(id) for id in found if id.startswith(KEYS_PREFIX)]

    def get(self, kind: type[A], id: str) -> A:
        """The aggregate as it is in the store; a new one, of version 0, for a stream without events.

        Raises:
            UnreadableEvent: this version can't read one of its events.
        """
        try:
            return self.repository.get(id, projector_func=aggregate_fold(kind))
        except AggregateNotFoundError:
            return kind(id=StreamId(id))


__all__ = [
    "COPYING",
    "LEADS_BY",
    "Entry",
    "Log",
    "LogRecorder",
    "Notification",
    "StoredEvent",
]
