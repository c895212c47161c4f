"""The views on SQLite: a second file beside the log, synchronized less, since it can be rebuilt from the log."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eventsourcing.persistence import InterfaceError

from application.log.anchor import Anchor
from application.reading.projection import Add, Keep, Projection, Put, Row, Table
from application.reading.views import (
    Advance,
    Overtaken,
    Selection,
    Snapshot,
    Unreadable,
    View,
    ViewState,
)
from infrastructure.sqlite_file import Cures, Synchronous, connect, translated_errors
from infrastructure.views import sql
from infrastructure.views.net import ChangeGroup, net

Connect = Callable[[str], sqlite3.Connection]

_IDLE_READERS_MAX = 4
_ROWS_PER_INSERT = 32
CURES = Cures(
    if_damaged="stop fulfill and delete it, then the views are rebuilt from the log",
    if_tables_are_missing="it was deleted meanwhile: start again, then the views are rebuilt from the log",
)

_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS views (
        name TEXT NOT NULL, version INTEGER NOT NULL, generation INTEGER NOT NULL, position INTEGER NOT NULL,
        state TEXT NOT NULL, last_position INTEGER, last_stream TEXT, last_version INTEGER, last_digest TEXT,
        variant TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (name, generation), UNIQUE (name, state)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS unreadable (
        name TEXT NOT NULL, generation INTEGER NOT NULL, position INTEGER NOT NULL, error TEXT NOT NULL,
        PRIMARY KEY (name, generation, position)
    )
    """,
)


_IS_THERE = "SELECT 1 FROM views WHERE name=? AND generation=?"
_LATER = {
    "last_position": "INTEGER",
    "last_stream": "TEXT",
    "last_version": "INTEGER",
    "last_digest": "TEXT",
    "variant": "TEXT NOT NULL DEFAULT ''",
}
"""Columns that an older file lacks."""


def views_path(log_path: Path) -> Path:
    """Return the path of the views of a log."""
    return log_path.with_name(f"{log_path.name.removesuffix('.db')}-views.db")


@contextmanager
def scratch_views() -> "Iterator[SQLiteViews]":
    """Views in a temporary directory, for as long as they are read."""
    with (
        TemporaryDirectory(prefix="fulfill-views-") as directory,
        closing(SQLiteViews(Path(directory, "v.db"))) as views,
    ):
        yield views


def _connect(path: str) -> sqlite3.Connection:
    return connect(path, Synchronous.NORMAL)


