"""Effects: claimed by one, retried with back-off, given up into a visible state, every attempt in the log."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from builders import a_checkout, a_line_item
from eventsourcing.persistence import StoredEvent
from fakes.outside import Outside
from shop import COMPLETED, Shop
from structlog.testing import capture_logs
from typed_ids import as_event, as_line, as_session, as_sku

from application.ports import NotTaken, Permanent, Temporary
from application.reading.work import Work
from application.running.effect_kinds import Attempt, Done, RetryRule
from application.running.handlers import SendMail
from application.staff.by import By
from application.text.reason_wording import in_words
from application.writing.unit_of_work import Stamp
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.effect import MAIL, Effect
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.mail import Mail
from domain.source import Source
from domain.step import effect_id

ID = as_session("cs_test_order")
RETRIEVAL = effect_id(ID, "retrieve_completed")
RECEIPT = effect_id(ID, "mail_receipt")
BY = By(name="kim", reason="put right")
CATALOG = '[products.prod_access]\ndelivery = "access"\n[products.prod_parcel]\ndelivery = "courier"\n'

Open = Callable[..., Shop]


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product="prod_access")])
    return open_shop(catalog=CATALOG)


def shown(shop: Shop) -> None:
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()


def effect(shop: Shop, id: str) -> Effect:
    return shop.runtime.log.get(Effect, id)


def types(shop: Shop, id: str) -> list[str]:
    return [event.TOPIC for event in shop.runtime.log.streams([id])[id]]


def rest_until_done(shop: Shop, id: str, attempts_max: int = 40) -> int:
    """Let time pass from one attempt to the next; how many seconds that took."""
    began = shop.clock.now
    for _ in range(attempts_max):
        due = effect(shop, id).due_at
        if not effect(shop, id).is_open or due is None:
            break
        shop.clock.now = max(shop.clock.now, due)
        shop.rest()
    return int((shop.clock.now - began).total_seconds())


def test_six_failures_of_stripe_in_a_row_are_survived_within_a_minute(shop: Shop, outside: Outside) -> None:
    outside.planned_errors = [Temporary("Stripe could not answer (500).")] * 6

    shown(shop)
    seconds = rest_until_done(shop, RETRIEVAL)

    assert shop.state(ID) == "fulfilled"
    assert seconds <= 60
    assert types(shop, RETRIEVAL).count("Effect.AttemptFailed") == 6


def test_an_attempt_that_failed_is_not_repeated_before_its_time(shop: Shop, outside: Outside) -> None:
    outside.planned_errors = [Temporary("busy")]
    shown(shop)
    due = effect(shop, RETRIEVAL).due_at
    assert due is not None

    shop.clock.now = due - timedelta(milliseconds=1)
    shop.rest()
    assert effect(shop, RETRIEVAL).attempt == 1

    shop.clock.now = due
    shop.rest()
    assert effect(shop, RETRIEVAL).attempt == 2


def test_waits_double_up_to_a_cap_with_full_jitter_and_then_end() -> None:
    rule = RetryRule(attempts_max=20, base_seconds=1.0, cap_seconds=60.0)

    longest = [rule.retry_after(attempt, lambda: 1.0) for attempt in range(1, 20)]

    assert longest[:4] == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert max(wait for wait in longest if wait is not None) == timedelta(seconds=60)
    assert rule.retry_after(5, lambda: 0.0) == timedelta(0)
    assert rule.retry_after(20, lambda: 1.0) is None


@pytest.mark.parametrize(
    ("noun", "step"), [("RETRIEVAL", "retrieve_completed"), ("MAIL", "mail_receipt"), ("DELIVERY", "deliver_li_1")]
)
def test_how_often_and_how_soon_it_is_tried_again_is_a_setting(
    open_shop: Open, outside: Outside, noun: str, step: str
) -> None:
    error = Temporary("busy")
    outside.planned_errors = [error] * 100 if noun == "RETRIEVAL" else []
    outside.mailers_error = error if noun == "MAIL" else None
    outside.couriers_error = error if noun == "DELIVERY" else None
    product = "prod_parcel" if noun == "DELIVERY" else "prod_access"
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product=product)])
    environment = {f"FULFILL_{noun}_ATTEMPTS": "8", "FULFILL_RETRY_PAUSE_SECONDS": "4"}
    shop = open_shop(catalog=CATALOG, environment=environment)

    shown(shop)
    seconds = rest_until_done(shop, effect_id(ID, step))

    assert (effect(shop, effect_id(ID, step)).attempt, effect(shop, effect_id(ID, step)).given_up) == (
        8,
        reasons.port_failed("busy"),
    )
    halves_of_the_limits = (0.5, 1, 2, 2, 2, 2, 2)
    assert seconds == int(sum(halves_of_the_limits))


def test_what_never_works_is_given_up_into_the_work_queue_and_taken_up_by_a_person(
    shop: Shop, outside: Outside
) -> None:
    outside.planned_errors = [Temporary("Stripe could not be reached.")] * 100
    shown(shop)
    rest_until_done(shop, RETRIEVAL)
    assert effect(shop, RETRIEVAL).given_up == reasons.port_failed("Stripe could not be reached.")
    assert [item.subject for item in shop.runtime.queries.work_queue()] == [ID]

    outside.planned_errors.clear()
    shop.runtime.staff.retry(ID, BY)
    shop.rest()

    assert shop.state(ID) == "fulfilled"
    assert shop.runtime.queries.work_queue() == []


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (None, "info"),
        (Temporary("busy"), "warning"),
        (Temporary(reasons.stripe_key_refused("401")), "error"),
        (Permanent("refused"), "error"),
    ],
)
def test_a_failed_attempt_is_logged_as_a_warning_and_what_needs_a_person_as_an_error(
    shop: Shop, outside: Outside, error: Exception | None, level: str
) -> None:
    outside.planned_errors = [error] if error else []

    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    try:
        with capture_logs() as logged:
            shown(shop)
    finally:
        structlog.configure(**before)

    first = next(line for line in logged if line["event"] == "effect attempted")
    assert (first["effect"], first["log_level"]) == ("retrieve_completed", level)


def test_a_key_that_stripe_refuses_is_in_the_queue_until_it_is_right(shop: Shop, outside: Outside) -> None:
    outside.planned_errors = [Temporary(reasons.stripe_key_refused("401"))]
    shown(shop)

    [item], [key] = shop.runtime.queries.work_of(ID), shop.runtime.queries.work_queue()
    assert (item.subject, item.kind, item.retry_at) == (ID, "stripe_key_refused", effect(shop, RETRIEVAL).due_at)
    assert (key.subject, key.kind, key.retry_at) == ("STRIPE_API_KEY", item.kind, item.retry_at)

    rest_until_done(shop, RETRIEVAL)
    assert shop.runtime.queries.work_queue() == []


def test_a_session_that_stripe_does_not_know_is_asked_for_again_for_an_hour(shop: Shop, outside: Outside) -> None:
    """Another account's key, by mistake: an event signed with our secret says that the session exists."""
    known = outside.checkouts.pop(ID)
    shown(shop)
    shop.clock.advance(45 * 60)
    shop.rest()
    assert shop.state(ID) != "parked"

    outside.checkouts[ID] = known
    rest_until_done(shop, RETRIEVAL)

    assert shop.state(ID) == "fulfilled"


