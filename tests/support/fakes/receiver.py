"""A merchant's service, or Stripe's, on this machine, real down to the socket, which answers as the test wants."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

Answer = Callable[[socket.socket, threading.Event], None]
"""Writes an answer to a connection. The event is set when the test is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, as it came."""

    request_line: str
    headers: dict[str, str]
    body: bytes


def answering(status: int, body: bytes = b"", *headers: str) -> Answer:
    def answer(connection: socket.socket, _over: threading.Event) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode() + body)

    return answer


def dribbling(beginning: bytes, piece: bytes) -> Answer:
    """Ever more pieces, each soon enough to keep a timeout of a single read from passing."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(beginning)
        while not over.wait(0.05):
            connection.sendall(piece)

    return answer


def silent(_connection: socket.socket, over: threading.Event) -> None:
    over.wait(30)


@dataclass
class Receiver:
    """Each connection is one call: its request is read, unless `reads` says no, and answered."""

    answer: Answer
    tls: ssl.SSLContext | None = None
    reads: bool = True
    calls: list[Call] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    @property
    def base(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base}/deliver"

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):  # the other side hangs up when it likes
                connection.settimeout(5)
                self._attend(self.tls.wrap_socket(connection, server_side=True) if self.tls else connection)

    def _attend(self, connection: socket.socket) -> None:
        with connection:
            if self.reads:
                self.calls.append(_read_call(connection))
            self.answer(connection, self._over)


def _read_call(connection: socket.socket) -> Call:
    with connection.makefile("rb") as stream:
        request_line = stream.readline(65536).decode().strip()
        headers: dict[str, str] = {}
        while line := stream.readline(65536).decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Call(request_line=request_line, headers=headers, body=stream.read(int(headers.get("content-length", 0))))
