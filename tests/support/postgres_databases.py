"""Databases for tests: one for each test, on the server of the test run or on that of `TEST_DATABASE_URL`."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from secrets import token_hex
from typing import LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
from postgres_server import PostgresServer
from psycopg import sql

_SERVER = "FULFILL_TEST_SERVER_URL"
"""The variable by which the processes of one test run share the server's address."""


_END_CONNECTIONS = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname=%s"


_COPIES_FILES: LiteralString = " STRATEGY = FILE_COPY"
"""Makes and drops a small database in half of the time that the default, a copy through the write-ahead log, takes."""
_KNOWS_STRATEGIES = 15_00_00


class ServerOfTheRun:
    """The server that the first process of a test run starts and stops, if no other was named."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def start(self) -> None:
        if "TEST_DATABASE_URL" in os.environ:
            os.environ[_SERVER] = os.environ["TEST_DATABASE_URL"]
            return
        server = self._stack.enter_context(PostgresServer())
        server.initialize()
        server.start()
        server.hash_once()
        os.environ[_SERVER] = server.url()

    def stop(self) -> None:
        self._stack.close()


class Databases:
    """Makes databases that are copies of one in which everything is prepared, which takes a few milliseconds."""

    def __init__(self, prepare: Callable[[str], None]) -> None:
        self._server = os.environ[_SERVER]
        self._admin = psycopg.connect(self._server, autocommit=True)
        self._template = self.create_empty()
        prepare(self._template)

    def create(self) -> str:
        """The URL of a new database like the prepared one."""
        return self._create_like(self._template)

    def create_empty(self, options: LiteralString = "") -> str:
        """The URL of a new database with nothing in it."""
        return self._create(sql.SQL(options))

    def copy(self, url: str) -> str:
        """The URL of a database like this one at this moment, as a standby has it. Connections to it end."""
        self._admin.execute(_END_CONNECTIONS, (_name(url),))
        return self._create_like(url)

    def replace(self, url: str, by: str) -> None:
        """Replace it with a copy of another database, and close all connections to both."""
        self._admin.execute(_END_CONNECTIONS, (_name(by),))
        self.drop(url)
        self._create_like(by, _name(url))

    def fail_over(self, url: str, standby: str) -> None:
        """The database is lost, and the other one takes its place at once, whatever it lacks."""
        self.drop(url)
        names = sql.Identifier(_name(standby)), sql.Identifier(_name(url))
        self._admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))

    def drop(self, url: str) -> None:
        """Drop it, whatever is still connected."""
        self._admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_name(url))))

    def close(self) -> None:
        self.drop(self._template)
        self._admin.close()

    def _create_like(self, url: str, name: str | None = None) -> str:
        copies_files = sql.SQL(_COPIES_FILES if self._admin.info.server_version >= _KNOWS_STRATEGIES else "")
        return self._create(sql.SQL(" TEMPLATE {}").format(sql.Identifier(_name(url))) + copies_files, name)

    def _create(self, like: sql.SQL | sql.Composed, name: str | None = None) -> str:
        name = name or f"fulfill_test_{token_hex(8)}"
        self._admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + like)
        return urlunsplit(urlsplit(self._server)._replace(path=f"/{name}"))


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def end_connections(url: str, purpose: str) -> int:
    """End those to this database that are for this purpose, as an operator can. They are gone once this returns."""
    with psycopg.connect(url, autocommit=True) as operator:
        ended = operator.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE application_name=%s AND datname=current_database()",
            (f"fulfill {purpose}",),
        ).fetchall()
    assert all(row == (True,) for row in ended)
    return len(ended)
