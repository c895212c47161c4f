"""Due effects: the effects that are not done yet, and the time from which each is due. A hint: the claim in the log
decides.

A request without a time of its own is due at once, so a clock that was ahead when it was recorded delays nothing. An
effect that was given up keeps its row without a time, so that a person's retry finds it again.

Without this view nothing is mailed, retrieved or delivered, so no release may wait until a new version of it is built
from the whole log. It continues every older version, whose tables are kept here for that.
"""

from collections.abc import Iterable
from typing import assert_never, get_args

from application.reading.projection import (
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
from domain.effect import Effect
from domain.effect_events import EffectFact
from domain.event import UNSTAMPED, Event

AT_ONCE = rfc3339(UNSTAMPED)
"""The due time of requests without a time of their own: before all others."""


def fold(event: Event, position: int) -> Iterable[Change]:
    return [_change(event, position)] if isinstance(event, EffectFact) else []


def _change(event: EffectFact, position: int) -> Change:
    key = {"effect_id": event.originator_id}
    match event:
        case Effect.Requested():
            return Put(
                {
                    **key,
                    "kind": event.kind,
                    "session_id": event.session_id,
                    "due_at": AT_ONCE if event.not_before is None else rfc3339(event.not_before),
                    "position": position,
                    "asked_at": rfc3339(event.recorded_at),
                    "worker": None,
                }
            )
        case Effect.AttemptStarted():
            return Update(key, {"worker": event.worker})
        case Effect.AttemptFailed() | Effect.AttemptOrphaned():
            return Update(key, {"worker": None, "due_at": rfc3339(event.retry_at)})
        case Effect.AttemptReleased():
            return Update(key, {"worker": None, "due_at": AT_ONCE})
        case Effect.RetryRequested():
            asked_at = rfc3339(event.recorded_at)
            return Update(key, {"worker": None, "due_at": AT_ONCE, "position": position, "asked_at": asked_at})
        case Effect.GivenUp():
            return Update(key, {"worker": None, "due_at": None})
        case Effect.Succeeded() | Effect.Withdrawn():
            return Remove(key)
        case _:
            assert_never(event)


_FIRST_TABLE = Table(
    columns={
        "effect_id": Column.TEXT,
        "kind": Column.TEXT,
        "session_id": Column.TEXT,
        "due_at": Column.TEXT,
        "worker": Column.TEXT,
    },
    key=("effect_id",),
)

DUE_EFFECTS = Projection(
    name="due_effects",
    version=2,
    table=Table(
        columns={
            "effect_id": Column.TEXT,
            "kind": Column.TEXT,
            "session_id": Column.TEXT,
            "due_at": Column.TEXT,
            "position": Column.INTEGER,
            "asked_at": Column.TEXT,
            "worker": Column.TEXT,
        },
        key=("effect_id",),
        indexes=(("kind", "due_at", "position"),),
    ),
    reads=topics(*get_args(EffectFact)),
    fold=fold,
    continues={1: _FIRST_TABLE},
)
