"""The HTTP client of Stripe's SDK, bounded in time and size.

A timeout of `requests` covers one read, so an answer that dribbles in would hold a call forever. Here every read of an
answer, its headers included, gets the time that is left of the whole call.
"""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from socket import socket
from typing import TYPE_CHECKING, Any

import requests
import stripe
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from infrastructure.stripe.translation import Unintelligible

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READ_SECONDS_MAX = 8.0
ANSWER_BYTES_MAX = 4 * 1024 * 1024
"""Thirty times the longest answer seen: a hundred line items with their products."""
CONNECTIONS_KEPT_MAX = 64
"""More than all that ask Stripe at the same moment: the worker's retrievals and the landing page's visits."""

_ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All calls of a `BoundedClient` within this block end by then, retries included."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def _seconds_left() -> float:
    return _ends_at.get() - time.monotonic()


class BoundedClient(stripe.RequestsClient):
    def __init__(self, *, uses_proxy: bool) -> None:
        """With `uses_proxy`, calls go through the proxy that the environment names."""
        session = requests.Session()
        session.trust_env = uses_proxy
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(pool_maxsize=CONNECTIONS_KEPT_MAX))
        super().__init__(timeout=READ_SECONDS_MAX, session=session)

    def request(  # type: ignore[override]  # its own base class says text, and it bytes
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send one request of the SDK, within the time and size that one call may take.

        Raises:
            APIConnectionError: Stripe was not reached, or not in time.
            Unintelligible: the answer is too large.
        """
        if _seconds_left() <= 0:
            raise _broken("There is no time left for another attempt", is_final=True)
        answer, status, answered = self.request_stream(method, url, headers, post_data)
        try:
            body: bytes = answer.read(ANSWER_BYTES_MAX + 1, decode_content=True)
        except (HTTPError, OSError) as error:
            raise _broken("The answer broke off") from error
        if len(body) > ANSWER_BYTES_MAX:
            answer.close()
            raise Unintelligible(f"it is longer than {ANSWER_BYTES_MAX} bytes")
        return body, status, answered


def _broken(message: str, *, is_final: bool = False) -> stripe.APIConnectionError:
    """The error that the SDK expects of its HTTP client; it tries again unless the error is final."""
    return stripe.APIConnectionError(message, should_retry=not is_final)  # type: ignore[no-untyped-call]


class _Reads(RawIOBase):
    """What comes from a socket, each read within what is left."""

    def __init__(self, connection: socket, raw: RawIOBase) -> None:
        self._connection = connection
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        left = _seconds_left()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(min(left, READ_SECONDS_MAX))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = BufferedReader(_Reads(sock, self.fp.detach()))


class _Http(HTTPConnection):
    response_class = _Response


class _Https(HTTPSConnection):
    response_class = _Response


class _Adapter(HTTPAdapter):
    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _Https if pool.scheme == "https" else _Http
        return pool
