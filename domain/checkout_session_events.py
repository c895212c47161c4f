"""The events of a Checkout Session."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from domain.checkout import Checkout
from domain.event import Event
from domain.former_sentences import store_reason
from domain.identifiers import StripeEventId
from domain.park_reason import ParkReason
from domain.personal import Personal, mark_stored
from domain.reason import Reason
from domain.source import Source


class CheckoutSessionEvents:
    """`CheckoutSession` inherits them, so their names are `CheckoutSession.NAME`."""

    @dataclass(frozen=True, kw_only=True)
    class Completed(Event):
        """`checkout.session.completed`: the customer is done; the money may still be on its way."""

        TOPIC: ClassVar[str] = "CheckoutSession.Completed"
        stripe_event: StripeEventId
        payment_status: str | None

    @dataclass(frozen=True, kw_only=True)
    class AsyncPaymentSucceeded(Event):
        """`checkout.session.async_payment_succeeded`: a delayed payment has arrived."""

        TOPIC: ClassVar[str] = "CheckoutSession.AsyncPaymentSucceeded"
        stripe_event: StripeEventId

    @dataclass(frozen=True, kw_only=True)
    class AsyncPaymentFailed(Event):
        """`checkout.session.async_payment_failed`: a delayed payment will not arrive."""

        TOPIC: ClassVar[str] = "CheckoutSession.AsyncPaymentFailed"
        stripe_event: StripeEventId

    @dataclass(frozen=True, kw_only=True)
    class Expired(Event):
        """`checkout.session.expired`: the customer never finished."""

        TOPIC: ClassVar[str] = "CheckoutSession.Expired"
        stripe_event: StripeEventId

    @dataclass(frozen=True, kw_only=True)
    class Retrieved(Event):
        """An answer of Stripe's API, kept as the merchant's own copy."""

        TOPIC: ClassVar[str] = "CheckoutSession.Retrieved"
        class_version: ClassVar[int] = 2
        checkout: Checkout
        source: Source

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            checkout = state["checkout"]
            mark_stored(checkout, "client_reference_id")
            checkout["metadata"] = {key: {"text": text} for key, text in checkout.get("metadata", {}).items()}

    @dataclass(frozen=True, kw_only=True)
    class Paid(Event):
        """A retrieval shows `complete`, and `paid` or `no_payment_required`, for the first time.

        `occurred_at` is the time of the Stripe event that reported the payment, if it came before; else that of the
        retrieval.
        """

        TOPIC: ClassVar[str] = "CheckoutSession.Paid"
        payment_status: str
        amount_total: int
        currency: str

    @dataclass(frozen=True, kw_only=True)
    class Contradicted(Event):
        """Stripe reported two things that exclude each other. The event informs staff and decides nothing."""

        TOPIC: ClassVar[str] = "CheckoutSession.Contradicted"
        class_version: ClassVar[int] = 2
        what: Reason

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_reason(state, "what")

    @dataclass(frozen=True, kw_only=True)
    class Parked(Event):
        """The session waits for a person."""

        TOPIC: ClassVar[str] = "CheckoutSession.Parked"
        class_version: ClassVar[int] = 2
        why: ParkReason
        detail: Reason

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_reason(state, "detail")

    @dataclass(frozen=True, kw_only=True)
    class RetryRequested(Event):
        """A person asked for a retry of everything that is stuck in this checkout."""

        TOPIC: ClassVar[str] = "CheckoutSession.RetryRequested"

    @dataclass(frozen=True, kw_only=True)
    class Noted(Event):
        """A person's remark."""

        TOPIC: ClassVar[str] = "CheckoutSession.Noted"
        text: Personal

    @dataclass(frozen=True, kw_only=True)
    class Readdressed(Event):
        """A person set an address for this checkout's mails, in the place of Stripe's."""

        TOPIC: ClassVar[str] = "CheckoutSession.Readdressed"
        to: Personal

    @dataclass(frozen=True, kw_only=True)
    class ResendRequested(Event):
        """A person asked to send a mail again that was sent."""

        TOPIC: ClassVar[str] = "CheckoutSession.ResendRequested"
        number: int
        """Counts these requests of this checkout, from 1."""
        step: str
        """That of the mail that was sent."""
        to: Personal | None
        """Another address for this one mail; None for that of the checkout's mails."""

    @dataclass(frozen=True, kw_only=True)
    class Dismissed(Event):
        """A person took this checkout's tasks out of the work queue, except undelivered lines."""

        TOPIC: ClassVar[str] = "CheckoutSession.Dismissed"

    @dataclass(frozen=True, kw_only=True)
    class Canceled(Event):
        """A person canceled the checkout before it was paid. If its payment still arrives, a person decides what
        follows."""

        TOPIC: ClassVar[str] = "CheckoutSession.Canceled"
        notifies: bool
        """Whether the customer gets a mail about it."""


CheckoutSessionFact = (
    CheckoutSessionEvents.Completed
    | CheckoutSessionEvents.AsyncPaymentSucceeded
    | CheckoutSessionEvents.AsyncPaymentFailed
    | CheckoutSessionEvents.Expired
    | CheckoutSessionEvents.Retrieved
    | CheckoutSessionEvents.Paid
    | CheckoutSessionEvents.Contradicted
    | CheckoutSessionEvents.Parked
    | CheckoutSessionEvents.RetryRequested
    | CheckoutSessionEvents.Noted
    | CheckoutSessionEvents.Readdressed
    | CheckoutSessionEvents.ResendRequested
    | CheckoutSessionEvents.Dismissed
    | CheckoutSessionEvents.Canceled
)
CheckoutSessionFacts = Sequence[CheckoutSessionFact]
