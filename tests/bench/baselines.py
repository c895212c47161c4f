"""What the engine's ingest is compared with: the least that has to be done, and two ways that are usual."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
import stripe
from bench.bodies import SECRET
from bench.inserts import Row, insert_many, insert_one, is_postgres, make_table
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

_TOLERANCE_SECONDS = 300


class _Envelope(msgspec.Struct):
    id: str


class Floor:
    """Verify, find the ID, insert what came together in one transaction, answer. Nothing that isn't needed for it."""

    def __init__(self, url: str) -> None:
        make_table(url)
        self._insert = insert_many(url)
        self._decoder = msgspec.json.Decoder(_Envelope)
        self._writing = ThreadPoolExecutor(1)
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._is_writing = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)
            return
        body = await _body(receive)
        is_signed = _is_signed(body, dict(scope["headers"])[b"stripe-signature"])
        if is_signed:
            await self._append((self._decoder.decode(body).id, body))
        head: dict[str, Any] = {"type": "http.response.start", "status": 200 if is_signed else 400}
        await send({**head, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok" if is_signed else b"no"})

    def _append(self, row: Row) -> Awaitable[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, future))
        if not self._is_writing:
            self._is_writing = True
            task = asyncio.get_running_loop().create_task(self._write())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    async def _write(self) -> None:
        """What came while the last transaction was written is the next one."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await loop.run_in_executor(self._writing, self._insert, [row for row, _ in batch])
            for _, future in batch:
                future.set_result(None)
        self._is_writing = False


class StripeEventReceived(Aggregate):
    @event("Received")
    def __init__(self, stripe_id: str, body: str) -> None:
        self.stripe_id = stripe_id
        self.body = body

    @staticmethod
    def create_id(stripe_id: str) -> UUID:
        return uuid5(NAMESPACE_URL, stripe_id)


def app_save(url: str) -> ASGIApp:
    """One `app.save()` for each request, as the documentation of `eventsourcing` shows it, in the thread pool. Verified
    with the SDK's cheaper check."""
    application: Application[UUID] = Application(env=library_environment(url))

    def receive(body: bytes, signature: str) -> None:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, signature, SECRET, _TOLERANCE_SECONDS)
        application.save(StripeEventReceived(json.loads(text)["id"], text))

    return _in_threads(receive)


def tutorial(url: str) -> ASGIApp:
    """The handler of the tutorials: `construct_event`, an insert, 200."""
    make_table(url)
    insert = insert_one(url)

    def receive(body: bytes, signature: str) -> None:
        stripe_event = stripe.Webhook.construct_event(body, signature, SECRET)
        insert((stripe_event.id, body))

    return _in_threads(receive)


def library_environment(url: str) -> dict[str, str]:
    if not is_postgres(url):
        return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": url.removeprefix("sqlite:///")}
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.removeprefix("/"),
        "POSTGRES_HOST": str(parts.hostname),
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": str(parts.username),
        "POSTGRES_PASSWORD": str(parts.password),
    }


def _in_threads(receive: Callable[[bytes, str], None]) -> ASGIApp:
    async def webhook(request: Request) -> PlainTextResponse:
        await run_in_threadpool(receive, await request.body(), request.headers["stripe-signature"])
        return PlainTextResponse("ok")

    return Starlette(routes=[Route("/webhook", webhook, methods=["POST"])])


def _is_signed(body: bytes, header: bytes) -> bool:
    parts = dict(part.partition(b"=")[::2] for part in header.split(b","))
    timestamp, signature = parts[b"t"], parts[b"v1"]
    expected = hmac.digest(SECRET.encode(), timestamp + b"." + body, hashlib.sha256).hex().encode()
    is_recent = abs(time.time() - int(timestamp)) <= _TOLERANCE_SECONDS
    return is_recent and hmac.compare_digest(expected, signature)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


async def _no_lifespan(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
