"""HTTP that two servers in a row could read differently, or that would fill the memory, is refused without harm."""

import socket
from collections.abc import Iterator

import pytest
from running import RunningShop, running_shop

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /healthz HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
KIB_64 = 64 * 1024


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    with running_shop(tmp_path_factory.mktemp("protocol")) as shop:
        yield shop


def connected(shop: RunningShop) -> socket.socket:
    host, port = shop.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=8)


def answers(shop: RunningShop, *sent: bytes) -> bytes:
    """All bytes until the server closes the connection: a timeout if it does not within 8 seconds."""
    received = b""
    with connected(shop) as connection:
        try:
            for piece in sent:
                connection.sendall(piece)
            while more := connection.recv(10_000):
                received += more
        except ConnectionError:
            pass  # it did not wait for the rest of what it refuses
    return received


AMBIGUOUS = {
    "a length beside a transfer encoding": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a transfer encoding beside a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "one length twice": POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "a list of lengths": POST + b"Content-Length: 1, 1\r\n\r\nx",
    "a length with a sign": POST + b"Content-Length: +1\r\n\r\nx",
    "a negative length": POST + b"Content-Length: -1\r\n\r\nx",
    "no number as length": POST + b"Content-Length: \r\n\r\nx",
    "a length in two lines": POST + b"Content-Length: 1\r\n 2\r\n\r\nx",
    "a length beyond 64 bits": POST + b"Content-Length: 18446744073709551617\r\n\r\nx",
    "a space before a colon": POST + b"Content-Length : 1\r\n\r\nx",
    "two transfer encodings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another encoding first": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "another encoding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "an encoding in the next line": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": CHUNKED.replace(b"/1.1", b"/1.0") + b"0\r\n\r\n",
    "a chunk size with 0x": CHUNKED + b"0x1\r\nx\r\n0\r\n\r\n",
    "a chunk size with a sign": CHUNKED + b"+1\r\nx\r\n0\r\n\r\n",
    "a chunk size and a space": CHUNKED + b"1 \r\nx\r\n0\r\n\r\n",
    "a chunk size beyond 64 bits": CHUNKED + b"11111111111111111\r\nx\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"1\r\nxyz\r\n0\r\n\r\n",
    "bare LF after a chunk size": CHUNKED + b"1\nx\r\n0\r\n\r\n",
    "bare LF after a chunk": CHUNKED + b"1\r\nx\n0\r\n\r\n",
    "bare LF in an extension": CHUNKED + b"1;a=b\nx\r\n0\r\n\r\n",
    "a length in a trailer": CHUNKED + b"1\r\nx\r\n0\r\nContent-Length: 5\r\n\r\n",
    "bare LF everywhere": b"GET /healthz HTTP/1.1\nHost: x\n\n",
    "bare LF after a header": HEALTH + b"A: b\nC: d\r\n\r\n",
    "bare CR in a header": HEALTH + b"A: b\rC: d\r\n\r\n",
    "bare LF at the end": HEALTH + b"\n",
    "NUL in a header": HEALTH + b"A: b\0c\r\n\r\n",
    "a control character in a header": HEALTH + b"A: b\x01c\r\n\r\n",
    "a header in two lines": HEALTH + b"A: b\r\n c\r\n\r\n",
    "a header without a colon": HEALTH + b"Abc\r\n\r\n",
    "a header without a name": HEALTH + b": b\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": HEALTH + b"Host: y\r\n\r\n",
    "no version": b"GET /healthz\r\nHost: x\r\n\r\n",
    "HTTP/0.9": HEALTH.replace(b"/1.1", b"/0.9") + b"\r\n",
    "HTTP/2.0": HEALTH.replace(b"/1.1", b"/2.0") + b"\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a method of our own": HEALTH.replace(b"GET", b"FETCH") + b"\r\n",
    "a tunnel": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a URL in Latin-1": HEALTH.replace(b"healthz", b"\xe9") + b"\r\n",
    "a body in another protocol": POST
    + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 60\r\n\r\n"
    + SMUGGLED,
    "chunks in another protocol": POST
    + b"Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n"
    + SMUGGLED,
}


