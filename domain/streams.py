"""What a decision over several streams can reach: aggregates, which it loads and commands, and nothing else."""

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, Protocol

from domain.event import A, Event
from domain.ids import StreamId

P = ParamSpec("P")


class Streams(Protocol):
    """The aggregates as they are now, with everything that was commanded before."""

    def load(self, kind: type[A], id: StreamId) -> A:
        """The aggregate; a new one, of version 0, for a stream without events."""

    def command(
        self,
        kind: type[A],
        id: StreamId,
        decision: Callable[Concatenate[A, P], Sequence[Event]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> A:
        """Let the aggregate decide, record what it decided, and return it as it is then."""
