"""Key pools: how many keys each has (one row without a session), and how many each line waits for."""

from collections.abc import Iterable
from typing import assert_never, get_args

from application.reading.projection import Add, Change, Column, Projection, Put, Remove, Table, topics
from domain.event import Event
from domain.identifiers import pool_of_stream
from domain.key_pool import KeyPool, KeyPoolFact


def fold(event: Event, position: int) -> Iterable[Change]:  # noqa: ARG001 - every fold has the same shape
    return _changes(event) if isinstance(event, KeyPoolFact) else []


def _changes(event: KeyPoolFact) -> Iterable[Change]:
    name = pool_of_stream(event.originator_id)
    pool = {"pool": name, "session_id": "", "line_item": ""}
    match event:
        case KeyPool.Imported():
            return [Add(pool, {"free": len(event.keys)})]
        case KeyPool.Withdrawn():
            return [Add(pool, {"free": -event.were_free, "withdrawn": len(event.keys)})]
        case KeyPool.Assigned():
            given = len(event.keys)
            return [Remove(_wait(name, event)), Add(pool, {"free": -given, "given": given})]
        case KeyPool.Returned():
            returned = len(event.keys)
            return [Add(pool, {"free": returned, "given": -returned})]
        case KeyPool.Revoked():
            revoked = len(event.keys)
            return [Add(pool, {"given": -revoked, "revoked": revoked})]
        case KeyPool.RanOut():
            counts = {"free": 0, "given": 0, "revoked": 0, "withdrawn": 0, "waiting": event.quantity}
            return [Put({**_wait(name, event), **counts})]
        case KeyPool.WaitEnded():
            return [Remove(_wait(name, event))]
        case _:
            assert_never(event)


def _wait(pool: str, event: KeyPool.Assigned | KeyPool.RanOut | KeyPool.WaitEnded) -> dict[str, str]:
    return {"pool": pool, "session_id": event.session, "line_item": event.line_item}


KEY_POOLS = Projection(
    name="key_pools",
    version=2,
    table=Table(
        columns={
            "pool": Column.TEXT,
            "session_id": Column.TEXT,
            "line_item": Column.TEXT,
            "free": Column.INTEGER,
            "given": Column.INTEGER,
            "revoked": Column.INTEGER,
            "withdrawn": Column.INTEGER,
            "waiting": Column.INTEGER,
        },
        key=("pool", "session_id", "line_item"),
    ),
    reads=topics(*get_args(KeyPoolFact)),
    fold=fold,
)
