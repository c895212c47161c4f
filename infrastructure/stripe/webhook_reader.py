"""Reads a request that Stripe signed as a webhook delivery."""

from collections.abc import Callable, Sequence

from application.ports import Clock, WebhookDelivery
from infrastructure.stripe.envelope import read_delivery
from infrastructure.stripe.signature import parse_header, verify


class SignedWebhooks:
    """Implements `application.ports.WebhookReader`."""

    def __init__(self, secrets: Sequence[str], clock: Clock) -> None:
        self._secrets = secrets
        self._clock = clock

    def expect(self, signature: str) -> Callable[[bytes], WebhookDelivery]:
        signed = parse_header(signature)

        def read(body: bytes) -> WebhookDelivery:
            verify(body, signed, self._secrets, now=self._clock())
            return read_delivery(body, signature)

        return read
