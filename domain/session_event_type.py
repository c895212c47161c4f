"""The types of Stripe events that report the state of a Checkout Session."""

from enum import StrEnum
from typing import assert_never


class SessionEventType(StrEnum):
    """Stripe's names. Thin events have the prefix `v1.` before them."""

    COMPLETED = "checkout.session.completed"
    SUCCEEDED = "checkout.session.async_payment_succeeded"
    FAILED = "checkout.session.async_payment_failed"
    EXPIRED = "checkout.session.expired"

    @property
    def leads_to_retrieval(self) -> bool:
        """True if the session is retrieved after such an event."""
        match self:
            case SessionEventType.COMPLETED | SessionEventType.SUCCEEDED | SessionEventType.FAILED:
                return True
            case SessionEventType.EXPIRED:
                return False
            case _:
                assert_never(self)
