"""Whenever a Stripe event arrives, the session records what it reports and Stripe is asked for the rest."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFacts
from domain.effect import RETRIEVE, Effect
from domain.event import Event
from domain.identifiers import SessionId, is_livemode, payment_id
from domain.park_reason import ParkReason
from domain.payment import Payment
from domain.policy import NOTHING_FURTHER, Begin
from domain.retrievals import after_event, after_retry, retrievals_in_hand
from domain.session_event_type import SessionEventType
from domain.source import Source
from domain.step import effect_id
from domain.streams import Streams
from domain.stripe_event import StripeEvent

OF_PAYMENTS: Sequence[str] = (
    "payment_intent.succeeded",
    "payment_intent.canceled",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "charge.captured",
)
HANDLED: Sequence[str] = (*(type.value for type in SessionEventType), *OF_PAYMENTS)
"""The events that a webhook endpoint must send. As thin events they have the prefix `v1.`."""

_MAY_BE_KNOWN_BY_NOW = frozenset({ParkReason.UNKNOWN_TO_STRIPE, ParkReason.CONNECTED_ACCOUNT})
"""A session that is parked for one of these is asked about again when a further event of our own account names it."""


class StripeEventPolicy:
    name = "intake"
    """Logs have its position and its parked events under this name. Under another one it would decide over all of
    history again, at the latest when a process of an earlier version leads in between."""
    begins = Begin.AT_THE_BEGINNING
    reads = frozenset(
        {
            CheckoutSession.RetryRequested,
            StripeEvent.Received,
            StripeEvent.RetryRequested,
        }
    )
    further = NOTHING_FURTHER

    def __init__(self, *, livemode: bool) -> None:
        """`livemode` is the mode of our own API key: sessions of the other one can't be fulfilled with it."""
        self._livemode = livemode

    def likely(self, event: Event) -> Iterable[str]:
        if not isinstance(event, StripeEvent.Received):
            return ()
        if event.session_id is not None:
            type = _session_event_type(event)
            return (event.session_id, *([effect_id(event.session_id, after_event(type))] if type else []))
        return (event.payment_intent,) if event.payment_intent else ()

    def decide(self, event: Event, do: Streams) -> None:
        match event:
            case StripeEvent.Received():
                self._take_in(event, do)
            case StripeEvent.RetryRequested():
                received = do.load(StripeEvent, event.originator_id).received
                if received is not None:
                    self._take_in(received, do)
            case CheckoutSession.RetryRequested():
                self._ask_again(event, do)
            case _:
                pass

    def _take_in(self, event: StripeEvent.Received, do: Streams) -> None:
        name = _name(event)
        if name in OF_PAYMENTS:
            _take_in_of_payment(name, event, do)
            return
        type = _session_event_type(event)
        if type is None:
            do.command(StripeEvent, event.originator_id, StripeEvent.ignore, reasons.unhandled_type(event.type))
            return
        session = event.session_id
        if session is None:
            do.command(StripeEvent, event.originator_id, StripeEvent.fail, reasons.not_a_session())
            return
        before = do.load(CheckoutSession, session)
        after = do.command(CheckoutSession, session, _record, type, event)
        if self._park_foreign(session, event, do) or not type.leads_to_retrieval:
            return
        step, is_news = after_event(type), after.version != before.version
        if not is_news and before.park_reason not in _MAY_BE_KNOWN_BY_NOW:
            return
        if not is_news or (type is SessionEventType.COMPLETED and before.completed):
            step = after_event(type, event.originator_id)  # the first answer predates this event
        do.command(Effect, effect_id(session, step), Effect.request, RETRIEVE, step)

    def _park_foreign(self, session: SessionId, event: StripeEvent.Received, do: Streams) -> bool:
        """Park a session that our key can't retrieve and must not fulfill."""
        if event.connected_account is not None:
            why, detail = ParkReason.CONNECTED_ACCOUNT, reasons.connected_account()
        elif event.livemode != self._livemode or is_livemode(session) != self._livemode:
            detail = reasons.other_mode_than_key("test" if self._livemode else "live")
            why = ParkReason.WRONG_MODE
        else:
            return False
        do.command(CheckoutSession, session, CheckoutSession.park, why, detail)
        return True

    def _ask_again(self, event: CheckoutSession.RetryRequested, do: Streams) -> None:
        session = do.load(CheckoutSession, event.session)
        if session.is_foreign(livemode=self._livemode) or not session.may_have_news:
            return
        if asked := retrievals_in_hand(session, do.load):
            for retrieval in asked:
                do.command(Effect, retrieval.id, Effect.request_retry)
            return
        step = after_retry(event.originator_version)
        do.command(Effect, effect_id(session.id, step), Effect.request, RETRIEVE, step, source=Source.STAFF)


def _name(event: StripeEvent.Received) -> str:
    """Return the type of the Stripe event, without the prefix of thin events."""
    return event.type.removeprefix("v1.")


def _session_event_type(event: StripeEvent.Received) -> SessionEventType | None:
    """None for an event about anything else, and for one that is not handled."""
    name = _name(event)
    return SessionEventType(name) if name in {*SessionEventType} else None


def _take_in_of_payment(kind: str, event: StripeEvent.Received, do: Streams) -> None:
    """Record a Stripe event about a payment in the stream of the payment, whether or not it is one of ours. It is only
    a hint."""
    payment = payment_id(event.payment_intent)
    if payment is None:
        do.command(StripeEvent, event.originator_id, StripeEvent.ignore, reasons.no_payment_named(event.type))
        return
    at = event.occurred_at
    do.command(Payment, payment, Payment.report, stripe_event=event.report, type=kind, at=at)


def _record(session: CheckoutSession, type: SessionEventType, event: StripeEvent.Received) -> CheckoutSessionFacts:
    """Return the facts that the session records for a Stripe event of this type."""
    id, at = event.id, event.occurred_at
    match type:
        case SessionEventType.COMPLETED:
            return session.complete(stripe_event=id, payment_status=event.payment_status, at=at)
        case SessionEventType.SUCCEEDED:
            return session.succeed(stripe_event=id, at=at)
        case SessionEventType.FAILED:
            return session.fail(stripe_event=id, at=at)
        case SessionEventType.EXPIRED:
            return session.expire(stripe_event=id, at=at)
        case _:
            assert_never(type)
