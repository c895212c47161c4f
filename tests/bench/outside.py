"""Stripe's API and a mail server with STARTTLS on this machine: `python -m bench.outside`, a process of its own.

It prints where they are as a line of JSON, and serves until the end of its input.
"""

import asyncio
import json
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop
from bench import children
from bench.bodies import answer, line_item_id, products
from fakes.certificates import Certificate
from fakes.mail_server import mail_server

_HEAD_END = b"\r\n\r\n"
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nRequest-Id: req_bench\r\nContent-Length: %d\r\n\r\n"


class Outside(msgspec.Struct):
    api_base: str
    smtp_port: int
    certificates: str
    """A file with this machine's trusted certificates and the mail server's."""


@contextmanager
def outside() -> Iterator[Outside]:
    with children.start("outside") as process:
        try:
            yield msgspec.json.decode(children.read_line(process), type=Outside)
        finally:
            process.terminate()


class _Stripe(asyncio.Protocol):
    """Answers every retrieval of a session: it is complete and paid."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while _HEAD_END in self._received:
            head, _, self._received = self._received.partition(_HEAD_END)
            path = urlsplit(head.split(b" ", 2)[1]).path.decode()
            body = _session(path.rpartition("/")[2])
            self._transport.write(_ANSWER % len(body) + body)


def _session(id: str) -> bytes:
    return answer(id, [_line_item(id, number, product) for number, product in enumerate(products(id))])


def _line_item(session_id: str, number: int, product: str) -> dict[str, object]:
    price = {
        "id": product.replace("prod_", "price_"),
        "object": "price",
        "active": True,
        "currency": "eur",
        "product": {"id": product, "object": "product", "metadata": {}, "name": f"The product {product}"},
        "type": "one_time",
        "unit_amount": 1000,
    }
    return {
        "id": line_item_id(session_id, number),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": 1000,
        "amount_tax": 0,
        "amount_total": 1000,
        "currency": "eur",
        "description": f"The product {product}",
        "price": price,
        "quantity": 1,
    }


async def _serve(smtp_port: int, certificates: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Stripe, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = Outside(api_base=f"http://127.0.0.1:{port}", smtp_port=smtp_port, certificates=str(certificates))
    print(json.dumps(msgspec.to_builtins(found)), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def _trusted(directory: Path, certificate: Path) -> Path:
    """Everything that this machine trusts, so that reading it costs what it costs a merchant, and one more."""
    ours = ssl.get_default_verify_paths().cafile
    trusted = directory / "trusted.pem"
    trusted.write_text((Path(ours).read_text() if ours else "") + certificate.read_text())
    return trusted


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        certificate = Certificate(directory, "localhost")
        trusted = _trusted(directory, directory / "localhost.crt")
        with mail_server(starttls=certificate.server_context()) as server:
            uvloop.run(_serve(server.port, trusted))


if __name__ == "__main__":
    main()
