"""Whenever a Stripe event arrives, the session learns what it says and Stripe is asked for the rest."""

from dataclasses import replace

import pytest
from builders import a_checkout
from scenario import SAID_AT, SESSION, Streams, Whenever, effect, streams
from typed_ids import as_event, as_session, as_stream

from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.effect import RETRIEVE, Effect
from domain.event import Event
from domain.identifiers import SessionId
from domain.park_reason import ParkReason
from domain.payment import Payment
from domain.policies.stripe_events import OF_PAYMENTS, StripeEventPolicy
from domain.session_event_type import SessionEventType
from domain.source import Source
from domain.stripe_event import StripeEvent

TEST_MODE, LIVE_MODE = StripeEventPolicy(livemode=False), StripeEventPolicy(livemode=True)
LIVE_SESSION = as_session("cs_live_1")

RECEIVED = StripeEvent.Received(
    type=SessionEventType.COMPLETED,
    livemode=False,
    api_version="2026-10-28.endive",
    account=None,
    object_id=SESSION,
    payment_status="unpaid",
    signature="t=1,v1=00",
    body="{}",
    occurred_at=SAID_AT,
    session_id=SESSION,
)
IS_COMPLETED = CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="unpaid", occurred_at=SAID_AT)
HAS_SUCCEEDED = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_1"), occurred_at=SAID_AT)
HAS_FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_1"), occurred_at=SAID_AT)
IS_EXPIRED = CheckoutSession.Expired(stripe_event=as_event("evt_1"), occurred_at=SAID_AT)
RETRIEVED = CheckoutSession.Retrieved(checkout=a_checkout(), source=Source.LANDING_PAGE, occurred_at=SAID_AT)
PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1000, currency="eur", occurred_at=SAID_AT)


def retrieval(step: str, source: Source | None = None) -> Effect.Requested:
    return Effect.Requested(kind=RETRIEVE, step=step, source=source)


def whenever(
    received: StripeEvent.Received, *before: tuple[str, Event], policy: StripeEventPolicy = TEST_MODE
) -> Whenever:
    return streams(*before).when(policy, as_stream("evt_1"), received)


def asked_again(log: Streams, *, policy: StripeEventPolicy = TEST_MODE) -> Whenever:
    return log.when(policy, SESSION, CheckoutSession.RetryRequested())


@pytest.mark.parametrize(
    ("kind", "fact", "step"),
    [
        (SessionEventType.COMPLETED, IS_COMPLETED, "retrieve_completed"),
        (SessionEventType.SUCCEEDED, HAS_SUCCEEDED, "retrieve_async_payment_succeeded"),
        (SessionEventType.FAILED, HAS_FAILED, "retrieve_async_payment_failed"),
    ],
)
def test_what_stripe_says_is_recorded_and_the_rest_is_asked_for(kind: str, fact: Event, step: str) -> None:
    whenever(replace(RECEIVED, type=kind)).then({SESSION: [fact], effect(step): [retrieval(step)]})


def test_an_expired_session_is_not_asked_for() -> None:
    whenever(replace(RECEIVED, type=SessionEventType.EXPIRED)).then({SESSION: [IS_EXPIRED]})


def test_a_thin_event_says_the_same() -> None:
    thin = replace(RECEIVED, type=f"v1.{SessionEventType.SUCCEEDED}", payment_status=None)
    step = "retrieve_async_payment_succeeded"

    whenever(thin).then({SESSION: [HAS_SUCCEEDED], effect(step): [retrieval(step)]})


def test_a_second_stripe_event_that_says_the_same_changes_nothing() -> None:
    known = replace(IS_COMPLETED, stripe_event=as_event("evt_0"))

    whenever(RECEIVED, (SESSION, known)).then_nothing()


def test_a_second_stripe_event_on_a_session_that_stripe_did_not_know_asks_for_it_again() -> None:
    known = replace(IS_COMPLETED, stripe_event=as_event("evt_0"))
    parked = CheckoutSession.Parked(why=ParkReason.UNKNOWN_TO_STRIPE, detail=reasons.as_written("why"))
    step = "retrieve_completed_evt_1"

    whenever(RECEIVED, (SESSION, known), (SESSION, parked)).then({effect(step): [retrieval(step)]})


def test_a_completion_that_comes_after_the_success_is_recorded_all_the_same() -> None:
    before = [(SESSION, replace(HAS_SUCCEEDED, stripe_event=as_event("evt_0"))), (SESSION, RETRIEVED), (SESSION, PAID)]

    whenever(RECEIVED, *before).then(
        {SESSION: [IS_COMPLETED], effect("retrieve_completed"): [retrieval("retrieve_completed")]}
    )


