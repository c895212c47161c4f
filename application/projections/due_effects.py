"""Due effects: what is still to be done in the outside world, and from when on. A hint: the claim in the log decides.

An effect that was given up keeps its row without a time, so that a person's retry finds it again.
"""

from collections.abc import Iterable
from typing import assert_never, get_args

from application.projections.projection import (
    Change,
    Column,
    Projection,
    Put,
    Remove,
    Table,
    Update,
    rfc3339,
    topics,
)
from domain.effect import Effect, EffectFact
from domain.event import Event


def fold(event: Event, position: int) -> Iterable[Change]:  # noqa: ARG001 - every fold has the same shape
    return [_change(event)] if isinstance(event, EffectFact) else []


def _change(event: EffectFact) -> Change:
    key = {"effect_id": event.originator_id}
    match event:
        case Effect.Requested():
            due_at = rfc3339(event.recorded_at)
            return Put(
                {**key, "kind": event.kind, "session_id": event.session_id, "due_at": due_at, "worker": None},
            )
        case Effect.AttemptStarted():
            return Update(key, {"worker": event.worker})
        case Effect.AttemptFailed():
            return Update(key, {"worker": None, "due_at": rfc3339(event.retry_at)})
        case Effect.RetryRequested():
            return Update(key, {"worker": None, "due_at": rfc3339(event.recorded_at)})
        case Effect.GivenUp():
            return Update(key, {"worker": None, "due_at": None})
        case Effect.Succeeded() | Effect.Withdrawn():
            return Remove(key)
        case _:
            assert_never(event)


DUE_EFFECTS = Projection(
    name="due_effects",
    version=1,
    table=Table(
        columns={
            "effect_id": Column.TEXT,
            "kind": Column.TEXT,
            "session_id": Column.TEXT,
            "due_at": Column.TEXT,
            "worker": Column.TEXT,
        },
        key=("effect_id",),
        indexes=(("kind", "due_at"),),
    ),
    reads=topics(*get_args(EffectFact)),
    fold=fold,
)
