"""Whenever a checkout is complete and not paid, Stripe is asked again: at once after a hint, else on a schedule.

No event of the session need report a later payment: none reports a captured authorization, and events get lost.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.checkout_session import CheckoutSession
from domain.effect import RETRIEVE, Effect
from domain.event import Event
from domain.identifiers import SessionId
from domain.payment import Payment
from domain.policy import NOTHING_FURTHER, Begin
from domain.retrievals import SCHEDULE, after_report, on_schedule
from domain.step import RetrieveStep, effect_id
from domain.streams import Streams

_LONGEST_PAUSE = timedelta(days=1)
"""The longest pause between two of these times. A longer wait comes from a clock that was ahead."""


class PaymentPolicy:
    name = "payments"
    begins = Begin.AT_THE_BEGINNING
    reads = frozenset(
        {CheckoutSession.Retrieved, Effect.GivenUp, Effect.Succeeded, Payment.BelongsTo, Payment.Reported}
    )
    further = NOTHING_FURTHER

    def likely(self, event: Event) -> Iterable[str]:
        return (event.originator_id,)

    def decide(self, event: Event, do: Streams) -> None:
        match event:
            case Payment.BelongsTo() | Payment.Reported():
                _ask_at_once(do.load(Payment, event.originator_id), do)
            case CheckoutSession.Retrieved():
                _ask_later(event.session, event.recorded_at, do)
            case Effect.Succeeded() | Effect.GivenUp():
                requested = do.load(Effect, event.originator_id).requested
                if requested is not None and requested.kind == RETRIEVE:
                    _ask_later(event.session, event.recorded_at, do)
            case _:
                pass


def _ask_at_once(payment: Payment, do: Streams) -> None:
    """Ask Stripe once for the latest report: an answer after it covers the earlier ones."""
    if payment.session is None or not payment.reports:
        return
    if do.load(CheckoutSession, payment.session).may_have_news:
        _ask(payment.session, after_report(payment.reports[-1]), do)


def _ask_later(session_id: SessionId, now: datetime, do: Streams) -> None:
    session = do.load(CheckoutSession, session_id)
    if not session.is_awaiting_payment or session.completed_at is None:
        return
    for number, after in enumerate(SCHEDULE, 1):
        at, step = session.completed_at + after, on_schedule(number)
        # A host whose clock ran ahead may have asked before it was time, so the time alone is not enough.
        if at > now and not _has_been_asked(session_id, step, do):
            _ask(session_id, step, do, not_before=min(at, now + _LONGEST_PAUSE))
            return


def _has_been_asked(session_id: SessionId, step: RetrieveStep, do: Streams) -> bool:
    effect = do.load(Effect, effect_id(session_id, step))
    return effect.is_done or effect.given_up is not None


def _ask(session_id: SessionId, step: RetrieveStep, do: Streams, *, not_before: datetime | None = None) -> None:
    do.command(Effect, effect_id(session_id, step), Effect.request, RETRIEVE, step, not_before=not_before)
