"""What answers in Stripe's place, over HTTP and through Stripe's SDK: a checkout, or one of the port's own errors."""

import json
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fuzz.json_mutation import json_mutator
from fuzz.stripe_json import LINE_ITEMS, SESSION
from fuzz.target import Target

from application.ports import PortError
from infrastructure.stripe.gateway import SdkGateway

_FINAL = frozenset({200, 201, 204, 400, 401, 402, 403, 404})
"""The SDK waits and asks again after any other status; `tests/infrastructure/stripe/test_gateway.py` has those."""
_answers: list[tuple[int, bytes, bytes]] = []
"""Status, content type, body; the last one again and again."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        status, content_type, body = _answers.pop(0) if len(_answers) > 1 else _answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", content_type.decode("latin-1"))
        self.send_header("Request-Id", "req_1")
        self.end_headers()
        self.wfile.write(b"" if status == 204 else body)

    def log_message(self, format: str, *args: object) -> None:
        """No one reads it."""


@cache
def _gateway() -> SdkGateway:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return SdkGateway("sk_test_example", api_base=f"http://127.0.0.1:{server.server_address[1]}")


def check(data: bytes) -> str:
    """A line with the status and the content type; the body. Behind a NUL, the next page."""
    head, _, body = data.partition(b"\n")
    status, _, content_type = head.partition(b" ")
    code = int(status) if status.isdigit() and int(status[:9]) in _FINAL and len(status) < 4 else 200
    kind = bytes(letter for letter in content_type if 0x20 <= letter < 0x7F)
    _answers[:] = [(code, kind, part) for part in body.split(b"\0")]
    try:
        checkout = _gateway().retrieve("cs_test_a1")
    except PortError as error:
        assert len(str(error)) < 500
        assert "sk_test_example" not in str(error)
        return type(error).__name__
    assert checkout.mode
    return "retrieved"


_JSON = b"200 application/json\n"

TARGET = Target(
    check=check,
    runs=1500,
    bytes_max=8192,
    mutate=json_mutator(b"\n", 1),
    seeds=[
        b"",
        _JSON + json.dumps(SESSION).encode(),
        _JSON
        + json.dumps({**SESSION, "line_items": {**LINE_ITEMS, "has_more": True}}).encode()
        + b"\0"
        + json.dumps(LINE_ITEMS).encode(),
        _JSON + b"\xff",
        _JSON + b"[1]",
        b"404 application/json\n" + json.dumps({"error": {"code": "resource_missing", "message": "x"}}).encode(),
        b"400 application/json\n" + json.dumps({"error": {"type": "idempotency_error", "message": "x"}}).encode(),
        b"400 application/json\n" + json.dumps({"error": "invalid_grant", "error_description": "x"}).encode(),
        b"401 text/html\n<html>",
        b"402 application/json\n" + json.dumps({"error": {"code": "card_declined", "param": 1}}).encode(),
        b"403 application/json\n" + json.dumps({"error": None}).encode(),
    ],
)
