"""What binds something made from the log to the log it was made from: the last event it took in, by identity.

A position alone is not enough: a log that was restored to an earlier moment gives the same positions to other events.
So whatever is derived from the log and stored elsewhere keeps the anchor of its last event. `held` says whether that
event still stands in this log. If it does not, the derived thing is void and is rebuilt.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from eventsourcing.persistence import Notification, StoredEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """An event of the log: where it stands, which one it is, and a hash of what is stored of it."""

    position: int
    stream: str
    version: int
    digest: str


class EventsByPosition(Protocol):
    """The log, to be asked for events by their positions."""

    def select_positions(self, positions: Sequence[int]) -> Sequence[Notification]: ...


def digest_of(stored: StoredEvent) -> str:
    """The SHA-256 of an event's topic and bytes. Bytes of a stored event never change; a later one of the same stream
    and version has another `recorded_at`, and so another digest."""
    return hashlib.sha256(stored.topic.encode() + b"\n" + stored.state).hexdigest()


def anchor(position: int, stored: StoredEvent) -> Anchor:
    """The anchor of whatever takes in, as its last event, what is stored at this position."""
    return Anchor(
        position=position,
        stream=str(stored.originator_id),
        version=stored.originator_version,
        digest=digest_of(stored),
    )


def anchors_at(log: EventsByPosition, positions: Iterable[int]) -> dict[int, Anchor]:
    """The anchors of the events at these positions; none for a position at which no event stands."""
    return {event.id: anchor(event.id, event) for event in log.select_positions(list(positions))}


def held(log: EventsByPosition, anchors: Iterable[Anchor]) -> set[Anchor]:
    """Those of these anchors whose event stands in this log. What keeps one of the others is not derived from it."""
    asked = set(anchors)
    return asked & set(anchors_at(log, {each.position for each in asked}).values())
