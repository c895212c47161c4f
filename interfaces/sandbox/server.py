"""Runs the sandbox: in a thread, for tests and the demo, or as a program until it is stopped."""

import logging
import signal
import socket
import threading
from asyncio import CancelledError
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

import uvicorn

from interfaces.sandbox.app import create_app
from interfaces.sandbox.sandbox import Sandbox

_STOP_SECONDS: Final = 15.0
_ASKED_FOR: Final = ("returned without completing response", "timeout graceful shutdown exceeded")
_SAID_BYTES_MAX: Final = 1024 * 1024
"""The longest message of a listener, which repeats the event and the answer to it."""


class SandboxServer:
    """Serves the sandbox on this machine from a thread of its own, from entering to leaving.

        with SandboxServer(Sandbox()) as server:
            client = StripeClient("sk_test_example", base_addresses={"api": server.url})

    It starts and closes the sandbox, and makes itself the sandbox's public URL.
    """

    def __init__(self, sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.sandbox = sandbox
        self.url = ""
        self._host = host
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "SandboxServer":
        listening = socket.create_server((self._host, self._port))
        self.url = f"http://{self._host}:{listening.getsockname()[1]}"
        self.sandbox.public_url = self.url
        self.sandbox.start()
        self._server = _server(self.sandbox)
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="sandbox-server", daemon=True
        )
        self._thread.start()
        # The socket listens already: a client that connects before the server runs is answered when it does.
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_STOP_SECONDS)
        self.sandbox.close()


def serve_sandbox(
    *,
    host: str = "127.0.0.1",
    port: int = 12111,
    state_path: Path | None = None,
    webhook_url: str | None = None,
    on_ready: Callable[[str, str | None], None] = lambda _url, _secret: None,
) -> None:
    """Serves until SIGINT or SIGTERM. Prints the base URL and, with a webhook URL, its endpoint's secret. Then it calls
    `on_ready` with both.

    Raises StripeError when the webhook URL is not on this machine, ValueError when the file holds no state,
    OSError when the port is taken.
    """
    is_stopping = threading.Event()
    with SandboxServer(Sandbox(state_path=state_path), host=host, port=port) as server:
        secret = None if webhook_url is None else server.sandbox.webhook_at(webhook_url).secrets[-1].value
        lines = [server.url, *([secret] if secret else [])]
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: is_stopping.set())
        print(*lines, sep="\n", flush=True)  # noqa: T201 (what this program is asked for)
        on_ready(server.url, secret)
        is_stopping.wait()


class _Unasked(logging.Filter):
    """Broken and missing answers were asked for; every other error is reported."""

    def filter(self, record: logging.LogRecord) -> bool:
        is_canceled = record.exc_info is not None and isinstance(record.exc_info[1], CancelledError)
        return not (is_canceled or any(asked in record.getMessage() for asked in _ASKED_FOR))


_UNASKED: Final = _Unasked()


def _server(sandbox: Sandbox) -> uvicorn.Server:
    logging.getLogger("uvicorn.error").addFilter(_UNASKED)
    config = uvicorn.Config(
        create_app(sandbox),
        log_config=None,
        access_log=False,
        lifespan="off",
        # For `stripe listen`. Not "auto", which would do without where the library is missing.
        ws="wsproto",
        ws_max_size=_SAID_BYTES_MAX,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        timeout_graceful_shutdown=3,
    )
    return uvicorn.Server(config)
