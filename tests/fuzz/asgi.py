"""A request to an ASGI application, without a server: what of it the server lets through, the `wire` target says."""

import asyncio
import atexit
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

from fuzz.target import pieces
from starlette.types import ASGIApp, Message


@dataclass(slots=True)
class Answer:
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    target: bytes
    """Path and query, in ASCII."""
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes = b""


def read_request(data: bytes) -> Request:
    """A head as it stands on the wire, lines apart by LF; behind an empty line the body."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    pairs = (line.partition(b":")[::2] for line in lines)
    return Request(
        method=method.decode("latin-1") or "GET",
        target=bytes(letter for letter in target if 0x20 < letter < 0x7F),
        headers=[(name.strip().lower(), value.strip()) for name, value in pairs],
        body=body,
    )


def ask(app: ASGIApp, request: Request, meanwhile: Callable[[], object] = lambda: None) -> Answer:
    """Its answer; whatever it raises is raised here. `meanwhile` is done again and again until it is there."""
    return loop().run(_ask(app, request, meanwhile))


@cache
def loop() -> asyncio.Runner:
    """One for all runs."""
    runner = asyncio.Runner()
    atexit.register(runner.close)
    return runner


async def _ask(app: ASGIApp, request: Request, meanwhile: Callable[[], object]) -> Answer:
    answer = Answer()
    coming = pieces(request.body) or [b""]

    async def receive() -> Message:
        if not coming:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": coming.pop(0), "more_body": bool(coming)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            answer.body += message.get("body", b"")

    task = asyncio.ensure_future(app(_scope(request), receive, send))
    while not task.done():
        meanwhile()
        await asyncio.sleep(0)
    await task
    assert answer.status, "there was no answer"
    return answer


def _scope(request: Request) -> dict[str, Any]:
    path, _, query = request.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": list(request.headers),
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 4242),
    }