class SQLiteViews:
    """Implements `application.reading.views.Views`. Safe to share between threads, and processes by the file."""

    def __init__(self, path: Path | str, connect: Connect = _connect) -> None:
        """
        Raises:
            PersistenceError: the file can't be opened.
        """
        self._path = str(path)
        self._connect = connect
        self._what = f"The views {self._path}"
        self._write_lock = threading.Lock()
        self._idle_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._is_closed = False
        with translated_errors(self._what, CURES):
            self._writer = self._connect(self._path)
        try:
            self._make_tables()
        except BaseException:
            self._writer.close()
            raise

    def _make_tables(self) -> None:
        with self._writing() as connection:
            for statement in _TABLES:
                connection.execute(statement)
            there = {name for _, name, *_ in connection.execute("PRAGMA table_info(views)")}
            for name, kind in _LATER.items():
                if name not in there:
                    connection.execute(f"ALTER TABLE views ADD COLUMN {name} {kind}")

    def close(self) -> None:
        with self._write_lock, self._idle_lock:
            self._is_closed = True
            self._writer.close()
            while self._idle:
                self._idle.pop().close()

    def __del__(self) -> None:
        """Close the connections, as the library's store does: some owners of views do not know when the last reader
        is done."""
        if hasattr(self, "_writer"):
            self.close()

    def all(self) -> Sequence[View]:
        with self._reading() as connection:
            return [sql.view(row) for row in connection.execute(f"{sql.VIEWS} ORDER BY name, generation")]

    def create(self, projection: Projection, state: ViewState) -> View:
        with self._writing() as connection:
            found = connection.execute("SELECT max(generation) FROM views WHERE name=?", (projection.name,))
            view = View(
                name=projection.name,
                version=projection.version,
                generation=(found.fetchone()[0] or 0) + 1,
                position=0,
                state=state,
                variant=projection.variant,
            )
            try:
                connection.execute(sql.INSERT, sql.insert(view))
            except sqlite3.IntegrityError as error:
                raise Overtaken(f"the view {view.name} is {state} already") from error
            for statement in sql.create_table(sql.table_name(view), projection.table, sql.SQLITE):
                connection.execute(statement)
            if state is ViewState.LIVE:
                _show(connection, view)
        return view

    def apply(self, advances: Sequence[Advance]) -> None:
        with self._writing() as connection:
            for advance in advances:
                _apply(connection, advance)

    def switch(self, view: View) -> None:
        with self._writing() as connection:
            rows = connection.execute(f"{sql.VIEWS} WHERE v.name=?", (view.name,)).fetchall()
            found = {known.state: known for known in map(sql.view, rows)}
            live, building = found.get(ViewState.LIVE), found.get(ViewState.BUILDING)
            if building is None or building.generation != view.generation:
                raise Overtaken(f"generation {view.generation} of the view {view.name} is not being built any more")
            if live is not None:
                if live.position > building.position:
                    raise Overtaken(f"the live view {view.name} is further than the one that was built")
                _drop(connection, live)
            where = (ViewState.LIVE.value, view.name, view.generation)
            connection.execute("UPDATE views SET state=? WHERE name=? AND generation=?", where)
            _show(connection, building)

    def empty(self, views: Sequence[View]) -> None:
        with self._writing() as connection:
            for view in views:
                _move(connection, view, None)
                connection.execute(f"DELETE FROM {sql.quoted(sql.table_name(view))}")
                connection.execute("DELETE FROM unreadable WHERE name=? AND generation=?", (view.name, view.generation))

    def drop(self, view: View) -> None:
        with self._writing() as connection:
            _drop(connection, view)

    def select(self, selection: Selection) -> Sequence[Row]:
        with self._reading() as connection:
            text, parameters = sql.select(
                selection, lambda each: sql.source(_live(connection, each, each.serving), each), sql.SQLITE
            )
            return [_row(selection.projection.table, row) for row in connection.execute(text, parameters)]

    def count(self, selection: Selection) -> int:
        with self._reading() as connection:
            text, parameters = sql.count(
                selection, lambda each: sql.source(_live(connection, each, each.serving), each), sql.SQLITE
            )
            return int(connection.execute(text, parameters).fetchone()[0])

    def rows(self, view: View, projection: Projection, keys: Sequence[str]) -> Mapping[str, Row]:
        """
        Raises:
            Overtaken: another process has dropped the view.
        """
        with self._reading() as connection:
            there = connection.execute(_IS_THERE, (view.name, view.generation)).fetchone()
            if there is None:
                raise Overtaken(f"generation {view.generation} of the view {view.name} was dropped")
            found: dict[str, Row] = {}
            for selection in sql.by_keys(projection, keys):
                text, parameters = sql.select(selection, lambda each: sql.source(view, each), sql.SQLITE)
                rows = (_row(projection.table, row) for row in connection.execute(text, parameters))
                found |= {str(row[projection.table.key[0]]): row for row in rows}
            return found

    def unreadable(self, view: View) -> Sequence[Unreadable]:
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT position, error FROM unreadable WHERE name=? AND generation=? ORDER BY position",
                (view.name, view.generation),
            )
            return [Unreadable(position=position, error=error) for position, error in rows]

    @contextmanager
    def snapshot(self, projection: Projection) -> Iterator[Snapshot]:
        with self._reading() as connection:
            yield _SQLiteSnapshot(connection, projection, _live(connection, projection, {projection.version}))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that has the right to write from its start: one that reads first could not get it later."""
        with self._write_lock, translated_errors(self._what, CURES):
            self._check_open()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:  # a full disk has ended it already
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction in which everything is as it was at its first read."""
        with translated_errors(self._what, CURES):
            connection = self._idle_reader() or self._connect(self._path)
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._put_back(connection)

    def _check_open(self) -> None:
        if self._is_closed:
            raise InterfaceError(f"{self._what} are closed.")

    def _idle_reader(self) -> sqlite3.Connection | None:
        with self._idle_lock:
            self._check_open()
            return self._idle.pop() if self._idle else None

    def _put_back(self, connection: sqlite3.Connection) -> None:
        """For the next one; a connection that is one too many, or broken, is closed."""
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            connection.close()
            return
        with self._idle_lock:
            if not self._is_closed and len(self._idle) < _IDLE_READERS_MAX:
                self._idle.append(connection)
                return
        connection.close()


