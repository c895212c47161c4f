"""Who is at work on an SQLite store: file locks beside it, which the kernel takes back when a process ends."""

import fcntl
import os
import secrets
import threading
from pathlib import Path

from eventsourcing.persistence import OperationalError


class FileLocks:
    """Implements `application.ports.WorkerLocks` for the processes of one machine."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._leader: int | None = None
        self._worker: tuple[str, int] | None = None
        self._mutex = threading.RLock()
        """Of two threads that try the same lock at once, the second would be refused by the first."""

    def lead(self) -> bool:
        """
        Raises:
            OperationalError: the file can't be made or locked.
        """
        with self._mutex:
            if self._leader is None:
                self._leader = _try_lock(self._store.with_name(f"{self._store.name}.lock"))
            return self._leader is not None

    def enlist(self) -> str:
        """
        Raises:
            OperationalError: the file can't be made or locked.
        """
        with self._mutex:
            while self._worker is None:
                worker = secrets.token_hex(4)
                lock = _try_lock(self._worker_file(worker))
                if lock is not None:
                    self._worker = worker, lock
            return self._worker[0]

    def is_at_work(self, worker: str) -> bool:
        """A worker whose file can be locked is gone, and so is its file then."""
        if self._worker is not None and worker == self._worker[0]:
            return True
        path = self._worker_file(worker)
        if not path.exists():
            return False
        lock = _try_lock(path)
        if lock is None:
            return True
        path.unlink(missing_ok=True)
        os.close(lock)
        return False

    def has_others(self) -> bool:
        """
        Raises:
            OperationalError: a file can't be locked.
        """
        own = self._worker[0] if self._worker is not None else None
        start, end = f"{self._store.name}.worker-", ".lock"
        names = (path.name for path in self._store.parent.iterdir())
        workers = [name[len(start) : -len(end)] for name in names if name.startswith(start) and name.endswith(end)]
        return any(self.is_at_work(worker) for worker in workers if worker != own)

    def release(self) -> None:
        with self._mutex:
            if self._leader is not None:
                os.close(self._leader)
                self._leader = None
            if self._worker is not None:
                worker, lock = self._worker
                self._worker_file(worker).unlink(missing_ok=True)
                os.close(lock)
                self._worker = None

    def _worker_file(self, worker: str) -> Path:
        return self._store.with_name(f"{self._store.name}.worker-{worker}.lock")


def _try_lock(path: Path) -> int | None:
    """The descriptor that holds the lock, or nothing if another one holds it. No child process inherits it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OperationalError(
            f"The lock {path} can't be made: {error.strerror}. Locks are kept beside the database, so its directory "
            "must be there and writable."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError as error:
        os.close(descriptor)
        raise OperationalError(
            f"The lock {path} can't be taken: {error.strerror}. Keep the database on a disk of this machine."
        ) from error
    return descriptor
