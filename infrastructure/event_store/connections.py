"""The library's connections to SQLite, completed: each one synchronizes fully, every error is one of the library's own,
and a connection that can't be opened does not block its callers."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from eventsourcing.persistence import ConnectionPoolClosedError, InterfaceError, OperationalError
from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool, SQLiteCursor, SQLiteDatastore

from application.errors import LogReplaced
from infrastructure.sqlite_file import BUSY_TIMEOUT_SECONDS, Cures, Synchronous, connect, translated_errors

_CURES = Cures(
    if_damaged="restore it from a backup",
    if_tables_are_missing="run `fulfill migrate`, or start again if it was deleted meanwhile",
)


class LogConnection(SQLiteConnection):
    def __init__(self, sqlite_connection: sqlite3.Connection, what: str) -> None:
        super().__init__(sqlite_connection, max_age=None)
        self._what = what

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        """Begin a transaction. One that will be committed takes the write lock at its start, and is rolled back if
        the commit itself fails."""
        with translated_errors(self._what, _CURES):
            cursor = self.cursor()
            try:
                cursor.execute("BEGIN IMMEDIATE" if commit else "BEGIN")
                yield cursor
                if commit:
                    self.commit()
            finally:
                self._end(cursor)

    def data_version(self) -> int:
        """Return a number that changes with every commit of another connection."""
        with translated_errors(self._what, _CURES), self.cursor() as cursor:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])

    def _end(self, cursor: SQLiteCursor) -> None:
        """End the transaction before the connection goes to its next user; close one that can't be reset."""
        try:
            cursor.sqlite_cursor.close()
            self.rollback()
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                self.close()


class LogConnectionPool(SQLiteConnectionPool):
    def __init__(self, db_name: str) -> None:
        super().__init__(db_name=db_name, lock_timeout=BUSY_TIMEOUT_SECONDS, pool_timeout=BUSY_TIMEOUT_SECONDS)
        self._asking = threading.local()

    def connect(self) -> LogConnection:
        """Return a connection that does not belong to the pool.

        Raises:
            PersistenceError: the file can't be opened.
        """
        what = f"The log {self.db_name}"
        with translated_errors(what, _CURES):
            connection = connect(self.db_name, Synchronous.FULL)
        connection.row_factory = sqlite3.Row
        return LogConnection(connection, what)

    def _create_connection(self) -> SQLiteConnection:
        return self.connect()

    def get_connection(self, timeout: float | None = None, *, is_writer: bool | None = None) -> SQLiteConnection:
        """Take a connection from the pool.

        Raises:
            InterfaceError: the pool is closed, or its file can't be used.
        """
        self._asking.is_writer = is_writer
        try:
            return super().get_connection(timeout, is_writer=is_writer)
        except ConnectionPoolClosedError as error:
            raise InterfaceError(f"The log {self.db_name} is closed.") from error

    def _get_connection(self, timeout: float = 0.0) -> SQLiteConnection:
        """Free the slot of a caller that got no connection: the library keeps it, which would block all writers."""
        try:
            return super()._get_connection(timeout)
        except BaseException:
            is_writer, self._asking.is_writer = self._asking.is_writer, None
            if is_writer is True:
                self._num_writers -= 1
                self._writer_lock.release()
            elif is_writer is False:
                with self._no_readers:
                    self._num_readers -= 1
                    self._no_readers.notify()
            raise

    def put_connection(self, conn: SQLiteConnection) -> None:
        if self._closed:
            conn.close()
        else:
            super().put_connection(conn)

    def close(self) -> None:
        """Connections in use are closed when they are given back: the library would close them while a reader uses
        them, which crashes the interpreter."""
        with self._put_condition:
            self._in_use.clear()
        super().close()


class SQLiteLogDatastore(SQLiteDatastore):
    def __init__(self, db_name: str) -> None:
        super().__init__(db_name, originator_id_type="text")
        self.pool: LogConnectionPool = LogConnectionPool(db_name)
        self.file = LogFile(db_name)


class LogFile:
    """The file of the log. SQLite keeps using a file that was deleted or replaced: rows written to it vanish when it is
    closed."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._absolute = path if path.startswith("file:") else os.path.abspath(path)
        self._file = self._found()

    def remember(self) -> None:
        """Remember the file that has just been opened."""
        self._file = self._found()

    def check(self) -> None:
        """
        Raises:
            LogReplaced: the file was deleted or replaced.
        """
        if self._found() != self._file:
            raise LogReplaced(
                f"The log {self._path} was deleted, moved or replaced while it was open, so nothing more is recorded. "
                "Put it back or restore it from a backup, then start again."
            )

    def _found(self) -> tuple[int, int] | None:
        """The identity of the file; none for a URI, as for a log in memory."""
        try:
            status = os.stat(self._absolute)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise OperationalError(f"The log {self._path} can't be read: {error.strerror}") from error
        return status.st_dev, status.st_ino