def test_a_contradiction_is_recorded_beside_the_fact() -> None:
    contradicted = CheckoutSession.Contradicted(what=reasons.expired_after_completion(), occurred_at=SAID_AT)

    whenever(
        replace(RECEIVED, type=SessionEventType.EXPIRED),
        (SESSION, replace(IS_COMPLETED, stripe_event=as_event("evt_0"))),
    ).then({SESSION: [IS_EXPIRED, contradicted]})


@pytest.mark.parametrize("kind", ["charge.refunded", "v1.charge.refunded", "checkout.session.of_the_future", ""])
def test_what_nothing_follows_from_is_marked_as_ignored(kind: str) -> None:
    whenever(replace(RECEIVED, type=kind)).then({"evt_1": [StripeEvent.Ignored(why=reasons.unhandled_type(kind))]})


def test_a_long_type_is_cut() -> None:
    ignored = StripeEvent.Ignored(why=reasons.unhandled_type("x" * 100))

    whenever(replace(RECEIVED, type="x" * 500)).then({"evt_1": [ignored]})


@pytest.mark.parametrize("object_id", [None, "", "cs_test_", "cs_other_1", "pi_1", "cs_test_1/line_items", SESSION])
def test_what_is_not_about_a_session_waits_for_a_person(object_id: str | None) -> None:
    about = replace(RECEIVED, object_id=object_id, session_id=None)

    whenever(about).then({"evt_1": [StripeEvent.Failed(error=reasons.not_a_session())]})


@pytest.mark.parametrize(
    ("policy", "session", "livemode", "mode"),
    [
        (TEST_MODE, LIVE_SESSION, True, "live"),
        (TEST_MODE, LIVE_SESSION, False, "live"),
        (TEST_MODE, SESSION, True, "live"),
        (LIVE_MODE, SESSION, False, "test"),
    ],
)
def test_a_session_of_the_other_mode_is_kept_aside_and_not_asked_for(
    policy: StripeEventPolicy, session: SessionId, livemode: bool, mode: str
) -> None:
    parked = CheckoutSession.Parked(why=ParkReason.WRONG_MODE, detail=reasons.other_mode_than_key(mode))
    foreign = replace(RECEIVED, object_id=session, livemode=livemode, session_id=session)

    whenever(foreign, policy=policy).then({session: [IS_COMPLETED, parked]})


def test_a_foreign_session_that_a_person_dismissed_waits_again_when_stripe_says_more_of_it() -> None:
    parked = CheckoutSession.Parked(why=ParkReason.WRONG_MODE, detail=reasons.other_mode_than_key("live"))
    before = [(LIVE_SESSION, fact) for fact in (IS_COMPLETED, parked)]
    foreign = replace(
        RECEIVED, type=SessionEventType.SUCCEEDED, object_id=LIVE_SESSION, livemode=True, session_id=LIVE_SESSION
    )

    whenever(foreign, *before).then({LIVE_SESSION: [HAS_SUCCEEDED]})
    whenever(foreign, *before, (LIVE_SESSION, CheckoutSession.Dismissed())).then(
        {LIVE_SESSION: [HAS_SUCCEEDED, parked]}
    )


def test_a_live_session_is_asked_for_with_a_live_key() -> None:
    live = replace(RECEIVED, object_id=LIVE_SESSION, livemode=True, session_id=LIVE_SESSION)

    whenever(live, policy=LIVE_MODE).then(
        {
            LIVE_SESSION: [IS_COMPLETED],
            effect("retrieve_completed", LIVE_SESSION): [retrieval("retrieve_completed")],
        }
    )


def test_a_session_of_a_connected_account_is_kept_aside_and_not_asked_for() -> None:
    parked = CheckoutSession.Parked(why=ParkReason.CONNECTED_ACCOUNT, detail=reasons.connected_account())

    whenever(replace(RECEIVED, account="acct_1")).then({SESSION: [IS_COMPLETED, parked]})


def test_a_session_that_is_kept_aside_is_kept_aside_once() -> None:
    parked = CheckoutSession.Parked(why=ParkReason.CONNECTED_ACCOUNT, detail=reasons.as_written("why"))
    known = replace(IS_COMPLETED, stripe_event=as_event("evt_0"))

    whenever(replace(RECEIVED, account="acct_1"), (SESSION, known), (SESSION, parked)).then_nothing()


