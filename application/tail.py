"""The end of the log as this process wrote it, in memory: who follows the log need not read it again from the store."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from application.errors import UnreadableEvent
from domain.event import Event

_EVENTS_MAX = 5_000
_BYTES_MAX = 32 * 1024 * 1024

Decode = Callable[[], Event]


class Entry:
    """A place in the log and what stands there, decoded once, when it is first looked at."""

    __slots__ = ("_decode", "_event", "position", "size", "stream", "topic")

    def __init__(self, position: int, stream: str, topic: str, size: int, decode: Decode) -> None:
        """`size` is that of the stored event, in bytes."""
        self.position = position
        self.stream = stream
        self.topic = topic
        self.size = size
        self._decode: Decode | None = decode
        self._event: Event | None = None

    @property
    def event(self) -> Event:
        """
        Raises:
            UnreadableEvent: this version can't read it.
        """
        decode = self._decode
        if decode is not None:
            self._event = decode()
            self._decode = None  # and with it what was stored
        assert self._event is not None
        return self._event

    @property
    def readable(self) -> Event | UnreadableEvent:
        try:
            return self.event
        except UnreadableEvent as error:
            return error


class Tail:
    """Entries without a gap, up to the last one that we wrote. Safe to share between threads.

    The positions of one insert follow each other: nobody else inserts meanwhile.
    """

    def __init__(self, events_max: int = _EVENTS_MAX, bytes_max: int = _BYTES_MAX) -> None:
        self._events_max = events_max
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque()
        self._bytes = 0

    def append(self, entries: Sequence[Entry]) -> None:
        """What one transaction of ours added. Whatever others added before it, this knows nothing of."""
        with self._lock:
            if self._entries and entries and entries[0].position != self._entries[-1].position + 1:
                self._entries.clear()
                self._bytes = 0
            self._entries.extend(entries)
            self._bytes += sum(entry.size for entry in entries)
            while len(self._entries) > self._events_max or self._bytes > self._bytes_max:
                self._bytes -= self._entries.popleft().size

    def after(self, position: int, limit: int) -> Sequence[Entry]:
        """What comes next in the log; nothing if this does not know."""
        with self._lock:
            if not self._entries or position + 1 < self._entries[0].position:
                return ()
            begin = position + 1 - self._entries[0].position
            return list(islice(self._entries, begin, begin + limit))
