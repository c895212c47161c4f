"""A Stripe event: kept as it came, once, and what became of it if it led to nothing."""

from scenario import Given, given
from typed_ids import as_stream

from domain import reasons, refusals
from domain.event import Event
from domain.stripe_event import StripeEvent

RECEIVED = StripeEvent.Received(
    type="checkout.session.completed",
    livemode=False,
    api_version="2026-10-28.endive",
    account=None,
    object_id="cs_test_1",
    payment_status="paid",
    signature="t=1,v1=00",
    body="{}",
)
IGNORED = StripeEvent.Ignored(why=reasons.unhandled_type("charge.refunded"))
FAILED = StripeEvent.Failed(error=reasons.unexpected_error("ValueError", "intake.py", "17"))
RETRY = StripeEvent.RetryRequested()
DISMISSED = StripeEvent.Dismissed()
NO_FAILURE = refusals.no_task(as_stream("evt_1"))


def the_stripe_event(*facts: Event) -> Given[StripeEvent]:
    return given(StripeEvent(id=as_stream("evt_1")), *facts)


def test_what_leads_to_nothing_is_marked_as_ignored() -> None:
    the_stripe_event(RECEIVED).when(StripeEvent.ignore, IGNORED.why).then(IGNORED)


def test_what_is_ignored_is_not_ignored_again() -> None:
    the_stripe_event(RECEIVED, IGNORED).when(StripeEvent.ignore, IGNORED.why).then_nothing()


def test_what_can_not_be_handled_is_marked_as_failed() -> None:
    the_stripe_event(RECEIVED).when(StripeEvent.fail, FAILED.error).then(FAILED)


def test_the_same_failure_is_recorded_once() -> None:
    the_stripe_event(RECEIVED, FAILED).when(StripeEvent.fail, FAILED.error).then_nothing()


def test_another_failure_is_recorded() -> None:
    other = StripeEvent.Failed(error=reasons.unexpected_error("KeyError", "intake.py", "17"))

    the_stripe_event(RECEIVED, FAILED).when(StripeEvent.fail, other.error).then(other)


def test_what_failed_and_turns_out_to_lead_to_nothing_has_not_failed() -> None:
    after = the_stripe_event(RECEIVED, FAILED).when(StripeEvent.ignore, IGNORED.why).then(IGNORED)

    assert after.state.error is None


def test_a_person_asks_for_it_to_be_handled_again() -> None:
    after = the_stripe_event(RECEIVED, FAILED).when(StripeEvent.request_retry).then(RETRY)

    assert after.state.error is None


def test_a_retry_that_fails_as_before_is_recorded_as_failed_again() -> None:
    the_stripe_event(RECEIVED, FAILED, RETRY).when(StripeEvent.fail, FAILED.error).then(FAILED)


def test_a_retry_of_what_was_ignored_may_be_ignored_again() -> None:
    the_stripe_event(RECEIVED, IGNORED, RETRY).when(StripeEvent.ignore, IGNORED.why).then(IGNORED)


def test_a_failure_is_dismissed_once() -> None:
    after = the_stripe_event(RECEIVED, FAILED).when(StripeEvent.dismiss).then(DISMISSED)

    after.when(StripeEvent.dismiss).then_refused(NO_FAILURE)


def test_what_did_not_fail_can_not_be_dismissed() -> None:
    the_stripe_event(RECEIVED).when(StripeEvent.dismiss).then_refused(NO_FAILURE)
    the_stripe_event(RECEIVED, FAILED, RETRY).when(StripeEvent.dismiss).then_refused(NO_FAILURE)


def test_what_fails_again_after_it_was_dismissed_is_recorded() -> None:
    the_stripe_event(RECEIVED, FAILED, DISMISSED, RETRY).when(StripeEvent.fail, FAILED.error).then(FAILED)


def test_every_time_that_a_person_asks_is_recorded_with_their_name() -> None:
    the_stripe_event(RECEIVED, FAILED, RETRY).when(StripeEvent.request_retry).then(RETRY)