def test_whenever_a_person_asks_stripe_is_asked_again() -> None:
    unpaid = replace(RETRIEVED, checkout=a_checkout(payment_status="unpaid"))

    asked_again(streams((SESSION, IS_COMPLETED), (SESSION, unpaid))).then(
        {effect("retrieve_retry_3"): [retrieval("retrieve_retry_3", Source.STAFF)]}
    )


STARTED = Effect.AttemptStarted(number=1, worker="w1")
FAILED_ONCE = Effect.AttemptFailed(number=1, error=reasons.port_failed("HTTP 500"), retry_at=SAID_AT)
SUCCEEDED_ONCE = Effect.Succeeded(number=1)
GIVEN_UP = Effect.GivenUp(error=reasons.port_failed("HTTP 400"))
REPORTED = Payment.Reported(stripe_event=as_event("evt_2"), type="charge.captured", occurred_at=SAID_AT)


def of_retrieval(step: str, *facts: Event) -> list[tuple[str, Event]]:
    return [(effect(step), fact) for fact in (retrieval(step), *facts)]


@pytest.mark.parametrize(
    "step",
    [
        *("retrieve_completed", "retrieve_async_payment_succeeded", "retrieve_async_payment_failed"),
        *("retrieve_completed_evt_1", "retrieve_retry_2", "retrieve_evt_2", "retrieve_unpaid_3"),
    ],
)
def test_a_retrieval_that_waits_for_its_next_attempt_is_brought_forward_instead_of_another_one(step: str) -> None:
    retried, unpaid = CheckoutSession.RetryRequested(), replace(RETRIEVED, checkout=a_checkout(payment_intent="pi_1"))
    log = streams((SESSION, IS_COMPLETED), (SESSION, retried), (SESSION, unpaid), ("pi_1", REPORTED))
    requested = replace(retrieval(step), not_before=SAID_AT if "unpaid" in step else None)
    for fact in (requested, STARTED, FAILED_ONCE):
        log.add(effect(step), fact)

    asked_again(log).then({effect(step): [Effect.RetryRequested()]})


def test_a_retrieval_that_is_due_or_under_way_is_not_requested_twice() -> None:
    first = asked_again(streams((SESSION, IS_COMPLETED))).then(
        {effect("retrieve_retry_2"): [retrieval("retrieve_retry_2", Source.STAFF)]}
    )

    asked_again(first).then_nothing()
    asked_again(streams((SESSION, IS_COMPLETED), *of_retrieval("retrieve_completed", STARTED))).then_nothing()


@pytest.mark.parametrize("facts", [(STARTED, SUCCEEDED_ONCE), (STARTED, GIVEN_UP)])
def test_after_a_retrieval_has_ended_a_person_asks_for_a_further_one(facts: tuple[Event, ...]) -> None:
    asked_again(streams((SESSION, IS_COMPLETED), *of_retrieval("retrieve_completed", *facts))).then(
        {effect("retrieve_retry_2"): [retrieval("retrieve_retry_2", Source.STAFF)]}
    )


def test_a_retrieval_that_only_waits_for_its_time_keeps_it() -> None:
    scheduled = replace(retrieval("retrieve_unpaid_3"), not_before=SAID_AT)

    asked_again(streams((SESSION, IS_COMPLETED), (effect("retrieve_unpaid_3"), scheduled))).then(
        {effect("retrieve_retry_2"): [retrieval("retrieve_retry_2", Source.STAFF)]}
    )


@pytest.mark.parametrize(
    "why", [ParkReason.UNKNOWN_TO_STRIPE, ParkReason.UNKNOWN_PAYMENT_STATUS, ParkReason.WRONG_MODE]
)
def test_what_stripe_may_answer_better_now_is_asked_again(why: ParkReason) -> None:
    parked = CheckoutSession.Parked(why=why, detail=reasons.as_written("why"))

    asked_again(streams((SESSION, IS_COMPLETED), (SESSION, parked))).then(
        {effect("retrieve_retry_3"): [retrieval("retrieve_retry_3", Source.STAFF)]}
    )


@pytest.mark.parametrize(
    ("why", "policy"), [(ParkReason.WRONG_MODE, LIVE_MODE), (ParkReason.CONNECTED_ACCOUNT, TEST_MODE)]
)
def test_what_our_key_can_not_retrieve_is_not_asked_again(why: ParkReason, policy: StripeEventPolicy) -> None:
    parked = CheckoutSession.Parked(why=why, detail=reasons.as_written("why"))

    asked_again(streams((SESSION, IS_COMPLETED), (SESSION, parked)), policy=policy).then_nothing()


