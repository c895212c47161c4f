"""The stores that everything is measured on."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import psycopg
from bench.processes import cpu_seconds
from postgres_server import PostgresServer
from psycopg import sql

_POSTGRES_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB"}


@dataclass(frozen=True, slots=True)
class FreshDatabase:
    """An empty database, and a directory for what lies beside it."""

    url: str
    directory: Path
    server_pid: int | None
    """Of the database server, if there is one."""


class Store(Protocol):
    @property
    def name(self) -> str: ...

    def fresh(self) -> Iterator[FreshDatabase]:
        """An empty database for as long as it is used."""


class SQLiteStore:
    name = "SQLite"

    def fresh(self) -> Iterator[FreshDatabase]:
        with _directory() as directory:
            yield FreshDatabase(f"sqlite:///{directory}/fulfillment.db", directory, None)


class PostgresStore:
    name = "PostgreSQL"

    def __init__(self, url: str, pid: int | None) -> None:
        """A server, and its first process if it is on this machine and what it costs is to be known."""
        self._url = url
        self._pid = pid

    def fresh(self) -> Iterator[FreshDatabase]:
        name = f"bench_{secrets.token_hex(4)}"
        with psycopg.connect(self._url, autocommit=True) as admin, _directory() as directory:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            url = urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))
            try:
                yield FreshDatabase(url, directory, self._pid)
            finally:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def fresh(store: Store) -> Iterator[FreshDatabase]:
    yield from store.fresh()


@contextmanager
def all_stores() -> Iterator[list[Store]]:
    """SQLite, and PostgreSQL on a server of its own that synchronizes as in production."""
    with ExitStack() as stack:
        server = stack.enter_context(PostgresServer(_POSTGRES_SETTINGS, is_durable=True))
        server.initialize()
        server.start()
        yield [SQLiteStore(), PostgresStore(server.url(), server.pid)]


def database_cpu_seconds(database: FreshDatabase) -> float:
    """What the database server has cost so far; SQLite's costs are those of its users."""
    return 0.0 if database.server_pid is None else cpu_seconds(database.server_pid)


@contextmanager
def _directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="fulfill-bench-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)
