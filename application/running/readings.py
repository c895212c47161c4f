"""The readings of policies. Each has its own position in the log, so nothing is decided twice or skipped.

A policy reads the kinds of its first version under its own name, and each kind that a later version added under another
name. A process of an older version does not know that name and leaves its position alone. When a process of the later
version leads again, it finds the events after that position, which no process has decided over.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from application.log.log import Log
from domain.checkout_session import CheckoutSession
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.policy import Begin, Reader
from domain.stripe_event import StripeEvent

RETRIES = (CheckoutSession.RetryRequested, StripeEvent.RetryRequested)
"""Requests of a person to retry the parked events of a subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Kinds of events that one policy decides over, in order, from one position of the log on."""

    name: str
    """The name of its position in the log's bookkeeping."""
    policy: str
    kinds: Set[type[Event]]
    begins: Begin
    """Where it begins in a log that has no position for it."""
    is_own: bool
    """True if it has the policy's own name."""


class Readings:
    """All readings of some policies, and which of them an event concerns."""

    def __init__(self, readers: Iterable[Reader]) -> None:
        self.every: Sequence[Reading] = list(readings(readers))
        self._of: dict[type, Sequence[Reading]] = {}
        self._own = {each.name for each in self.every if each.is_own}
        self._topics = {each.name: {kind.TOPIC for kind in each.kinds} for each in self.every if not each.is_own}

    def of(self, event: Event | UnreadableEvent) -> Sequence[Reading]:
        """Return the readings of this event. An unreadable event may be of any kind, so it concerns all of them. A
        retry request concerns each policy once, under its own name."""
        kind = type(event)
        if kind not in self._of:
            is_unreadable, is_retry = issubclass(kind, UnreadableEvent), issubclass(kind, RETRIES)
            self._of[kind] = [
                each for each in self.every if is_unreadable or (is_retry and each.is_own) or kind in each.kinds
            ]
        return self._of[kind]

    def may_concern(self, topic: str, names: Collection[str]) -> bool:
        """True if an event of this topic may concern one of these readings, so that it has to be decoded.

        Readings of later kinds are alone in the past of a log, and skip nearly all of it. A policy's own reading skips
        nothing: if it can't read an event, it parks it, whatever the topic.
        """
        return any(name in self._own or topic in self._topics[name] for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingStatus:
    """The progress of a reading in a log."""

    name: str
    policy: str
    reads: Sequence[str]
    """The topics of its kinds."""
    begins: Begin
    position: int | None
    """None if no position is stored: no leader has followed the log with it, or none has stored a position yet."""
    behind: int
    """The number of positions from there to the end of the log."""
    parked: int
    """Events that its policy could not handle, or that wait behind one."""


def readings(readers: Iterable[Reader]) -> Iterator[Reading]:
    for reader in readers:
        yield Reading(name=reader.name, policy=reader.name, kinds=reader.reads, begins=reader.begins, is_own=True)
        for kind, begins in reader.further.items():
            name = f"{reader.name} reads {kind.TOPIC}"
            yield Reading(name=name, policy=reader.name, kinds=frozenset({kind}), begins=begins, is_own=False)


def reading_statuses(log: Log, readers: Sequence[Reader]) -> Sequence[ReadingStatus]:
    """
    Raises:
        PersistenceError: the log can't be read.
    """
    positions, end = log.positions(), log.store.max_notification_id() or 0
    parked = [each.policy for each in log.store.select_parked_events()]
    return [
        ReadingStatus(
            name=each.name,
            policy=each.policy,
            reads=sorted(kind.TOPIC for kind in each.kinds),
            begins=each.begins,
            position=positions.get(each.name),
            behind=max(0, end - positions.get(each.name, 0)),
            parked=parked.count(each.policy) if each.is_own else 0,
        )
        for each in readings(readers)
    ]
