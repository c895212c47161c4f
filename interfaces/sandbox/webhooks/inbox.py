"""An endpoint that keeps the webhook deliveries it gets, for looking at what a merchant's server would see."""

import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final

_BODY_BYTES_MAX: Final = 1024 * 1024
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    body: bytes
    signature: str


class Inbox:
    """Listens on this machine from entering to leaving; answers 200 unless set otherwise."""

    def __init__(self) -> None:
        self._received: queue.SimpleQueue[Received] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._may_answer = threading.Event()
        self._may_answer.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"

    def __enter__(self) -> "Inbox":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._may_answer.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer_with(self, *statuses: int) -> None:
        """The HTTP statuses of the next answers."""
        for status in statuses:
            self._answers.put(status)

    def hold(self) -> None:
        """Answers nothing until released."""
        self._may_answer.clear()

    def release(self) -> None:
        self._may_answer.set()

    def next(self, timeout_seconds: float = 10.0) -> Received:
        """The next delivery, in the order of arrival. Raises queue.Empty when none comes in time."""
        return self._received.get(timeout=timeout_seconds)

    def is_empty(self) -> bool:
        return self._received.empty()

    def _receive(self, handler: BaseHTTPRequestHandler) -> None:
        length = min(int(handler.headers["Content-Length"]), _BODY_BYTES_MAX)
        body = handler.rfile.read(length)
        self._received.put(Received(body=body, signature=handler.headers["Stripe-Signature"]))
        self._may_answer.wait()
        handler.send_response(self._status())
        # A redirect must not be followed; this is where it would lead.
        handler.send_header("Location", self.url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _status(self) -> int:
        try:
            return self._answers.get_nowait()
        except queue.Empty:
            return _OK

    def _handler(inbox) -> type[BaseHTTPRequestHandler]:  # noqa: N805 (the handler has a self of its own)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                inbox._receive(self)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet: the test or trial around us does the talking."""

        return Handler
