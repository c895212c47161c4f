"""The stores for tests of what they have in common, and changes of them from outside the engine."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Literal, LiteralString

import psycopg
import pytest

from infrastructure.database import PostgresDatabase, SQLiteFile, parse_database
from infrastructure.event_store.postgres import postgres_environment
from infrastructure.event_store.sqlite import sqlite_environment
from infrastructure.stores import stores
from infrastructure.views.sqlite import views_path

STORES = ("SQLite", "PostgreSQL")
_ABOUT_STORES = ("infrastructure/", "application/log/")
"""Directories of tests."""
Part = Literal["log", "views"]
_SCHEMAS = {"log": "fulfillment", "views": "fulfillment_views"}


def new_store(request: pytest.FixtureRequest, directory: Path) -> str:
    """The URL of a new database of the kind that a fixture is parametrised with."""
    if request.param == "SQLite":
        return sqlite_url(directory)
    return str(request.getfixturevalue("postgres_url"))


def is_left_to_the_long_tests(item: pytest.Item) -> bool:
    """Whether it plays over PostgreSQL a rule that `make test` plays over SQLite. What is about a store itself, and an
    example of each kind, marked as `every_store`, is not."""
    path = item.path.relative_to(Path(__file__).parents[1]).as_posix()
    return (
        isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and item.callspec.params.get("store_url") == "PostgreSQL"
        and not path.startswith(_ABOUT_STORES)
        and item.get_closest_marker("every_store") is None
    )


def sqlite_url(directory: Path) -> str:
    return f"sqlite:///{directory}/fulfillment.db"


def log_environment(url: str) -> Mapping[str, str]:
    """The library's settings for the log there. A file is made where there is none; PostgreSQL has its tables."""
    match parse_database(url):
        case SQLiteFile(path=path):
            return sqlite_environment(path, create_tables=True)
        case PostgresDatabase(url=url):
            return postgres_environment(url)


def change(url: str, part: Part, statement: str, *parameters: object) -> int:
    """Change rows or tables by SQL in which every value is a `?`; how many rows were changed. The table of the log is
    called `stored_events` here."""
    match parse_database(url):
        case SQLiteFile(path=path):
            with closing(sqlite3.connect(_file(path, part), isolation_level=None)) as file:
                return file.execute(statement, parameters).rowcount
        case PostgresDatabase(url=url):
            text = statement.replace("?", "%s").replace("stored_events", "fulfillment_events")
            with psycopg.connect(url, options=f"-c search_path={_SCHEMAS[part]}") as connection:
                return connection.execute(text.encode(), parameters).rowcount


def lose(url: str, part: Part) -> None:
    """It is gone while unused, and a migrated database has an empty one."""
    match parse_database(url):
        case SQLiteFile(path=path):
            file = _file(path, part)
            for each in file.parent.glob(f"{file.name}*"):
                each.unlink()
        case PostgresDatabase(url=url) as database:
            with psycopg.connect(url) as connection:
                connection.execute(f"DROP SCHEMA {_SCHEMAS[part]} CASCADE".encode())
            stores(database).migrate()


def put_back(url: str, position: int) -> None:
    """The log is as a backup has it that was made when everything up to this position was decided."""
    match parse_database(url):
        case SQLiteFile():
            change(url, "log", "DELETE FROM stored_events WHERE rowid>?", position)
            change(url, "log", "UPDATE tracking SET notification_id=min(notification_id, ?)", position)
        case PostgresDatabase(url=url):
            with psycopg.connect(url) as connection:
                for statement in _PUT_BACK:
                    connection.execute(statement, {"position": position})


_PUT_BACK: tuple[LiteralString, ...] = (
    "DELETE FROM fulfillment.fulfillment_events WHERE notification_id>%(position)s",
    "UPDATE fulfillment.fulfillment_tracking SET notification_id=least(notification_id, %(position)s)",
    "SELECT setval(pg_get_serial_sequence('fulfillment.fulfillment_events', 'notification_id'), %(position)s)",
)


def _file(path: Path, part: Part) -> Path:
    return path if part == "log" else views_path(path)
