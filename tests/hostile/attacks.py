"""What clients do that mean no good, as data: how many connections, what they say, and how they go on."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_HOST = b"Host: shop.example.com\r\n"
_GET = b"GET /healthz HTTP/1.1\r\n" + _HOST + b"\r\n"
_POST = b"POST /webhook HTTP/1.1\r\n" + _HOST
_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
_KIB, _MIB = 1024, 1024 * 1024
_LENGTHS = (
    b"-1",
    b"+1",
    b"1, 1",
    b"99999999999",
    b"18446744073709551617",
    b"9" * 5000,
    b"1\r\nContent-Length: 2",
    b"0x10",
    b"\xb2",
)
_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 512
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x12\x04\x00\x00\x00\x00\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    name: str
    connections: int
    """At the same time; each that ends is opened again."""
    begins: Callable[[int], bytes] = lambda _: b""
    """What the n-th connection says first."""
    goes_on: bytes = b""
    """What it says again and again."""
    pause_seconds: float = 0.0
    """Between one and the next. If there is none, it goes on as soon as it has been answered."""
    is_answered: bool = True
    """Whether it reads the answers."""
    is_half_closed: bool = False
    """Whether it says at once that nothing more will come."""
    stays_seconds: float = 3600.0
    """How long it holds a connection at most."""


def _signed(length: int) -> bytes:
    """The head of a delivery that could be Stripe's, until the body is here."""
    signature = b"Stripe-Signature: t=%d,v1=%s\r\n" % (time.time(), b"0" * 64)
    return _POST + signature + b"Content-Length: %d\r\n\r\n" % length


def _plausible() -> bytes:
    return _POST + b"Stripe-Signature: t=%d,v1=%s\r\n" % (time.time(), b"0" * 64)


_SMALL = b'{"id": "evt_forged", "object": "event", "type": "checkout.session.completed"}' + b" " * 4 * _KIB
_LARGE = b" " * (_MIB - 1)


def _same(text: bytes) -> Callable[[int], bytes]:
    return lambda _: text


def _length(number: int) -> bytes:
    return _plausible() + b"Content-Length: " + _LENGTHS[number % len(_LENGTHS)] + b"\r\n\r\n{}"


def _landing(number: int) -> bytes:
    return b"GET /after-checkout?session_id=cs_test_guess%d HTTP/1.1\r\n" % number + _HOST + b"\r\n"


ATTACKS: Sequence[Attack] = (
    Attack(name="idle connections, more than there may be", connections=6000),
    Attack(name="heads that dribble in", connections=2000, begins=_same(_POST), goes_on=b"A: b\r\n", pause_seconds=1.0),
    Attack(
        name="bodies that dribble in",
        connections=2000,
        begins=lambda _: _signed(1000),
        goes_on=b" ",
        pause_seconds=1.0,
    ),
    Attack(
        name="large bodies that never end",
        connections=600,
        begins=lambda _: _signed(_MIB) + _LARGE,
        pause_seconds=1.0,
    ),
    Attack(name="heads without an end", connections=50, begins=_same(_POST + b"A: " + b"x" * 256 * _KIB)),
    Attack(name="headers without an end", connections=50, begins=_same(_POST + b"A: b\r\n" * 40_000)),
    Attack(name="lengths that are none", connections=100, begins=_length),
    Attack(
        name="chunks of one byte",
        connections=100,
        begins=lambda _: _plausible() + _CHUNKED,
        goes_on=b"1;a=b\r\n \r\n" * 500,
        pause_seconds=0.01,
        stays_seconds=2.0,
    ),
    Attack(
        name="chunks without an end",
        connections=50,
        begins=lambda _: _plausible() + _CHUNKED + b"1;" + b"x" * 200 * _KIB,
    ),
    Attack(name="half-closed connections", connections=1000, begins=_same(_POST + b"A: b\r\n"), is_half_closed=True),
    Attack(name="unsigned deliveries", connections=100, goes_on=_POST + b"Content-Length: 2\r\n\r\n{}"),
    Attack(name="wrongly signed deliveries", connections=100, goes_on=_signed(len(_SMALL)) + _SMALL),
    Attack(name="wrongly signed deliveries of 1 MiB", connections=100, goes_on=_signed(len(_LARGE)) + _LARGE),
    Attack(name="connections that come and go", connections=100, stays_seconds=0.0),
    Attack(
        name="answers that stay unread",
        connections=500,
        goes_on=b"GET /static/landing.css HTTP/1.1\r\n" + _HOST + b"\r\n",
        pause_seconds=0.01,
        is_answered=False,
    ),
    Attack(name="a thousand requests at once", connections=50, begins=_same(_GET * 1000)),
    Attack(name="visits to the landing page", connections=50, begins=_landing, stays_seconds=0.05),
    Attack(name="TLS on the plain port", connections=100, begins=_same(_HELLO)),
    Attack(name="HTTP/2 on the plain port", connections=100, begins=_same(_PREFACE)),
    Attack(name="random bytes", connections=100, begins=lambda _: os.urandom(2000)),
)