def test_a_session_that_stripe_still_does_not_know_is_parked_and_a_person_gets_an_answer_at_once(
    shop: Shop, outside: Outside
) -> None:
    known = outside.checkouts.pop(ID)
    shown(shop)
    seconds = rest_until_done(shop, RETRIEVAL)
    assert 45 * 60 < seconds < 90 * 60
    assert shop.state(ID) == "parked"

    shop.runtime.staff.retry(ID, BY)
    shop.rest()
    assert outside.retrievals == 15
    assert [item.kind for item in shop.runtime.queries.work_queue()] == ["parked_session"]

    outside.checkouts[ID] = known
    shop.runtime.staff.retry(ID, BY)
    shop.rest()
    assert shop.state(ID) == "fulfilled"


@pytest.mark.long
def test_everything_that_is_stuck_is_tried_again_at_once(shop: Shop, outside: Outside) -> None:
    """After a day with another account's key, say."""
    sessions = [f"cs_test_{number:03}" for number in range(120)]
    for id in sessions:
        shop.hear(COMPLETED, as_session(id), id=as_event(f"evt_{id}"), payment_status="paid")
    shop.rest()
    for _ in range(14):
        shop.clock.advance(3600)
        shop.rest()
    assert {item.kind for item in shop.runtime.queries.work_queue()} == {"parked_session"}
    outside.checkouts |= dict.fromkeys(sessions, outside.checkouts[ID])

    pages = list(shop.runtime.queries.stuck([Work.PARKED_SESSION]))
    assert list(shop.runtime.queries.stuck([Work.MAIL_FAILED])) == []
    assert [stuck for page in pages for stuck in page] == sessions
    assert [shop.runtime.staff.retry_all(page, BY) for page in pages] == [[], []]
    shop.rest()

    assert {shop.state(as_session(id)) for id in sessions} == {"fulfilled"}
    assert shop.runtime.queries.work_queue() == []


