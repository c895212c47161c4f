"""Limits connections: a client that opens many idle ones keeps no other client out.

Every connection takes a file descriptor, of which a process has so many. When they are gone, SQLite can open no file,
and the loop (uvloop) silently closes each new connection at once, until there are some again.
"""

import asyncio
import resource
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import structlog

from application.log_line import LogLine
from interfaces.web.log_throttle import LOG_AGAIN_SECONDS, LogThrottle
from interfaces.web.protocol import HttpProtocol

logger = structlog.get_logger(__name__)

HEAD_SECONDS_MAX = 10.0
_CONNECTIONS_MAX = 4096
_BACKLOG_MAX = 2048
_DESCRIPTORS_WANTED = 65_536
_DESCRIPTORS_KEPT = 150
"""For the log and the views, for calls to Stripe, mail servers and receivers, and for what Python itself opens."""
_ROOM_MIN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    connections: int
    backlog: int
    """How many may wait to be accepted."""


def raise_descriptor_limit() -> None:
    """As many file descriptors as the system lets us have without asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS_WANTED if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # macOS gives less than its hard limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connection_limits() -> ConnectionLimits:
    """What this process's file descriptors are enough for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limits_within(_DESCRIPTORS_WANTED if soft == resource.RLIM_INFINITY else soft)


def limits_within(descriptors: int) -> ConnectionLimits:
    """Half of what is left for connections; the other half is for those that are on their way in or out: more are
    accepted before what was aborted is closed."""
    room = max(descriptors - _DESCRIPTORS_KEPT, _ROOM_MIN)
    backlog = min(room // 8, _BACKLOG_MAX)
    return ConnectionLimits(connections=min(room - 4 * backlog, _CONNECTIONS_MAX), backlog=backlog)


class Connection(HttpProtocol):
    """One connection. A client has ten seconds for each request's head, and for what it sends when it was answered.

    `limit_concurrency` is the number of connections. Where it is reached, one that waits for its client makes room; if
    all are being answered, the new one is closed at once.
    """

    _is_time_to_log: ClassVar[LogThrottle] = LogThrottle(LOG_AGAIN_SECONDS)
    _client_timer: asyncio.TimerHandle | None = None

    @property
    def _waiting(self) -> "dict[Connection, None]":
        """Those of this server that wait for their clients, who has waited longest first."""
        waiting: dict[Connection, None] = vars(self.server_state).setdefault("waiting", {})
        return waiting

    @property
    def is_waiting_for_client(self) -> bool:
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]  # None before the first

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        if not self._has_room():
            self.transport = transport
            transport.abort()
            return
        super().connection_made(transport)
        self._waiting[self] = None
        self._time_client()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._track_waiting()
        if self.is_waiting_for_client:
            self._time_client()
        else:
            self._stop_timer()

    def on_response_complete(self) -> None:
        self.cycle.body.clear()  # bytes after an early answer stay unread, and the connection may stay
        super().on_response_complete()
        self._waiting.pop(self, None)
        self._track_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._waiting.pop(self, None)
        super().connection_lost(exc)

    def _track_waiting(self) -> None:
        """Track whether this connection waits for its client, or for the rest of a body."""
        if self.is_waiting_for_client or self.cycle.more_body:
            self._waiting.setdefault(self, None)
        else:
            self._waiting.pop(self, None)

    def _has_room(self) -> bool:
        # uvicorn answers 503 by itself from `limit_concurrency` connections on, so one less is the most
        if self.limit_concurrency is None or len(self.connections) + 1 < self.limit_concurrency:
            return True
        idle = next(iter(self._waiting), None)
        if self._is_time_to_log():
            logger.warning(LogLine.TOO_MANY_CONNECTIONS, connections_max=self.limit_concurrency, all_busy=idle is None)
        if idle is None:
            return False
        self.connections.discard(idle)
        self._waiting.pop(idle, None)
        idle.transport.abort()
        return True

    def _time_client(self) -> None:
        if self._client_timer is None:
            self._client_timer = self.loop.call_later(HEAD_SECONDS_MAX, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._client_timer is not None:
            self._client_timer.cancel()
            self._client_timer = None
