"""A Stripe event as it arrived: the proof of what Stripe sent, and its outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self, assert_never

from domain import refusals
from domain.errors import Refused
from domain.event import Aggregate, Event, replace
from domain.former_sentences import store_reason
from domain.identifiers import StripeEventId, stored_stripe_event_id
from domain.reason import Reason


@dataclass(frozen=True, kw_only=True)
class StripeEvent(Aggregate["StripeEventFact"]):
    @dataclass(frozen=True, kw_only=True)
    class Received(Event):
        """A verified webhook delivery. `body` is what Stripe signed, to the byte; the rest are hints from it."""

        TOPIC: ClassVar[str] = "StripeEvent.Received"
        type: str
        livemode: bool
        api_version: str | None
        account: str | None
        object_id: str | None
        payment_status: str | None
        signature: str
        body: str
        payment_intent: str | None = None
        """The payment intent that the object is or names."""
        snapshot_event: StripeEventId | None = None
        """Of a thin event: the snapshot event of the same moment, which another endpoint may get."""

        @property
        def id(self) -> StripeEventId:
            return stored_stripe_event_id(self.originator_id)

        @property
        def is_thin(self) -> bool:
            return self.type.startswith(("v1.", "v2."))

        @property
        def connected_account(self) -> str | None:
            """The `account` of a snapshot event. That of a thin one is its context, which may be our own account."""
            return None if self.is_thin else self.account

        @property
        def report(self) -> StripeEventId:
            """The same for a thin event and for the snapshot event of the same moment."""
            return self.snapshot_event or self.id

    @dataclass(frozen=True, kw_only=True)
    class Ignored(Event):
        """The event needs no action."""

        TOPIC: ClassVar[str] = "StripeEvent.Ignored"
        class_version: ClassVar[int] = 2
        why: Reason

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_reason(state, "why")

    @dataclass(frozen=True, kw_only=True)
    class Failed(Event):
        """It could not be handled. It waits for a person, and for `fulfill retry`."""

        TOPIC: ClassVar[str] = "StripeEvent.Failed"
        class_version: ClassVar[int] = 2
        error: Reason

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            store_reason(state, "error")

    @dataclass(frozen=True, kw_only=True)
    class RetryRequested(Event):
        """A person asked for it to be handled again."""

        TOPIC: ClassVar[str] = "StripeEvent.RetryRequested"

    @dataclass(frozen=True, kw_only=True)
    class Dismissed(Event):
        """A person took its failure out of the work queue."""

        TOPIC: ClassVar[str] = "StripeEvent.Dismissed"

    received: "StripeEvent.Received | None" = None
    error: Reason | None = None
    is_ignored: bool = False
    dismissed_at: datetime | None = None

    def ignore(self, why: Reason) -> Sequence["StripeEventFact"]:
        return [] if self.is_ignored else [self.Ignored(why=why)]

    def fail(self, error: Reason) -> Sequence["StripeEventFact"]:
        return [] if self.error == error else [self.Failed(error=error)]

    def request_retry(self) -> Sequence["StripeEventFact"]:
        return [self.RetryRequested()]

    def dismiss(self) -> Sequence["StripeEventFact"]:
        """Record that a person took its failure out of the work queue. A later failure is shown again.

        Raises:
            Refused: it has not failed, or its failure was dismissed before.
        """
        if self.error is None:
            raise Refused(refusals.no_task(self.id))
        return [self.Dismissed()]

    def apply(self, event: "StripeEventFact") -> Self:
        match event:
            case StripeEvent.Received():
                return replace(self, received=event)
            case StripeEvent.Failed():
                return replace(self, error=event.error)
            case StripeEvent.Ignored():
                return replace(self, error=None, is_ignored=True)
            case StripeEvent.RetryRequested():
                return replace(self, error=None, is_ignored=False)
            case StripeEvent.Dismissed():
                return replace(self, error=None, dismissed_at=event.recorded_at)
            case _:
                assert_never(event)


StripeEventFact = (
    StripeEvent.Received | StripeEvent.Ignored | StripeEvent.Failed | StripeEvent.RetryRequested | StripeEvent.Dismissed
)