def test_one_that_can_not_be_read_keeps_no_other_from_being_tried_again(shop: Shop, outside: Outside) -> None:
    other = "cs_test_other"
    for id in (ID, other):
        shop.hear(COMPLETED, as_session(id), id=as_event(f"evt_{id}"), payment_status="paid")
    shop.rest()
    version = shop.session(other).version + 1
    later = StoredEvent(other, version, "CheckoutSession.FlownOut", b"{}")
    shop.runtime.log.store.insert_events([later])

    assert shop.runtime.staff.retry_all([other, ID], BY) == [other]

    assert types(shop, ID)[-1] == "CheckoutSession.RetryRequested"


def test_the_audit_trail_says_that_staff_asked(shop: Shop, outside: Outside) -> None:
    outside.checkouts[ID] = replace(outside.checkouts[ID], status="open", payment_status="unpaid")
    shop.visit(ID)
    outside.settle(ID)
    outside.checkouts[ID] = replace(outside.checkouts[ID], status="complete")

    shop.runtime.staff.retry(ID, BY)
    shop.rest()

    [_, by_staff] = shop.events_of(CheckoutSession.Retrieved)
    assert by_staff.source is Source.STAFF


def test_an_outcome_names_the_worker_that_made_the_attempt(shop: Shop, outside: Outside) -> None:
    """Its lock session broke meanwhile, so that the process works under another ID from then on."""
    shop.visit(ID)
    shop.runtime.engine.run_until_quiet(effects=False)
    runner, before = shop.runtime.engine._runner, shop.locks.enlist()

    class Breaking(SendMail):
        def perform(self, attempt: Attempt) -> Done:
            shop.locks.release()
            shop.locks._worker = "ffffffff"
            runner._enlist()
            return super().perform(attempt)

    mails = runner._kinds[MAIL]
    runner._kinds = {**runner._kinds, MAIL: replace(mails, handler=Breaking(outside))}
    shop.rest()

    [_, started, succeeded] = shop.runtime.log.streams([RECEIPT])[RECEIPT]
    assert [started.actor, succeeded.actor] == [f"worker:{before}"] * 2


def test_what_was_asked_for_while_the_clock_was_ahead_is_done_once_it_is_right(shop: Shop, outside: Outside) -> None:
    right = shop.clock.now
    shop.clock.advance(3600)
    shop.visit(ID)
    shop.runtime.engine.run_until_quiet(effects=False)

    shop.clock.now = right
    shop.rest()

    assert [mail.kind for mail in outside.mailbox.values()] == ["receipt"]


@pytest.mark.parametrize(
    ("error", "may_have_gone_out"),
    [(Temporary("broke off"), True), (NotTaken("not reached"), False), (ValueError("odd"), True)],
)
def test_the_log_knows_whether_a_failed_attempt_may_have_gone_out(
    shop: Shop, outside: Outside, error: Exception, may_have_gone_out: bool
) -> None:
    shop.visit(ID)
    outside.planned_errors = [error]

    shop.rest()

    assert effect(shop, RECEIPT).attempt == 1
    assert effect(shop, RECEIPT).may_have_gone_out is may_have_gone_out


