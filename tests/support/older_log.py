"""The log as a release before reads it, which does not know every event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from application.log.log import Entry, Notification, StoredEvent
from application.reading.following import Feed, ReadableLog
from domain import reasons
from domain.errors import UnreadableEvent
from domain.identifiers import StreamId
from domain.reason import EventProblem, Reason


@dataclass(frozen=True)
class OlderLog:
    """Implements `ReadableLog`: events of these topics have a shape that only a later version knows."""

    log: ReadableLog
    unknown: frozenset[str]

    @property
    def store(self) -> Feed:
        return self.log.store

    def read(self, after: int, limit: int, until: int | None = None) -> Sequence[Entry]:
        return [self._older(entry) for entry in self.log.read(after, limit, until)]

    def entry(self, notification: Notification) -> Entry:
        return self._older(self.log.entry(notification))

    def _older(self, entry: Entry) -> Entry:
        if entry.topic not in self.unknown:
            return entry
        [stored] = self.store.select_positions([entry.position])
        return Entry(entry.position, stored, _refuse)


def _refuse(stored: StoredEvent) -> NoReturn:
    raise UnreadableEvent(_unknown(stored))


def _unknown(stored: StoredEvent) -> Reason:
    stream, problem = StreamId(str(stored.originator_id)), EventProblem.UNKNOWN_TOPIC
    return reasons.event_not_readable(stream, stored.originator_version, stored.topic, problem)
