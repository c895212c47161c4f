"""The library's connections to PostgreSQL, completed: hosts that vanish are noticed, errors are reported at once in one
sentence, and commits of other processes wake the reader."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import structlog
from eventsourcing.postgres import PostgresDatastore
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Identifier

from application.log_line import LogLine
from infrastructure.postgres import Connections, connect, database_name, translated_errors

SCHEMA = "fulfillment"
_CONNECTIONS_MAX = 10
_SETTINGS = """
SET idle_in_transaction_session_timeout = '5s';
SET default_transaction_isolation = 'read committed';
SET plan_cache_mode = force_generic_plan
"""
"""A process that is halted within a transaction must not block all others forever. Each statement sees the commits
before it: with the one snapshot of a stricter isolation level, taken before the lock of appends is granted, an append
would not see the append that it waited for. And statements that only look up keys are planned once: planning is a tenth
of the cost of a small insert."""
_LISTEN_SECONDS = 0.2
"""How long it may take until a stop is noticed."""
_LISTEN_AGAIN_SECONDS = 1.0

logger = structlog.get_logger(__name__)


class PostgresLogDatastore(PostgresDatastore):
    """The library's pool connects in the background; ours raises at once with the reason."""

    def __init__(self, url: str) -> None:
        super().__init__("", "", "", "", "", schema=SCHEMA, originator_id_type="text")
        self.connections = Connections(
            url, "log", settings=_SETTINGS, connections_max=_CONNECTIONS_MAX, row_factory=dict_row
        )
        self.listener = CommitListener(url, self.connections.is_own)

    def register_type_adapters(self) -> None:
        """Register none: our statements take arrays, which need no adapter."""

    @contextmanager
    def get_connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        with self.connections.one() as connection:
            yield connection

    def close(self) -> None:
        if hasattr(self, "listener"):
            self.listener.stop()
            self.connections.close()
        super().close()


class CommitListener:
    """Listens for commits of other processes, on a connection and a thread of its own."""

    def __init__(self, url: str, is_own: Callable[[int], bool]) -> None:
        self._url = url
        self._what = f"The {database_name(url)}"
        self._is_own = is_own
        self._stopping = threading.Event()
        self._heard = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, channel: str, notify: Callable[[], None]) -> None:
        """Call `notify` from now on whenever another process may have committed."""
        if self._thread is None:
            arguments = (channel, notify)
            self._thread = threading.Thread(target=self._listen, args=arguments, name="listener", daemon=True)
            self._thread.start()

    def has_heard(self) -> bool:
        """True if another process may have committed since the last call; always true while no thread listens."""
        if self._thread is None:
            return True
        heard = self._heard.is_set()
        self._heard.clear()
        return heard

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _listen(self, channel: str, notify: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                with connect(self._url, "listener") as connection, translated_errors(self._what):
                    connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
                    self._notify(notify)  # of commits from before it listened
                    self._receive(connection, notify)
            except Exception as error:  # noqa: BLE001 - a thread's boundary: the reader polls meanwhile
                logger.warning(LogLine.NO_NOTIFICATIONS, error=str(error))
                self._stopping.wait(_LISTEN_AGAIN_SECONDS)

    def _receive(self, connection: psycopg.Connection[Any], notify: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            for received in connection.notifies(timeout=_LISTEN_SECONDS, stop_after=1):
                if not self._is_own(received.pid):
                    self._notify(notify)

    def _notify(self, notify: Callable[[], None]) -> None:
        self._heard.set()
        notify()
