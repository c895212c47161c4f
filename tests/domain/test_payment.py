"""The stream of a payment: which session it is for, and what Stripe reported of it, in whichever order they come."""

from dataclasses import replace

from scenario import SAID_AT, SESSION, given
from typed_ids import as_event, as_stream

from domain.payment import Payment

PAYMENT = Payment(id=as_stream("pi_1"))
REPORTED = Payment.Reported(stripe_event=as_event("evt_1"), type="payment_intent.succeeded", occurred_at=SAID_AT)
BELONGS = Payment.BelongsTo(session_id=SESSION)


def test_a_report_before_the_session_is_known_is_kept_for_it() -> None:
    before = (
        given(PAYMENT)
        .when(Payment.report, stripe_event=as_event("evt_1"), type="payment_intent.succeeded", at=SAID_AT)
        .then(REPORTED)
    )

    after = before.when(Payment.belong_to, SESSION).then(BELONGS)

    assert (after.state.session, after.state.reports) == (SESSION, ("evt_1",))


def test_a_report_on_a_known_payment_belongs_to_its_session() -> None:
    known = given(PAYMENT, BELONGS)

    known.when(Payment.report, stripe_event=as_event("evt_1"), type="payment_intent.succeeded", at=SAID_AT).then(
        replace(REPORTED, session_id=SESSION)
    )


def test_a_stripe_event_is_reported_once() -> None:
    known = given(PAYMENT, REPORTED)

    known.when(
        Payment.report, stripe_event=as_event("evt_1"), type="payment_intent.succeeded", at=SAID_AT
    ).then_nothing()


def test_a_payment_is_named_as_that_of_its_session_once() -> None:
    given(PAYMENT, BELONGS).when(Payment.belong_to, SESSION).then_nothing()
