"""`POST /webhook`: verify what Stripe signed, append it, answer. Everything else follows the log."""

import logging
import time
from collections.abc import Sequence

import structlog
from eventsourcing.persistence import PersistenceError
from starlette.types import Receive, Scope, Send

from application.errors import Busy, Stopped, StoreUnavailable
from application.log_line import LogLine
from application.ports import Clock, NotFromStripe, WebhookDelivery, WebhookReader
from application.receive import receive as record
from application.writing.writer import Writer
from interfaces.web.acknowledgements import Acknowledgements
from interfaces.web.body import Bodies, BodyRefused
from interfaces.web.log_throttle import Refusals

Headers = Sequence[tuple[bytes, bytes]]

logger = structlog.get_logger(__name__)

_ACKNOWLEDGE_SECONDS_MAX = 9.0
"""Checkout holds the customer's redirect for 10 seconds; after that, a 503 makes Stripe send the event again."""
_PLAIN = ((b"content-type", b"text/plain; charset=utf-8"),)
_RETRY_AFTER = ((b"retry-after", b"5"),)
_ALLOW = ((b"allow", b"POST"),)
_COME_AGAIN = "The event could not be recorded now. Send it again in a moment."
_NOT_NOW = (Busy, Stopped, StoreUnavailable, TimeoutError, PersistenceError)
_LEVELS = {"not recorded": logging.ERROR, "failed": logging.CRITICAL}


class Webhook:
    """200 after the durable append, for a redelivery too; 4xx for what is not Stripe's; 503 when it can't be kept, so
    that Stripe comes again. Never another 5xx."""

    def __init__(self, writer: Writer, reader: WebhookReader, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._bodies = Bodies()
        self._refusals = Refusals()
        self._acknowledgements = Acknowledgements(writer.wake.set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, without anything between it and the server: this is what every event of every shop passes."""
        if scope["method"] != "POST":
            await _answer(send, 405, "Method Not Allowed", _ALLOW)
            return
        started = time.monotonic()
        delivery: WebhookDelivery | None = None
        failure: Exception | None = None
        try:
            read = self._reader.expect(_list_header(scope, b"stripe-signature"))
            body = await self._bodies.read(_header(scope, b"content-length"), receive)
            try:
                delivery = read(body)
                is_new = await self._append(delivery)
            finally:
                self._bodies.release(body)
            status, outcome, text = (200, "recorded", "Recorded.") if is_new else (200, "redelivery", "Known already.")
        except BodyRefused as refusal:
            failure, status, outcome, text = refusal, refusal.status, "refused", str(refusal)
        except NotFromStripe as refusal:
            failure, status, outcome, text = refusal, 400, "refused", str(refusal)
        except _NOT_NOW as error:
            failure, status, outcome, text = error, 503, "not recorded", _COME_AGAIN
        except Exception as error:  # noqa: BLE001 - a process boundary: whatever it is, Stripe has to come again
            failure, status, outcome, text = error, 503, "failed", _COME_AGAIN
        self._log(delivery, status, outcome, failure, started)
        # Through its traceback it holds this frame, and so the body, until the garbage collector comes.
        failure = None
        await _answer(send, status, text, _RETRY_AFTER if status == 503 else ())

    async def _append(self, delivery: WebhookDelivery) -> bool:
        acknowledgement = self._acknowledgements.expect()
        record(self._writer, self._clock, delivery.event_id, delivery.received, acknowledgement)
        self._acknowledgements.ask_for_soon()
        return bool(await acknowledgement.within(_ACKNOWLEDGE_SECONDS_MAX))

    def _log(
        self, delivery: WebhookDelivery | None, status: int, outcome: str, failure: Exception | None, started: float
    ) -> None:
        """Log one line for each delivery; not for all refused ones, since any stranger can send them."""
        unsaid = self._refusals.unsaid_before() if outcome == "refused" else 0
        if unsaid is None:
            return
        logger.log(
            _LEVELS.get(outcome, logging.INFO),
            LogLine.WEBHOOK_DELIVERY,
            session_id=delivery.received.session_id if delivery else None,
            stripe_event=delivery.event_id if delivery else None,
            type=delivery.received.type if delivery else None,
            status=status,
            outcome=outcome,
            detail=str(failure) if outcome == "refused" else None,
            error=f"{type(failure).__name__}: {failure}" if outcome in _LEVELS else None,
            exc_info=failure if outcome == "failed" else None,
            unsaid=unsaid or None,
            duration_ms=round((time.monotonic() - started) * 1000, 1),
        )


def _header(scope: Scope, name: bytes) -> str:
    """The first header of this name, empty if there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _list_header(scope: Scope, name: bytes) -> str:
    """All headers of this name as one, since proxies may send a list in several lines:
    https://www.rfc-editor.org/rfc/rfc9110#section-5.3."""
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)


async def _answer(send: Send, status: int, text: str, more: Headers = ()) -> None:
    body = text.encode()
    headers = [*_PLAIN, (b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
