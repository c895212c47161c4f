"""Timeline: which events belong to a session, and where they are in the log."""

from collections.abc import Iterable

from application.reading.projection import Change, Column, Projection, Put, Table, rfc3339
from domain.event import Event


def fold(event: Event, position: int) -> Iterable[Change]:
    if event.session_id is None:
        return
    yield Put(
        {
            "position": position,
            "session_id": event.session_id,
            "stream": event.originator_id,
            "version": event.originator_version,
            "topic": event.TOPIC,
            "occurred_at": rfc3339(event.occurred_at),
            "recorded_at": rfc3339(event.recorded_at),
        }
    )


TIMELINE = Projection(
    name="timeline",
    version=1,
    table=Table(
        columns={
            "position": Column.INTEGER,
            "session_id": Column.TEXT,
            "stream": Column.TEXT,
            "version": Column.INTEGER,
            "topic": Column.TEXT,
            "occurred_at": Column.TEXT,
            "recorded_at": Column.TEXT,
        },
        key=("position",),
        indexes=(("session_id", "position"),),
    ),
    reads=None,
    fold=fold,
)
