"""An effect: asked for once, claimed by one worker, repeated until it works or is given up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import a_line_item
from scenario import NOW, Given, given

from domain.catalog import HTTP, PlannedLine
from domain.effect import MAIL, RETRIEVE, Effect
from domain.event import Event
from domain.mail import Mail, MailKind
from domain.personal import Personal

LATER = NOW + timedelta(minutes=1)
REQUESTED = Effect.Requested(kind=RETRIEVE, step="retrieve_completed")
FAILED = Effect.AttemptFailed(number=1, error="HTTP 503", retry_at=LATER)
NOT_TAKEN = Effect.AttemptFailed(number=1, error="not reached", retry_at=LATER, may_have_gone_out=False)
SUCCEEDED = Effect.Succeeded(number=1)
GIVEN_UP = Effect.GivenUp(error="HTTP 410")
WITHDRAWN = Effect.Withdrawn(why="It has been paid meanwhile")
RETRY = Effect.RetryRequested()
ADA, NAME = Personal("ada@example.com"), Personal("Ada Example")
RECEIPT = Mail(
    kind=MailKind.RECEIPT,
    to=None,
    name=None,
    locale="en",
    currency="eur",
    amount_subtotal=1000,
    amount_discount=0,
    amount_shipping=0,
    amount_tax=0,
    amount_total=1000,
    lines=(),
    ordered_at=NOW,
)
MAIL_REQUESTED = Effect.Requested(kind=MAIL, step="mail_receipt", mail=RECEIPT)


def started(number: int = 1, worker: str = "w1") -> Effect.AttemptStarted:
    return Effect.AttemptStarted(number=number, worker=worker)


def the_effect(*facts: Event) -> Given[Effect]:
    return given(Effect(id="eff_cs_test_1_retrieve_completed"), *facts)


CLOSED = [
    pytest.param((REQUESTED, started(), SUCCEEDED), id="done"),
    pytest.param((REQUESTED, started(), GIVEN_UP), id="given up"),
    pytest.param((REQUESTED, WITHDRAWN), id="withdrawn"),
]


def test_an_effect_says_what_is_to_be_done() -> None:
    line = PlannedLine(item=a_line_item(), delivery=HTTP)

    decision = the_effect().when(Effect.request, HTTP, "deliver_li_1", line=line)

    decision.then(Effect.Requested(kind=HTTP, step="deliver_li_1", line=line))


@pytest.mark.parametrize("before", [(), (started(), SUCCEEDED), (started(), GIVEN_UP)])
def test_an_effect_is_asked_for_once(before: tuple[Event, ...]) -> None:
    the_effect(REQUESTED, *before).when(Effect.request, RETRIEVE, "retrieve_completed").then_nothing()


def test_what_was_withdrawn_can_be_asked_for_again_and_is_due_at_once() -> None:
    withdrawn = the_effect(REQUESTED, started(), FAILED, WITHDRAWN)

    withdrawn.when(Effect.request, RETRIEVE, "retrieve_completed").then(REQUESTED)
    again = the_effect(REQUESTED, started(), FAILED, WITHDRAWN, REQUESTED)
    again.when(Effect.start, "w1", now=NOW).then(started(2))
    again.when(Effect.request, RETRIEVE, "retrieve_completed").then_nothing()


@pytest.mark.parametrize(
    ("before", "edition"),
    [
        pytest.param((REQUESTED, WITHDRAWN, REQUESTED), 1, id="it was never tried"),
        pytest.param((REQUESTED, started(), WITHDRAWN, REQUESTED), 2, id="it was being tried"),
        pytest.param((REQUESTED, started(), FAILED, WITHDRAWN, REQUESTED), 2, id="a try had failed"),
        pytest.param((REQUESTED, started(), NOT_TAKEN, WITHDRAWN, REQUESTED), 1, id="a try had reached no server"),
        pytest.param((REQUESTED, started(), GIVEN_UP, REQUESTED), 1, id="it was not withdrawn"),
    ],
)
def test_what_may_have_been_done_before_it_was_withdrawn_is_another_when_it_is_asked_for_again(
    before: tuple[Event, ...], edition: int
) -> None:
    assert the_effect(*before).state.edition == edition


REFUSED = Effect.GivenUp(error="HTTP 410", may_have_gone_out=False)


@pytest.mark.parametrize(
    ("before", "may_have_gone_out"),
    [
        pytest.param((), False, id="it was never tried"),
        pytest.param((started(),), True, id="a try is under way"),
        pytest.param((started(), NOT_TAKEN), False, id="the try was not taken"),
        pytest.param((started(), FAILED), True, id="the try may have been taken"),
        pytest.param(
            (started(), started(2, "w2"), replace(NOT_TAKEN, number=2)), True, id="a process had ended before"
        ),
        pytest.param((started(), FAILED, started(2), replace(NOT_TAKEN, number=2)), True, id="the first may have been"),
        pytest.param((started(), NOT_TAKEN, started(2), replace(NOT_TAKEN, number=2)), False, id="neither was taken"),
        pytest.param((started(), REFUSED), False, id="it was refused"),
        pytest.param((started(), GIVEN_UP), True, id="it was given up, and may have been taken"),
        pytest.param((GIVEN_UP,), False, id="it was given up without a try"),
        pytest.param((started(), REFUSED, RETRY), False, id="it was refused and is tried again"),
        pytest.param((started(), SUCCEEDED), True, id="it is done"),
    ],
)
def test_it_is_known_whether_an_attempt_may_have_gone_out(before: tuple[Event, ...], may_have_gone_out: bool) -> None:
    assert the_effect(REQUESTED, *before).state.may_have_gone_out is may_have_gone_out


def test_what_is_asked_for_later_is_not_claimed_before_its_time() -> None:
    later = the_effect(replace(REQUESTED, not_before=LATER))

    later.when(Effect.start, "w1", now=LATER - timedelta(microseconds=1)).then_nothing()
    later.when(Effect.start, "w1", now=LATER).then(started())


def test_a_person_can_have_done_at_once_what_was_asked_for_later() -> None:
    later = the_effect(replace(REQUESTED, not_before=LATER))

    asked = later.when(Effect.request_retry).then(RETRY)
    asked.when(Effect.start, "w1", now=NOW).then(started())


def test_a_worker_claims_what_is_due() -> None:
    the_effect(REQUESTED).when(Effect.start, "w1", now=NOW).then(started())


def test_of_two_workers_one_has_the_claim() -> None:
    the_effect(REQUESTED, started()).when(Effect.start, "w2", now=NOW).then_nothing()


def test_a_worker_does_not_claim_again_what_it_is_doing() -> None:
    the_effect(REQUESTED, started()).when(Effect.start, "w1", now=NOW).then_nothing()


def test_what_nobody_asked_for_is_not_claimed() -> None:
    the_effect().when(Effect.start, "w1", now=NOW).then_nothing()


@pytest.mark.parametrize("before", CLOSED)
def test_what_is_closed_is_not_claimed(before: tuple[Event, ...]) -> None:
    the_effect(*before).when(Effect.start, "w1", now=NOW).then_nothing()


def test_a_claim_of_a_worker_that_is_gone_is_taken_over_under_the_next_number() -> None:
    the_effect(REQUESTED, started()).when(Effect.start, "w2", now=NOW, orphaned_by="w1").then(started(2, "w2"))


def test_a_claim_that_a_third_worker_took_over_meanwhile_is_left_alone() -> None:
    before = the_effect(REQUESTED, started(), started(2, "w3"))

    before.when(Effect.start, "w2", now=NOW, orphaned_by="w1").then_nothing()


def test_what_a_worker_that_is_gone_had_reported_before_is_claimed_as_usual() -> None:
    before = the_effect(REQUESTED, started(), FAILED)

    before.when(Effect.start, "w2", now=LATER, orphaned_by="w1").then(started(2, "w2"))


def test_a_failed_attempt_waits_until_it_is_due() -> None:
    the_effect(REQUESTED, started(), FAILED).when(Effect.start, "w1", now=LATER - timedelta(seconds=1)).then_nothing()


def test_a_failed_attempt_that_is_due_is_repeated() -> None:
    the_effect(REQUESTED, started(), FAILED).when(Effect.start, "w2", now=LATER).then(started(2, "w2"))


def test_the_outcome_of_an_attempt_is_recorded_with_what_the_other_side_said() -> None:
    the_effect(REQUESTED, started()).when(Effect.succeed, 1, "ref 99").then(Effect.Succeeded(number=1, note="ref 99"))


def test_an_outcome_is_recorded_once() -> None:
    the_effect(REQUESTED, started(), SUCCEEDED).when(Effect.succeed, 1).then_nothing()


def test_the_late_outcome_of_an_attempt_that_was_taken_over_is_not_recorded() -> None:
    before = the_effect(REQUESTED, started(), started(2, "w2"))

    before.when(Effect.succeed, 1).then_nothing()
    before.when(Effect.fail, 1, "HTTP 503", retry_at=LATER).then_nothing()
    before.when(Effect.fail, 1, "HTTP 410", retry_at=None).then_nothing()


def test_the_outcome_of_an_attempt_that_was_recorded_as_failed_comes_too_late() -> None:
    the_effect(REQUESTED, started(), FAILED).when(Effect.succeed, 1).then_nothing()


def test_the_outcome_of_an_attempt_that_was_withdrawn_comes_too_late() -> None:
    before = the_effect(REQUESTED, started(), WITHDRAWN)

    before.when(Effect.succeed, 1).then_nothing()
    before.when(Effect.fail, 1, "HTTP 503", retry_at=LATER).then_nothing()


def test_an_attempt_that_did_not_work_says_when_it_is_tried_again() -> None:
    decision = the_effect(REQUESTED, started()).when(Effect.fail, 1, "HTTP 503", retry_at=LATER)

    decision.then(FAILED)


def test_a_failure_is_recorded_once() -> None:
    before = the_effect(REQUESTED, started(), FAILED)

    before.when(Effect.fail, 1, "HTTP 503", retry_at=LATER).then_nothing()


def test_without_a_next_attempt_it_is_given_up() -> None:
    the_effect(REQUESTED, started()).when(Effect.fail, 1, "HTTP 410", retry_at=None).then(GIVEN_UP)


def test_what_is_given_up_is_not_given_up_again() -> None:
    before = the_effect(REQUESTED, started(), GIVEN_UP)

    before.when(Effect.fail, 1, "HTTP 410", retry_at=None).then_nothing()
    before.when(Effect.give_up, "HTTP 410").then_nothing()


def test_what_can_never_work_is_given_up_without_an_attempt() -> None:
    after = the_effect(REQUESTED).when(Effect.give_up, "HTTP 410").then(GIVEN_UP)

    assert not after.state.is_open


def test_what_is_not_wanted_any_more_is_withdrawn() -> None:
    after = the_effect(REQUESTED).when(Effect.withdraw, "It has been paid meanwhile").then(WITHDRAWN)

    assert not after.state.is_open


@pytest.mark.parametrize("before", [pytest.param((), id="not asked for"), *CLOSED])
def test_what_is_not_open_is_neither_withdrawn_nor_given_up(before: tuple[Event, ...]) -> None:
    the_effect(*before).when(Effect.withdraw, "why").then_nothing()
    the_effect(*before).when(Effect.give_up, "why").then_nothing()


def test_a_person_has_a_given_up_effect_tried_again_at_once() -> None:
    after = the_effect(REQUESTED, started(), GIVEN_UP).when(Effect.request_retry).then(RETRY)

    after.when(Effect.start, "w1", now=NOW).then(started(2))


def test_a_person_has_a_waiting_effect_tried_again_at_once() -> None:
    after = the_effect(REQUESTED, started(), FAILED).when(Effect.request_retry).then(RETRY)

    after.when(Effect.start, "w1", now=NOW).then(started(2))


def test_a_retry_that_was_asked_for_is_not_asked_for_again() -> None:
    the_effect(REQUESTED, started(), GIVEN_UP, RETRY).when(Effect.request_retry).then_nothing()
    the_effect(REQUESTED, started(), FAILED, RETRY).when(Effect.request_retry).then_nothing()


@pytest.mark.parametrize(
    "before",
    [
        pytest.param((), id="not asked for"),
        pytest.param((REQUESTED,), id="due"),
        pytest.param((REQUESTED, started()), id="under way"),
        pytest.param((REQUESTED, started(), FAILED, started(2)), id="under way again"),
        pytest.param((REQUESTED, started(), SUCCEEDED), id="done"),
        pytest.param((REQUESTED, started(), FAILED, started(2), Effect.Succeeded(number=2)), id="done at last"),
        pytest.param((REQUESTED, WITHDRAWN), id="withdrawn"),
        pytest.param((REQUESTED, started(), FAILED, WITHDRAWN), id="withdrawn at last"),
    ],
)
def test_what_is_not_stuck_is_not_retried(before: tuple[Event, ...]) -> None:
    the_effect(*before).when(Effect.request_retry).then_nothing()


def test_attempts_are_counted() -> None:
    effect = the_effect(REQUESTED, started(), FAILED, started(2)).state

    assert (effect.attempt, effect.attempts_since_request) == (2, 2)


def test_a_retry_counts_the_attempts_anew_and_goes_on_numbering_them() -> None:
    effect = the_effect(REQUESTED, started(), FAILED, started(2), GIVEN_UP, RETRY, started(3)).state

    assert (effect.attempt, effect.attempts_since_request) == (3, 1)


def test_what_is_asked_for_again_has_all_of_its_attempts_again() -> None:
    effect = the_effect(REQUESTED, started(), FAILED, started(2), WITHDRAWN, REQUESTED, started(3)).state

    assert (effect.attempt, effect.attempts_since_request) == (3, 1)


def test_a_mail_that_was_asked_for_again_with_an_address_by_an_earlier_version_goes_there() -> None:
    addressed = Effect.Requested(kind=MAIL, step="mail_receipt", mail=replace(RECEIPT, to=ADA, name=NAME))

    effect = the_effect(MAIL_REQUESTED, Effect.GivenUp(error="no address"), RETRY, addressed).state

    assert effect.is_open
    assert effect.requested is not None
    assert (effect.requested.mail, effect.edition) == (addressed.mail, 1)
