"""The log, the views and the locks in one PostgreSQL database."""

from application.log import Log
from application.ports import WorkerLocks
from application.views import Views
from infrastructure.database import PostgresDatabase
from infrastructure.event_store.postgres import postgres_environment
from infrastructure.event_store.postgres_schema import check_log, migrate_log, migrating
from infrastructure.locks.sessions import SessionLocks
from infrastructure.postgres import connect
from infrastructure.views import postgres as views


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

    def locks(self) -> WorkerLocks:
        return SessionLocks(self._url)
