"""Keeps the sandbox's state in a JSON file, so that a trial survives a restart."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from interfaces.sandbox.model.state import VERSION, State

logger = structlog.get_logger(__name__)

_REST_SECONDS: Final = 0.2
"""Between two writes, so that a burst of changes costs a few of them and not one each."""
_STOP_SECONDS: Final = 15.0


def load(path: Path) -> State:
    """Return the state in the file; an empty one if there is no file.

    Raises:
        ValueError: the file holds something else, which is left alone.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return State()
    try:
        state = msgspec.json.decode(content, type=State)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path} is not a state file of the sandbox: {error}") from error
    if state.version != VERSION:
        raise ValueError(f"Another version of the sandbox wrote {path}. Use that version, or another --state file.")
    return state


def save(path: Path, content: bytes) -> None:
    """Replaces the file as a whole, so that a crash leaves the old one or the new one."""
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class StateFile:
    """Writes soon after each change, in a thread of its own that starts with the first one."""

    def __init__(self, path: Path, encode: Callable[[], bytes]) -> None:
        """
        Raises:
            OSError: the file can't be written.
        """
        save(path, encode())
        self._path = path
        self._encode = encode
        self._lock = threading.Lock()
        self._is_dirty = threading.Event()
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def mark_changed(self) -> None:
        self._is_dirty.set()
        with self._lock:
            if self._thread is None:
                self._is_stopping.clear()
                self._thread = threading.Thread(target=self._work, name="sandbox-state-file", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Returns when the last change is in the file."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._is_stopping.set()
            self._is_dirty.set()
            thread.join(_STOP_SECONDS)

    def _work(self) -> None:
        while not self._is_stopping.is_set():
            self._is_dirty.wait()
            self._is_dirty.clear()
            self._save()
            self._is_stopping.wait(_REST_SECONDS)
        if self._is_dirty.is_set():
            self._save()

    def _save(self) -> None:
        """A state that can't be written now is written with the next change: the trial continues."""
        try:
            save(self._path, self._encode())
        except OSError as error:
            logger.error("state not kept", file=str(self._path), error=error.strerror)
