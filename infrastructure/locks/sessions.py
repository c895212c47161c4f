"""The processes at work on PostgreSQL: advisory locks of a database session, which end with it, however it ends."""

import re
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg

from infrastructure.postgres import LEADER, WORKERS, connect, database_name, is_quiet, translated_errors

_WORKER = re.compile("[0-9a-f]{8}")
_ASK_AGAIN_SECONDS = 1.0
_NOTICE_SECONDS = """
SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 2
"""
"""The server takes back the locks of a host that vanished within ten seconds."""
_IS_HELD = """
SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype='advisory' AND classid=%s AND objid=%s AND objsubid=2 AND granted
    AND database=(SELECT oid FROM pg_database WHERE datname=current_database())
)
"""

_HAS_OTHERS = """
SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype='advisory' AND classid=%s AND objsubid=2 AND granted
    AND database=(SELECT oid FROM pg_database WHERE datname=current_database()) AND pid<>pg_backend_pid()
)
"""


class SessionLocks:
    """Implements `application.ports.WorkerLocks` for processes on any number of machines."""

    def __init__(self, url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._what = f"The locks in the {database_name(url)}"
        self._monotonic = monotonic
        self._mutex = threading.RLock()
        self._session: psycopg.Connection[tuple[Any, ...]] | None = None
        self._asked_at = 0.0
        self._is_leading = False
        self._worker: str | None = None

    def lead(self) -> bool:
        """
        Raises:
            PersistenceError: the database can't be asked.
        """
        with self._mutex, translated_errors(self._what):
            session = self._living()
            if not self._is_leading:
                self._is_leading = _ask(session, "SELECT pg_try_advisory_lock(%s, %s)", *LEADER)
            return self._is_leading

    def enlist(self) -> str:
        """
        Raises:
            PersistenceError: the database can't be asked.
        """
        with self._mutex, translated_errors(self._what):
            session = self._living()
            while self._worker is None:
                worker = secrets.token_hex(4)
                if _ask(session, "SELECT pg_try_advisory_lock(%s, %s)", WORKERS, _signed(worker)):
                    self._worker = worker
            return self._worker

    def is_at_work(self, worker: str) -> bool:
        """
        Raises:
            PersistenceError: the database can't be asked.
        """
        if not _WORKER.fullmatch(worker):
            return False  # none of ours: the log came from elsewhere
        with self._mutex, translated_errors(self._what):
            return _ask(self._living(), _IS_HELD, WORKERS, int(worker, 16))

    def has_others(self) -> bool:
        """
        Raises:
            PersistenceError: the database can't be asked.
        """
        with self._mutex, translated_errors(self._what):
            return _ask(self._living(), _HAS_OTHERS, WORKERS)

    def release(self) -> None:
        with self._mutex:
            if self._session is not None:
                # Closing alone would leave them to the server, which may end the session a moment later.
                with suppress(psycopg.Error):  # a session that was lost holds none
                    self._session.execute("SELECT pg_advisory_unlock_all()")
            self._forget()

    def _living(self) -> psycopg.Connection[tuple[Any, ...]]:
        """The session; another one, without any lock, if the one there was has ended."""
        if self._session is not None:
            try:
                # an unrequested message may be a notice, or announce the end of the session
                if self._monotonic() - self._asked_at > _ASK_AGAIN_SECONDS or not is_quiet(self._session):
                    self._session.execute("SELECT 1")
                    self._asked_at = self._monotonic()
            except psycopg.Error:
                self._forget()
        if self._session is None:
            self._session = connect(self._url, "locks")
            self._session.execute(_NOTICE_SECONDS)
            self._asked_at = self._monotonic()
        return self._session

    def _forget(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session, self._is_leading, self._worker = None, False, None


def _ask(session: psycopg.Connection[tuple[Any, ...]], question: str, *numbers: int) -> bool:
    row = session.execute(question.encode(), numbers).fetchone()
    return row == (True,)


def _signed(worker: str) -> int:
    """The ID as PostgreSQL's locks take it, which are signed numbers of 32 bits."""
    number = int(worker, 16)
    return number - 2**32 if number >= 2**31 else number
