"""The end of the log in memory, as this process wrote it: a follower need not read it from the store again."""

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from operator import attrgetter

from eventsourcing.persistence import StoredEvent

from application.log.anchor import Anchor, anchor
from domain.errors import UnreadableEvent
from domain.event import Event

_EVENTS_MAX = 5_000
_BYTES_MAX = 32 * 1024 * 1024

Decode = Callable[[StoredEvent], Event]


class Entry:
    """A position in the log with its event, decoded once, when it is first used."""

    __slots__ = ("_decode", "_event", "_stored", "position", "stream", "topic")

    def __init__(self, position: int, stored: StoredEvent, decode: Decode) -> None:
        self.position = position
        self.stream = str(stored.originator_id)
        self.topic = stored.topic
        self._stored = stored
        self._decode = decode
        self._event: Event | None = None

    @property
    def size(self) -> int:
        """The size of the stored event in bytes."""
        return len(self._stored.state)

    @property
    def anchor(self) -> Anchor:
        """The anchor of a view or state whose last event this is. It is computed from the same bytes as the event: a
        reader that got from memory an event that the store has lost keeps an anchor that the store does not hold, and
        so notices."""
        return anchor(self.position, self._stored)

    @property
    def event(self) -> Event:
        """
        Raises:
            UnreadableEvent: this version can't read it.
        """
        if self._event is None:
            self._event = self._decode(self._stored)
        return self._event

    @property
    def readable(self) -> Event | UnreadableEvent:
        try:
            return self.event
        except UnreadableEvent as error:
            return error


class Tail:
    """All entries between two positions of the log, up to the last one that this process wrote. Safe to share between
    threads.

    Between the first and the last position of one insert there are no foreign events, since no other insert runs at
    that time. Positions may be empty there, if a stream had begun before.
    """

    def __init__(self, events_max: int = _EVENTS_MAX, bytes_max: int = _BYTES_MAX) -> None:
        self._events_max = events_max
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._epoch = 0
        """The store's epoch of all entries."""

    def append(self, entries: Sequence[Entry], epoch: int) -> None:
        """Append the entries of one transaction of this process in this epoch of the store. Events that other processes
        added before it are unknown here."""
        with self._lock:
            follows = not self._entries or not entries or entries[0].position == self._entries[-1].position + 1
            if epoch != self._epoch or not follows:
                self._entries.clear()
                self._bytes = 0
            self._epoch = epoch
            self._entries.extend(entries)
            self._bytes += sum(entry.size for entry in entries)
            while len(self._entries) > self._events_max or self._bytes > self._bytes_max:
                self._bytes -= self._entries.popleft().size

    def after(self, position: int, limit: int, epoch: int) -> Sequence[Entry]:
        """Return the next entries in the log of this epoch; none if they are not in memory."""
        with self._lock:
            if epoch != self._epoch or not self._entries or position + 1 < self._entries[0].position:
                return ()
            begin = bisect_right(self._entries, position, key=_position)
            return list(islice(self._entries, begin, begin + limit))


_position = attrgetter("position")