@dataclass(frozen=True, slots=True)
class _SQLiteSnapshot:
    connection: sqlite3.Connection
    projection: Projection
    view: View

    def rows(self) -> Iterator[Row]:
        table = self.projection.table
        selection = Selection(projection=self.projection, order_by=table.key)
        text, parameters = sql.select(selection, lambda each: sql.source(self.view, each), sql.SQLITE)
        for row in self.connection.execute(text, parameters):
            yield _row(table, row)


def _row(table: Table, values: Sequence[Any]) -> Row:
    """A row as its fold made it: SQLite keeps a boolean as 0 or 1."""
    row = dict(zip(table.columns, values, strict=True))
    for name in table.booleans:
        if row[name] is not None:
            row[name] = bool(row[name])
    return row


def _apply(connection: sqlite3.Connection, advance: Advance) -> None:
    view = advance.view
    _move(connection, view, advance.anchor)
    for group in net(advance.table, advance.changes):
        _change(connection, sql.table_name(view), advance.table, group)
    left_out = [(view.name, view.generation, each.position, each.error) for each in advance.unreadable]
    connection.executemany("INSERT INTO unreadable VALUES (?,?,?,?)", left_out)


def _move(connection: sqlite3.Connection, view: View, to: Anchor | None) -> None:
    if connection.execute(sql.MOVE, sql.move(view, to)).rowcount != 1:
        raise Overtaken(f"generation {view.generation} of the view {view.name} is not at {view.position} any more")


def _change(connection: sqlite3.Connection, name: str, table: Table, group: ChangeGroup) -> None:
    """Many rows to a statement where SQL allows it: after every statement SQLite lets other threads run."""
    if group.kind in (Put, Keep, Add):
        whole = len(group.rows) - len(group.rows) % _ROWS_PER_INSERT
        text = sql.change_one(name, table, group, rows=_ROWS_PER_INSERT)
        for start in range(0, whole, _ROWS_PER_INSERT):
            connection.execute(text, [*chain.from_iterable(group.rows[start : start + _ROWS_PER_INSERT])])
        connection.executemany(sql.change_one(name, table, group), group.rows[whole:])
    else:
        connection.executemany(sql.change_one(name, table, group), map(sql.named, group.rows))


def _show(connection: sqlite3.Connection, live: View) -> None:
    """Under the plain name of the projection, for analysts: the tables' own names change with every rebuild."""
    connection.execute(f"DROP VIEW IF EXISTS {sql.quoted(live.name)}")
    connection.execute(f"CREATE VIEW {sql.quoted(live.name)} AS SELECT * FROM {sql.quoted(sql.table_name(live))}")


def _drop(connection: sqlite3.Connection, view: View) -> None:
    key = (view.name, view.generation)
    dropped = connection.execute("DELETE FROM views WHERE name=? AND generation=? RETURNING state", key).fetchone()
    if dropped == (ViewState.LIVE,):
        connection.execute(f"DROP VIEW IF EXISTS {sql.quoted(view.name)}")
    connection.execute(f"DROP TABLE IF EXISTS {sql.quoted(sql.table_name(view))}")
    connection.execute("DELETE FROM unreadable WHERE name=? AND generation=?", key)


def _live(connection: sqlite3.Connection, projection: Projection, versions: Iterable[int]) -> View:
    row = connection.execute(*sql.live(projection, versions)).fetchone()
    if row is None:
        raise sql.not_built(projection)
    return sql.view(row)
