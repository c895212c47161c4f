"""Inserts without any library between: many at once, as near to the database as Python comes, and one at a time."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing

import psycopg
from psycopg_pool import ConnectionPool

Row = tuple[str, bytes]
"""A key and a body."""

_SQLITE_TABLE = "CREATE TABLE bodies (id TEXT PRIMARY KEY, body BLOB NOT NULL)"
_POSTGRES_TABLE = "CREATE TABLE bodies (id text PRIMARY KEY, body bytea NOT NULL)"


def make_table(url: str) -> None:
    if is_postgres(url):
        with psycopg.connect(url) as connection:
            connection.execute(_POSTGRES_TABLE)
    else:
        with closing(_connect(url)) as opened:
            opened.execute(_SQLITE_TABLE)


def insert_many(url: str) -> Callable[[Sequence[Row]], object]:
    """What inserts rows in one durable transaction, on one connection and to be called by one thread at a time; a key
    that is there already is passed over."""
    if is_postgres(url):
        connection = psycopg.connect(url, autocommit=True, prepare_threshold=1)
        sql = "INSERT INTO bodies SELECT * FROM unnest(%b::text[], %b::bytea[]) ON CONFLICT DO NOTHING"
        return lambda rows: connection.execute(sql, [[id for id, _ in rows], [body for _, body in rows]])
    opened = _connect(url)

    def insert(rows: Sequence[Row]) -> None:
        opened.execute("BEGIN IMMEDIATE")
        opened.executemany("INSERT OR IGNORE INTO bodies VALUES (?, ?)", rows)
        opened.execute("COMMIT")

    return insert


def insert_one(url: str) -> Callable[[Row], object]:
    """What inserts a row in a durable transaction of its own, to be called by any thread."""
    if is_postgres(url):
        pool = ConnectionPool(url, min_size=1, max_size=10, open=True)

        def insert_pooled(row: Row) -> None:
            with pool.connection() as connection:
                connection.execute("INSERT INTO bodies VALUES (%s, %s)", row)

        return insert_pooled
    own = threading.local()

    def insert(row: Row) -> None:
        if not hasattr(own, "connection"):
            own.connection = _connect(url)
        own.connection.execute("INSERT INTO bodies VALUES (?, ?)", row)

    return insert


def is_postgres(url: str) -> bool:
    return url.startswith("postgresql:")


def _connect(url: str) -> sqlite3.Connection:
    """In WAL mode and synchronized fully, as the engine's own."""
    connection = sqlite3.connect(
        url.removeprefix("sqlite:///"), timeout=30, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection
