"""The views on PostgreSQL: a schema of their own in the database of the log.

A long read blocks no other process: a generation that is no longer needed is `retired`, and its table is dropped when
no reader holds it. The plain names that analysts use are replaced in the same way.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg.errors import DependentObjectsStillExist, InvalidTableDefinition, LockNotAvailable, UndefinedTable

from application.log.anchor import Anchor
from application.reading.projection import Projection, Row, Table, Value, rfc3339
from application.reading.views import (
    Advance,
    Overtaken,
    Selection,
    Snapshot,
    Unreadable,
    View,
    ViewState,
)
from infrastructure.postgres import Connection, Connections, make_schema
from infrastructure.views import sql
from infrastructure.views.net import net

T = TypeVar("T")

SCHEMA = "fulfillment_views"

_LOOKS_MAX = 5
"""A view is replaced once in a while, not between every two statements."""
_FETCH = 2000
_HELD = (LockNotAvailable, DependentObjectsStillExist)
"""A reader holds it, or an analyst's own view depends on it."""
_TABLES: tuple[LiteralString, ...] = (
    """
    CREATE TABLE IF NOT EXISTS fulfillment_views.views (
        name text COLLATE "C" NOT NULL, version bigint NOT NULL, generation bigint NOT NULL, position bigint NOT NULL,
        state text COLLATE "C" NOT NULL, last_position bigint, last_stream text COLLATE "C", last_version bigint,
        last_digest text COLLATE "C", variant text COLLATE "C" NOT NULL DEFAULT '', PRIMARY KEY (name, generation)
    )
    """,
    """
    CREATE UNIQUE INDEX IF NOT EXISTS views_by_state ON fulfillment_views.views (name, state) WHERE state<>'retired'
    """,
    """
    CREATE TABLE IF NOT EXISTS fulfillment_views.unreadable (
        name text COLLATE "C" NOT NULL, generation bigint NOT NULL, position bigint NOT NULL,
        error text COLLATE "C" NOT NULL, PRIMARY KEY (name, generation, position)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS fulfillment_views.states (
        stream text COLLATE "C" NOT NULL, writing text COLLATE "C" NOT NULL, part bigint NOT NULL,
        code text COLLATE "C" NOT NULL, version bigint NOT NULL, digest text COLLATE "C" NOT NULL,
        field text COLLATE "C" NOT NULL, body bytea NOT NULL, PRIMARY KEY (stream, writing, part)
    )
    """,
)
_HAS_COLUMN = """
SELECT EXISTS (
    SELECT FROM information_schema.columns
    WHERE table_schema='fulfillment_views' AND table_name='views' AND column_name=%s
)
"""
_ADD_ANCHOR = """
ALTER TABLE fulfillment_views.views ADD COLUMN last_position bigint, ADD COLUMN last_stream text COLLATE "C",
    ADD COLUMN last_version bigint, ADD COLUMN last_digest text COLLATE "C"
"""
_ADD_VARIANT = """
ALTER TABLE fulfillment_views.views ADD COLUMN variant text COLLATE "C" NOT NULL DEFAULT ''
"""
_SHOWN = """
SELECT view_name::text, table_name::text FROM information_schema.view_table_usage
WHERE view_schema='fulfillment_views' AND table_schema='fulfillment_views'
"""


def create_tables(connection: psycopg.Connection[Any]) -> None:
    """Create what `PostgresViews` relies on, if it is missing. The caller holds a lock: two that do so at once fail."""
    make_schema(connection, SCHEMA)
    with connection.transaction():
        for statement in _TABLES:
            connection.execute(statement)
        # checked first: ALTER TABLE waits for long readers, and all other statements then wait for it
        for column, add in (("last_digest", _ADD_ANCHOR), ("variant", _ADD_VARIANT)):
            if connection.execute(_HAS_COLUMN, (column,)).fetchone() == (False,):
                connection.execute(add)


class PostgresViews:
    """Implements `application.reading.views.Views`. Safe to share between threads, and processes by the database."""

    def __init__(self, url: str) -> None:
        """Open no connection yet."""
        self._connections = Connections(
            url, "views", settings=f"SET search_path TO {SCHEMA}; SET idle_in_transaction_session_timeout = 0"
        )
        self._is_tidy = False

    def close(self) -> None:
        self._connections.close()

    def all(self) -> Sequence[View]:
        with self._connections.one() as connection:
            rows = _run(connection, f"{sql.VIEWS} ORDER BY name, generation").fetchall()
        views = [sql.view(row) for row in rows if row[4] != "retired"]
        if len(views) < len(rows):
            self._is_tidy = False
        return views

    def create(self, projection: Projection, state: ViewState) -> View:
        with self._restructuring(projection.name) as connection:
            found = _run(connection, "SELECT max(generation) FROM views WHERE name=?", projection.name).fetchall()
            view = View(
                name=projection.name,
                version=projection.version,
                generation=(found[0][0] or 0) + 1,
                position=0,
                state=state,
                variant=projection.variant,
            )
            if not _run(connection, f"{sql.INSERT} ON CONFLICT DO NOTHING", *sql.insert(view)).rowcount:
                raise Overtaken(f"the view {view.name} is {state} already")
            for statement in sql.create_table(sql.table_name(view), projection.table, sql.POSTGRES):
                _run(connection, statement)
        self._tidy()
        return view

    def apply(self, advances: Sequence[Advance]) -> None:
        with self._connections.one() as connection, connection.pipeline() as pipeline, connection.transaction():
            _move(connection, pipeline, [(advance.view, advance.anchor) for advance in advances])
            for advance in advances:
                _apply(connection, advance)
        if not self._is_tidy:
            self._tidy()

    def switch(self, view: View) -> None:
        with self._restructuring(view.name) as connection:
            rows = _run(connection, f"{sql.VIEWS} WHERE v.name=? AND v.state<>'retired' FOR UPDATE OF v", view.name)
            found = {known.state: known for known in map(sql.view, rows)}
            live, building = found.get(ViewState.LIVE), found.get(ViewState.BUILDING)
            if building is None or building.generation != view.generation:
                raise Overtaken(f"generation {view.generation} of the view {view.name} is not being built any more")
            if live is not None:
                if live.position > building.position:
                    raise Overtaken(f"the live view {view.name} is further than the one that was built")
                _retire(connection, live)
            where = (ViewState.LIVE.value, view.name, view.generation)
            _run(connection, "UPDATE views SET state=? WHERE name=? AND generation=?", *where)
        self._tidy()

    def empty(self, views: Sequence[View]) -> None:
        """Deletes rows instead of `TRUNCATE`, which waits for readers and blocks new ones."""
        with self._connections.one() as connection, connection.pipeline() as pipeline, connection.transaction():
            _move(connection, pipeline, [(view, None) for view in views])
            for view in views:
                _run(connection, f"DELETE FROM {sql.quoted(sql.table_name(view))}")
                _run(connection, "DELETE FROM unreadable WHERE name=? AND generation=?", view.name, view.generation)

    def drop(self, view: View) -> None:
        with self._restructuring(view.name) as connection:
            _retire(connection, view)
        self._tidy()

    def select(self, selection: Selection) -> Sequence[Row]:
        with self._connections.one() as connection:
            rows = _look(lambda: _select(connection, selection, sql.select))
            return [_row(selection.projection.table, row) for row in rows]

    def count(self, selection: Selection) -> int:
        with self._connections.one() as connection:
            [(number,)] = _look(lambda: _select(connection, selection, sql.count))
            return int(number)

    def rows(self, view: View, projection: Projection, keys: Sequence[str]) -> Mapping[str, Row]:
        """
        Raises:
            Overtaken: another process has dropped the view.
        """
        with self._connections.one() as connection:
            found: dict[str, Row] = {}
            for selection in sql.by_keys(projection, keys):
                text, parameters = sql.select(selection, lambda each: sql.source(view, each), sql.POSTGRES)
                try:
                    rows = _run(connection, text, *parameters).fetchall()
                except UndefinedTable as error:
                    raise Overtaken(f"generation {view.generation} of the view {view.name} was dropped") from error
                found |= {str(row[projection.table.key[0]]): row for row in (_row(projection.table, r) for r in rows)}
            return found

    def unreadable(self, view: View) -> Sequence[Unreadable]:
        with self._connections.one() as connection:
            rows = _run(
                connection,
                "SELECT position, error FROM unreadable WHERE name=? AND generation=? ORDER BY position",
                *(view.name, view.generation),
            )
            return [Unreadable(position=position, error=error) for position, error in rows]

    @contextmanager
    def snapshot(self, projection: Projection) -> Iterator[Snapshot]:
        with self._connections.one() as connection:
            try:
                yield _PostgresSnapshot(connection, projection, _look(lambda: _hold(connection, projection)))
            finally:
                _end(connection)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._connections.one() as connection, connection.transaction():
            yield connection

    @contextmanager
    def _restructuring(self, name: str) -> Iterator[Connection]:
        """A transaction in which no other process makes, retires or shows a generation of this view."""
        with self._writing() as connection:
            _alone(connection, name)
            yield connection

    def _tidy(self) -> None:
        """Show the live generations to analysts, and drop the retired ones that no reader holds."""
        self._is_tidy = True
        with self._connections.one() as connection:
            shown = dict(_run(connection, _SHOWN))
            known = _run(connection, f"{sql.VIEWS} ORDER BY v.name, v.generation").fetchall()
            live = {row[0]: _table(row) for row in known if row[4] == ViewState.LIVE}
            for name in {row[0] for row in known}:
                if shown.get(name) != live.get(name):
                    with suppress(*_HELD):
                        _show(connection, name)
            for row in known:
                if row[4] == "retired":
                    with suppress(*_HELD):
                        _drop_table(connection, row)


