"""What Stripe's events say of a session is recorded once, never refused; contradictions are shown to staff."""

import pytest
from builders import CUSTOMER, a_checkout
from scenario import NOW, SAID_AT, SESSION, Decision, Given, given
from typed_ids import as_event

from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.identifiers import StripeEventId
from domain.personal import Personal
from domain.reason import Reason
from domain.source import Source

COMPLETED = CheckoutSession.Completed(
    stripe_event=as_event("evt_completed"), payment_status="unpaid", occurred_at=SAID_AT
)
SUCCEEDED = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_succeeded"), occurred_at=SAID_AT)
FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_failed"), occurred_at=SAID_AT)
EXPIRED = CheckoutSession.Expired(stripe_event=as_event("evt_expired"), occurred_at=SAID_AT)
PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1000, currency="eur", occurred_at=SAID_AT)

COMPLETED_AFTER_EXPIRED = reasons.completed_after_expiry()
SUCCEEDED_AFTER_FAILED = reasons.succeeded_after_failure()
FAILED_AFTER_SUCCEEDED = reasons.failed_after_success()
EXPIRED_AFTER_COMPLETED = reasons.expired_after_completion()


def the_session(*facts: Event) -> Given[CheckoutSession]:
    return given(CheckoutSession(id=SESSION), *facts)


def contradicted(what: Reason) -> CheckoutSession.Contradicted:
    return CheckoutSession.Contradicted(what=what, occurred_at=SAID_AT)


def complete(
    before: Given[CheckoutSession], stripe_event: StripeEventId = as_event("evt_completed")
) -> Decision[CheckoutSession]:
    return before.when(CheckoutSession.complete, stripe_event=stripe_event, payment_status="unpaid", at=SAID_AT)


def succeed(
    before: Given[CheckoutSession], stripe_event: StripeEventId = as_event("evt_succeeded")
) -> Decision[CheckoutSession]:
    return before.when(CheckoutSession.succeed, stripe_event=stripe_event, at=SAID_AT)


def fail(
    before: Given[CheckoutSession], stripe_event: StripeEventId = as_event("evt_failed")
) -> Decision[CheckoutSession]:
    return before.when(CheckoutSession.fail, stripe_event=stripe_event, at=SAID_AT)


def expire(
    before: Given[CheckoutSession], stripe_event: StripeEventId = as_event("evt_expired")
) -> Decision[CheckoutSession]:
    return before.when(CheckoutSession.expire, stripe_event=stripe_event, at=SAID_AT)


def test_a_completion_is_recorded_with_stripes_time() -> None:
    complete(the_session()).then(COMPLETED)


def test_a_success_is_recorded_with_stripes_time() -> None:
    succeed(the_session(COMPLETED)).then(SUCCEEDED)


def test_a_failure_is_recorded_with_stripes_time() -> None:
    fail(the_session(COMPLETED)).then(FAILED)


def test_an_expiry_is_recorded_with_stripes_time() -> None:
    expire(the_session()).then(EXPIRED)


def test_a_thin_event_says_nothing_of_the_payment_status() -> None:
    decision = the_session().when(
        CheckoutSession.complete, stripe_event=as_event("evt_1"), payment_status=None, at=SAID_AT
    )

    decision.then(CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status=None, occurred_at=SAID_AT))


def test_what_stripe_says_again_in_a_second_stripe_event_records_nothing() -> None:
    before = the_session(COMPLETED, SUCCEEDED, FAILED, EXPIRED)

    complete(before, as_event("evt_2")).then_nothing()
    succeed(before, as_event("evt_2")).then_nothing()
    fail(before, as_event("evt_2")).then_nothing()
    expire(before, as_event("evt_2")).then_nothing()


def test_a_completion_that_arrives_after_the_success_contradicts_nothing() -> None:
    complete(the_session(SUCCEEDED, PAID)).then(COMPLETED)


def test_a_success_that_arrives_before_the_completion_contradicts_nothing() -> None:
    succeed(the_session()).then(SUCCEEDED)


def test_a_failure_that_arrives_before_the_completion_contradicts_nothing() -> None:
    complete(fail(the_session()).then(FAILED)).then(COMPLETED)


def test_a_success_after_a_failure_is_a_contradiction() -> None:
    succeed(the_session(COMPLETED, FAILED)).then(SUCCEEDED, contradicted(SUCCEEDED_AFTER_FAILED))


@pytest.mark.parametrize("success", [SUCCEEDED, PAID])
def test_a_failure_after_a_success_is_a_contradiction(success: Event) -> None:
    fail(the_session(COMPLETED, success)).then(FAILED, contradicted(FAILED_AFTER_SUCCEEDED))


def test_a_completion_after_an_expiry_is_a_contradiction() -> None:
    complete(the_session(EXPIRED)).then(COMPLETED, contradicted(COMPLETED_AFTER_EXPIRED))


def test_what_implies_a_completion_contradicts_an_expiry_too() -> None:
    fail(the_session(EXPIRED)).then(FAILED, contradicted(COMPLETED_AFTER_EXPIRED))
    succeeded = succeed(the_session(EXPIRED)).then(SUCCEEDED, contradicted(COMPLETED_AFTER_EXPIRED))

    complete(succeeded).then(COMPLETED)


@pytest.mark.parametrize("earlier", [COMPLETED, PAID, SUCCEEDED, FAILED])
def test_an_expiry_after_a_completion_is_a_contradiction(earlier: Event) -> None:
    expire(the_session(earlier)).then(EXPIRED, contradicted(EXPIRED_AFTER_COMPLETED))


def test_a_contradiction_is_shown_once() -> None:
    before = the_session(COMPLETED, FAILED, SUCCEEDED, contradicted(SUCCEEDED_AFTER_FAILED))

    succeed(before).then_nothing()
    fail(before).then_nothing()


def test_a_retry_is_recorded_every_time_that_a_person_asks() -> None:
    after = the_session(COMPLETED).when(CheckoutSession.request_retry).then(CheckoutSession.RetryRequested())

    after.when(CheckoutSession.request_retry).then(CheckoutSession.RetryRequested())


def test_a_note_is_kept_as_personal_data_every_time() -> None:
    noted = CheckoutSession.Noted(text=Personal("Call before 5"))

    after = the_session(COMPLETED).when(CheckoutSession.note, "Call before 5").then(noted)

    after.when(CheckoutSession.note, "Call before 5").then(noted)


def test_mails_go_to_the_address_that_staff_gave_whatever_stripe_says_later() -> None:
    other = Personal("other@example.com")
    assert the_session(COMPLETED).state.mail_address is None

    after = (
        the_session(COMPLETED).when(CheckoutSession.readdress, other.text).then(CheckoutSession.Readdressed(to=other))
    )

    assert after.state.mail_address == other
    answered = CheckoutSession.Retrieved(checkout=a_checkout(), source=Source.WEBHOOK)
    assert given(after.state, answered).state.mail_address == other
    assert the_session(answered).state.mail_address == CUSTOMER.email


def test_a_session_is_known_once_something_was_recorded_of_it() -> None:
    assert not the_session().state.is_known
    assert the_session(EXPIRED).state.is_known


def test_nothing_that_stripes_events_say_makes_a_session_paid() -> None:
    completed = CheckoutSession.Completed(
        stripe_event=as_event("evt_completed"), payment_status="paid", occurred_at=NOW
    )

    assert not the_session(completed, SUCCEEDED).state.is_paid
