"""What the log, the views and the locks share on PostgreSQL: connections, and the messages of its errors."""

import select
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from eventsourcing import persistence
from eventsourcing.persistence import DatabaseError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

Connection = psycopg.Connection[tuple[Any, ...]]

APPENDING = 0x46554C460001
"""Advisory lock of a transaction that appends to the log. Appends commit in the order of their positions because of it.
Maintenance such as VACUUM locks tables and never this number."""
MIGRATING = 0x46554C460000
"""Advisory lock of the process that changes tables."""
LEADER = (0x46554C46, 0)
"""Advisory lock of the process that leads. Pairs of numbers are a space of their own."""
WORKERS = 0x46554C47
"""First number of a worker's advisory lock; the second number is the worker's ID."""
LOCK_SECONDS_MAX = 5
_CONNECTIONS_MAX = 4
_WAIT_SECONDS = 10
_REACHED_WITHIN = {
    "connect_timeout": 5,
    # A host that has vanished is noticed within about ten seconds.
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    # Where the URL names several hosts: the one that may be written to.
    "target_session_attrs": "read-write",
}
"""The settings of the URL win."""
_ON_CONNECT = f"SET TIME ZONE 'UTC'; SET lock_timeout = '{LOCK_SECONDS_MAX}s'"
_MEANINGS = {
    "23502": "what it would build on is missing",
    "25006": "it can only be read",
    "3F000": "its tables are missing; run `fulfill migrate`",
    "42P01": "its tables are missing; run `fulfill migrate`",
    "42703": "its tables are of another version; run `fulfill migrate`",
    "42501": "the user of DATABASE_URL may not do this",
    "53100": "the disk is full",
    "53300": "it has too many connections; docs/operations.md has the number that we need",
    "55P03": f"another process has held it for {LOCK_SECONDS_MAX} seconds",
}
"""By the code that PostgreSQL gives: https://www.postgresql.org/docs/current/errcodes-appendix.html."""


class Unreachable(DatabaseError):
    """The server can't be used now. Not one of the errors the library retries, so the caller sees it immediately, and
    the loops of the engine try again."""


def database_name(url: str) -> str:
    """Return the database as messages name it, without the password."""
    parts = conninfo_to_dict(url)
    hosts = str(parts.get("host") or "this machine")
    return f"PostgreSQL database {parts.get('dbname') or ''} at {hosts.replace(',', ' or ')}"


def without_password(url: str) -> str:
    """Return the URL of the database without passwords, so that other users of the machine may read it."""
    secrets = {"password", "sslpassword"}
    parts: dict[str, Any] = dict(conninfo_to_dict(url))
    return make_conninfo(**{name: value for name, value in parts.items() if name not in secrets})


def connect(url: str, purpose: str, **more: Any) -> psycopg.Connection[Any]:
    """Return a connection in autocommit mode. Operators see its purpose in `pg_stat_activity`.

    Raises:
        Unreachable: the server can't be reached.
    """
    asked: Mapping[str, Any] = {
        **_REACHED_WITHIN,
        "application_name": f"fulfill {purpose}",
        **conninfo_to_dict(url),
        "client_encoding": "UTF8",
    }
    try:
        connection: psycopg.Connection[Any] = psycopg.connect(make_conninfo(**asked), autocommit=True, **more)
    except psycopg.OperationalError as error:
        raise Unreachable(f"The {database_name(url)} can't be reached: {_message(error)}") from error
    try:
        connection.execute(_ON_CONNECT)
    except psycopg.Error as error:
        connection.close()
        raise Unreachable(f"The {database_name(url)} does not do what we need: {_message(error)}") from error
    return connection


