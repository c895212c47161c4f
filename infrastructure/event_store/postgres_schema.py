"""The log's tables on PostgreSQL: created and upgraded by `fulfill migrate` alone, and checked before anything
starts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from eventsourcing.utils import Environment

from application.errors import NotMigrated
from infrastructure.event_store.postgres import PostgresLogFactory
from infrastructure.event_store.postgres_connections import SCHEMA
from infrastructure.postgres import MIGRATING, connect, database_name, make_schema, translated_errors

VERSION = 1
"""Of the log's tables. Raised with every change of them, and `migrate` takes the steps that are missing."""


@contextmanager
def migrating(url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Hold the lock for changes of tables: one process at a time has it, and others wait.

    Raises:
        PersistenceError: the database can't be used.
    """
    with connect(url, "migrate") as connection, translated_errors(f"The {database_name(url)}"):
        connection.execute("SET lock_timeout = 0")
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATING,))
        yield connection


def migrate_log(connection: psycopg.Connection[Any], environment: Mapping[str, str], url: str) -> None:
    """Create the tables, or add what they lack.

    Raises:
        NotMigrated: a later version has changed them already.
    """
    _check_encoding(connection, url)
    found = _version(connection)
    if found is not None and found > VERSION:
        raise NotMigrated(_later(url, found))
    make_schema(connection, SCHEMA)
    factory = PostgresLogFactory(Environment("fulfillment", dict(environment)))
    try:
        recorder = factory.process_recorder()
        recorder.create_table()
        _compress_well(connection, recorder.events_table_name)
    finally:
        factory.close()
    connection.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.schema_version (version int NOT NULL)".encode())
    if found is None:
        connection.execute(f"INSERT INTO {SCHEMA}.schema_version VALUES (%s)".encode(), (VERSION,))
    else:
        connection.execute(f"UPDATE {SCHEMA}.schema_version SET version=%s".encode(), (VERSION,))


def check_log(connection: psycopg.Connection[Any], url: str) -> None:
    """
    Raises:
        NotMigrated: the tables are missing, or not of the version that this one works with.
    """
    found = _version(connection)
    if found is None:
        raise NotMigrated(f"The {database_name(url)} has no tables of fulfill yet. Run `fulfill migrate`.")
    if found > VERSION:
        raise NotMigrated(_later(url, found))
    if found < VERSION:
        raise NotMigrated(
            f"The {database_name(url)} has tables of version {found}, but this version of fulfill needs version "
            f"{VERSION}. Run `fulfill migrate`."
        )


def _check_encoding(connection: psycopg.Connection[Any], url: str) -> None:
    """People have names in every script."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise NotMigrated(
            f"The {database_name(url)} has the encoding {encoding}, which can't store every name. "
            "Create one with: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0."
        )


def _later(url: str, found: int) -> str:
    return (
        f"The tables of the {database_name(url)} are of version {found}, which is later than the {VERSION} that this "
        "fulfill works with. Use the fulfill that made them, or a later one."
    )


def _version(connection: psycopg.Connection[Any]) -> int | None:
    table = f"{SCHEMA}.schema_version"
    if connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() == (None,):
        return None
    row = connection.execute(f"SELECT max(version) FROM {table}".encode()).fetchone()
    return row[0] if row else None


def _compress_well(connection: psycopg.Connection[Any], table: str) -> None:
    """Compressing what Stripe sent is most of the server's work; lz4 takes a third of it. Not every server has it."""
    has_lz4 = "SELECT 'lz4'=ANY(enumvals) FROM pg_settings WHERE name='default_toast_compression'"
    if connection.execute(has_lz4).fetchone() == (True,):
        connection.execute(f'ALTER TABLE {SCHEMA}."{table}" ALTER COLUMN state SET COMPRESSION lz4'.encode())
