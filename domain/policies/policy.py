"""What a policy is, and what it can reach: the aggregates it commands. Nothing else of the world."""

from collections.abc import Callable, Iterable, Sequence, Set
from typing import Concatenate, ParamSpec, Protocol

from domain.event import A, Event

P = ParamSpec("P")


class Streams(Protocol):
    """The aggregates as they are now, with everything that was commanded before."""

    def load(self, kind: type[A], id: str) -> A:
        """The aggregate; a new one, of version 0, for a stream without events."""

    def command(
        self,
        kind: type[A],
        id: str,
        decision: Callable[Concatenate[A, P], Sequence[Event]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> A:
        """Let the aggregate decide, record what it decided, and return it as it is then."""


class Policy(Protocol):
    """Decides over one event at a time and keeps no state of its own."""

    @property
    def name(self) -> str: ...

    @property
    def reads(self) -> Set[type[Event]]:
        """The kinds of events that it decides over; it is not asked about others."""

    def likely(self, event: Event) -> Iterable[str]:
        """Return the streams that deciding over this event most likely loads, so that one select brings those of many
        events. Above all name streams that are likely missing: a used stream is remembered, a missing one is not."""

    def decide(self, event: Event, do: Streams) -> None: ...
