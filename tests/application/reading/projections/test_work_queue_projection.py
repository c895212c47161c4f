from dataclasses import replace
from datetime import timedelta

import pytest
from kinds import MANUAL
from log_parts import BEGINNING, COURSE, KEY, MUG, SERVICE, LogWriter, checkout
from read_side import ReadSide
from sample_log import DEBIT, FOREIGN, KEYS, SHOP, sample_log
from typed_ids import as_event, as_line, as_session, as_stream

from application.reading.answers import WorkItem
from application.reading.projections.work_queue import LASTING_AFTER, WORK_QUEUE
from application.reading.work import AboutEffect, Work
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import StreamId
from domain.line import LineState
from domain.park_reason import ParkReason
from domain.personal import Personal
from domain.plan import PlannedLine
from domain.reason import Peer, Reason
from domain.source import Source
from domain.stripe_event import StripeEvent

FUL = as_stream(f"ful_{SHOP}")
UNTRACKED = replace(MUG, track_stock=False)
RESERVED = Fulfillment.LineItemReserved(line_item=as_line("li_mug"))
SOLD_OUT = Fulfillment.LineItemBlocked(
    line_item=as_line("li_mug"), state=LineState.BACKORDERED, detail=reasons.as_written("Not enough")
)
BY_HAND = Fulfillment.LineItemBlocked(
    line_item=as_line("li_mug"), state=LineState.MANUAL, detail=reasons.as_written("by hand")
)
BY_HAND = Fulfillment.LineItemBlocked(
    line_item=as_line("li_mug"), state=LineState.MANUAL, detail=reasons.as_written("by hand")
)
AWAITED = Fulfillment.KeysAwaited(line_item=as_line("li_key"), quantity=1, detail=reasons.as_written("few keys"))
GIVEN_UP = Fulfillment.LineItemBlocked(
    line_item=as_line("li_service"), state=LineState.GIVEN_UP, detail=reasons.port_failed("HTTP 410")
)
DELIVERED = Fulfillment.LineItemDelivered(line_item=as_line("li_mug"))
DISMISSED = CheckoutSession.Dismissed()
NOTED = CheckoutSession.Noted(text=Personal("seen"))


FAILING = as_stream(f"eff_{SHOP}_retrieve_unpaid_1")
KEY_REFUSED = reasons.stripe_key_refused("401, req_1")
SUCCEEDED = Effect.Succeeded(number=2)


def failed(error: Reason, number: int = 1) -> Effect.AttemptFailed:
    return Effect.AttemptFailed(number=number, error=error, retry_at=BEGINNING + timedelta(hours=number))


def requested(*plan: PlannedLine) -> Fulfillment.Requested:
    return Fulfillment.Requested(
        plan=plan, catalog="c0ffee", currency="eur", amount_shipping=0, amount_tax=0, paid_at=BEGINNING
    )


def waiting(read_side: ReadSide, stream: StreamId, *facts: Event) -> list[tuple[str, str]]:
    """What waits for a person after these: its kind, and the line or step."""
    log = LogWriter()
    log.add(stream, *facts, session_id=None if stream.startswith("evt_") else SHOP)
    read_side.append(log.events)
    return [(work.kind, work.item) for work in read_side.queries.work_queue()]


