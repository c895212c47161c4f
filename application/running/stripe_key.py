"""The state of our Stripe key, by Stripe's latest answer to this process."""

from enum import StrEnum

from application.ports import Permanent, PortError, StripeGateway
from domain.checkout import Checkout
from domain.identifiers import SessionId
from domain.reason import ReasonCode


class StripeKey(StrEnum):
    UNUSED = "unused"
    """This process has no answer of Stripe's yet."""
    ACCEPTED = "accepted"
    REFUSED = "refused"


class WatchedGateway:
    """Implements `application.ports.StripeGateway` by another gateway, and remembers whether Stripe accepted the
    key."""

    def __init__(self, gateway: StripeGateway) -> None:
        self._gateway = gateway
        self.key = StripeKey.UNUSED

    def retrieve(self, session_id: SessionId) -> Checkout:
        try:
            checkout = self._gateway.retrieve(session_id)
        except PortError as error:
            self._learn(error)
            raise
        self.key = StripeKey.ACCEPTED
        return checkout

    def _learn(self, error: PortError) -> None:
        """Learn from an answer. A server that was not reached, was busy or failed shows nothing about the key."""
        if error.reason.code is ReasonCode.STRIPE_KEY_REFUSED:
            self.key = StripeKey.REFUSED
        elif isinstance(error, Permanent):
            self.key = StripeKey.ACCEPTED