def test_a_sale_is_booked_on_the_day_of_the_payment_although_stripe_was_asked_the_day_after(shop: Shop) -> None:
    the_day_before = shop.clock() - timedelta(days=1)

    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid", at=the_day_before)
    shop.rest()

    assert [requested.paid_at for requested in shop.events_of(Fulfillment.Requested)] == [the_day_before]


def test_a_session_unknown_to_stripe_waits_for_a_person_once_until_a_note(shop: Shop, outside: Outside) -> None:
    checkout = outside.checkouts.pop(ID)
    shown(shop)
    rest_until_done(shop, RETRIEVAL)
    assert [(item.kind, item.item) for item in shop.runtime.queries.work_queue()] == [
        ("parked_session", "unknown_to_stripe")
    ]

    shop.runtime.staff.retry(ID, BY)
    shop.rest()
    assert [item.kind for item in shop.runtime.queries.work_queue()] == ["parked_session"]

    shop.runtime.staff.note(ID, "It belongs to our other account.", BY)
    assert shop.runtime.queries.work_queue() == []

    outside.checkouts[ID] = checkout
    shop.hear(COMPLETED, ID, id=as_event("evt_later"), payment_status="paid")
    shop.rest()
    assert shop.state(ID) == "fulfilled"


def test_a_payment_of_which_nothing_is_heard_comes_up_every_14_days_until_it_arrives(
    shop: Shop, outside: Outside
) -> None:
    days = 24 * 3600
    outside.checkouts[ID] = replace(outside.checkouts[ID], payment_status="unpaid")
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="unpaid")
    shop.rest()
    shop.clock.advance(13 * days)
    shop.rest()
    assert shop.runtime.queries.work_queue() == []

    shop.clock.advance(2 * days)
    shop.rest()
    assert [item.kind for item in shop.runtime.queries.work_queue()] == ["payment_overdue"]

    shop.runtime.staff.note(ID, "The bank says that it takes longer.", BY)
    assert shop.runtime.queries.work_queue() == []

    shop.clock.advance(15 * days)
    shop.rest()
    assert [item.kind for item in shop.runtime.queries.work_queue()] == ["payment_overdue"]
    outside.settle(ID)
    shop.runtime.staff.retry(ID, BY)
    shop.rest()
    assert shop.state(ID) == "fulfilled"
    assert shop.runtime.queries.work_queue() == []


def test_a_permanent_refusal_is_the_last_attempt(shop: Shop, outside: Outside) -> None:
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.runtime.engine.run_until_quiet(effects=False)
    shop.runtime.fulfill_checkout(ID, source=Source.LANDING_PAGE, actor="customer")
    shop.runtime.engine.run_until_quiet(effects=False)
    outside.planned_errors.append(Permanent("The mail server refuses the customer's address for good (550)."))
    shop.rest()

    assert types(shop, RECEIPT) == ["Effect.Requested", "Effect.AttemptStarted", "Effect.GivenUp"]
    document = shop.runtime.queries.checkout(ID)
    assert document is not None
    assert [(mail.kind, mail.state) for mail in document.emails] == [("receipt", "failed")]


def test_an_unexpected_error_is_recorded_without_its_words(shop: Shop, outside: Outside) -> None:
    outside.planned_errors = [ValueError("ada@example.com lives at 1 Example Road")]

    shown(shop)

    failed = next(e for e in shop.runtime.log.streams([RETRIEVAL])[RETRIEVAL] if isinstance(e, Effect.AttemptFailed))
    assert in_words(failed.error).startswith("Unexpected ValueError in outside.py, line ")
    rest_until_done(shop, RETRIEVAL)
    assert shop.state(ID) == "fulfilled"


