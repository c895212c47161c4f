"""The retrievals of a session: the occasion of each, those that are in hand, and what an answer leads to."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import A
from domain.identifiers import SessionId, StreamId, payment_id
from domain.payment import Payment
from domain.session_event_type import SessionEventType
from domain.source import Source
from domain.step import RetrieveStep, effect_id
from domain.streams import Streams

SCHEDULE = (timedelta(hours=1), timedelta(hours=6), *(timedelta(days=day) for day in range(1, 31)))
"""The times after the completion at which Stripe is asked about an unpaid checkout again."""


def after_event(type: SessionEventType, stripe_event: str | None = None) -> RetrieveStep:
    """The retrieval after the first Stripe event of a type, or after this further one."""
    occasion = type.rpartition(".")[2]
    return RetrieveStep(occasion if stripe_event is None else f"{occasion}_{stripe_event}")


def after_retry(version: int) -> RetrieveStep:
    """The retrieval after a person's request, which has this version in the stream of the session."""
    return RetrieveStep(f"retry_{version}")


def after_report(stripe_event: str) -> RetrieveStep:
    """The retrieval after a Stripe event about the payment."""
    return RetrieveStep(stripe_event)


def on_schedule(number: int) -> RetrieveStep:
    """`number` is the place in `SCHEDULE`, from 1."""
    return RetrieveStep(f"unpaid_{number}")


class Load(Protocol):
    """Returns the aggregate of a stream."""

    def __call__(self, kind: type[A], id: StreamId, /) -> A: ...


def retrievals_in_hand(session: CheckoutSession, load: Load) -> Sequence[Effect]:
    """Return the retrievals that are to be done now or are tried again later: not those that have succeeded or were
    given up, nor one that only waits for its time on the schedule."""
    payment = payment_id(session.checkout.payment_intent) if session.checkout else None
    reports = load(Payment, payment).reports if payment else ()
    effects = (load(Effect, effect_id(session.id, step)) for step in _may_be_open(session, reports))
    return [each for each in effects if each.is_open and (each.attempt > 0 or not each.is_scheduled)]


def _may_be_open(session: CheckoutSession, reports: Iterable[str]) -> Iterator[RetrieveStep]:
    """Return the steps of the retrievals that may have been requested, each once."""
    yield from (after_event(type) for type in SessionEventType if type.leads_to_retrieval)
    if session.completed:
        yield after_event(SessionEventType.COMPLETED, session.completed.stripe_event)
    yield from map(after_retry, session.retries)
    yield from map(after_report, reports)
    yield from map(on_schedule, range(1, len(SCHEDULE) + 1))


def learn_answer(
    session_id: SessionId, checkout: Checkout, do: Streams, *, source: Source, at: datetime, is_ours: bool
) -> CheckoutSession:
    """Record an answer of Stripe's in the stream of the session, and the session in the stream of its payment."""
    session = do.command(
        CheckoutSession, session_id, CheckoutSession.learn, checkout, source=source, at=at, is_ours=is_ours
    )
    payment = payment_id(session.checkout.payment_intent) if session.checkout else None
    if payment is not None:
        do.command(Payment, payment, Payment.belong_to, session_id)
    return session
