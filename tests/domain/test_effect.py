"""An effect: asked for once, claimed by one worker, repeated until it works or is given up."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import a_line_item
from kinds import HTTP
from scenario import NOW, Given, given
from typed_ids import as_line, as_stream

from domain import reasons
from domain.effect import MAIL, RETRIEVE, Effect
from domain.event import Event
from domain.line import Line
from domain.mail import Mail, MailKind, SentMail
from domain.personal import Personal
from domain.plan import PlannedLine
from domain.step import DeliverStep, RetrieveStep

LATER = NOW + timedelta(minutes=1)
REQUESTED = Effect.Requested(kind=RETRIEVE, step="retrieve_completed")
FAILED = Effect.AttemptFailed(number=1, error=reasons.port_failed("HTTP 503"), retry_at=LATER)
NOT_TAKEN = Effect.AttemptFailed(
    number=1, error=reasons.port_failed("not reached"), retry_at=LATER, may_have_gone_out=False
)
SUCCEEDED = Effect.Succeeded(number=1)
RELEASED = Effect.AttemptReleased(number=1)
GIVEN_UP = Effect.GivenUp(error=reasons.port_failed("HTTP 410"))
WITHDRAWN = Effect.Withdrawn(why=reasons.already_paid())
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
    return given(Effect(id=as_stream("eff_cs_test_1_retrieve_completed")), *facts)


CLOSED = [
    pytest.param((REQUESTED, started(), SUCCEEDED), id="done"),
    pytest.param((REQUESTED, started(), GIVEN_UP), id="given up"),
    pytest.param((REQUESTED, WITHDRAWN), id="withdrawn"),
]


def test_an_effect_says_what_is_to_be_done() -> None:
    line = PlannedLine(item=a_line_item(), delivery=HTTP)

    decision = the_effect().when(Effect.request, HTTP, DeliverStep(as_line("li_1")), line=line)

    decision.then(Effect.Requested(kind=HTTP, step="deliver_li_1", line=line))


@pytest.mark.parametrize("before", [(), (started(), SUCCEEDED), (started(), GIVEN_UP)])
def test_an_effect_is_asked_for_once(before: tuple[Event, ...]) -> None:
    the_effect(REQUESTED, *before).when(Effect.request, RETRIEVE, RetrieveStep("completed")).then_nothing()


def test_what_was_withdrawn_can_be_asked_for_again_and_is_due_at_once() -> None:
    withdrawn = the_effect(REQUESTED, started(), FAILED, WITHDRAWN)

    withdrawn.when(Effect.request, RETRIEVE, RetrieveStep("completed")).then(REQUESTED)
    again = the_effect(REQUESTED, started(), FAILED, WITHDRAWN, REQUESTED)
    again.when(Effect.start, "w1", now=NOW).then(started(2))
    again.when(Effect.request, RETRIEVE, RetrieveStep("completed")).then_nothing()


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


REFUSED = Effect.GivenUp(error=reasons.port_failed("HTTP 410"), may_have_gone_out=False)


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


def test_an_effect_that_was_not_requested_is_not_claimed() -> None:
    the_effect().when(Effect.start, "w1", now=NOW).then_nothing()


@pytest.mark.parametrize("before", CLOSED)
def test_what_is_closed_is_not_claimed(before: tuple[Event, ...]) -> None:
    the_effect(*before).when(Effect.start, "w1", now=NOW).then_nothing()


def orphaned(number: int = 1, retry_at: datetime = NOW) -> Effect.AttemptOrphaned:
    return Effect.AttemptOrphaned(number=number, retry_at=retry_at)


def orphans(count: int) -> tuple[Event, ...]:
    """So many attempts in a row whose process ended, each of them repeated."""
    return tuple(fact for number in range(1, count + 1) for fact in (started(number), orphaned(number)))


def test_an_orphaned_attempt_is_repeated_at_once_under_the_next_number() -> None:
    before = the_effect(REQUESTED, started())

    orphan = before.when(Effect.orphan, "w1", now=NOW, random=1.0).then(orphaned())
    orphan.when(Effect.start, "w2", now=NOW).then(started(2, "w2"))


def test_a_claim_that_a_third_worker_took_over_meanwhile_is_no_orphan() -> None:
    before = the_effect(REQUESTED, started(), orphaned(), started(2, "w3"))

    before.when(Effect.orphan, "w1", now=NOW, random=1.0).then_nothing()
    before.when(Effect.start, "w2", now=NOW).then_nothing()


@pytest.mark.parametrize("end", [FAILED, SUCCEEDED, GIVEN_UP, WITHDRAWN, RELEASED])
def test_an_attempt_that_ended_is_no_orphan(end: Event) -> None:
    the_effect(REQUESTED, started(), end).when(Effect.orphan, "w1", now=LATER, random=1.0).then_nothing()


@pytest.mark.parametrize(("before", "minutes"), [(1, 1), (2, 5), (3, 30)])
def test_the_pauses_grow_when_processes_end_during_one_attempt_after_another(before: int, minutes: int) -> None:
    effect = the_effect(REQUESTED, *orphans(before), started(before + 1))

    longest, half = timedelta(minutes=minutes), timedelta(minutes=minutes) / 2
    effect.when(Effect.orphan, "w1", now=NOW, random=1.0).then(orphaned(before + 1, NOW + longest))
    paused = effect.when(Effect.orphan, "w1", now=NOW, random=0.5).then(orphaned(before + 1, NOW + half))
    paused.when(Effect.start, "w2", now=NOW + half - timedelta(seconds=1)).then_nothing()
    paused.when(Effect.start, "w2", now=NOW + half).then(started(before + 2, "w2"))


def test_what_ended_five_processes_in_a_row_is_given_up_until_a_person_wants_it_again() -> None:
    why = reasons.orphaned_too_often(5)

    given_up = (
        the_effect(REQUESTED, *orphans(4), started(5))
        .when(Effect.orphan, "w1", now=NOW, random=1.0)
        .then(Effect.GivenUp(error=why))
    )

    again = given_up.when(Effect.request_retry).then(RETRY).when(Effect.start, "w2", now=NOW).then(started(6, "w2"))
    again.when(Effect.orphan, "w2", now=NOW, random=1.0).then(orphaned(6))


@pytest.mark.parametrize("end", [FAILED, replace(NOT_TAKEN, number=5)])
def test_an_attempt_that_came_to_its_end_between_them_begins_the_count_again(end: Event) -> None:
    before = the_effect(REQUESTED, *orphans(4), started(5), end, started(6))

    before.when(Effect.orphan, "w1", now=NOW, random=1.0).then(orphaned(6))


def test_what_was_claimed_and_not_begun_is_given_back_and_counts_as_no_attempt() -> None:
    released = the_effect(REQUESTED, started()).when(Effect.release, 1).then(RELEASED)

    assert (released.state.attempts_since_request, released.state.may_have_gone_out) == (0, False)
    released.when(Effect.start, "w2", now=NOW).then(started(2, "w2"))
    released.when(Effect.release, 1).then_nothing()


def test_however_often_a_claim_is_given_back_it_is_never_given_up_for_that() -> None:
    stops = [fact for number in range(1, 11) for fact in (started(number), Effect.AttemptReleased(number=number))]

    effect = the_effect(REQUESTED, *stops, started(11))

    effect.when(Effect.orphan, "w1", now=NOW, random=1.0).then(orphaned(11))


@pytest.mark.parametrize(
    ("before", "is_under_way"),
    [
        pytest.param((), False, id="never tried"),
        pytest.param((started(),), True, id="claimed"),
        pytest.param((started(), orphaned()), True, id="orphaned"),
        pytest.param((started(), orphaned(), RETRY), True, id="orphaned, and a person is in a hurry"),
        pytest.param(
            (started(), orphaned(), started(2), Effect.AttemptReleased(number=2)), True, id="given back since"
        ),
        pytest.param((started(), orphaned(), started(2), replace(FAILED, number=2)), False, id="failed since"),
        pytest.param((started(), FAILED), False, id="failed"),
        pytest.param((started(), RELEASED), False, id="given back"),
        pytest.param((started(), SUCCEEDED), False, id="done"),
        pytest.param((started(), orphaned(), WITHDRAWN), False, id="withdrawn"),
        pytest.param((started(), orphaned(), GIVEN_UP), False, id="given up"),
    ],
)
def test_an_attempt_with_an_unknown_outcome_is_under_way(before: tuple[Event, ...], is_under_way: bool) -> None:
    assert the_effect(REQUESTED, *before).state.is_under_way is is_under_way


def test_orphans_that_were_recorded_before_there_was_a_word_for_them_count() -> None:
    before = the_effect(REQUESTED, started(), started(2, "w2"), started(3, "w3"), started(4, "w4"), started(5, "w5"))

    [given_up] = before.when(Effect.orphan, "w5", now=NOW, random=1.0).decide()

    assert isinstance(given_up, Effect.GivenUp)


@pytest.mark.parametrize("due", [REQUESTED, RETRY])
def test_what_no_worker_here_knows_is_left_to_others_for_an_hour(due: Event) -> None:
    effect = the_effect(REQUESTED, GIVEN_UP, RETRY) if due is RETRY else the_effect(REQUESTED)
    since = replace(effect.state, asked_at=NOW)
    why = reasons.no_worker("courier")

    hour = timedelta(hours=1)
    assert since.give_up_unknown("courier", now=NOW + hour - timedelta(seconds=1)) == []
    assert since.give_up_unknown("courier", now=NOW + hour) == [Effect.GivenUp(error=why)]
    assert since.give_up_unknown("courier", now=NOW - hour) != [], "the clock was ahead when it was asked for"


def test_what_waits_for_its_time_is_left_to_others_for_an_hour_from_then_on() -> None:
    later = the_effect(replace(REQUESTED, not_before=LATER)).state

    assert later.give_up_unknown("courier", now=LATER + timedelta(minutes=59)) == []
    assert later.give_up_unknown("courier", now=LATER + timedelta(minutes=60)) != []


def test_a_time_that_only_a_clock_that_was_ahead_can_have_set_is_not_waited_for() -> None:
    next_year = replace(FAILED, retry_at=NOW + timedelta(days=365))

    the_effect(REQUESTED, started(), next_year).when(Effect.start, "w1", now=NOW).then(started(2))


def test_a_failed_attempt_waits_until_it_is_due() -> None:
    the_effect(REQUESTED, started(), FAILED).when(Effect.start, "w1", now=LATER - timedelta(seconds=1)).then_nothing()


def test_a_failed_attempt_that_is_due_is_repeated() -> None:
    the_effect(REQUESTED, started(), FAILED).when(Effect.start, "w2", now=LATER).then(started(2, "w2"))


def test_the_outcome_of_an_attempt_is_recorded_with_the_answer_of_the_other_side() -> None:
    the_effect(REQUESTED, started()).when(Effect.succeed, 1, "ref 99").then(Effect.Succeeded(number=1, note="ref 99"))


def test_a_mail_is_recorded_as_it_was_sent() -> None:
    sent = SentMail(subject=Personal("Your order"), text=Personal("Hello Ada"))
    claimed = the_effect(MAIL_REQUESTED, started())

    claimed.when(Effect.succeed, 1, sent=sent).then(Effect.Succeeded(number=1, sent=sent))


def test_an_outcome_is_recorded_once() -> None:
    the_effect(REQUESTED, started(), SUCCEEDED).when(Effect.succeed, 1).then_nothing()


def test_the_late_outcome_of_an_attempt_that_was_taken_over_is_not_recorded() -> None:
    before = the_effect(REQUESTED, started(), started(2, "w2"))

    before.when(Effect.succeed, 1).then_nothing()
    before.when(Effect.fail, 1, reasons.port_failed("HTTP 503"), retry_at=LATER).then_nothing()
    before.when(Effect.fail, 1, reasons.port_failed("HTTP 410"), retry_at=None).then_nothing()


def test_the_outcome_of_an_attempt_that_was_recorded_as_failed_comes_too_late() -> None:
    the_effect(REQUESTED, started(), FAILED).when(Effect.succeed, 1).then_nothing()


def test_the_outcome_of_an_attempt_that_was_withdrawn_comes_too_late() -> None:
    before = the_effect(REQUESTED, started(), WITHDRAWN)

    before.when(Effect.succeed, 1).then_nothing()
    before.when(Effect.fail, 1, reasons.port_failed("HTTP 503"), retry_at=LATER).then_nothing()


def test_an_attempt_that_did_not_work_says_when_it_is_tried_again() -> None:
    decision = the_effect(REQUESTED, started()).when(Effect.fail, 1, reasons.port_failed("HTTP 503"), retry_at=LATER)

    decision.then(FAILED)


def test_a_failure_is_recorded_once() -> None:
    before = the_effect(REQUESTED, started(), FAILED)

    before.when(Effect.fail, 1, reasons.port_failed("HTTP 503"), retry_at=LATER).then_nothing()


def test_without_a_next_attempt_it_is_given_up() -> None:
    the_effect(REQUESTED, started()).when(Effect.fail, 1, reasons.port_failed("HTTP 410"), retry_at=None).then(GIVEN_UP)


def test_what_is_given_up_is_not_given_up_again() -> None:
    before = the_effect(REQUESTED, started(), GIVEN_UP)

    before.when(Effect.fail, 1, reasons.port_failed("HTTP 410"), retry_at=None).then_nothing()
    before.when(Effect.give_up, reasons.port_failed("HTTP 410")).then_nothing()


def test_what_can_never_work_is_given_up_without_an_attempt() -> None:
    after = the_effect(REQUESTED).when(Effect.give_up, reasons.port_failed("HTTP 410")).then(GIVEN_UP)

    assert not after.state.is_open


def test_what_is_not_wanted_any_more_is_withdrawn() -> None:
    after = the_effect(REQUESTED).when(Effect.withdraw, reasons.already_paid()).then(WITHDRAWN)

    assert not after.state.is_open


@pytest.mark.parametrize("before", [pytest.param((), id="not asked for"), *CLOSED])
def test_what_is_not_open_is_neither_withdrawn_nor_given_up(before: tuple[Event, ...]) -> None:
    the_effect(*before).when(Effect.withdraw, reasons.already_paid()).then_nothing()
    the_effect(*before).when(Effect.give_up, reasons.port_failed("why")).then_nothing()


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


def test_a_retry_resets_the_count_and_continues_the_numbers() -> None:
    effect = the_effect(REQUESTED, started(), FAILED, started(2), GIVEN_UP, RETRY, started(3)).state

    assert (effect.attempt, effect.attempts_since_request) == (3, 1)


def test_what_is_asked_for_again_has_all_of_its_attempts_again() -> None:
    effect = the_effect(REQUESTED, started(), FAILED, started(2), WITHDRAWN, REQUESTED, started(3)).state

    assert (effect.attempt, effect.attempts_since_request) == (3, 1)


def test_a_mail_that_was_asked_for_again_with_an_address_by_an_earlier_version_goes_there() -> None:
    addressed = Effect.Requested(kind=MAIL, step="mail_receipt", mail=replace(RECEIPT, to=ADA, name=NAME))

    effect = the_effect(MAIL_REQUESTED, Effect.GivenUp(error=reasons.port_failed("no address")), RETRY, addressed).state

    assert effect.is_open
    assert effect.requested is not None
    assert (effect.requested.mail, effect.edition) == (addressed.mail, 1)


def test_a_delivery_is_for_the_plan_of_its_line_alone() -> None:
    plan = PlannedLine(item=a_line_item("li_1"), delivery=HTTP)
    line, other = Line(plan=plan), Line(plan=replace(plan, item=a_line_item("li_2")))
    again = replace(line, plans=2)
    first, second = (Effect.Requested(kind=HTTP, step=str(DeliverStep.of(each)), line=plan) for each in (line, again))

    assert [each.is_for(line) for each in (first, second)] == [True, False]
    assert [each.is_for(again) for each in (first, second)] == [False, True]
    assert not first.is_for(other)
