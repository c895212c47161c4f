"""What a merchant's own service answers to a call: done, temporary or permanent, whatever it says."""

import httpcore2
from builders import CUSTOMER, a_line_item
from fuzz.json_mutation import json_mutator
from fuzz.target import Target, pieces
from kinds import HTTP
from typed_ids import as_session

from application.ports import DeliveryRequest, Permanent, Temporary
from domain.plan import PlannedLine
from infrastructure.deliveries.http_callback import REFERENCE_MAX, HttpDeliverer

_REQUEST = DeliveryRequest(
    idempotency_key="eff_cs_test_a1_deliver_li_1",
    attempt=1,
    session_id=as_session("cs_test_a1"),
    livemode=False,
    line=PlannedLine(
        item=a_line_item(),
        delivery=HTTP,
        sku=None,
        name="Course",
        settings={"url": "http://127.0.0.1:8000/hook", "allow_private": True},
    ),
    customer=CUSTOMER,
    shipping=None,
    client_reference_id=None,
    metadata={},
    payment_intent="pi_1",
)


def check(data: bytes) -> str:
    deliverer = HttpDeliverer(
        "x" * 32,
        resolver=lambda _host, _port: ["127.0.0.1"],
        network=httpcore2.MockBackend(pieces(data)),
    )
    try:
        receipt = deliverer.deliver(_REQUEST)
    except (Temporary, Permanent) as refusal:
        assert len(str(refusal)) < 300
        assert str(refusal).isprintable()
        return type(refusal).__name__
    assert receipt.note is None or (0 < len(receipt.note) <= REFERENCE_MAX and receipt.note.isprintable())
    return "done"


_OK = b"HTTP/1.1 200 OK\r\n"

TARGET = Target(
    check=check,
    runs=10_000,
    bytes_max=4096,
    mutate=json_mutator(b"\r\n\r\n", 1),
    seeds=[
        b"",
        _OK + b"\r\n" + b'{"reference": "until the connection is closed"}',
        _OK + b"Content-Length: 22\r\n\r\n" + b'{"reference": "a-1"}  ',
        _OK + b"Transfer-Encoding: chunked\r\n\r\n10\r\n" + b'{"reference": 7}\r\n0\r\n\r\n',
        _OK + b"Content-Length: 5\r\n\r\n[" + b"1" * 5,
        b"HTTP/1.1 100 Continue\r\n\r\n" + _OK + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n",
        b"HTTP/1.1 410 Gone\r\n\r\n",
        b"HTTP/1.1 429 Slow\r\nRetry-After: x\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
