"""Whenever a checkout is complete and unpaid, Stripe is asked again: at once after a hint, else on a schedule."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import a_checkout
from scenario import SAID_AT, SESSION, Facts, Whenever, effect, streams
from typed_ids import as_event, as_stream

from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.effect import MAIL, RETRIEVE, Effect
from domain.event import Event
from domain.park_reason import ParkReason
from domain.payment import Payment
from domain.policies.payments import PaymentPolicy
from domain.source import Source

POLICY = PaymentPolicy()
UNPAID = CheckoutSession.Retrieved(
    checkout=a_checkout(payment_status="unpaid"), source=Source.WEBHOOK, occurred_at=SAID_AT, recorded_at=SAID_AT
)
CANCELED = replace(UNPAID, checkout=a_checkout(payment_status="unpaid", intent_status="canceled"))
PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1000, currency="eur")
FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_failed"))
PARKED = CheckoutSession.Parked(
    why=ParkReason.UNKNOWN_PAYMENT_STATUS, detail=reasons.unknown_payment_status("half_paid")
)
REPORTED = Payment.Reported(stripe_event=as_event("evt_1"), type="payment_intent.succeeded")
BELONGS = Payment.BelongsTo(session_id=SESSION)
AT_ONCE: Facts = {
    effect("retrieve_evt_1"): [Effect.Requested(kind=RETRIEVE, step="retrieve_evt_1", session_id=SESSION)]
}


def scheduled(number: int, after: timedelta) -> dict[str, list[Event]]:
    step = f"retrieve_unpaid_{number}"
    return {effect(step): [Effect.Requested(kind=RETRIEVE, step=step, not_before=SAID_AT + after)]}


def whenever_asked(
    step: str, outcome: Event, at: datetime, *before: tuple[str, Event], kind: str = RETRIEVE
) -> Whenever:
    """An effect of the unpaid session ends so, at that moment by our clock."""
    asked = (effect(step), Effect.Requested(kind=kind, step=step))
    return streams((SESSION, UNPAID), asked, *before).when(
        POLICY, as_stream(effect(step)), replace(outcome, recorded_at=at)
    )


def test_a_hint_at_a_known_payment_asks_for_its_session_at_once() -> None:
    streams((SESSION, UNPAID), ("pi_1", BELONGS)).when(POLICY, as_stream("pi_1"), REPORTED).then(AT_ONCE)


def test_a_hint_that_came_before_the_payment_was_known_asks_as_soon_as_it_is() -> None:
    streams((SESSION, UNPAID), ("pi_1", REPORTED)).when(POLICY, as_stream("pi_1"), BELONGS).then(AT_ONCE)


def test_a_hint_that_is_decided_after_the_session_became_known_is_asked_about_once() -> None:
    log = (
        streams((SESSION, UNPAID))
        .when(POLICY, as_stream("pi_1"), REPORTED, meanwhile=[("pi_1", BELONGS)])
        .then(AT_ONCE)
    )

    assert log.decide(POLICY, log.log[2]) == []


def test_a_payment_that_nothing_was_reported_of_asks_nothing() -> None:
    streams((SESSION, UNPAID)).when(POLICY, as_stream("pi_1"), BELONGS).then_nothing()


def test_a_payment_of_another_application_asks_nothing() -> None:
    streams().when(POLICY, as_stream("pi_foreign"), REPORTED).then_nothing()


def test_a_hint_at_a_paid_checkout_asks_nothing() -> None:
    streams((SESSION, UNPAID), (SESSION, PAID), ("pi_1", BELONGS)).when(
        POLICY, as_stream("pi_1"), REPORTED
    ).then_nothing()


def test_each_further_hint_asks_again() -> None:
    later = replace(REPORTED, stripe_event=as_event("evt_2"), type="payment_intent.canceled")
    before = [(SESSION, UNPAID), ("pi_1", BELONGS), ("pi_1", REPORTED)]

    streams(*before).when(POLICY, as_stream("pi_1"), later).then(
        {effect("retrieve_evt_2"): [Effect.Requested(kind=RETRIEVE, step="retrieve_evt_2", session_id=SESSION)]}
    )


def test_an_unpaid_checkout_is_asked_about_after_an_hour() -> None:
    streams().when(POLICY, SESSION, UNPAID).then(scheduled(1, timedelta(hours=1)))


@pytest.mark.parametrize(
    ("asked_after", "number", "next_after"),
    [
        (timedelta(hours=1), 2, timedelta(hours=6)),
        (timedelta(hours=6), 3, timedelta(days=1)),
        (timedelta(days=1), 4, timedelta(days=2)),
        (timedelta(days=9, hours=5), 12, timedelta(days=10)),
        (timedelta(days=29), 32, timedelta(days=30)),
    ],
)
@pytest.mark.parametrize(
    "outcome", [Effect.Succeeded(number=1), Effect.GivenUp(error=reasons.port_failed("Stripe was away for hours"))]
)
def test_after_each_answer_and_after_none_the_next_time_is_set(
    outcome: Event, asked_after: timedelta, number: int, next_after: timedelta
) -> None:
    asked = whenever_asked("retrieve_unpaid_x", outcome, SAID_AT + asked_after + timedelta(seconds=1))

    asked.then(scheduled(number, next_after))


@pytest.mark.parametrize(
    "outcome", [Effect.Succeeded(number=1), Effect.GivenUp(error=reasons.port_failed("Stripe was away for hours"))]
)
def test_a_question_before_its_time_by_a_clock_that_was_ahead_does_not_end_the_schedule(outcome: Event) -> None:
    early = whenever_asked("retrieve_unpaid_1", outcome, SAID_AT + timedelta(minutes=2))

    early.then(scheduled(2, timedelta(hours=6)))


def test_an_answer_while_the_next_time_is_set_sets_no_other() -> None:
    waits = (effect("retrieve_unpaid_1"), Effect.Requested(kind=RETRIEVE, step="retrieve_unpaid_1"))

    whenever_asked("retrieve_evt_1", Effect.Succeeded(number=1), SAID_AT + timedelta(minutes=2), waits).then_nothing()


def test_a_completion_by_a_clock_that_was_weeks_ahead_is_asked_about_every_day() -> None:
    ahead = replace(UNPAID, occurred_at=SAID_AT + timedelta(days=40))
    asked = Effect.Requested(kind=RETRIEVE, step="retrieve_unpaid_1", not_before=SAID_AT + timedelta(days=40, hours=1))
    log = streams((SESSION, ahead), (effect("retrieve_unpaid_1"), asked))

    next_one = log.when(POLICY, as_stream(effect("retrieve_unpaid_1")), Effect.Succeeded(number=1, recorded_at=SAID_AT))

    next_one.then(scheduled(2, timedelta(days=1)))


def test_after_thirty_days_nothing_is_asked_any_more() -> None:
    whenever_asked("retrieve_unpaid_32", Effect.Succeeded(number=1), SAID_AT + timedelta(days=30)).then_nothing()


@pytest.mark.parametrize("later", [PAID, FAILED, PARKED, CANCELED])
def test_once_no_payment_is_awaited_no_further_time_is_set(later: Event) -> None:
    at = SAID_AT + timedelta(hours=1)

    whenever_asked("retrieve_unpaid_1", Effect.Succeeded(number=1), at, (SESSION, later)).then_nothing()


def test_what_is_no_retrieval_sets_no_time() -> None:
    whenever_asked("mail_payment_pending", Effect.Succeeded(number=1), SAID_AT, kind=MAIL).then_nothing()


def test_the_schedule_counts_from_when_the_customer_finished() -> None:
    completed = CheckoutSession.Completed(
        stripe_event=as_event("evt_c"), payment_status="unpaid", occurred_at=SAID_AT - timedelta(minutes=30)
    )

    streams((SESSION, completed)).when(POLICY, SESSION, UNPAID).then(scheduled(1, timedelta(minutes=30)))


def test_a_scheduled_retrieval_that_was_withdrawn_is_asked_for_again() -> None:
    first = Effect.Requested(kind=RETRIEVE, step="retrieve_unpaid_1", not_before=SAID_AT + timedelta(hours=1))
    withdrawn = Effect.Withdrawn(why=reasons.payment_not_awaited())
    step = effect("retrieve_unpaid_1")

    streams((step, first), (step, withdrawn)).when(POLICY, SESSION, UNPAID).then(scheduled(1, timedelta(hours=1)))
