"""What a policy would do with an event, without doing it."""

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec

from application.log.log import Log
from domain.event import A, Event
from domain.identifiers import StreamId
from domain.policy import Policy

P = ParamSpec("P")


def decides(policy: Policy, event: Event, log: Log) -> bool:
    """Return whether the policy would record anything if it handled the event now."""
    try:
        policy.decide(event, _DryRun(log))
    except _Decided:
        return True
    return False


class _Decided(Exception):
    """Ends a dry run: the policy would record something."""


class _DryRun:
    """Implements `domain.streams.Streams`, up to the first fact."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def load(self, kind: type[A], id: StreamId) -> A:
        return self._log.get(kind, id)

    def command(
        self,
        kind: type[A],
        id: StreamId,
        decision: Callable[Concatenate[A, P], Sequence[Event]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> A:
        state = self.load(kind, id)
        if decision(state, *args, **kwargs):
            raise _Decided
        return state
