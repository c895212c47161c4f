"""Connects to the host of a callback: resolves its name once, checks the addresses, and connects to those alone, within
a deadline.

Checking a name and then connecting to the name would ask the resolver twice, and a hostile one answers differently
the second time. The name stays in the Host header and in TLS, so its certificate is still checked.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

import httpcore2

from application.ports import Permanent, Temporary
from domain import reasons
from domain.reason import Peer
from infrastructure.deliveries.address_guard import first_refused

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host, best first; raises `OSError` if there are none."""

LOOKUPS_MAX = 16
_ADDRESSES_MAX = 4
_WRITE_BYTES = 4096

_lookups = threading.BoundedSemaphore(LOOKUPS_MAX)
"""The system's resolver can't be interrupted, so that a hanging one would gather threads without end."""


class Deadline:
    """The moment at which a whole call ends, whatever the other side does."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self, at_most: float | None = None) -> float:
        """Return the seconds left, more than 0.

        Raises:
            httpcore2.TimeoutException: no time is left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore2.TimeoutException("the deadline of the call is over")
        return left if at_most is None else min(left, at_most)


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the answer of the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class PinnedNetwork(httpcore2.NetworkBackend):
    """For one call: connects to checked addresses only, and no operation outlasts the deadline."""

    def __init__(
        self, deadline: Deadline, *, allow_private: bool, resolver: Resolver, network: httpcore2.NetworkBackend
    ) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._resolver = resolver
        self._network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first of the checked addresses that accepts the connection.

        Raises:
            ConnectError, ConnectTimeout: none of them does.
        """
        failure: Exception = httpcore2.ConnectError("there is no address")
        for address in self._checked(host, port)[:_ADDRESSES_MAX]:
            try:
                stream = self._network.connect_tcp(
                    address, port, self._deadline.remaining(timeout), local_address, socket_options or ()
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _DeadlineStream(stream, self._deadline)
        raise failure

    def _checked(self, host: str, port: int) -> Sequence[str]:
        addresses = self._looked_up(host, port)
        refused = None if self._allow_private else first_refused(addresses)
        if refused is not None:
            raise Permanent(reasons.private_address(host, refused))
        return addresses

    def _looked_up(self, host: str, port: int) -> Sequence[str]:
        """Ask the resolver, in a thread of its own that is left behind at the deadline."""
        answer: Future[Sequence[str]] = Future()

        def ask() -> None:
            try:
                answer.set_result(self._resolver(host, port))
            except Exception as error:  # noqa: BLE001 - carried over to the thread that waits
                answer.set_exception(error)
            finally:
                _lookups.release()

        if not _lookups.acquire(timeout=self._deadline.remaining()):
            raise Temporary(reasons.resolver_busy())
        threading.Thread(target=ask, name="lookup", daemon=True).start()
        try:
            return answer.result(self._deadline.remaining())
        except TimeoutError:
            raise Temporary(reasons.lookup_timed_out(host)) from None
        except (OSError, UnicodeError) as error:
            raise Temporary(reasons.host_not_found(Peer.CALLBACK, host)) from error


class _DeadlineStream(httpcore2.NetworkStream):
    """Gives every operation what is left of the whole, so that an answer that dribbles in does not buy time."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITE_BYTES):
            self._stream.write(buffer[start : start + _WRITE_BYTES], self._deadline.remaining(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.remaining(timeout))
        return _DeadlineStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