@pytest.mark.parametrize(
    ("facts", "work"),
    [
        ([requested(UNTRACKED)], ["parcel_to_pack"]),
        ([requested(COURSE, KEY, SERVICE)], []),
        ([requested(MUG)], []),
        ([requested(MUG), RESERVED], ["parcel_to_pack"]),
        ([requested(MUG), SOLD_OUT], ["backordered_line"]),
        ([requested(MUG), SOLD_OUT, RESERVED], ["parcel_to_pack"]),
        ([requested(MUG), RESERVED, SOLD_OUT], ["backordered_line"]),
        ([requested(MUG), RESERVED, DELIVERED], []),
        ([requested(MUG), SOLD_OUT, DELIVERED], []),
        ([requested(replace(MUG, delivery=MANUAL)), RESERVED], []),
        ([requested(replace(MUG, delivery=MANUAL)), RESERVED, BY_HAND], ["manual_line"]),
        ([requested(replace(MUG, delivery=MANUAL)), RESERVED, BY_HAND, SOLD_OUT], ["backordered_line"]),
        ([requested(replace(MUG, delivery=MANUAL)), BY_HAND, DELIVERED], []),
        (
            [
                requested(replace(UNTRACKED, delivery=MANUAL)),
                BY_HAND,
                Fulfillment.Replanned(lines=(UNTRACKED,), replaced=(replace(UNTRACKED, delivery=MANUAL),), catalog="x"),
            ],
            ["parcel_to_pack"],
        ),
        (
            [requested(MUG), SOLD_OUT, Fulfillment.Replanned(lines=(KEY,), replaced=(MUG,), catalog="x")],
            [],
        ),
    ],
)
def test_a_line_waits_for_a_person(read_side: ReadSide, facts: list[Event], work: list[str]) -> None:
    assert waiting(read_side, as_stream(f"ful_{SHOP}"), *facts) == [(kind, "li_mug") for kind in work]


def test_a_given_up_line_is_gone_when_it_is_tried_again(read_side: ReadSide) -> None:
    assert waiting(read_side, as_stream(f"ful_{SHOP}"), requested(SERVICE), GIVEN_UP) == [
        ("given_up_line", "li_service")
    ]

    log = LogWriter()
    log.versions[f"ful_{SHOP}"] = 2
    log.add(
        as_stream(f"ful_{SHOP}"),
        Fulfillment.LineItemResumed(line_item=as_line("li_service")),
        session_id=as_session(SHOP),
    )
    read_side.append(log.events)

    assert read_side.queries.work_queue() == []


def test_a_given_up_delivery_shows_once_as_its_line(read_side: ReadSide) -> None:
    assert (
        waiting(
            read_side,
            as_stream(f"eff_{SHOP}_deliver_li_service"),
            Effect.GivenUp(error=reasons.port_failed("HTTP 410")),
        )
        == []
    )


@pytest.mark.parametrize(
    ("step", "error", "kind"),
    [
        ("mail_receipt", reasons.port_failed("refused"), "mail_failed"),
        ("mail_receipt", reasons.no_address(), "mail_without_address"),
        ("retrieve_completed", reasons.port_failed("HTTP 401"), "retrieval_failed"),
    ],
)
def test_a_given_up_effect_waits_until_a_retry_is_asked_for(
    read_side: ReadSide, step: str, error: Reason, kind: str
) -> None:
    stream = f"eff_{SHOP}_{step}"

    assert waiting(read_side, as_stream(stream), Effect.GivenUp(error=error)) == [(kind, step)]

    log = LogWriter()
    log.versions[stream] = 1
    log.add(as_stream(stream), Effect.RetryRequested(), session_id=as_session(SHOP))
    read_side.append(log.events)
    assert read_side.queries.work_queue() == []


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("mail_receipt", reasons.port_failed("refused")),
        ("mail_receipt", reasons.no_address()),
        ("retrieve_completed", reasons.port_failed("HTTP 401")),
    ],
)
def test_a_given_up_effect_waits_until_its_checkout_is_dismissed(read_side: ReadSide, step: str, error: Reason) -> None:
    waiting(read_side, as_stream(f"eff_{SHOP}_{step}"), Effect.GivenUp(error=error))

    assert waiting(read_side, SHOP, DISMISSED) == []


def test_a_dismissed_checkout_keeps_the_lines_that_are_not_delivered(read_side: ReadSide) -> None:
    before = waiting(read_side, FUL, requested(MUG, SERVICE, KEY), RESERVED, GIVEN_UP)

    assert waiting(read_side, SHOP, DISMISSED) == before
    assert sorted(before) == [("given_up_line", "li_service"), ("parcel_to_pack", "li_mug")]


@pytest.mark.parametrize(
    "later",
    [
        CheckoutSession.Retrieved(checkout=checkout(MUG), source=Source.STAFF),
        CheckoutSession.Paid(payment_status="paid", amount_total=1, currency="eur"),
        CheckoutSession.RetryRequested(),
    ],
)
def test_a_failed_retrieval_is_settled_by_a_later_answer(read_side: ReadSide, later: Event) -> None:
    waiting(
        read_side, as_stream(f"eff_{SHOP}_retrieve_completed"), Effect.GivenUp(error=reasons.port_failed("HTTP 401"))
    )

    assert waiting(read_side, SHOP, later) == []


