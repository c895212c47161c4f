"""State rows on SQLite: a table in the file of the views, made when the first row is written."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from application.writing.states import StateRow
from domain.event import Aggregate
from infrastructure.sqlite_file import Synchronous, connect, translated_errors
from infrastructure.views import states
from infrastructure.views.sqlite import CURES

_TABLE = """
CREATE TABLE IF NOT EXISTS states (
    stream TEXT NOT NULL, writing TEXT NOT NULL, part INTEGER NOT NULL, code TEXT NOT NULL, version INTEGER NOT NULL,
    digest TEXT NOT NULL, field TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (stream, writing, part)
)
"""
_HAS_TABLE = "SELECT 1 FROM sqlite_master WHERE type='table' AND name='states'"


class SQLiteStates:
    """Implements `application.writing.states.StateRows`. Rows are rare: each use has a connection of its own."""

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)

    def keeps(self, kind: type[Aggregate[Any]]) -> bool:
        return states.keeps(kind)

    def load(self, kind: type[Aggregate[Any]], stream: str, pause: Callable[[], None]) -> StateRow | None:
        with self._connected() as connection:
            if connection.execute(_HAS_TABLE).fetchone() is None:
                return None
            return states.load(kind, stream, lambda text, *values: connection.execute(text, values), pause)

    def save(self, row: StateRow, pause: Callable[[], None]) -> int:
        size = 0
        with self._connected() as connection:
            connection.execute(_TABLE)
            for some in states.portions(row, pause):
                with _writing(connection):
                    connection.executemany(states.INSERT, some)
                size += states.size_of(some)
            connection.execute(states.DELETE_OTHERS, states.others_than(some))
        return size

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with (
            translated_errors(f"The views {self._path}", CURES),
            closing(connect(self._path, Synchronous.NORMAL)) as connection,
        ):
            yield connection


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction, short enough for the projector to wait for it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
