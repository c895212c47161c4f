"""What Stripe signed, as a webhook delivery."""

from collections.abc import Sequence

from application.ports import Clock, WebhookDelivery
from infrastructure.stripe.envelope import read_delivery
from infrastructure.stripe.signature import check_header, verify


class SignedWebhooks:
    """Implements `application.ports.WebhookReader`."""

    def __init__(self, secrets: Sequence[str], clock: Clock) -> None:
        self._secrets = secrets
        self._clock = clock

    def check_header(self, signature: str) -> None:
        check_header(signature)

    def read(self, body: bytes, signature: str) -> WebhookDelivery:
        verify(body, signature, self._secrets, now=self._clock())
        return read_delivery(body, signature)
