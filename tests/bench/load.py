"""The load: many connections that each send one delivery after the other, from a process of their own.

`python -m bench.load` takes a plan as a line of JSON, prepares, says `ready`, and at the next line of its input sends
for so many seconds; then it prints what came of it.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import cast

import msgspec
import uvloop
from bench.bodies import SignedBody, signed_bodies

_HEAD_END = b"\r\n\r\n"


class Plan(msgspec.Struct):
    port: int
    connections: int
    seconds: float
    run: str
    """A name that no other run has."""
    requests_max: int


class Outcome(msgspec.Struct):
    seconds: float
    answered: int
    refused: int
    """Answered with anything but 200."""
    latencies_ms: list[float]
    """Of what was answered with 200, sorted."""


class _Client(asyncio.Protocol):
    def __init__(self, load: "Load") -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._sent_at = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self) -> None:
        request = self._load.next_request()
        if request is None or self._transport is None:
            self._load.ended(self)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not _is_whole(self._received):
            return
        self._load.answered(self._received.startswith(b"HTTP/1.1 200"), time.perf_counter() - self._sent_at)
        self._received = b""
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._load.ended(self)


class Load:
    def __init__(self, plan: Plan, requests: Iterator[bytes]) -> None:
        self._plan = plan
        self._requests = requests
        self._clients: list[_Client] = []
        self._latencies: list[float] = []
        self._refused = 0
        self._until = 0.0
        self._busy: set[_Client] = set()
        self._done = asyncio.Event()

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self._plan.connections):
            _, client = await loop.create_connection(lambda: _Client(self), "127.0.0.1", self._plan.port)
            self._clients.append(client)

    async def run(self) -> Outcome:
        started = time.perf_counter()
        self._until = started + self._plan.seconds
        self._busy = set(self._clients)
        for client in self._clients:
            client.send()
        await self._done.wait()
        return Outcome(
            seconds=time.perf_counter() - started,
            answered=len(self._latencies),
            refused=self._refused,
            latencies_ms=sorted(round(latency * 1000, 3) for latency in self._latencies),
        )

    def next_request(self) -> bytes | None:
        return next(self._requests, None) if time.perf_counter() < self._until else None

    def answered(self, is_ok: bool, seconds: float) -> None:
        if is_ok:
            self._latencies.append(seconds)
        else:
            self._refused += 1

    def ended(self, client: _Client) -> None:
        self._busy.discard(client)
        if not self._busy and self._until:
            self._done.set()


def _is_whole(received: bytes) -> bool:
    """Whether this is a response with all of its body, whose length it says."""
    end = received.find(_HEAD_END)
    if end < 0:
        return False
    head = received[:end].lower()
    length = head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    return len(received) >= end + len(_HEAD_END) + int(length)


def _request(signed: SignedBody) -> bytes:
    head = (
        "POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Stripe-Signature: {signed.signature}\r\nContent-Length: {len(signed.body)}\r\n\r\n"
    )
    return head.encode() + signed.body


async def _main() -> None:
    plan = msgspec.json.decode(sys.stdin.readline(), type=Plan)
    requests = [_request(signed) for signed in signed_bodies(plan.run, plan.requests_max)]
    load = Load(plan, iter(requests))
    await load.connect()
    print("ready", flush=True)
    sys.stdin.readline()
    outcome = await load.run()
    sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")


if __name__ == "__main__":
    uvloop.run(_main())