def test_an_orphaned_attempt_is_taken_over_when_its_worker_is_gone_and_not_before(
    open_shop: Open, outside: Outside
) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product="prod_parcel")])
    first = open_shop(catalog=CATALOG)
    first.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    first.runtime.engine.run_until_quiet(effects=False)
    first.store.held["worker another"] = object()
    _claim_as(first, "another")

    first.rest()
    assert effect(first, RETRIEVAL).attempt == 1, "its worker is still at work"

    del first.store.held["worker another"]
    first.rest()
    assert effect(first, RETRIEVAL).attempt == 2
    assert effect(first, RETRIEVAL).is_done


def _claim_as(shop: Shop, worker: str) -> None:
    now = shop.clock()
    stamp = Stamp(actor=f"worker:{worker}", now=now, session_id=ID)
    shop.runtime.writer.run(
        stamp, [RETRIEVAL], lambda unit: unit.command(Effect, RETRIEVAL, Effect.start, worker, now=now)
    )


def test_a_mail_that_is_not_true_any_more_is_withdrawn(shop: Shop, outside: Outside) -> None:
    """A customer who has paid gets no mail that the payment is pending or failed."""
    outside.checkouts[ID] = replace(outside.checkouts[ID], payment_status="unpaid")
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="unpaid")
    shop.visit(ID)
    shop.runtime.engine.run_until_quiet(effects=False)
    outside.settle(ID)
    shop.visit(ID)

    shop.rest()

    assert effect(shop, effect_id(ID, "mail_payment_pending")).withdrawn
    assert sorted(outside.mailbox) == [RECEIPT]
    assert shop.session(ID).paid_at is not None


def test_a_mail_that_may_have_gone_out_is_not_another_mail_under_the_same_id(open_shop: Open, outside: Outside) -> None:
    """It went out, and the process crashed before recording that. Its statements become false, and then true again."""
    tracked = '[products.prod_parcel]\ndelivery = "shipment"\nsku = "mug"\ntrack_stock = true\n'
    lines = [a_line_item(product="prod_parcel"), a_line_item("li_2", product="prod_parcel")]
    outside.checkouts[ID] = a_checkout(line_items=lines)
    shop = open_shop(catalog=tracked, environment={"FULFILL_MAILS": "backordered"})
    shop.visit(ID)
    shop.runtime.engine.run_until_quiet(effects=False)
    first = effect_id(ID, "mail_backordered")
    shop.runtime.writer.run(
        Stamp(actor="worker:gone", now=shop.clock(), session_id=ID),
        [first],
        lambda unit: unit.command(Effect, first, Effect.start, "gone", now=shop.clock()),
    )
    outside.send(_mail_of(shop, first), message_id=first)

    shop.runtime.staff.count(as_sku("mug"), 2, BY)
    shop.rest()
    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.rest()

    assert effect(shop, first).is_done
    shown = [mail for id, mail in outside.mailbox.items() if id.startswith(first)]
    assert [len(mail.lines) for mail in shown] == [2, 1]


def _mail_of(shop: Shop, id: str) -> Mail:
    requested = effect(shop, id).requested
    assert requested is not None
    assert requested.mail is not None
    return requested.mail


def test_a_delivery_whose_line_was_replanned_is_withdrawn(open_shop: Open, outside: Outside) -> None:
    """It waits for another try when its stock is taken back, and then the rule says that a person hands it over."""
    by_courier = '[products.prod_parcel]\ndelivery = "courier"\nsku = "mug"\ntrack_stock = true\n'
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product="prod_parcel")])
    shop = open_shop(catalog=by_courier)
    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.visit(ID)
    shop.runtime.engine.run_until_quiet(effects=False)
    outside.planned_errors = [Temporary("Neither the mail server nor the courier answered.")] * 2
    shop.rest()
    shop.runtime.staff.count(as_sku("mug"), 0, BY)
    shop.rest()
    assert outside.deliveries == {}
    shop.kill()

    shop = open_shop(catalog='[products.prod_parcel]\ndelivery = "manual"\n', clock=shop.clock)
    shop.runtime.staff.replan(ID, BY)
    shop.clock.advance(3600)
    shop.rest()

    assert effect(shop, effect_id(ID, "deliver_li_1")).withdrawn == reasons.replanned()
    assert outside.deliveries == {}
    assert shop.fulfillment(ID).lines[as_line("li_1")].state is LineState.MANUAL
