"""`POST /webhook`: verify what Stripe signed, append it, answer. Everything else follows the log."""

import asyncio
import logging
import time
from concurrent.futures import Future

import structlog
from eventsourcing.persistence import PersistenceError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from application.errors import Busy, Stopped, StoreUnavailable
from application.ports import Clock, NotFromStripe, WebhookDelivery, WebhookReader
from application.receive import receive
from application.writer import Writer
from interfaces.web.body import Bodies, BodyRefused

logger = structlog.get_logger(__name__)

_ACKNOWLEDGE_SECONDS_MAX = 9.0
"""Checkout holds the customer's redirect for 10 seconds; past this, Stripe is better told to come back."""
_RETRY_AFTER = {"Retry-After": "5"}
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

    async def __call__(self, request: Request) -> Response:
        started = time.monotonic()
        delivery: WebhookDelivery | None = None
        trouble: Exception | None = None
        try:
            signature = request.headers.get("stripe-signature", "")
            self._reader.check_header(signature)
            async with self._bodies.read(request) as body:
                delivery = self._reader.read(body, signature)
                is_new = await self._append(delivery)
            status, outcome, text = (200, "recorded", "Recorded.") if is_new else (200, "redelivery", "Known already.")
        except BodyRefused as refusal:
            trouble, status, outcome, text = refusal, refusal.status, "refused", str(refusal)
        except NotFromStripe as refusal:
            trouble, status, outcome, text = refusal, 400, "refused", str(refusal)
        except _NOT_NOW as error:
            trouble, status, outcome, text = error, 503, "not recorded", _COME_AGAIN
        except Exception as error:  # noqa: BLE001 - a process boundary: whatever it is, Stripe has to come again
            trouble, status, outcome, text = error, 503, "failed", _COME_AGAIN
        _log(delivery, status, outcome, trouble, started)
        return PlainTextResponse(text, status, headers=_RETRY_AFTER if status == 503 else None)

    async def _append(self, delivery: WebhookDelivery) -> bool:
        future: Future[bool] = receive(self._writer, self._clock, delivery.event_id, delivery.received)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), _ACKNOWLEDGE_SECONDS_MAX)
        except TimeoutError as error:
            raise TimeoutError(f"It was not written within {_ACKNOWLEDGE_SECONDS_MAX:.0f} seconds.") from error


def _log(
    delivery: WebhookDelivery | None, status: int, outcome: str, trouble: Exception | None, started: float
) -> None:
    """One line for each delivery, whatever became of it."""
    logger.log(
        _LEVELS.get(outcome, logging.INFO),
        "webhook delivery",
        session_id=delivery.received.session_id if delivery else None,
        stripe_event=delivery.event_id if delivery else None,
        type=delivery.received.type if delivery else None,
        status=status,
        outcome=outcome,
        detail=str(trouble) if outcome == "refused" else None,
        error=f"{type(trouble).__name__}: {trouble}" if outcome in _LEVELS else None,
        exc_info=trouble if outcome == "failed" else None,
        duration_ms=round((time.monotonic() - started) * 1000, 1),
    )