@pytest.mark.parametrize("sent", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_what_is_ambiguous_is_refused_and_the_connection_closed(shop: RunningShop, sent: bytes) -> None:
    received = answers(shop, sent)

    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1


ENDLESS = {
    "one header": (HEALTH + b"A: ", b"x" * 1000),
    "the name of one header": (HEALTH, b"x" * 1000),
    "headers": (HEALTH, b"A: b\r\n" * 100),
    "the path": (b"GET /", b"x" * 1000),
    "empty lines": (b"", b"\r\n" * 500),
    "the extension of a chunk": (CHUNKED + b"1;a=", b"x" * 1000),
    "the size of a chunk": (CHUNKED, b"0" * 1000),
    "trailers": (CHUNKED + b"1\r\nx\r\n0\r\n", b"A: b\r\n" * 100),
}


@pytest.mark.parametrize("in_one", [True, False], ids=["in one piece", "in many pieces"])
@pytest.mark.parametrize(("beginning", "more"), ENDLESS.values(), ids=ENDLESS.keys())
def test_what_never_ends_is_refused_after_64_kib(
    shop: RunningShop, beginning: bytes, more: bytes, in_one: bool
) -> None:
    times = 2 * KIB_64 // len(more)
    received = answers(shop, beginning, *([more * times] if in_one else [more] * times))

    assert received == b"" or b"400 Bad Request" in received or b"405 Method Not Allowed" in received


def test_a_head_in_one_packet_is_no_longer_than_one_in_many(shop: RunningShop) -> None:
    whole = HEALTH + b"A: " + b"x" * 2 * KIB_64 + b"\r\n\r\n"

    received = answers(shop, whole)

    assert received == b"" or received.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(("headers", "status"), [(99, b"200"), (100, b"400")])
def test_a_head_has_a_hundred_headers_at_most(shop: RunningShop, headers: int, status: bytes) -> None:
    received = answers(shop, HEALTH + b"Connection: close\r\n" + b"A: b\r\n" * (headers - 1) + b"\r\n")

    assert received.startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(("chunks", "answer"), [(1024, b"The signature was made"), (1025, b"Invalid HTTP request")])
def test_a_body_has_1024_chunks_at_most(shop: RunningShop, chunks: int, answer: bytes) -> None:
    """More are not read first: all other clients would wait."""
    head = b"POST /webhook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
    signature = b"Stripe-Signature: t=1,v1=" + b"0" * 64 + b"\r\n\r\n"

    received = answers(shop, head + signature, b"1\r\nx\r\n" * chunks, b"0\r\n\r\n")

    assert received.startswith(b"HTTP/1.1 400 ")
    assert answer in received


def test_who_does_not_wait_for_the_answer_gets_it_and_no_other(shop: RunningShop) -> None:
    received = answers(shop, (HEALTH + b"\r\n") * 1000)

    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in received


def test_garbage_behind_a_request_does_not_become_the_answer_to_it(shop: RunningShop) -> None:
    received = answers(shop, HEALTH + b"\r\n" + b"\x00garbage")

    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.count(b"HTTP/1.1 ") == 1


WEBSOCKET = b"websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + b"A" * 22 + b"=="


@pytest.mark.parametrize("protocol", [b"h2c", WEBSOCKET], ids=["HTTP/2", "WebSocket"])
def test_an_offer_of_another_protocol_is_not_taken_up(shop: RunningShop, protocol: bytes) -> None:
    received = answers(shop, HEALTH + b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n")

    assert received.startswith(b"HTTP/1.1 200 ")


def test_a_trailer_is_no_header(shop: RunningShop) -> None:
    webhook = POST.replace(b"/healthz", b"/webhook") + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    received = answers(shop, webhook + b"0\r\nStripe-Signature: t=1,v1=" + b"0" * 64 + b"\r\n\r\n")

    assert b"The Stripe-Signature header is missing" in received


def test_one_connection_takes_many_requests_one_after_the_other(shop: RunningShop) -> None:
    with connected(shop) as connection:
        for _ in range(3):
            for sent in (HEALTH + b"\r\n", CHUNKED + b"1;a=b\r\nx\r\n0\r\nA: b\r\n\r\n", b"\r\n" + HEALTH + b"\r\n"):
                connection.sendall(sent)
                received = b""
                while b"alive" not in received and b"Method Not Allowed" not in received.partition(b"\r\n\r\n")[2]:
                    more = connection.recv(1000)
                    assert more, "closed"
                    received += more
