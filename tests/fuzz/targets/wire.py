"""What comes over the wire, through uvicorn's parser and ours: however it is cut into packets, the first request is the
same, and no bytes pile up."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fuzz.asgi import loop
from fuzz.target import Target
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from interfaces.web.connections import Connection

_HELD_BYTES_MAX = 128 * 1024
_PIECE_BYTES = (1 << 20, 7, 1)

First = tuple[str, bytes, list[tuple[bytes, bytes]], bytes]
"""The method, the path and query, the headers, the body."""


@dataclass(slots=True)
class _App:
    seen: list[First] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = list(scope["headers"])
        body, has_more = b"", True
        while has_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, has_more = body + message["body"], message["more_body"]
        self.seen.append((scope["method"], scope["raw_path"] + b"?" + scope["query_string"], headers, body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


class _Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 50_000), "sockname": ("127.0.0.1", 4242)})
        self.sent = b""
        self.is_over = False
        self.is_paused = False

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.is_over = True

    abort = close

    def is_closing(self) -> bool:
        return self.is_over

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


def check(data: bytes) -> str:
    first, *others = [loop().run(_say(data, size)) for size in _PIECE_BYTES]
    assert all(other == first for other in others), (first, others)
    return "refused" if first is None else "understood"


async def _say(data: bytes, piece_bytes: int) -> First | None:
    """The first request that the application got from such pieces."""
    app, transport = _App(), _Transport()
    config = uvicorn.Config(app, http=Connection, log_config=None, access_log=False, ws="none", lifespan="off")
    connection = Connection(config, ServerState(), {})
    connection.connection_made(transport)
    for start in range(0, len(data), piece_bytes):
        if transport.is_over:
            break
        connection.data_received(data[start : start + piece_bytes])
        await _rest(connection, transport)
        assert _held(connection) < _HELD_BYTES_MAX
    connection.connection_lost(None)
    await _rest(connection, transport)
    _check_answers(transport.sent, len(app.seen))
    return app.seen[0] if app.seen else None


async def _rest(connection: Connection, transport: _Transport) -> None:
    """Until the application has nothing more to do. Who paused reading resumes it."""
    for _ in range(6):
        await asyncio.sleep(0)
    assert transport.is_over or not transport.is_paused or connection.cycle is not None


def _held(connection: Connection) -> int:
    return 0 if connection.cycle is None else len(connection.cycle.body)  # type: ignore[redundant-expr]


def _check_answers(sent: bytes, requests: int) -> None:
    assert b"HTTP/1.1 5" not in sent
    answers = sent.count(b"HTTP/1.1 200") + sent.count(b"HTTP/1.1 400")
    assert requests <= answers <= requests + 1


_POST = b"POST /webhook?a=b HTTP/1.1\r\nHost: x\r\n"
_GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

TARGET = Target(
    check=check,
    runs=8000,
    bytes_max=600,
    seeds=[
        _GET,
        _GET + _GET,
        b"GET / HTTP/1.0\r\n\r\n",
        _POST + b"Content-Length: 3\r\n\r\nabc",
        _POST + b"Content-Length: 3\r\n\r\nabc" + _GET,
        _POST + b"Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nA: b\r\n\r\n",
        _POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        _POST + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        _POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