@pytest.mark.parametrize("error", [reasons.port_failed("HTTP 500"), reasons.stripe_key_refused("HTTP 401")])
def test_a_retrieval_that_keeps_failing_is_settled_by_the_payment_which_no_retry_is_needed_for(
    read_side: ReadSide, error: Reason
) -> None:
    stream = as_stream(f"eff_{SHOP}_retrieve_completed")
    waiting(read_side, stream, Effect.AttemptFailed(number=1, error=error, retry_at=BEGINNING))
    assert len(read_side.queries_at(OVERDUE_AT).work_queue()) == 1

    waiting(read_side, SHOP, PAID)

    assert read_side.queries_at(OVERDUE_AT).work_queue() == []


def test_a_failed_retrieval_is_settled_by_another_that_succeeded(read_side: ReadSide) -> None:
    waiting(
        read_side, as_stream(f"eff_{SHOP}_retrieve_completed"), Effect.GivenUp(error=reasons.port_failed("HTTP 401"))
    )

    assert waiting(read_side, as_stream(f"eff_{SHOP}_retrieve_retry_3"), Effect.Succeeded(number=1)) == []


UNPAID = CheckoutSession.Retrieved(checkout=checkout(MUG, payment_status="unpaid"), source=Source.WEBHOOK)
CANCELED = replace(UNPAID, checkout=replace(UNPAID.checkout, intent_status="canceled"))
AUTHORIZED = replace(UNPAID, checkout=replace(UNPAID.checkout, intent_status="requires_capture"))
PAYMENT_FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_2"))
PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1, currency="eur")
OVERDUE_AT = BEGINNING + timedelta(days=14, minutes=1)


