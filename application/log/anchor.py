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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The events of a log from one position on, as one query saw them."""

    begin: Anchor | None
    """The event at that position; None if there is none."""
    moves: Sequence[tuple[int, str, int]]
    """Position, stream and version of the events after it, in order."""
    end: Anchor | None
    """The last event of the log; None if it is not among these."""


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


def stretch(start: int, rows: Iterable[tuple[int, str, int, str, bytes | None]]) -> Stretch:
    """Return the stretch from `start` on. Each row has position, stream, version and topic of an event, and its bytes
    if it is at `start` or the last of the log."""
    begin, end, moves = None, None, list[tuple[int, str, int]]()
    for position, stream, version, topic, state in rows:
        end = None if state is None else anchor(position, StoredEvent(stream, version, topic, state))
        if position == start:
            begin = end
        else:
            moves.append((position, stream, version))
    return Stretch(begin=begin, moves=moves, end=end)


def anchors_at(log: EventsByPosition, positions: Iterable[int]) -> dict[int, Anchor]:
    """Return the anchors of the events at these positions; none for a position without an event."""
    return {event.id: anchor(event.id, event) for event in log.select_positions(list(positions))}


def held(log: EventsByPosition, anchors: Iterable[Anchor]) -> set[Anchor]:
    """Return the anchors whose event is in this log. A view or state with any other anchor is not derived from it."""
    asked = set(anchors)
    return asked & set(anchors_at(log, {each.position for each in asked}).values())
