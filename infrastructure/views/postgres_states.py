"""State rows on PostgreSQL: a table in the schema of the views, which `fulfill migrate` makes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from application.writing.states import StateRow
from domain.event import Aggregate
from infrastructure.postgres import Connection, connect, database_name, translated_errors
from infrastructure.views import states
from infrastructure.views.postgres import SCHEMA


class PostgresStates:
    """Implements `application.writing.states.StateRows`. Rows are rare: each use has a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    def keeps(self, kind: type[Aggregate[Any]]) -> bool:
        return states.keeps(kind)

    def load(self, kind: type[Aggregate[Any]], stream: str, pause: Callable[[], None]) -> StateRow | None:
        with self._connected() as connection:
            return states.load(kind, stream, lambda text, *values: _run(connection, text, *values), pause)

    def save(self, row: StateRow, pause: Callable[[], None]) -> int:
        size = 0
        with self._connected() as connection:
            for some in states.portions(row, pause):
                with connection.transaction():
                    for each in some:
                        _run(connection, states.INSERT, *each)
                size += states.size_of(some)
            _run(connection, states.DELETE_OTHERS, *states.others_than(some))
        return size

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with (
            connect(self._url, "states") as connection,
            translated_errors(f"The states in the {database_name(self._url)}"),
        ):
            connection.execute(f"SET search_path TO {SCHEMA}".encode())
            yield connection


def _run(connection: Connection, text: str, *values: Any) -> psycopg.Cursor[tuple[Any, ...]]:
    return connection.execute(text.replace("?", "%b").encode(), values)