class Connections:
    """A few connections to one database, each used by one thread at a time. Each is opened when it is first needed.

    Not `psycopg_pool`: that connects in the background, so a caller waits for a timeout while the server is away and
    does not learn why; and after an outage it pauses between the connections that it finds broken.
    """

    def __init__(
        self, url: str, purpose: str, *, settings: str = "", connections_max: int = _CONNECTIONS_MAX, **more: Any
    ) -> None:
        """`settings` are statements for every new connection."""
        self.what = f"The {purpose} in the {database_name(url)}"
        self._url = url
        self._purpose = purpose
        self._settings = settings
        self._max = connections_max
        self._more = more
        self._slots = threading.BoundedSemaphore(connections_max)
        self._lock = threading.Lock()
        self._idle: list[psycopg.Connection[Any]] = []
        self._backends: set[int] = set()
        self._server: object = None
        """Start time of the server that the latest new connection found."""
        self.epoch = 0
        """Grows when a connection is lost, when a new connection finds another server, and when rows that were there
        are missing: only then can the database be another one, or lack commits that it had. An answer comes from the
        database of the epoch read after it."""
        self._is_closed = False

    def begin_epoch(self) -> None:
        with self._lock:
            self.epoch += 1

    def close(self) -> None:
        """Close all connections: one in use is closed when it is returned."""
        with self._lock:
            self._is_closed = True
            while self._idle:
                self._idle.pop().close()

    def is_own(self, backend: int) -> bool:
        """True if the server process with this PID serves one of these connections."""
        with self._lock:
            return backend in self._backends

    @contextmanager
    def one(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection in autocommit mode.

        Raises:
            PersistenceError: the server can't be reached, or the connection failed while it was used.
        """
        with self._slot(), translated_errors(self.what):
            connection = self._idle_one() or self._connect()
            try:
                yield connection
            finally:
                self._put_back(connection)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            raise Unreachable(f"{self.what}: all {self._max} connections were in use for {_WAIT_SECONDS} seconds")
        try:
            yield
        finally:
            self._slots.release()

    def _connect(self) -> psycopg.Connection[Any]:
        connection = connect(self._url, self._purpose, **self._more)
        try:
            if self._settings:
                connection.execute(self._settings.encode())
            server = connection.execute("SELECT pg_postmaster_start_time()").fetchone()
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._backends.add(connection.info.backend_pid)
            self.epoch += self._server is not None and self._server != server
            self._server = server
        return connection

    def _idle_one(self) -> psycopg.Connection[Any] | None:
        while True:
            with self._lock:
                if self._is_closed:
                    raise persistence.InterfaceError(f"{self.what}: closed.")
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if is_quiet(connection):
                return connection
            self._discard(connection)

    def _put_back(self, connection: psycopg.Connection[Any]) -> None:
        """Keep the connection for the next caller; close it if it is broken or still in a transaction."""
        if connection.info.transaction_status is TransactionStatus.IDLE:
            with self._lock:
                if not self._is_closed:
                    self._idle.append(connection)
                    return
        self._discard(connection)

    def _discard(self, connection: psycopg.Connection[Any]) -> None:
        with self._lock:
            self._backends.discard(connection.info.backend_pid)
            self.epoch += not self._is_closed
        connection.close()


def is_quiet(connection: psycopg.Connection[Any]) -> bool:
    """True if nothing has arrived: a server sends nothing to an idle client, except when it ends the connection."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def make_schema(connection: psycopg.Connection[Any], schema: str) -> None:
    """Create the schema if it is missing. `IF NOT EXISTS` would require the right to create schemas even if it
    exists."""
    if connection.execute("SELECT to_regnamespace(%s)", (schema,)).fetchone() == (None,):
        connection.execute(f'CREATE SCHEMA "{schema}"'.encode())


@contextmanager
def translated_errors(what: str) -> Iterator[None]:
    """Raise errors of PostgreSQL as those of the event-sourcing library, with a sentence about `what`.

    Raises:
        PersistenceError: the library's error that fits.
    """
    try:
        yield
    except psycopg.Error as error:
        raise _kind(error)(f"{what}: {_meaning(error)}") from error


def _kind(error: psycopg.Error) -> type[persistence.PersistenceError]:
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return Unreachable
    kinds = (getattr(persistence, kind.__name__, None) for kind in type(error).__mro__)
    return next(filter(None, kinds), persistence.PersistenceError)


def _meaning(error: psycopg.Error) -> str:
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        return f"the connection was lost ({_message(error)})"
    meaning = _MEANINGS.get(error.sqlstate or "")
    return f"{meaning} ({_message(error)})" if meaning else _message(error)


def _message(error: psycopg.Error) -> str:
    """Without the detail, in which PostgreSQL quotes rows: customers' data does not belong in logs."""
    return " ".join((error.diag.message_primary or str(error)).split()) or type(error).__name__
