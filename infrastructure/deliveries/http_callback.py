"""The `http` kind: a signed call to the merchant's own service, which hands the line over.

Proxies in the environment are ignored, redirects are not followed, and the response is bounded in size and time. Every
call has a connection of its own, so that no rule reuses one to an address that only another rule may reach.
"""

import json
import ssl
import time
from collections.abc import Callable
from functools import cache

import httpcore2

from application.ports import DeliveryReceipt, DeliveryRequest, Permanent, Temporary
from domain import reasons
from domain.plan import Setting
from domain.reason import Peer, Reason
from infrastructure.deliveries.callback_message import TIMEOUT_SECONDS_MAX, message_body, signed_headers
from infrastructure.deliveries.callback_url import CallbackUrl, WrongUrl, callback_url
from infrastructure.deliveries.pinned_network import Deadline, PinnedNetwork, Resolver, resolve

TIMEOUT_SECONDS = 10
ANSWER_BYTES_MAX = 64 * 1024
REFERENCE_MAX = 200

_COME_BACK = frozenset({401, 403, 404, 405, 407, 408, 409, 421, 425, 429})
"""409: another attempt with the same idempotency key is still under way there. 401 to 407 and 421 are not about this
delivery: a deploy, a proxy or a wrong secret causes them until it is fixed. With 410 a receiver refuses for good."""


class HttpDeliverer:
    def __init__(
        self,
        secret_key: str,
        *,
        now: Callable[[], float] = time.time,
        resolver: Resolver = resolve,
        network: httpcore2.NetworkBackend | None = None,
        tls: Callable[[], ssl.SSLContext] = httpcore2.default_ssl_context,
    ) -> None:
        """`now` is in seconds since 1970; `tls` makes the TLS context with the trusted certificates."""
        self._secret_key = secret_key
        self._now = now
        self._resolver = resolver
        self._network = network or httpcore2.SyncBackend()
        self._tls = cache(tls)  # reading the trusted certificates takes 20 ms of CPU: once, not for each call

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        settings = request.line.settings
        try:
            url = callback_url(str(settings.get("url", "")))
        except WrongUrl as error:
            raise Permanent(reasons.invalid_url(error.problem)) from None
        deadline = Deadline(_timeout_seconds(settings.get("timeout_seconds")))
        network = PinnedNetwork(
            deadline,
            allow_private=settings.get("allow_private") is True,
            resolver=self._resolver,
            network=self._network,
        )
        with httpcore2.HTTPConnection(
            httpcore2.Origin(b"https" if url.is_tls else b"http", url.host.encode(), url.port),
            ssl_context=self._tls() if url.is_tls else None,
            network_backend=network,
        ) as connection:
            return self._call(connection, url, request)

    def _call(
        self, connection: httpcore2.HTTPConnection, url: CallbackUrl, request: DeliveryRequest
    ) -> DeliveryReceipt:
        target = httpcore2.URL(
            scheme=b"https" if url.is_tls else b"http",
            host=url.host.encode(),
            port=url.port,
            target=url.target.encode(),
        )
        headers, body = self._message(url, request)
        try:
            response = connection.handle_request(
                httpcore2.Request("POST", target, headers=list(headers.items()), content=body)
            )
        except httpcore2.TimeoutException as error:
            raise Temporary(reasons.timed_out(Peer.CALLBACK, url.host)) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise Temporary(_why_not_reached(error, url.host)) from error
        _refuse(response.status, url.host)
        return DeliveryReceipt(note=_reference(response))

    def _message(self, url: CallbackUrl, request: DeliveryRequest) -> tuple[dict[str, str], bytes]:
        timestamp = int(self._now())
        body = message_body(request, timestamp)
        headers = {
            "host": url.host_header,
            "user-agent": "checkout-fulfillment",
            "accept": "application/json",
            "accept-encoding": "identity",
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "close",
            **signed_headers(self._secret_key, request.idempotency_key, timestamp, body),
        }
        return headers, body


def _timeout_seconds(setting: Setting | None) -> int:
    is_given = isinstance(setting, int) and not isinstance(setting, bool)
    return min(max(int(setting or 0), 1), TIMEOUT_SECONDS_MAX) if is_given else TIMEOUT_SECONDS


def _why_not_reached(error: Exception, host: str) -> Reason:
    """The network error as a code, without anything that the other side sent."""
    cause: BaseException | None = error
    for _ in range(5):
        match cause:
            case ssl.SSLCertVerificationError():
                return reasons.tls_failed(Peer.CALLBACK, host, cause.verify_message)
            case ssl.SSLError():
                return reasons.tls_failed(Peer.CALLBACK, host, "")
            case ConnectionRefusedError():
                return reasons.connection_refused(Peer.CALLBACK, host)
            case OSError(strerror=str(said)) if said:
                return reasons.connection_failed(Peer.CALLBACK, host, said)
        cause = cause.__cause__ or cause.__context__ if cause else None
    return reasons.connection_failed(Peer.CALLBACK, host, type(error).__name__)


def _refuse(status: int, host: str) -> None:
    """Raise what this status means, unless it means done. The answer's text may contain anything, so it is not
    quoted."""
    if 200 <= status < 300:
        return
    error = Temporary if status in _COME_BACK or status >= 500 else Permanent
    raise error(reasons.http_status(host, status))


def _reference(response: httpcore2.Response) -> str | None:
    """The answer's `reference`, if it has a valid one. By the status the delivery is done, so nothing may fail here."""
    answer = b""
    try:
        for piece in response.iter_stream():
            answer += piece
            if len(answer) > ANSWER_BYTES_MAX:
                return None
        document = json.loads(answer)
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, ValueError, RecursionError):
        return None
    reference = document.get("reference") if isinstance(document, dict) else None
    if isinstance(reference, int) and not isinstance(reference, bool):
        reference = str(reference)
    if not isinstance(reference, str) or not reference.strip() or not reference.isprintable():
        return None
    return reference.strip()[:REFERENCE_MAX]
