"""What everything on PostgreSQL has in common: how connections are made and kept, and how errors are told."""

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from eventsourcing import persistence
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

Connection = psycopg.Connection[tuple[Any, ...]]

CONNECTIONS_MAX = 4
_WAIT_SECONDS = 10
_DEFAULTS = {
    "connect_timeout": "5",
    # A host that has vanished is noticed within about ten seconds.
    "keepalives_idle": "4",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    # Where the URL names several hosts: the one that may be written to.
    "target_session_attrs": "read-write",
}
_MEANINGS: dict[type[psycopg.Error], str] = {
    psycopg.errors.UndefinedTable: "its tables are missing; run `fulfill migrate`",
    psycopg.errors.InvalidSchemaName: "its tables are missing; run `fulfill migrate`",
    psycopg.errors.InsufficientPrivilege: "the user of DATABASE_URL may not do this",
    psycopg.errors.ReadOnlySqlTransaction: "it may only be read",
    psycopg.errors.DiskFull: "the disk is full",
    psycopg.errors.LockNotAvailable: "another process holds it",
}


class Connections:
    """Up to four connections to one database, each used by one thread at a time. None is made before it is needed.

    Not `psycopg_pool`: that connects in the background, so that whoever asks while the server is away waits for a
    timeout and is not told why, and after an outage it pauses between the connections that it finds broken.
    """

    def __init__(self, url: str, what: str, *, application_name: str, schema: str) -> None:
        """`what` begins the sentence of every error; `schema` is where names without one are.

        Raises:
            PersistenceError: the URL can't be understood.
        """
        try:
            given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
        except psycopg.Error:  # which quotes from the URL, maybe the password
            raise persistence.InterfaceError(f"{what}: DATABASE_URL is not a URL of a PostgreSQL database.") from None
        self.what = f"{what} on {given.get('host', 'localhost')}, database {given.get('dbname', '')}"
        self._conninfo = make_conninfo(**{**_DEFAULTS, **given, "application_name": application_name})
        self._schema = schema
        self._places = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._is_closed = False

    def close(self) -> None:
        """A connection in use is closed by whoever gives it back."""
        with self._lock:
            self._is_closed = True
            while self._idle:
                self._idle.pop().close()

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """A connection in autocommit mode.

        Raises:
            PersistenceError: there is none, or it failed while it was used.
        """
        with self._place(), translated_errors(self.what):
            connection = self._idle_one() or self._connect()
            try:
                yield connection
            finally:
                self._put_back(connection)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise persistence.OperationalError(
                f"{self.what}: all {CONNECTIONS_MAX} connections were in use for {_WAIT_SECONDS} seconds"
            )
        try:
            yield
        finally:
            self._places.release()

    def _connect(self) -> Connection:
        try:
            connection = psycopg.connect(self._conninfo, autocommit=True)
        except psycopg.Error as error:
            raise persistence.OperationalError(f"{self.what}: it can't be reached ({_first_line(error)})") from error
        try:
            connection.execute(f'SET search_path TO "{self._schema}"')
        except BaseException:
            connection.close()
            raise
        return connection

    def _idle_one(self) -> Connection | None:
        while True:
            with self._lock:
                if self._is_closed:
                    raise persistence.InterfaceError(f"{self.what} are closed.")
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if not _is_told_something(connection):
                return connection
            connection.close()

    def _put_back(self, connection: Connection) -> None:
        """For the next one; what is broken, or still in a transaction, is closed."""
        if connection.info.transaction_status is TransactionStatus.IDLE:
            with self._lock:
                if not self._is_closed:
                    self._idle.append(connection)
                    return
        connection.close()


def _is_told_something(connection: Connection) -> bool:
    """A server says nothing to a client that asks nothing, unless that it ends the connection."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def translated_errors(what: str) -> Iterator[None]:
    """Errors of PostgreSQL as those of the event-sourcing library, in a sentence about `what`."""
    try:
        yield
    except psycopg.Error as error:
        kinds = (getattr(persistence, kind.__name__, None) for kind in type(error).__mro__)
        kind = next(filter(None, kinds), persistence.PersistenceError)
        raise kind(f"{what}: {_meaning(error)}") from error


def _meaning(error: psycopg.Error) -> str:
    told = _first_line(error)
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return f"the connection was lost ({told})"
    meaning = next((text for kind, text in _MEANINGS.items() if isinstance(error, kind)), None)
    return f"{meaning} ({told})" if meaning else told


def _first_line(error: psycopg.Error) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
