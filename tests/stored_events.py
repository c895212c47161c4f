"""Events as the store has them, without a meaning."""

from eventsourcing.persistence import StoredEvent


def stored(stream: str, *versions: int) -> list[StoredEvent]:
    return [StoredEvent(stream, version, "Topic.Happened", b"{}") for version in versions]
