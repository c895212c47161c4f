"""What Stripe's API answers decides whether a session is paid, once; what can't be understood waits for a person."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import a_checkout
from scenario import SAID_AT, SESSION, Decision, Given, given
from typed_ids import as_event, as_session

from domain import reasons
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.park_reason import ParkReason
from domain.personal import Personal
from domain.reason import Reason
from domain.source import Source

PAID_ANSWER = a_checkout()
UNPAID_ANSWER = a_checkout(payment_status="unpaid")
OPEN_ANSWER = a_checkout(status="open", payment_status="unpaid")
STRANGE_ANSWER = a_checkout(payment_status="half_paid")

COMPLETED = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="unpaid", occurred_at=SAID_AT)
COMPLETED_PAID = replace(COMPLETED, payment_status="paid")
SUCCEEDED = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_2"), occurred_at=SAID_AT)
FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_3"), occurred_at=SAID_AT)
EXPIRED = CheckoutSession.Expired(stripe_event=as_event("evt_4"), occurred_at=SAID_AT)
PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1000, currency="eur", occurred_at=SAID_AT)
STRANGE = CheckoutSession.Parked(
    why=ParkReason.UNKNOWN_PAYMENT_STATUS,
    detail=reasons.unknown_payment_status("half_paid"),
    occurred_at=SAID_AT,
)
UNKNOWN = CheckoutSession.Parked(why=ParkReason.UNKNOWN_TO_STRIPE, detail=reasons.unknown_to_stripe())
WRONG_MODE = CheckoutSession.Parked(why=ParkReason.WRONG_MODE, detail=reasons.other_mode_than_id("live"))


NEXT_DAY = SAID_AT + timedelta(days=1)
LATER = SAID_AT + timedelta(days=2)


def the_session(*facts: Event) -> Given[CheckoutSession]:
    return given(CheckoutSession(id=SESSION), *facts)


def retrieved(checkout: Checkout) -> CheckoutSession.Retrieved:
    return CheckoutSession.Retrieved(checkout=checkout, source=Source.WEBHOOK, occurred_at=SAID_AT)


def contradicted(what: Reason) -> CheckoutSession.Contradicted:
    return CheckoutSession.Contradicted(what=what, occurred_at=SAID_AT)


def learn(before: Given[CheckoutSession], checkout: Checkout) -> Decision[CheckoutSession]:
    return before.when(CheckoutSession.learn, checkout, source=Source.WEBHOOK, at=SAID_AT)


def test_a_session_that_stripe_shows_as_complete_and_paid_is_paid() -> None:
    after = learn(the_session(COMPLETED), PAID_ANSWER).then(retrieved(PAID_ANSWER), PAID)

    assert after.state.is_paid


@pytest.mark.parametrize(
    ("heard", "paid_at"),
    [
        pytest.param([COMPLETED_PAID], SAID_AT, id="completed and paid"),
        pytest.param([COMPLETED, replace(SUCCEEDED, occurred_at=NEXT_DAY)], NEXT_DAY, id="the payment succeeded"),
        pytest.param([replace(SUCCEEDED, occurred_at=NEXT_DAY), COMPLETED_PAID], NEXT_DAY, id="both report it"),
        pytest.param([COMPLETED], LATER, id="unknown before Stripe was asked"),
        pytest.param([FAILED], LATER, id="Stripe's event reported a failure"),
        pytest.param([], LATER, id="no event"),
    ],
)
def test_a_session_is_paid_at_the_time_of_stripes_event_or_else_of_the_retrieval(
    heard: list[Event], paid_at: datetime
) -> None:
    learnt = the_session(*heard).state.learn(PAID_ANSWER, source=Source.WEBHOOK, at=LATER)

    assert [fact.occurred_at for fact in learnt if isinstance(fact, CheckoutSession.Paid)] == [paid_at]
    assert [fact.occurred_at for fact in learnt if isinstance(fact, CheckoutSession.Retrieved)] == [LATER]


def test_a_session_that_needs_no_payment_is_paid() -> None:
    free = a_checkout(payment_status="no_payment_required", amount_total=0)

    learn(the_session(), free).then(
        retrieved(free), replace(PAID, payment_status="no_payment_required", amount_total=0)
    )


@pytest.mark.parametrize("mode", ["payment", "subscription", "setup", "a_mode_of_the_future"])
def test_whatever_its_mode_a_paid_session_is_paid(mode: str) -> None:
    answer = a_checkout(mode=mode)

    learn(the_session(), answer).then(retrieved(answer), PAID)


def test_a_setup_session_needs_no_payment_and_is_not_done_while_it_is_open() -> None:
    open_setup = a_checkout(mode="setup", status="open", payment_status="no_payment_required", line_items=[])

    after = learn(the_session(), open_setup).then(retrieved(open_setup))

    assert not after.state.is_paid


def test_an_unpaid_session_awaits_its_payment() -> None:
    after = learn(the_session(COMPLETED), UNPAID_ANSWER).then(retrieved(UNPAID_ANSWER))

    assert after.state.is_awaiting_payment


@pytest.mark.parametrize("later", [SUCCEEDED, FAILED, PAID, UNKNOWN])
def test_a_payment_that_is_decided_or_parked_is_not_awaited(later: Event) -> None:
    assert not the_session(COMPLETED, retrieved(UNPAID_ANSWER), later).state.is_awaiting_payment


def test_an_open_session_awaits_nothing() -> None:
    assert not learn(the_session(), OPEN_ANSWER).then(retrieved(OPEN_ANSWER)).state.is_awaiting_payment


@pytest.mark.parametrize("answer", [UNPAID_ANSWER, OPEN_ANSWER, STRANGE_ANSWER, PAID_ANSWER])
def test_the_same_answer_again_records_nothing(answer: Checkout) -> None:
    after = the_session(COMPLETED, *learn(the_session(COMPLETED), answer).decide())

    learn(after, answer).then_nothing()


def test_a_session_is_paid_once_although_stripe_knows_more_of_it_later() -> None:
    more = replace(PAID_ANSWER, client_reference_id=Personal("ORDER-17"))

    learn(the_session(retrieved(PAID_ANSWER), PAID), more).then(retrieved(more))


@pytest.mark.parametrize("old", [UNPAID_ANSWER, OPEN_ANSWER, STRANGE_ANSWER, a_checkout(status="expired")])
def test_an_old_answer_does_not_take_a_payment_back(old: Checkout) -> None:
    learn(the_session(retrieved(PAID_ANSWER), PAID), old).then_nothing()


def test_an_answer_from_before_the_completion_does_not_take_it_back() -> None:
    after = the_session(retrieved(UNPAID_ANSWER))

    learn(after, OPEN_ANSWER).then_nothing()


@pytest.mark.parametrize("status", ["open", "expired"])
def test_an_answer_on_a_session_that_is_not_complete_follows_another(status: str) -> None:
    later = replace(OPEN_ANSWER, status=status, client_reference_id=Personal("ORDER-17"))

    learn(the_session(retrieved(OPEN_ANSWER)), later).then(retrieved(later))


def test_what_is_paid_after_it_expired_is_paid_and_shown_as_a_contradiction() -> None:
    what = contradicted(reasons.paid_after_expiry())

    learn(the_session(EXPIRED), PAID_ANSWER).then(retrieved(PAID_ANSWER), PAID, what)


def test_what_is_paid_after_it_failed_is_paid_and_shown_as_a_contradiction() -> None:
    what = contradicted(reasons.paid_after_failure())

    learn(the_session(COMPLETED, FAILED), PAID_ANSWER).then(retrieved(PAID_ANSWER), PAID, what)


def test_a_contradiction_that_is_shown_already_is_not_shown_in_other_words() -> None:
    reported = contradicted(reasons.succeeded_after_failure())

    learn(the_session(FAILED, SUCCEEDED, reported), PAID_ANSWER).then(retrieved(PAID_ANSWER), PAID)


def test_an_expiry_that_was_contradicted_already_is_not_contradicted_by_the_payment() -> None:
    reported = contradicted(reasons.completed_after_expiry())

    learn(the_session(EXPIRED, COMPLETED, reported), PAID_ANSWER).then(retrieved(PAID_ANSWER), PAID)


def test_an_unknown_payment_status_is_kept_aside_for_a_person() -> None:
    after = learn(the_session(COMPLETED), STRANGE_ANSWER).then(retrieved(STRANGE_ANSWER), STRANGE)

    assert not after.state.is_paid


def test_a_session_with_an_unknown_payment_status_stays_aside_when_something_else_of_it_changes() -> None:
    changed = replace(STRANGE_ANSWER, client_reference_id=Personal("ORDER-17"))

    after = learn(the_session(retrieved(STRANGE_ANSWER), STRANGE), changed).then(retrieved(changed), STRANGE)

    assert after.state.park_reason is ParkReason.UNKNOWN_PAYMENT_STATUS


@pytest.mark.parametrize("answer", [PAID_ANSWER, UNPAID_ANSWER, OPEN_ANSWER, STRANGE_ANSWER])
def test_an_answer_of_the_other_mode_is_kept_aside_whatever_it_says(answer: Checkout) -> None:
    parked = replace(WRONG_MODE, occurred_at=SAID_AT)

    after = learn(the_session(COMPLETED), replace(answer, livemode=True)).then(parked)

    assert not after.state.is_paid
    learn(after, replace(answer, livemode=True)).then_nothing()
    learn(after, PAID_ANSWER).then(retrieved(PAID_ANSWER), PAID)


def test_a_live_session_is_not_paid_by_test_money() -> None:
    detail = reasons.other_mode_than_id("test")
    live = given(CheckoutSession(id=as_session("cs_live_1")))

    learn(live, PAID_ANSWER).then(replace(WRONG_MODE, detail=detail, occurred_at=SAID_AT))


def test_an_answer_of_the_other_mode_takes_no_payment_back() -> None:
    learn(the_session(retrieved(PAID_ANSWER), PAID), replace(PAID_ANSWER, livemode=True)).then_nothing()


def test_a_long_payment_status_is_cut() -> None:
    answer = a_checkout(payment_status="x" * 200)

    after = learn(the_session(), answer).decide()[-1]

    assert isinstance(after, CheckoutSession.Parked)
    assert after.detail.parameters == {"status": "x" * 80}


def test_an_open_session_is_not_judged_by_its_payment_status() -> None:
    answer = a_checkout(status="open", payment_status="half_paid")

    learn(the_session(), answer).then(retrieved(answer))


@pytest.mark.parametrize("parked", [STRANGE, UNKNOWN, WRONG_MODE])
def test_a_parked_session_that_stripe_shows_as_paid_is_paid_and_parked_no_more(parked: Event) -> None:
    after = learn(the_session(COMPLETED, parked), PAID_ANSWER).then(retrieved(PAID_ANSWER), PAID)

    assert after.state.park_reason is None


def test_a_session_that_stripe_shows_again_as_it_was_is_parked_no_more() -> None:
    before = the_session(COMPLETED, retrieved(UNPAID_ANSWER), UNKNOWN)

    after = learn(before, UNPAID_ANSWER).then(retrieved(UNPAID_ANSWER))

    assert after.state.is_awaiting_payment
    learn(after, UNPAID_ANSWER).then_nothing()


def test_an_expired_session_does_not_open_again() -> None:
    before = the_session(retrieved(replace(OPEN_ANSWER, status="expired")))

    learn(before, OPEN_ANSWER).then_nothing()


def test_a_complete_session_does_not_expire_any_more() -> None:
    learn(the_session(retrieved(UNPAID_ANSWER)), replace(OPEN_ANSWER, status="expired")).then_nothing()


def test_a_session_that_stripe_showed_as_expired_and_then_shows_as_paid_is_paid() -> None:
    before = the_session(retrieved(replace(OPEN_ANSWER, status="expired")))

    learn(before, PAID_ANSWER).then(retrieved(PAID_ANSWER), replace(PAID, occurred_at=SAID_AT))


def test_a_session_is_parked_with_the_reason_once() -> None:
    detail = reasons.unknown_to_stripe()

    after = the_session(COMPLETED).when(CheckoutSession.park, ParkReason.UNKNOWN_TO_STRIPE, detail).then(UNKNOWN)

    after.when(CheckoutSession.park, ParkReason.UNKNOWN_TO_STRIPE, detail).then_nothing()


def test_a_dismissed_session_is_parked_again_when_something_new_comes() -> None:
    dismissed = the_session(COMPLETED, UNKNOWN).when(CheckoutSession.dismiss).then(CheckoutSession.Dismissed())

    again = dismissed.when(CheckoutSession.park, UNKNOWN.why, UNKNOWN.detail).then(UNKNOWN)

    again.when(CheckoutSession.park, UNKNOWN.why, UNKNOWN.detail).then_nothing()


def test_the_same_answer_does_not_park_a_dismissed_session_again() -> None:
    answer = replace(PAID_ANSWER, payment_status="new_thing")
    parked = the_session(COMPLETED, retrieved(answer), STRANGE, CheckoutSession.Dismissed())

    learn(parked, answer).then_nothing()
    assert parked.state.park_reason is ParkReason.UNKNOWN_PAYMENT_STATUS


def test_a_dismissed_session_that_is_paid_is_not_parked() -> None:
    paid = the_session(UNKNOWN, CheckoutSession.Dismissed(), PAID)

    paid.when(CheckoutSession.park, UNKNOWN.why, UNKNOWN.detail).then_nothing()


def test_a_paid_session_is_not_parked() -> None:
    detail = reasons.unknown_to_stripe()

    the_session(PAID).when(CheckoutSession.park, ParkReason.UNKNOWN_TO_STRIPE, detail).then_nothing()
    assert the_session(UNKNOWN, PAID).state.park_reason is None


@pytest.mark.parametrize(
    ("reported", "answer", "is_ahead"),
    [
        pytest.param([COMPLETED_PAID], UNPAID_ANSWER, True, id="the event says paid, the answer does not yet"),
        pytest.param([COMPLETED, SUCCEEDED], UNPAID_ANSWER, True, id="the event says it arrived"),
        pytest.param([COMPLETED], OPEN_ANSWER, True, id="the event says completed, the answer is open"),
        pytest.param([COMPLETED], UNPAID_ANSWER, False, id="both say unpaid"),
        pytest.param([COMPLETED_PAID], PAID_ANSWER, False, id="both say paid"),
        pytest.param([COMPLETED_PAID], STRANGE_ANSWER, False, id="an unknown answer is no older"),
        pytest.param([FAILED], UNPAID_ANSWER, False, id="a failed payment stays unpaid"),
        pytest.param([FAILED], OPEN_ANSWER, True, id="the event says it failed, so that it was completed"),
        pytest.param([], OPEN_ANSWER, False, id="no event"),
    ],
)
def test_an_answer_older_than_what_stripes_events_say_is_asked_for_again(
    reported: list[Event], answer: Checkout, is_ahead: bool
) -> None:
    assert the_session(*reported).state.is_ahead_of(answer) is is_ahead


def a_thin_completion(**changes: Any) -> CheckoutSession.Completed:
    return replace(COMPLETED, payment_status=None, **changes)


def test_a_thin_completion_is_not_ahead_of_an_unpaid_answer() -> None:
    assert not the_session(a_thin_completion()).state.is_ahead_of(UNPAID_ANSWER)


@pytest.mark.parametrize("status", ["processing", "requires_action", "requires_capture", None, "of_the_future"])
def test_a_payment_that_can_still_arrive_is_awaited(status: str | None) -> None:
    session = the_session(retrieved(a_checkout(payment_status="unpaid", intent_status=status))).state

    assert session.is_awaiting_payment
    assert not session.is_payment_over


@pytest.mark.parametrize("status", ["canceled", "requires_payment_method"])
def test_a_payment_that_was_canceled_or_failed_is_over_although_no_event_says_so(status: str) -> None:
    session = the_session(COMPLETED, retrieved(a_checkout(payment_status="unpaid", intent_status=status))).state

    assert session.is_payment_over
    assert not session.is_awaiting_payment


def test_the_payment_of_an_open_session_is_not_over() -> None:
    trying = a_checkout(status="open", payment_status="unpaid", intent_status="requires_payment_method")

    assert not the_session(retrieved(trying)).state.is_payment_over


def test_a_session_that_is_paid_in_the_end_is_paid_although_its_payment_failed_once() -> None:
    failed = retrieved(a_checkout(payment_status="unpaid", intent_status="requires_payment_method"))

    after = learn(the_session(COMPLETED, failed), PAID_ANSWER).then(retrieved(PAID_ANSWER), PAID)

    assert not after.state.is_payment_over


def test_an_answer_from_before_the_cancellation_does_not_take_it_back() -> None:
    canceled = a_checkout(payment_status="unpaid", intent_status="canceled")
    before = a_checkout(payment_status="unpaid", intent_status="requires_capture")

    learn(the_session(retrieved(canceled)), before).then_nothing()


def test_an_answer_whose_payment_succeeded_and_whose_session_is_unpaid_is_asked_for_again() -> None:
    session = the_session(COMPLETED).state

    assert session.is_ahead_of(a_checkout(payment_status="unpaid", intent_status="succeeded"))
    assert not session.is_ahead_of(a_checkout(intent_status="succeeded"))


def test_a_session_is_complete_from_stripes_first_report_on() -> None:
    by_event = the_session(retrieved(OPEN_ANSWER), COMPLETED, replace(retrieved(UNPAID_ANSWER), occurred_at=LATER))
    by_answer = the_session(replace(retrieved(UNPAID_ANSWER), occurred_at=LATER), COMPLETED)

    assert by_event.state.completed_at == SAID_AT
    assert by_answer.state.completed_at == LATER
