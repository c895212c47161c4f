"""Where the log, the views and the locks are kept: SQLite files on one machine, or a PostgreSQL database for many."""

from datetime import datetime
from pathlib import Path
from typing import Protocol

from application.copies.backup import BackedUp
from application.errors import NotFound
from application.log.log import Log
from application.ports import WorkerLocks
from application.reading.rebuild import Report
from application.reading.views import Views
from application.writing.states import StateRows
from infrastructure import sqlite_backup
from infrastructure.database import Database, PostgresDatabase, SQLiteFile
from infrastructure.event_store.sqlite import sqlite_environment
from infrastructure.locks.files import FileLocks
from infrastructure.sqlite_file import still
from infrastructure.views.sqlite import SQLiteViews, views_path
from infrastructure.views.sqlite_states import SQLiteStates


class Stores(Protocol):
    @property
    def is_shared(self) -> bool:
        """True if processes on other machines use it, too. Then only `migrate` creates tables."""

    def migrate(self) -> None:
        """Create every table, or add what it lacks.

        Raises:
            NotMigrated: a later version has changed them already.
            PersistenceError, OSError: the place can't be used.
        """

    def check(self) -> None:
        """
        Raises:
            NotFound, NotMigrated: there is no log yet, or not one that this version works with.
            PersistenceError: the place can't be used.
        """

    def open_log(self) -> Log: ...

    def open_views(self) -> Views: ...

    def open_states(self) -> StateRows: ...

    def locks(self) -> WorkerLocks: ...


class StoresWithBackups(Stores, Protocol):
    def back_up(self, file: Path, report: Report) -> BackedUp:
        """Copy the log as it is now into a new file, while servers may use it.

        Raises:
            Refused: the file exists already, or another program makes the backups of this database.
            NotABackup: the copy is not what was read.
            PersistenceError, OSError: the log can't be read, or the file can't be written.
        """

    def open_backup(self, file: Path) -> Log:
        """Return the log in this file, for reading only.

        Raises:
            NotABackup: it is no whole log.
            Refused, PersistenceError, OSError: as `back_up`.
        """

    def put_in_place(self, file: Path, now: datetime, report: Report) -> Path | None:
        """Replace the log by a copy of this backup. Returns where the replaced log is kept, if there was one.

        Raises:
            Refused: another program has the log open, or another program restores this database.
            NotABackup, PersistenceError, OSError: as `back_up`.
        """


class SQLiteStores:
    is_shared = False

    def __init__(self, database: SQLiteFile) -> None:
        self._path = database.path

    def migrate(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        Log(dict(sqlite_environment(self._path, create_tables=True))).close()

    def check(self) -> None:
        if not self._path.is_file():
            raise NotFound(
                f"No log at {self._path}. Run this command in the directory of your shop, or create a log with "
                "`fulfill serve` or `fulfill migrate`."
            )

    def open_log(self) -> Log:
        return Log(dict(sqlite_environment(self._path, create_tables=False)))

    def open_views(self) -> SQLiteViews:
        return SQLiteViews(views_path(self._path))

    def open_states(self) -> StateRows:
        return SQLiteStates(views_path(self._path))

    def locks(self) -> FileLocks:
        return FileLocks(self._path)

    def back_up(self, file: Path, report: Report) -> BackedUp:
        self.check()
        return sqlite_backup.back_up(self._path, file, report)

    def open_backup(self, file: Path) -> Log:
        sqlite_backup.check_backup(file)
        return Log(dict(sqlite_environment(still(file), create_tables=False)))

    def put_in_place(self, file: Path, now: datetime, report: Report) -> Path | None:
        return sqlite_backup.put_in_place(file, self._path, now, report)


def stores(database: Database) -> StoresWithBackups:
    match database:
        case SQLiteFile():
            return SQLiteStores(database)
        case PostgresDatabase():
            from infrastructure.postgres_stores import PostgresStores  # SQLite users never import it

            return PostgresStores(database)
