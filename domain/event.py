"""What every event carries, and how an aggregate is made from its events.

A decision returns bare facts: events with nothing but what happened. The unit of work stamps them (which stream, which
version, who, when, why) as it records them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from domain import reasons
from domain.errors import UnreadableEvent
from domain.identifiers import SessionId, StreamId
from domain.personal import Personal
from domain.reason import EventProblem, Reason

if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - as a re-export, for the type checker
else:

    def replace(of, /, **changes):
        """A faster `dataclasses.replace` for events and aggregates, which have no slots. The original calls the
        constructor with every field, which takes ten times as long, and this runs for every event."""
        new = object.__new__(type(of))
        new.__dict__.update(of.__dict__)
        new.__dict__.update(changes)
        return new


UNSTAMPED = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A domain event. Frozen, not slotted: the event store reads `vars()` of it."""

    TOPIC: ClassVar[str]
    """The stored name, `Aggregate.Event`: a contract with every log ever written."""
    class_version: ClassVar[int] = 1
    """Raised when the stored shape changes, together with a static `upcast_vN_vM(state)`."""

    originator_id: StreamId = StreamId("")
    """The stream."""
    originator_version: int = 0
    """Its place in the stream, from 1."""
    occurred_at: datetime = UNSTAMPED
    """By Stripe's clock or the actor's."""
    recorded_at: datetime = UNSTAMPED
    """By our clock."""
    actor: str = ""
    """The actor: `stripe`, `customer`, `staff:NAME`, `policy:NAME` or `worker:ID`."""
    cause: str | None = None
    """The event that this one follows from, as `stream@version`."""
    reason: Personal | None = None
    """Why a person did it, in their words."""
    session_id: SessionId | None = None
    """The Checkout Session it belongs to."""

    @property
    def session(self) -> SessionId:
        """The session of an event that always belongs to one."""
        assert self.session_id is not None, f"{self.TOPIC} is always stamped with its session"
        return self.session_id


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, kw_only=True)
class Aggregate(Generic[E]):
    """The immutable state of one stream. `evolve` returns the next one. Decisions are methods that return facts."""

    id: StreamId
    version: int = 0

    def apply(self, event: E) -> Self:
        """Return the state after `event`. Only assigns: it runs again at every replay.

        Raises:
            NotImplementedError: the aggregate does not define it.
        """
        raise NotImplementedError

    def evolve(self, event: E) -> Self:
        """Return the state after a stored event.

        Raises:
            UnreadableEvent: it does not fit what came before it, or events before it are missing. A stream with such an
                event stops nothing but itself.
        """
        if event.originator_version != self.version + 1:
            raise UnreadableEvent(_problem(event, EventProblem.GAP, self.version), session_id=event.session_id)
        try:
            state = self.apply(event)
        except Exception as error:  # the boundary around one event; its message may carry personal data
            misfit = _problem(event, EventProblem.MISFIT, type(error).__name__)
            raise UnreadableEvent(misfit, session_id=event.session_id) from error
        if state is self:
            return replace(self, version=event.originator_version)
        vars(state)["version"] = event.originator_version  # no other code has it yet
        return state

    def foresee(self, facts: Iterable[E]) -> Self:
        """Return the state after these facts, for a decision of several steps."""
        state = self
        for fact in facts:
            state = state.apply(fact)
        return state


def _problem(event: Event, problem: EventProblem, detail: int | str) -> Reason:
    return reasons.event_not_readable(event.originator_id, event.originator_version, event.TOPIC, problem, detail)


A = TypeVar("A", bound=Aggregate[Any])


def aggregate_fold(kind: type[A]) -> Callable[[A | None, Iterable[Any]], A | None]:
    """Return the function with which the event-sourcing library's repository rebuilds an aggregate of this kind."""

    def fold(initial: A | None, events: Iterable[Any]) -> A | None:
        state = initial
        for event in events:
            state = (state or kind(id=event.originator_id)).evolve(event)
        return state

    return fold