@dataclass(frozen=True, slots=True)
class _PostgresSnapshot:
    connection: Connection
    projection: Projection
    view: View
    numbers: Iterator[int] = field(default_factory=count)

    def rows(self) -> Iterator[Row]:
        """Return the rows, which are fetched a few at a time."""
        table, cursor = self.projection.table, f"rows_{next(self.numbers)}"
        selection = Selection(projection=self.projection, order_by=table.key)
        text, _ = sql.select(selection, lambda each: sql.source(self.view, each), sql.POSTGRES)
        _run(self.connection, f"DECLARE {cursor} NO SCROLL CURSOR FOR {text}")
        while rows := _run(self.connection, f"FETCH {_FETCH} FROM {cursor}").fetchall():
            for row in rows:
                yield _row(table, row)


def _row(table: Table, values: Sequence[Any]) -> Row:
    """A row as its fold made it: psycopg reads a timestamp as a `datetime` in the time zone of the session."""
    row = dict(zip(table.columns, values, strict=True))
    for name in table.timestamps:
        if row[name] is not None:
            row[name] = rfc3339(row[name])
    return row


def _move(connection: Connection, pipeline: psycopg.Pipeline, moves: Sequence[tuple[View, Anchor | None]]) -> None:
    """In the order of their names, so that no two wait for each other."""
    moved = []
    for view, to in sorted(moves, key=lambda each: (each[0].name, each[0].generation)):
        moved.append((view, _run(connection, f"{sql.MOVE} AND state<>'retired'", *sql.move(view, to))))
    pipeline.sync()
    for view, found in moved:
        if found.rowcount != 1:
            raise Overtaken(f"generation {view.generation} of the view {view.name} is not at {view.position} any more")


def _apply(connection: Connection, advance: Advance) -> None:
    """All rows of a group are one statement: a statement for each would cost far more than what it does."""
    view = advance.view
    for group in net(advance.table, advance.changes):
        arrays = map(list, zip(*group.rows, strict=True))
        _run(connection, sql.change_all(sql.table_name(view), advance.table, group), *arrays)
    for each in advance.unreadable:
        left_out = (view.name, view.generation, each.position, each.error)
        _run(connection, "INSERT INTO unreadable VALUES (?,?,?,?)", *left_out)


