"""The log: one totally ordered event store, built on the `eventsourcing` library."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import cast

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import IntegrityError, Notification, ProcessRecorder, StoredEvent, Tracking
from eventsourcing.utils import EnvType

from application.errors import LogMoved, UnfinishedCopy
from application.log.anchor import Stretch
from application.log.insertion import NO_BOOKKEEPING, Bookkeeping, Inserted, Insertion, Move, ParkedEvent
from application.log.tail import Entry, Tail
from domain.event import A, Event, aggregate_fold
from domain.identifiers import KEYS_PREFIX, StreamId

_PAGE_EVENTS = 100
_PAGE_BYTES = 128 * 1024
COPYING = "unfinished copy"
"""The mark of a log into which another one is being copied, among the positions of followers."""
MOVED = "moved to another database"
"""The mark of a log that was copied to another database, which has replaced it."""
MARKS = frozenset({COPYING, MOVED})
LEADS_BY = "leads by "
"""The prefix of the names of the last leader's settings, whose digests are among the positions of followers."""


class LogRecorder(ProcessRecorder, ABC):
    """The library's process recorder, extended by queries of many streams and by bookkeeping in the same
    transaction."""

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
        """The library's insert: events, and the position of one follower, which only has to grow.

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
        """Return the events of all these streams, by stream and version; without versions above `version_max`."""

    @abstractmethod
    def select_positions(self, positions: Sequence[int]) -> Sequence[Notification]:
        """Return the events at these positions, in the order of the log."""

    @abstractmethod
    def select_gaps(self, limit: int) -> Sequence[tuple[int, str, int]]:
        """Return position, stream and version of the first events whose predecessor in the stream is not before
        them."""

    @abstractmethod
    def select_stretch(self, start: int, limit: int) -> Stretch:
        """Return the event at this position and the next ones, at most `limit`, in one query: another log may take the
        place of this one between two."""

    @abstractmethod
    def select_stream_ids(self, begin: str, end: str) -> Sequence[str]:
        """Return the IDs of the streams from `begin` on, before `end`, in the store's own order of text.

        The index leads from one stream to the next, so the time depends on the number of streams, not on the number of
        their events.
        """

    @abstractmethod
    def select_parked_events(
        self, *, policy: str | None = None, subjects: Collection[str] | None = None
    ) -> Sequence[ParkedEvent]:
        """Return parked events of this policy and of these subjects, in the order of the log. The time depends on how
        many there are of these subjects."""

    @abstractmethod
    def select_positions_of_followers(self) -> Mapping[str, int]:
        """Return the position of each follower, of this or another version, and the `MARKS` of the log."""

    @abstractmethod
    def select_terms(self) -> Mapping[str, int]:
        """Return the terms (`application.log.leading`) of the last server that led; empty if none has."""

    @abstractmethod
    def replace_terms(self, terms: Mapping[str, int]) -> None:
        """Store these as the terms of the last server that led."""

    @abstractmethod
    def insert_copied(self, events: Sequence[Notification], *, since: int | None) -> None:
        """Insert events of another log at their positions there, and move the mark of the copy in the same transaction.
        `since` is the mark until now: None before the copy begins, with an empty log.

        Raises:
            IntegrityError: the log does not end there, or the mark is another.
        """

    @abstractmethod
    def replace_bookkeeping(self, positions: Mapping[str, int], parked: Sequence[ParkedEvent]) -> None:
        """Replace all positions of followers and all parked events by these. Marks stay."""

    @abstractmethod
    def end_copy(self) -> None:
        """Remove the mark `COPYING`. New events come after the copied ones from now on."""

    @abstractmethod
    def set_moved(self, is_moved: bool) -> None:
        """Set or remove the mark `MOVED`."""

    @property
    @abstractmethod
    def epoch(self) -> int:
        """Incremented when the store may be another one than before: a promoted standby that lacks the last events, or
        a restored backup. Compare it after each query with the epoch before the first answer that is still used, also
        from memory: a query itself may reach the other store, and answer from it."""

    @abstractmethod
    def begin_epoch(self) -> None:
        """Begin a new epoch, since the store lacks rows that it had: everything read before is void."""

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
        """If the store sends notifications, call `notify` from now on, on any thread, when another connection may have
        committed. Without them, use `has_foreign_commits`."""

    @abstractmethod
    def has_foreign_commits(self) -> bool:
        """True if another connection may have committed since the last call. Cheap enough for every turn."""


class Log(Application[str]):
    """All streams in one store, in one order."""

    name = "fulfillment"

    def __init__(self, env: EnvType | None = None) -> None:
        super().__init__(env)
        self.page_events = _PAGE_EVENTS
        """The number of events of one stream, up to `_PAGE_BYTES`, that the writer's thread folds at a time. It takes a
        few milliseconds, in which webhooks wait. A longer stream is long."""
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
        """Return the position of each follower, of this or another version."""
        found = self.store.select_positions_of_followers()
        return {name: position for name, position in found.items() if name not in MARKS}

    @property
    def is_moved(self) -> bool:
        """True if another database has replaced it."""
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
        """Return the typed event.

        Raises:
            UnreadableEvent: this version can't read it.
        """
        return cast(Event, self.mapper.to_domain_event(stored))

    def append(
        self, events: Sequence[Event], books: Bookkeeping = NO_BOOKKEEPING, *, epoch: int | None = None
    ) -> Sequence[Entry]:
        """Insert events and their bookkeeping in one transaction, and return the entries of the events.

        Raises:
            IntegrityError, PersistenceError: as `LogRecorder.insert`.
        """
        _, entries = self._insert(Insertion(events=self.encode(events), books=books, epoch=epoch))
        return entries

    def begin(
        self, firsts: Sequence[Event], events: Sequence[Event], *, epoch: int | None = None
    ) -> tuple[Sequence[bool], Sequence[Entry]]:
        """Insert the first events of streams that have not begun yet, and other events after them, in one transaction.
        Return whether each of the first events is new, and the entries of all that are.

        Raises:
            IntegrityError, PersistenceError: as `LogRecorder.insert`.
        """
        inserted, entries = self._insert(Insertion(firsts=self.encode(firsts), events=self.encode(events), epoch=epoch))
        return [position is not None for position in inserted.firsts], entries

    def _insert(self, insertion: Insertion) -> tuple[Inserted, Sequence[Entry]]:
        before = self.store.epoch
        inserted = self.store.insert(insertion)
        placed = zip([*inserted.firsts, *inserted.events], [*insertion.firsts, *insertion.events], strict=True)
        entries = [self._entry(at, stored) for at, stored in placed if at is not None]
        self._tail.append(entries, before)
        return inserted, entries

    def read(self, after: int, limit: int, until: int | None = None) -> Sequence[Entry]:
        """Return the entries after this position, in order: at most `limit`, and none beyond `until`.

        Entries from memory belong to the store's current epoch. Pass that to `append` with what follows from them.
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
        """Return the events of a stream after this version; None if they are more than a page."""
        return self._page(self.store.select_events(id, gt=after, limit=self.page_events + 1))

    def _page(self, events: Sequence[StoredEvent]) -> Iterator[Event] | None:
        if len(events) > self.page_events or sum(len(stored.state) for stored in events) > _PAGE_BYTES:
            return None
        return map(self.decode, events)

    def key_pools(self) -> Sequence[StreamId]:
        """Return the streams of all key pools that ever had a key or an order."""
        # Whole words, since PostgreSQL may order text by a language that passes over underscores.
        found = self.store.select_stream_ids("keys", "keyt")
        return [StreamId(id) for id in found if id.startswith(KEYS_PREFIX)]

    def get(self, kind: type[A], id: str) -> A:
        """Return the aggregate as it is in the store; one of version 0 for a stream without events.

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
