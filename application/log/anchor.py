"""Anchors bind data that is derived from the log to that log: an anchor identifies the last event that the data
includes.

A position alone is not enough: a log that was restored to an earlier moment gives the same positions to other events.
So everything that is derived from the log and stored elsewhere keeps the anchor of its last event. `held` checks
whether that event is still in this log. If not, the derived data is void and is rebuilt.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from eventsourcing.persistence import Notification, StoredEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """An event of the log: its position, its identity, and a hash of its stored bytes."""

    position: int
    stream: str
    version: int
    digest: str


class EventsByPosition(Protocol):
    """A log that returns events by their positions."""

    def select_positions(self, positions: Sequence[int]) -> Sequence[Notification]: ...


def digest_of(stored: StoredEvent) -> str:
    """Return the SHA-256 of an event's topic and bytes. Bytes of a stored event never change; another event of the same
    stream and version has another `recorded_at`, and so another digest."""
    return hashlib.sha256(stored.topic.encode() + b"\n" + stored.state).hexdigest()


def anchor(position: int, stored: StoredEvent) -> Anchor:
    """Return the anchor of a view or state whose last event is the one stored at this position."""
    return Anchor(
        position=position,
        stream=str(stored.originator_id),
        version=stored.originator_version,
        digest=digest_of(stored),
    )


def anchors_at(log: EventsByPosition, positions: Iterable[int]) -> dict[int, Anchor]:
    """Return the anchors of the events at these positions; none for a position without an event."""
    return {event.id: anchor(event.id, event) for event in log.select_positions(list(positions))}


def held(log: EventsByPosition, anchors: Iterable[Anchor]) -> set[Anchor]:
    """Return the anchors whose event is in this log. A view or state with any other anchor is not derived from it."""
    asked = set(anchors)
    return asked & set(anchors_at(log, {each.position for each in asked}).values())
