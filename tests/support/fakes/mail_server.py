"""A real mail server on this machine with a given answer for each step, and servers that are none."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

DROP = "drop"
"""The answer of a server that breaks off."""
SILENCE = "silence"
"""The answer of a server that gives none."""


@dataclass
class MailServer:
    """`answers` are by command; what is not in there is answered with 250."""

    answers: dict[str, str] = field(default_factory=dict)
    received: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    greeted_by: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes, bool]] = field(default_factory=list)
    """User, password, and whether they came over TLS."""
    port: int = 0

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greeted_by.append(hostname)
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return await self._answer("MAIL", server)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return await self._answer("RCPT", server)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await self._answer("DATA", server)
        if answer.startswith("2"):
            self.received.append(envelope.content)
            self.recipients += envelope.rcpt_tos
        return answer

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return await self._answer("QUIT", server)

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
        self.logins.append((login.login, login.password, session.ssl is not None))
        return AuthResult(success=login.password == b"right", handled=False)

    async def _answer(self, command: str, server: Any) -> str:
        answer = self.answers.get(command, "250 OK")
        if answer == SILENCE:
            await asyncio.Event().wait()  # until the other side has gone
        if answer == DROP:
            server.transport.abort()
        return answer


@contextmanager
def mail_server(*, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """It offers a login to every client, encrypted or not: what is given away is up to the client."""
    server = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        ssl_context=tls,
        tls_context=starttls,
        authenticator=server.authenticate,
        auth_require_tls=False,
        enable_SMTPUTF8=False,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@contextmanager
def raw_server(greeting: bytes) -> Iterator[int]:
    """Takes one connection, says this, and then nothing more; the port it listens on. Nothing at all hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        done = threading.Event()
        thread = threading.Thread(target=_serve_once, args=(listening, greeting, done), name="raw-server")
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            done.set()
            thread.join()


def _serve_once(listening: socket.socket, greeting: bytes, done: threading.Event) -> None:
    with suppress(TimeoutError):
        connection, _ = listening.accept()
        with connection:
            if greeting:
                connection.sendall(greeting)
                done.wait(20)
