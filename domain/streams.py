"""The interface for decisions over several streams: they load and command aggregates, and nothing else."""

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, Protocol

from domain.event import A, Event
from domain.identifiers import StreamId

P = ParamSpec("P")


class Streams(Protocol):
    """The aggregates in their current states, including all earlier commands of the decision."""

    def load(self, kind: type[A], id: StreamId) -> A:
        """Return the aggregate; one of version 0 for a stream without events."""

    def command(
        self,
        kind: type[A],
        id: StreamId,
        decision: Callable[Concatenate[A, P], Sequence[Event]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> A:
        """Let the aggregate decide, record the facts, and return its state after them."""