def _retire(connection: Connection, view: View) -> None:
    """Hide it from all new readers."""
    key = (view.name, view.generation)
    _run(connection, "UPDATE views SET state='retired' WHERE name=? AND generation=?", *key)
    _run(connection, "DELETE FROM unreadable WHERE name=? AND generation=?", *key)


def _show(connection: Connection, name: str) -> None:
    """Under the plain name of the projection, for analysts: the tables' own names change with every rebuild."""
    with connection.transaction():
        _alone(connection, name, is_patient=False)
        live = _run(connection, f"{sql.VIEWS} WHERE v.name=? AND v.state='live'", name).fetchone()
        plain = sql.quoted(name)
        if live is None:
            _run(connection, f"DROP VIEW IF EXISTS {plain}")
            return
        rows = f"{plain} AS SELECT * FROM {sql.quoted(_table(live))}"
        try:
            with connection.transaction():
                _run(connection, f"CREATE OR REPLACE VIEW {rows}")  # who may read it stays
        except InvalidTableDefinition:  # its columns are others
            _run(connection, f"DROP VIEW {plain}")
            _run(connection, f"CREATE VIEW {rows}")


def _drop_table(connection: Connection, row: tuple[Any, ...]) -> None:
    name, _, generation, *_ = row
    with connection.transaction():
        _alone(connection, name, is_patient=False)
        _run(connection, f"DROP TABLE IF EXISTS {sql.quoted(_table(row))}")
        _run(connection, "DELETE FROM views WHERE name=? AND generation=? AND state='retired'", name, generation)


def _alone(connection: Connection, name: str, *, is_patient: bool = True) -> None:
    """Until the transaction ends, other callers with the same name wait."""
    if not is_patient:
        _run(connection, "SET LOCAL lock_timeout='5ms'")
    _run(connection, "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", f"fulfill view {name}")


def _look(look: Callable[[], T]) -> T:
    """A view may be replaced, and its table dropped, just after it was found. Then look again."""
    for _ in range(_LOOKS_MAX - 1):
        with suppress(UndefinedTable):
            return look()
    return look()


def _select(connection: Connection, selection: Selection, as_sql: sql.Question) -> list[tuple[Any, ...]]:
    text, parameters = as_sql(
        selection, lambda each: sql.source(_live(connection, each, each.serving), each), sql.POSTGRES
    )
    return _run(connection, text, *parameters).fetchall()


def _hold(connection: Connection, projection: Projection) -> View:
    """The live view, in a transaction for which it stays as it is."""
    _end(connection)
    _run(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    view = _live(connection, projection, {projection.version})
    _run(connection, f"LOCK TABLE {sql.quoted(sql.table_name(view))} IN ACCESS SHARE MODE")
    return view


def _end(connection: Connection) -> None:
    if not connection.closed:
        connection.rollback()


def _live(connection: Connection, projection: Projection, versions: Iterable[int]) -> View:
    text, parameters = sql.live(projection, versions)
    row = _run(connection, text, *parameters).fetchone()
    if row is None:
        raise sql.not_built(projection)
    return sql.view(row)


def _table(row: tuple[Any, ...]) -> str:
    """Where the rows of a generation are; a retired one is no `View`."""
    name, version, generation, *_ = row
    return f"{name}_v{version}_g{generation}"


def _run(connection: Connection, text: str, *parameters: Value | list[Value]) -> psycopg.Cursor[tuple[Any, ...]]:
    return connection.execute(_for_psycopg(text), parameters)


@lru_cache(maxsize=1024)
def _for_psycopg(text: str) -> bytes:
    """With its marks for values, which go in binary: long arrays take a third of the time. No name of ours has one."""
    return text.replace("?", "%b").encode()
