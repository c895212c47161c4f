"""The versions of a stream, which follow each other without a gap."""

from collections.abc import Sequence

from eventsourcing.persistence import StoredEvent

_FIRST = 1
"""Ours; the library begins some of its own streams with 0."""


def predecessors(events: Sequence[StoredEvent]) -> list[int | None]:
    """Return, for each event of one insert, the version of its stream that must be stored already. None for the
    first event of a stream, and where the event before it is in the same insert."""
    inserted = {(event.originator_id, event.originator_version) for event in events}
    return [
        None
        if event.originator_version <= _FIRST or (event.originator_id, event.originator_version - 1) in inserted
        else event.originator_version - 1
        for event in events
    ]
