"""The processes at work on an SQLite store: file locks beside it, which the kernel releases when a process ends.

A lock belongs to the file, not to its name. If something deletes the file of a living process, such as a tidy-up of
`*.lock`, another process can make and lock a new file of that name. So each process looks at every turn whether its
files are in place.
"""

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from eventsourcing.persistence import OperationalError

_IN_PLACE_AGAIN_SECONDS = 3.0
"""A worker whose file is missing may be at work all the same. If so, it makes its file again within a second or so."""


class FileLocks:
    """Implements `application.ports.WorkerLocks` for the processes of one machine."""

    def __init__(self, store: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._missing_since: dict[str, float] = {}
        """Workers whose files we found missing."""
        self._leader: int | None = None
        self._worker: tuple[str, int] | None = None
        self._mutex = threading.RLock()
        """Of two threads that try the same lock at once, the second would be refused by the first."""

    def lead(self) -> bool:
        """
        Raises:
            OperationalError: the file can't be made or locked.
        """
        path = self._store.with_name(f"{self._store.name}.lock")
        with self._mutex:
            if self._leader is not None and not _is_at(path, self._leader):
                os.close(self._leader)
                self._leader = None
            if self._leader is None:
                self._leader = _try_lock(path)
            return self._leader is not None

    def enlist(self) -> str:
        """
        Raises:
            OperationalError: the file can't be made or locked.
        """
        with self._mutex:
            if self._worker is None:
                self._tidy_up()
            elif not _is_at(self._worker_file(self._worker[0]), self._worker[1]):
                self._make_again(*self._worker)
            while self._worker is None:
                worker = secrets.token_hex(4)
                lock = _try_lock(self._worker_file(worker))
                if lock is not None:
                    self._worker = worker, lock
            return self._worker[0]

    def _make_again(self, worker: str, lost: int) -> None:
        """Lock a new file of the same name, so that what we do stays ours; unless another process holds it, which looks
        whether we are gone."""
        lock = _try_lock(self._worker_file(worker))
        if lock is not None:
            os.close(lost)
            self._worker = worker, lock

    def is_at_work(self, worker: str) -> bool:
        """A worker whose file can be locked is gone, and its file is deleted. A worker without a file is gone if it
        does not create the file again soon."""
        if self._worker is not None and worker == self._worker[0]:
            return True
        path = self._worker_file(worker)
        if not path.exists():
            missing_since = self._missing_since.setdefault(worker, self._monotonic())
            return self._monotonic() - missing_since < _IN_PLACE_AGAIN_SECONDS
        self._missing_since.pop(worker, None)
        lock = _try_lock(path)
        if lock is None:
            return True
        path.unlink(missing_ok=True)
        os.close(lock)
        self._missing_since[worker] = float("-inf")  # gone, and known to be
        return False

    def has_others(self) -> bool:
        """
        Raises:
            OperationalError: a file can't be locked.
        """
        own = self._worker[0] if self._worker is not None else None
        return any(self.is_at_work(worker) for worker in self._workers() if worker != own)

    def _tidy_up(self) -> None:
        """Remove the files of workers that are gone: a killed process leaves its own."""
        for worker in self._workers():
            self.is_at_work(worker)

    def _workers(self) -> Iterator[str]:
        start, end = f"{self._store.name}.worker-", ".lock"
        for path in list(self._store.parent.iterdir()) if self._store.parent.is_dir() else ():
            if path.name.startswith(start) and path.name.endswith(end):
                yield path.name[len(start) : -len(end)]

    def release(self) -> None:
        with self._mutex:
            if self._leader is not None:
                os.close(self._leader)
                self._leader = None
            if self._worker is not None:
                worker, lock = self._worker
                if list(self._workers()) == [worker]:  # others find the file free, and know that we are gone
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
            f"The lock {path} can't be created: {error.strerror}. Lock files are kept beside the database: its "
            "directory must exist and be writable."
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
    if not _is_at(path, descriptor):  # it was tidied away between the two
        os.close(descriptor)
        return None
    return descriptor


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is the one of this name, so that others find its lock."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except OSError:
        return False
