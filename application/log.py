"""The log: one totally ordered event store on the `eventsourcing` library, and what we ask of it beyond the library."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import Notification, ProcessRecorder, StoredEvent, Tracking

from domain.event import A, Event, projector


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent:
    """An event that a policy could not handle, or that waits behind one of the same subject."""

    policy: str
    position: int
    subject: str
    """The session it belongs to, or the stream where there is none."""
    error: str
    parked_at: datetime


class LogRecorder(ProcessRecorder, ABC):
    """The library's process recorder, with many streams at once and a follower's bookkeeping in the same transaction.

    `insert_events` takes, beside the events: `trackings`, the new positions of followers, and `since`, the ones they
    must have had in the store until now; `park`, parked events to keep; `unpark`, `(policy, position)` of those that
    are handled now. All or nothing: a position that is not what it was raises `IntegrityError`.
    """

    @abstractmethod
    def select_streams(self, ids: Sequence[str]) -> Sequence[StoredEvent]:
        """The events of all these streams, in the order of stream and version."""

    @abstractmethod
    def select_positions(self, positions: Sequence[int]) -> Sequence[Notification]:
        """The events at these places of the log, in its order."""

    @abstractmethod
    def select_moves(self, start: int, limit: int) -> Sequence[tuple[int, str, int]]:
        """Position, stream and version of the events after this position, in order."""

    @abstractmethod
    def select_parked(self, *, policy: str | None = None, subject: str | None = None) -> Sequence[ParkedEvent]:
        """Parked events in the order of the log."""

    @abstractmethod
    def try_to_write(self) -> None:
        """Write something durably that changes nothing.

        Raises:
            PersistenceError: nothing can be written now.
        """

    @abstractmethod
    def check_place(self) -> None:
        """See that what is written stays where others find it. Every insert does so too; cheap.

        Raises:
            LogReplaced: it does not, and never will until it is opened anew.
        """

    @abstractmethod
    def watch(self, tell: Callable[[], None]) -> None:
        """From now on call `tell`, on any thread, as soon as another connection may have committed, if the store says
        so by itself. If it does not, `has_foreign_commits` has to be asked."""

    @abstractmethod
    def has_foreign_commits(self) -> bool:
        """Whether another connection may have committed since this was last asked. Cheap enough to ask every turn."""


class Log(Application[str]):
    """Every stream of ours in one store, in one order."""

    name = "fulfillment"

    def construct_recorder(self) -> LogRecorder:
        return cast(LogRecorder, self.factory.process_recorder())

    @property
    def store(self) -> LogRecorder:
        return cast(LogRecorder, self.recorder)

    def decode(self, stored: StoredEvent) -> Event:
        """The typed event.

        Raises:
            UnreadableEvent: this version can't read it.
        """
        return cast(Event, self.mapper.to_domain_event(stored))

    def encode(self, events: Sequence[Event]) -> list[StoredEvent]:
        return [self.mapper.to_stored_event(event) for event in events]

    def streams(self, ids: Sequence[str]) -> Mapping[str, Iterator[Event]]:
        """The events of each of these streams, none for one that has none, each decoded when it is asked for: that
        one stream has an event that can't be read is no trouble for whoever reads another."""
        found: dict[str, list[StoredEvent]] = {id: [] for id in ids}
        for stored in self.store.select_streams(list(found)):
            found[str(stored.originator_id)].append(stored)
        return {id: map(self.decode, events) for id, events in found.items()}

    def get(self, kind: type[A], id: str) -> A:
        """The aggregate as it is in the store; a new one, of version 0, for a stream without events.

        Raises:
            UnreadableEvent: this version can't read one of its events.
        """
        try:
            return self.repository.get(id, projector_func=projector(kind))
        except AggregateNotFoundError:
            return kind(id=id)


__all__ = ["Log", "LogRecorder", "Notification", "ParkedEvent", "StoredEvent", "Tracking"]
