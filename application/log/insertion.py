"""What one transaction adds to the log, and the positions that the store gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventsourcing.persistence import StoredEvent

from domain.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent:
    """An event that a policy could not handle, or that waits behind one of the same subject."""

    policy: str
    position: int
    subject: str
    """Its session; its stream if it belongs to no session."""
    error: Reason
    parked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A follower's new position in the log."""

    follower: str
    since: int | None
    """The position that the store must have until now; 0 also matches a follower without a position. None accepts any
    lower position, as the library's own followers do."""
    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookkeeping:
    """The new positions of followers, and the events that they parked or handled later."""

    moves: Sequence[Move] = ()
    park: Sequence[ParkedEvent] = ()
    unpark: Sequence[tuple[str, int]] = ()
    """The policy and position of each parked event that has been handled now."""


NO_BOOKKEEPING = Bookkeeping()


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """Everything that one transaction adds to the log, in this order."""

    firsts: Sequence[StoredEvent] = ()
    """First events of streams, each stored only if its stream has not begun. No two are of one stream."""
    events: Sequence[StoredEvent] = ()
    books: Bookkeeping = NO_BOOKKEEPING
    epoch: int | None = None
    """The store's epoch before the first query whose answer led to this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inserted:
    """The positions of an insertion."""

    firsts: Sequence[int | None]
    """The position of each first event; None for one whose stream had begun."""
    events: Sequence[int]
