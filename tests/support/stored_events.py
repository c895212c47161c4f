"""Events and bookkeeping as the store has them, without a meaning."""

from eventsourcing.persistence import StoredEvent

from application.log.insertion import Bookkeeping, Move


def stored(stream: str, *versions: int) -> list[StoredEvent]:
    return [StoredEvent(stream, version, "Topic.Happened", b"{}") for version in versions]


def moved(follower: str, since: int, to: int) -> Bookkeeping:
    return Bookkeeping(moves=[Move(follower=follower, since=since, to=to)])
