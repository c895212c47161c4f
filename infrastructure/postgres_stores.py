"""The log, the views and the locks in one PostgreSQL database."""

import shlex
from datetime import datetime
from pathlib import Path

from application.copies.backup import BackedUp
from application.errors import RefusedInWords
from application.log.log import Log
from application.ports import WorkerLocks
from application.reading.rebuild import Report
from application.reading.views import Views
from application.writing.states import StateRows
from infrastructure.database import PostgresDatabase
from infrastructure.event_store.postgres import postgres_environment
from infrastructure.event_store.postgres_schema import check_log, migrate_log, migrating
from infrastructure.locks.sessions import SessionLocks
from infrastructure.postgres import connect, database_name, without_password
from infrastructure.views import postgres as views
from infrastructure.views.postgres_states import PostgresStates


class PostgresStores:
    is_shared = True

    def __init__(self, database: PostgresDatabase) -> None:
        self._url = database.url

    def migrate(self) -> None:
        with migrating(self._url) as connection:
            migrate_log(connection, postgres_environment(self._url), self._url)
            views.create_tables(connection)

    def check(self) -> None:
        with connect(self._url, "start") as connection:
            check_log(connection, self._url)

    def open_log(self) -> Log:
        return Log(dict(postgres_environment(self._url)))

    def open_views(self) -> Views:
        return views.PostgresViews(self._url)

    def open_states(self) -> StateRows:
        return PostgresStates(self._url)

    def locks(self) -> WorkerLocks:
        return SessionLocks(self._url)

    def back_up(self, file: Path, report: Report) -> BackedUp:  # noqa: ARG002 - PostgreSQL's own program reports
        command = self._command("pg_dump", "--format=custom", f"--file={file}")
        raise RefusedInWords(
            f"The log is in the {database_name(self._url)}. Back it up with PostgreSQL's own program, while servers "
            f"keep running: `{command}`"
        )

    def open_backup(self, file: Path) -> Log:
        raise self._restored_by_postgres(file)

    def put_in_place(self, file: Path, now: datetime, report: Report) -> Path | None:  # noqa: ARG002 - as `back_up`
        raise self._restored_by_postgres(file)

    def _restored_by_postgres(self, file: Path) -> RefusedInWords:
        command = self._command("pg_restore", "--no-owner", "--exit-on-error", str(file))
        return RefusedInWords(
            f"The log is in the {database_name(self._url)}. PostgreSQL's own program restores a dump, into an empty "
            f"database: `{command}`"
        )

    def _command(self, program: str, *arguments: str) -> str:
        """Without the password, which the program asks for, or finds in PGPASSWORD or ~/.pgpass."""
        return shlex.join([program, f"--dbname={without_password(self._url)}", *arguments])
