"""A payment (`pi_...`): its session, and the Stripe events about it.

An event about a payment does not name the session, and may arrive before the first answer that does. Both are recorded
in this one stream, so the second one finds the first, without a lookup table that could lag.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self, assert_never

from domain.event import Aggregate, Event, replace
from domain.identifiers import SessionId, StripeEventId


@dataclass(frozen=True, kw_only=True)
class Payment(Aggregate["PaymentFact"]):
    @dataclass(frozen=True, kw_only=True)
    class Reported(Event):
        """A Stripe event about the payment: a hint to ask Stripe about its session."""

        TOPIC: ClassVar[str] = "Payment.Reported"
        stripe_event: StripeEventId
        type: str

    @dataclass(frozen=True, kw_only=True)
    class BelongsTo(Event):
        """An answer of Stripe's API names this payment as that of a session, which is the event's `session_id`."""

        TOPIC: ClassVar[str] = "Payment.BelongsTo"

    session: SessionId | None = None
    """The session, once an answer has named it. Until then the payment may belong to another application."""
    reports: tuple[str, ...] = ()
    """The Stripe events about it, in the order in which they were handled."""

    def report(self, *, stripe_event: StripeEventId, type: str, at: datetime) -> Sequence["PaymentFact"]:
        if stripe_event in self.reports:
            return []
        return [self.Reported(stripe_event=stripe_event, type=type, occurred_at=at, session_id=self.session)]

    def belong_to(self, session: SessionId) -> Sequence["PaymentFact"]:
        return [] if self.session == session else [self.BelongsTo(session_id=session)]

    def apply(self, event: "PaymentFact") -> Self:
        match event:
            case Payment.Reported():
                return replace(self, reports=(*self.reports, event.stripe_event))
            case Payment.BelongsTo():
                return replace(self, session=event.session)
            case _:
                assert_never(event)


PaymentFact = Payment.Reported | Payment.BelongsTo