@pytest.mark.parametrize(
    ("facts", "work"),
    [
        ([UNPAID], ["payment_overdue"]),
        ([UNPAID, PAID], []),
        ([UNPAID, PAYMENT_FAILED], []),
        ([PAYMENT_FAILED, UNPAID], []),
        ([PAYMENT_FAILED, UNPAID, PAID], []),
        ([AUTHORIZED, DISMISSED], ["payment_overdue"]),
        ([AUTHORIZED, CANCELED], []),
        ([CANCELED], []),
        ([CANCELED, PAID], []),
        ([UNPAID, CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_2"))], []),
        ([CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_2")), UNPAID], []),
        ([UNPAID, CheckoutSession.RetryRequested()], ["payment_overdue"]),
        ([UNPAID, NOTED], ["payment_overdue"]),
        ([UNPAID, DISMISSED], ["payment_overdue"]),
        ([DISMISSED], []),
        ([replace(UNPAID, checkout=checkout(MUG, payment_status="unpaid", status="open"))], []),
        ([NOTED], []),
    ],
)
def test_a_payment_of_which_nothing_is_heard_waits_for_a_person_in_the_end(
    read_side: ReadSide, facts: list[Event], work: list[str]
) -> None:
    assert "payment_overdue" not in [kind for kind, _ in waiting(read_side, SHOP, *facts)]

    assert [item.kind for item in read_side.queries_at(OVERDUE_AT).work_queue()] == work


@pytest.mark.parametrize(
    ("facts", "is_to_capture"),
    [
        ([AUTHORIZED], True),
        ([AUTHORIZED, NOTED], True),
        ([AUTHORIZED, CheckoutSession.RetryRequested()], True),
        ([AUTHORIZED, replace(AUTHORIZED, source=Source.STAFF)], True),
        ([AUTHORIZED, replace(UNPAID, checkout=replace(UNPAID.checkout, intent_status="processing"))], False),
        ([AUTHORIZED, PAID], False),
        ([AUTHORIZED, CANCELED], False),
        ([AUTHORIZED, PAYMENT_FAILED], False),
        ([PAYMENT_FAILED, AUTHORIZED], False),
        ([AUTHORIZED, CheckoutSession.Canceled(notifies=False)], False),
        ([AUTHORIZED, DISMISSED], False),
        ([UNPAID], False),
    ],
)
def test_a_payment_that_awaits_capture_is_the_shops_to_capture_at_once(
    read_side: ReadSide, facts: list[Event], is_to_capture: bool
) -> None:
    assert waiting(read_side, SHOP, *facts) == [("payment_to_capture", "")] * is_to_capture


def test_a_payment_to_capture_is_named_with_what_to_do_and_how_long_there_is(read_side: ReadSide) -> None:
    waiting(read_side, SHOP, AUTHORIZED)

    [item] = read_side.queries.work_queue()
    assert item.why == reasons.awaits_capture("pi_Shop1")
    assert "capture it" in item.detail
    assert "7 days" in item.detail


def test_a_payment_is_overdue_since_14_days_after_stripe_first_showed_it_unpaid(read_side: ReadSide) -> None:
    log = LogWriter()
    log.add(as_stream(SHOP), UNPAID, replace(UNPAID, source=Source.STAFF), session_id=as_session(SHOP))
    since = log.events[0].recorded_at + timedelta(days=14)
    read_side.append(log.events)

    assert read_side.queries_at(since - timedelta(microseconds=1)).work_queue() == []
    assert [item.since for item in read_side.queries_at(since).work_queue()] == [since]


PARKED = CheckoutSession.Parked(
    why=ParkReason.UNKNOWN_PAYMENT_STATUS, detail=reasons.unknown_payment_status("new_thing")
)
RETRIEVED = CheckoutSession.Retrieved(checkout=checkout(MUG), source=Source.STAFF)
UNKNOWN = CheckoutSession.Parked(why=ParkReason.UNKNOWN_TO_STRIPE, detail=reasons.unknown_to_stripe())
WRONG_MODE = CheckoutSession.Parked(why=ParkReason.WRONG_MODE, detail=reasons.other_mode_than_key("live"))
CONTRADICTED = CheckoutSession.Contradicted(what=reasons.paid_after_failure())


@pytest.mark.parametrize(
    ("facts", "work"),
    [
        ([PARKED], [("parked_session", "unknown_payment_status")]),
        ([PARKED, NOTED], [("parked_session", "unknown_payment_status")]),
        ([PARKED, CheckoutSession.RetryRequested()], [("parked_session", "unknown_payment_status")]),
        ([PARKED, CheckoutSession.Paid(payment_status="paid", amount_total=1, currency="eur")], []),
        ([WRONG_MODE], [("parked_session", "wrong_mode")]),
        ([WRONG_MODE, NOTED], []),
        ([UNKNOWN], [("parked_session", "unknown_to_stripe")]),
        ([UNKNOWN, NOTED], []),
        ([UNKNOWN, PARKED], [("parked_session", "unknown_payment_status")]),
        ([UNKNOWN, RETRIEVED], []),
        ([PARKED, RETRIEVED], []),
        ([RETRIEVED, PARKED], [("parked_session", "unknown_payment_status")]),
        ([CONTRADICTED], [("contradicted", "")]),
        ([CONTRADICTED, NOTED], []),
        ([CONTRADICTED, DISMISSED], []),
        ([PARKED, DISMISSED], []),
        ([WRONG_MODE, DISMISSED], []),
        ([WRONG_MODE, DISMISSED, WRONG_MODE], [("parked_session", "wrong_mode")]),
    ],
)
def test_a_session_waits_for_a_person(read_side: ReadSide, facts: list[Event], work: list[tuple[str, str]]) -> None:
    assert waiting(read_side, SHOP, *facts) == work


@pytest.mark.parametrize(
    ("facts", "work"),
    [
        ([StripeEvent.Failed(error=reasons.not_a_session())], [("failed_stripe_event", "")]),
        ([StripeEvent.Failed(error=reasons.not_a_session()), StripeEvent.RetryRequested()], []),
        ([StripeEvent.Failed(error=reasons.not_a_session()), StripeEvent.Dismissed()], []),
        (
            [
                StripeEvent.Failed(error=reasons.not_a_session()),
                StripeEvent.Dismissed(),
                StripeEvent.RetryRequested(),
                StripeEvent.Failed(error=reasons.not_a_session()),
            ],
            [("failed_stripe_event", "")],
        ),
        (
            [
                StripeEvent.Failed(error=reasons.not_a_session()),
                StripeEvent.Ignored(why=reasons.unhandled_type("charge.refunded")),
            ],
            [],
        ),
    ],
)
def test_a_stripe_event_waits_for_a_person(
    read_side: ReadSide, facts: list[Event], work: list[tuple[str, str]]
) -> None:
    assert waiting(read_side, as_stream("evt_1"), *facts) == work


def test_everything_that_waits_in_the_sample_log(read_side: ReadSide) -> None:
    rows = read_side.fold(WORK_QUEUE, sample_log())

    assert [(row["subject"], row["kind"], row["item"]) for row in rows if row["is_open"]] == [
        (FOREIGN, "parked_session", "wrong_mode"),
        (DEBIT, "contradicted", ""),
        (KEYS, "manual_line", "li_key"),
        ("evt_8", "failed_stripe_event", ""),
    ]


def test_every_kind_of_work_is_opened_by_something_and_closed_again(read_side: ReadSide) -> None:
    """Whatever is opened here, one more event closes it."""
    mail, retrieval = f"eff_{SHOP}_mail_receipt", f"eff_{SHOP}_retrieve_completed"
    ways: dict[Work, list[tuple[str, Event]]] = {
        Work.PARCEL_TO_PACK: [(FUL, requested(UNTRACKED)), (FUL, DELIVERED)],
        Work.MANUAL_LINE: [(FUL, BY_HAND), (FUL, DELIVERED)],
        Work.BACKORDERED_LINE: [(FUL, SOLD_OUT), (FUL, RESERVED)],
        Work.GIVEN_UP_LINE: [(FUL, GIVEN_UP), (FUL, Fulfillment.LineItemResumed(line_item=as_line("li_service")))],
        Work.AWAITED_KEYS: [(FUL, AWAITED), (FUL, Fulfillment.KeysWaitEnded(line_item=as_line("li_key")))],
        Work.MAIL_FAILED: [
            (mail, Effect.GivenUp(error=reasons.port_failed("refused"))),
            (mail, Effect.RetryRequested()),
        ],
        Work.MAIL_WITHOUT_ADDRESS: [(mail, Effect.GivenUp(error=reasons.no_address())), (SHOP, NOTED)],
        Work.RETRIEVAL_FAILED: [(retrieval, Effect.GivenUp(error=reasons.port_failed("HTTP 401"))), (SHOP, RETRIEVED)],
        Work.FAILING_EFFECT: [(FAILING, failed(reasons.port_failed("HTTP 500"))), (FAILING, SUCCEEDED)],
        Work.STRIPE_KEY_REFUSED: [(FAILING, failed(KEY_REFUSED)), (FAILING, SUCCEEDED)],
        Work.PAYMENT_OVERDUE: [(SHOP, UNPAID), (SHOP, PAID)],
        Work.PAYMENT_TO_CAPTURE: [(SHOP, AUTHORIZED), (SHOP, PAID)],
        Work.CONTRADICTED: [(SHOP, CONTRADICTED), (SHOP, NOTED)],
        Work.PARKED_SESSION: [(SHOP, PARKED), (SHOP, RETRIEVED)],
        Work.PAID_TWICE: [
            (FUL, requested(replace(UNTRACKED, delivery=MANUAL, remark=reasons.paid_twice("cs_test_first")))),
            (FUL, Fulfillment.Completed()),
        ],
        Work.FAILED_STRIPE_EVENT: [
            ("evt_1", StripeEvent.Failed(error=reasons.not_a_session())),
            ("evt_1", StripeEvent.RetryRequested()),
        ],
    }
    due_at = {Work.PAYMENT_OVERDUE: OVERDUE_AT, Work.FAILING_EFFECT: OVERDUE_AT}
    log = LogWriter()
    assert list(ways) == list(Work)
    for kind, (opens, closes) in ways.items():
        for (stream, fact), expected in ((opens, [kind]), (closes, [])):
            log.add(as_stream(stream), fact, session_id=None if stream == "evt_1" else SHOP)
            read_side.append(log.events[-1:])
            assert [item.kind for item in read_side.queries_at(due_at.get(kind, BEGINNING)).work_queue()] == expected


def test_an_effect_that_fails_for_five_minutes_shows_with_its_latest_reason_and_next_try(read_side: ReadSide) -> None:
    log = LogWriter()
    log.add(FAILING, failed(reasons.port_failed("first")), failed(reasons.port_failed("second"), 2), session_id=SHOP)
    read_side.append(log.events)
    since = log.events[0].recorded_at + LASTING_AFTER

    assert read_side.queries_at(since - timedelta(microseconds=1)).work_queue() == []
    assert read_side.queries_at(since).work_queue() == [
        WorkItem(
            subject=SHOP,
            kind=Work.FAILING_EFFECT,
            about=AboutEffect("retrieve_unpaid_1"),
            detail="second",
            why=reasons.port_failed("second"),
            since=since,
            retry_at=BEGINNING + timedelta(hours=2),
        )
    ]


def test_a_key_that_stripe_refuses_shows_at_once(read_side: ReadSide) -> None:
    log = LogWriter()
    log.add(
        FAILING, failed(reasons.port_failed("first")), failed(KEY_REFUSED, 2), failed(KEY_REFUSED, 3), session_id=SHOP
    )
    read_side.append(log.events)

    (item,) = read_side.queries_at(OVERDUE_AT).work_queue()
    assert (item.kind, item.since, item.why) == ("stripe_key_refused", log.events[1].recorded_at, KEY_REFUSED)
    assert read_side.queries_at(item.since).work_queue() == [item]


@pytest.mark.parametrize("error", [reasons.no_answer("courier", 120), reasons.timed_out(Peer.CALLBACK, "shop.example")])
def test_an_attempt_without_an_answer_shows_at_once_and_stays(read_side: ReadSide, error: Reason) -> None:
    log = LogWriter()
    log.add(FAILING, failed(error), failed(reasons.port_failed("HTTP 500"), 2), session_id=SHOP)
    read_side.append(log.events[:1])
    since = log.events[0].recorded_at
    (item,) = read_side.queries_at(since).work_queue()
    assert (item.kind, item.since, item.why) == ("failing_effect", since, error)

    read_side.append(log.events[1:])
    (item,) = read_side.queries_at(since).work_queue()
    assert (item.kind, item.since, item.why) == ("failing_effect", since, reasons.port_failed("HTTP 500"))


@pytest.mark.parametrize(
    ("end", "work"),
    [
        (SUCCEEDED, []),
        (Effect.Withdrawn(why=reasons.already_paid()), []),
        (Effect.RetryRequested(), []),
        (Effect.GivenUp(error=KEY_REFUSED), ["retrieval_failed"]),
        (failed(reasons.port_failed("HTTP 500"), 2), ["failing_effect"]),
    ],
)
@pytest.mark.parametrize("error", [KEY_REFUSED, reasons.port_failed("HTTP 500")])
def test_a_failing_effect_is_gone_when_it_ends(read_side: ReadSide, error: Reason, end: Event, work: list[str]) -> None:
    log = LogWriter()
    log.add(FAILING, failed(error), end, session_id=SHOP)
    read_side.append(log.events)

    assert [item.kind for item in read_side.queries_at(OVERDUE_AT).work_queue()] == work


def test_what_waits_keeps_the_time_from_which_it_waits(read_side: ReadSide) -> None:
    log = LogWriter()
    log.add(FUL, requested(MUG), SOLD_OUT, RESERVED, session_id=as_session(SHOP))

    read_side.append(log.events)

    (parcel,) = read_side.queries.work_queue()
    assert (parcel.kind, parcel.since) == ("parcel_to_pack", log.events[2].recorded_at)


def test_lines_of_one_session_wait_each_for_itself(read_side: ReadSide) -> None:
    other = replace(UNTRACKED, item=replace(UNTRACKED.item, id=as_line("li_hat")))

    assert waiting(read_side, FUL, requested(UNTRACKED, other), DELIVERED) == [("parcel_to_pack", "li_hat")]