def test_a_paid_session_is_not_asked_again() -> None:
    asked_again(streams((SESSION, RETRIEVED), (SESSION, PAID))).then_nothing()


def test_a_stripe_event_that_failed_is_handled_again_when_a_person_asks() -> None:
    failed = StripeEvent.Failed(error=reasons.unexpected_error("ValueError", "intake.py", "17"))
    log = streams(("evt_1", RECEIVED), ("evt_1", failed))

    log.when(TEST_MODE, as_stream("evt_1"), replace(StripeEvent.RetryRequested(), session_id=SESSION)).then(
        {SESSION: [IS_COMPLETED], effect("retrieve_completed"): [retrieval("retrieve_completed")]}
    )


def test_a_stripe_event_that_can_not_be_handled_fails_again_and_stays_visible() -> None:
    failed = StripeEvent.Failed(error=reasons.not_a_session())
    log = streams(("evt_1", replace(RECEIVED, object_id="pi_1", session_id=None)), ("evt_1", failed))

    log.when(TEST_MODE, as_stream("evt_1"), StripeEvent.RetryRequested()).then({"evt_1": [failed]})


def test_there_is_nothing_to_handle_again_of_what_never_came() -> None:
    streams().when(TEST_MODE, as_stream("evt_1"), StripeEvent.RetryRequested()).then_nothing()


def test_a_stripe_event_that_was_handled_changes_nothing_when_a_person_asks() -> None:
    log = streams(("evt_1", RECEIVED), (SESSION, IS_COMPLETED))

    log.when(TEST_MODE, as_stream("evt_1"), replace(StripeEvent.RetryRequested(), session_id=SESSION)).then_nothing()


@pytest.mark.parametrize("fact", [IS_COMPLETED, HAS_FAILED, RETRIEVED, PAID])
def test_the_policy_decides_over_nothing_else(fact: Event) -> None:
    streams().when(TEST_MODE, SESSION, fact).then_nothing()


OF_A_PAYMENT = replace(RECEIVED, object_id="pi_1", session_id=None, payment_status=None, payment_intent="pi_1")


@pytest.mark.parametrize("kind", OF_PAYMENTS)
@pytest.mark.parametrize("prefix", ["", "v1."])
def test_what_stripe_reports_of_a_payment_is_recorded_with_the_payment(prefix: str, kind: str) -> None:
    reported = Payment.Reported(stripe_event=as_event("evt_1"), type=kind, occurred_at=SAID_AT)

    whenever(replace(OF_A_PAYMENT, type=f"{prefix}{kind}")).then({"pi_1": [reported]})


@pytest.mark.parametrize("named", [None, "", "ch_1", "pi_", "pi_1/cancel"])
def test_an_event_that_names_no_payment_is_ignored(named: str | None) -> None:
    """A thin `charge.captured` names the charge alone; `payment_intent.succeeded` comes beside it."""
    ignored = StripeEvent.Ignored(why=reasons.no_payment_named("v1.charge.captured"))

    whenever(replace(OF_A_PAYMENT, type="v1.charge.captured", payment_intent=named)).then({"evt_1": [ignored]})


THIN = replace(RECEIVED, type=f"v1.{SessionEventType.COMPLETED}", payment_status=None, snapshot_event=as_event("evt_0"))
HEARD_THIN = replace(IS_COMPLETED, stripe_event=as_event("evt_thin"), payment_status=None)


def test_the_context_of_a_thin_event_may_be_our_own_account() -> None:
    completed, step = replace(IS_COMPLETED, payment_status=None), "retrieve_completed"

    whenever(replace(THIN, account="acct_own")).then({SESSION: [completed], effect(step): [retrieval(step)]})


def test_a_snapshot_that_reports_it_paid_says_more_than_its_thin_twin() -> None:
    paid, step = replace(IS_COMPLETED, payment_status="paid"), "retrieve_completed_evt_1"

    whenever(replace(RECEIVED, payment_status="paid"), (SESSION, HEARD_THIN)).then(
        {SESSION: [paid], effect(step): [retrieval(step)]}
    )


@pytest.mark.parametrize("status", ["unpaid", None])
def test_another_snapshot_says_no_more_than_its_thin_twin(status: str | None) -> None:
    whenever(replace(RECEIVED, payment_status=status), (SESSION, HEARD_THIN)).then_nothing()


def test_a_snapshot_says_no_more_once_the_session_is_paid() -> None:
    before = [(SESSION, HEARD_THIN), (SESSION, RETRIEVED), (SESSION, PAID)]

    whenever(replace(RECEIVED, payment_status="paid"), *before).then_nothing()
