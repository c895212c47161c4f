"""Listeners for events by socket, such as `stripe listen`, each with a bounded queue."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from interfaces.sandbox.model.errors import StripeError

logger = structlog.get_logger(__name__)

LISTENERS_MAX: Final = 100
WAITING_MAX: Final = 1000
"""Events for one listener; beyond it the oldest is not sent."""
AWAY_SECONDS_MAX: Final = 60.0
"""A listener that reconnects within this time misses no event."""

Monotonic = Callable[[], float]


class Listener:
    """One `stripe listen`. May be used from any thread."""

    def __init__(self, id: str, *, secret: str, features: Iterable[str], clock: Monotonic) -> None:
        self.id = id
        self.secret = secret
        self.wants_snapshots = "webhooks" in features
        self.wants_thin = "v2_events" in features
        self.is_connected = False
        self.away_since = clock()
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[str] = deque()
        self._wake: Callable[[], None] | None = None
        self._is_losing = False

    def connect(self, wake: Callable[[], None]) -> bool:
        """Has `wake` called for each event from now on. False where another connection has it already."""
        with self._lock:
            if self.is_connected:
                return False
            self.is_connected = True
            self._wake = wake
            return True

    def disconnect(self) -> None:
        with self._lock:
            self.is_connected = False
            self.away_since = self._clock()
            self._wake = None

    def put(self, event_id: str) -> None:
        with self._lock:
            if len(self._waiting) == WAITING_MAX:
                self._waiting.popleft()
                if not self._is_losing:
                    logger.warning("a listener reads too slowly: events are not sent to it", listener=self.id)
                self._is_losing = True
            self._waiting.append(event_id)
            if self._wake is not None:
                self._wake()

    def take(self) -> str | None:
        """The ID of the event that waits longest."""
        with self._lock:
            self._is_losing = False
            return self._waiting.popleft() if self._waiting else None


class Listeners:
    def __init__(self, clock: Monotonic = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._listeners: dict[str, Listener] = {}

    def open(self, id: str, *, secret: str, features: Iterable[str]) -> Listener:
        """A new one, which has a minute to connect. Raises StripeError where there are too many that are connected."""
        with self._lock:
            self._forget_gone()
            if len(self._listeners) >= LISTENERS_MAX:
                self._forget_one()
            self._listeners[id] = Listener(id, secret=secret, features=features, clock=self._clock)
            return self._listeners[id]

    def find(self, id: str) -> Listener | None:
        with self._lock:
            self._forget_gone()
            return self._listeners.get(id)

    def announce(self, event_id: str) -> None:
        """To all of them; never waits."""
        with self._lock:
            self._forget_gone()
            for listener in self._listeners.values():
                listener.put(event_id)

    def _forget_gone(self) -> None:
        oldest = self._clock() - AWAY_SECONDS_MAX
        for listener in self._away():
            if listener.away_since < oldest:
                del self._listeners[listener.id]

    def _forget_one(self) -> None:
        away = self._away()
        if not away:
            raise StripeError(f"The sandbox takes {LISTENERS_MAX} listeners at once.", status=429, code="rate_limit")
        del self._listeners[min(away, key=lambda listener: listener.away_since).id]

    def _away(self) -> list[Listener]:
        return [listener for listener in self._listeners.values() if not listener.is_connected]
