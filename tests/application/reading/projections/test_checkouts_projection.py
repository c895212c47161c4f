import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from log_parts import BEGINNING, COURSE, MUG, LogWriter, checkout
from random_days import Day
from read_side import ReadSide, open_read_side
from sample_log import AUTHORIZED, CANCELED, DEBIT, FOREIGN, KEYS, SHOP, sample_log
from scenario import requested
from typed_ids import as_event, as_session, as_sku, as_stream

from application.reading.checkout_state import Situation, checkout_state, situation
from application.reading.projection import Row, RowFold
from application.reading.projections.checkouts import CHECKOUTS
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.fulfillment_events import FulfillmentFact
from domain.line import LineState
from domain.park_reason import ParkReason
from domain.plan import PlannedLine
from domain.reason import Reason
from domain.source import Source

pytestmark = pytest.mark.every_store


def test_a_checkout_is_listed_from_the_first_that_was_heard_of_it(read_side: ReadSide) -> None:
    rows = {row["session_id"]: row for row in read_side.fold(CHECKOUTS, sample_log())}

    assert rows[SHOP] == {
        "session_id": SHOP,
        "position": 4,
        "recorded_at": "2026-11-24T09:00:03.250000Z",
        "amount_total": 4990,
        "currency": "eur",
        "retrieved_position": 14,
        "ships_to_position": None,
        "names": rows[SHOP]["names"],
        "state": "fulfilled",
        "situation": "fulfilled",
        "facts": "completed paid shown_bought shown_complete succeeded",
        "lines": rows[SHOP]["lines"],
    }


def states_disagree(events: Iterable[Event]) -> list[tuple[int, str, object, str]]:
    """After each event, the state in the row and that of the replayed aggregates, where they are not the same."""
    assert isinstance(CHECKOUTS.fold, RowFold)
    rows, sessions = dict[str, Row](), dict[str, CheckoutSession]()
    fulfillments, wrong = dict[str, Fulfillment](), list[tuple[int, str, object, str]]()
    for position, event in enumerate(events, 1):
        id = CHECKOUTS.fold.key_of(event)
        if id is None:
            continue
        session = sessions.setdefault(id, CheckoutSession(id=as_session(id)))
        fulfillment = fulfillments.setdefault(id, Fulfillment(id=as_stream(f"ful_{id}")))
        if isinstance(event, CheckoutSessionFact):
            sessions[id] = session.evolve(event)
        elif isinstance(event, FulfillmentFact):
            fulfillments[id] = fulfillment.evolve(event)
        if CHECKOUTS.concerns(event.TOPIC):
            row = CHECKOUTS.row_after(rows.get(id), event, position)
            assert row is not None
            rows[id] = row
        elif id not in rows:
            continue
        replayed = checkout_state(sessions[id], fulfillments[id])
        lines = fulfillments[id].lines.values()
        waits = ((line.state, line.why.code if line.why else None) for line in lines)
        as_read = situation(replayed, waits, reported=sessions[id].reported)
        if (rows[id]["state"], rows[id]["situation"]) != (replayed, as_read):
            wrong.append((position, event.TOPIC, rows[id]["state"], replayed))
    return wrong


def test_the_state_is_that_of_the_replayed_checkout_after_every_event() -> None:
    assert states_disagree(sample_log()) == []


@pytest.mark.parametrize("seed", range(40))
def test_the_state_is_that_of_the_replayed_checkout_on_random_days(seed: int) -> None:
    day = Day(seed)
    day.play()

    assert states_disagree(day.events) == []


GIVEN_UP = Fulfillment.LineItemBlocked(
    line_item=MUG.id, state=LineState.GIVEN_UP, detail=reasons.port_failed("HTTP 410")
)


@pytest.mark.parametrize(
    "then",
    [
        Fulfillment.LineItemReserved(line_item=MUG.id),
        Fulfillment.LineItemResumed(line_item=MUG.id),
        Fulfillment.Replanned(lines=(MUG,), replaced=(MUG,), catalog="c0ffee"),
        Fulfillment.LineItemDelivered(line_item=MUG.id),
        Fulfillment.LineItemsCanceled(number=1, lines=(MUG.id,), notifies=False),
    ],
    ids=lambda each: each.TOPIC,
)
def test_the_state_follows_each_change_of_the_only_line(then: Event) -> None:
    log = LogWriter()
    log.add(as_stream("cs_test_1"), OUTCOMES[-1][0], session_id=as_session("cs_test_1"))
    requested = Fulfillment.Requested(
        plan=(MUG,), catalog="c0ffee", currency="eur", amount_shipping=490, amount_tax=420, paid_at=BEGINNING
    )
    log.add(as_stream("ful_cs_test_1"), requested, GIVEN_UP, then, session_id=as_session("cs_test_1"))

    assert states_disagree(log.events) == []


OUTCOMES: Sequence[Sequence[Event]] = (
    [],
    [CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="unpaid")],
    [CheckoutSession.Completed(stripe_event=as_event("evt_5"), payment_status="paid")],
    [CheckoutSession.Completed(stripe_event=as_event("evt_6"), payment_status="no_payment_required")],
    [CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_2"))],
    [CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_3"))],
    [CheckoutSession.Expired(stripe_event=as_event("evt_4"))],
    [CheckoutSession.Canceled(notifies=False)],
    [CheckoutSession.Parked(why=ParkReason.OTHER_APPLICATION, detail=reasons.other_application())],
    [CheckoutSession.Parked(why=ParkReason.WRONG_MODE, detail=reasons.other_mode_than_key("live"))],
    [CheckoutSession.Retrieved(checkout=checkout(MUG, payment_status="unpaid"), source=Source.WEBHOOK)],
    [CheckoutSession.Retrieved(checkout=checkout(MUG), source=Source.WEBHOOK)],
    [CheckoutSession.Retrieved(checkout=checkout(), source=Source.WEBHOOK)],
    [CheckoutSession.Paid(payment_status="paid", amount_total=100, currency="eur")],
)


@pytest.mark.parametrize("number", range(len(OUTCOMES)))
def test_the_state_is_that_of_the_replayed_checkout_whatever_stripe_reports_in_which_order(number: int) -> None:
    for others in permutations([each for each in OUTCOMES if each is not OUTCOMES[number]], 2):
        log = LogWriter()
        for facts in (OUTCOMES[number], *others):
            log.add(as_stream("cs_test_1"), *facts, session_id=as_session("cs_test_1"))

        assert states_disagree(log.events) == []


@pytest.mark.parametrize("batch_max", [1, 2, 7])
def test_the_row_is_the_same_in_batches_of_any_size(store_url: str, batch_max: int) -> None:
    with open_read_side(store_url, [CHECKOUTS], batch_max=batch_max) as small, open_read_side(store_url) as large:
        small.append(sample_log())
        small.projector.catch_up()
        followed = small.rows(CHECKOUTS)

        assert large.rebuild.verify("checkouts").is_right
        assert {str(row["session_id"]): row["state"] for row in followed} == {
            SHOP: "fulfilled",
            DEBIT: "payment_failed",
            FOREIGN: "parked",
            KEYS: "blocked",
            AUTHORIZED: "payment_failed",
            CANCELED: "canceled",
        }


def test_what_was_not_retrieved_has_no_amount(read_side: ReadSide) -> None:
    rows = {row["session_id"]: row for row in read_side.fold(CHECKOUTS, sample_log())}

    row = rows[FOREIGN]
    assert (row["amount_total"], row["currency"], row["retrieved_position"]) == (None, None, None)


def test_the_amount_is_that_of_the_latest_answer_and_the_beginning_stays(read_side: ReadSide) -> None:
    log = LogWriter()
    cheap, dear = checkout(COURSE), checkout(COURSE, MUG)
    log.add(
        as_stream("cs_test_1"),
        CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="paid"),
        session_id=as_session("cs_test_1"),
    )
    for answer in (cheap, dear):
        retrieved = CheckoutSession.Retrieved(checkout=answer, source=Source.WEBHOOK)
        log.add(as_stream("cs_test_1"), retrieved, session_id=as_session("cs_test_1"))

    (row,) = read_side.fold(CHECKOUTS, log.events)

    assert (row["amount_total"], row["currency"], row["position"]) == (dear.amount_total, "eur", 1)
    assert row["retrieved_position"] == 3
    assert row["recorded_at"] == "2026-11-24T09:00:00.250000Z"


def test_no_row_has_personal_data(read_side: ReadSide) -> None:
    rows = str(list(read_side.fold(CHECKOUTS, sample_log())))

    assert not [text for text in ("Zoé", "Zoe@Example.com", "ORDER-17", "Exampleton") if text in rows]


def test_every_session_is_there_once(read_side: ReadSide) -> None:
    rows = read_side.fold(CHECKOUTS, sample_log())

    assert sorted(str(row["session_id"]) for row in rows) == sorted([SHOP, DEBIT, FOREIGN, KEYS, AUTHORIZED, CANCELED])


def test_lines_have_the_names_of_the_plan_that_is_in_force() -> None:
    def names(*facts: FulfillmentFact) -> object:
        log, row = LogWriter(), None
        log.add(SHOP, CheckoutSession.Retrieved(checkout=checkout(MUG, COURSE), source=Source.WEBHOOK), session_id=SHOP)
        log.add(as_stream(f"ful_{SHOP}"), *facts, session_id=SHOP)
        for position, event in enumerate(log.events, 1):
            row = CHECKOUTS.row_after(row, event, position)
        assert row is not None
        return json.loads(str(row["names"]))

    mug, course = replace(MUG, name="Blue mug"), replace(COURSE, name=None)
    renamed, unnamed = replace(COURSE, name="Course, 2nd edition"), replace(MUG, name=None)
    replanned = Fulfillment.Replanned(lines=(renamed, unnamed), replaced=(course, mug), catalog="c2")

    assert names() == {}
    assert names(requested(mug, course)) == {"li_mug": "Blue mug"}
    assert names(requested(mug, course), replanned) == {"li_course": "Course, 2nd edition"}


def test_the_row_says_what_staff_have_to_do_where_the_state_does_not() -> None:
    def situations(*facts: FulfillmentFact) -> list[str]:
        log, row, found = LogWriter(), None, list[str]()
        log.add(SHOP, CheckoutSession.Retrieved(checkout=checkout(MUG, COURSE), source=Source.WEBHOOK), session_id=SHOP)
        log.add(as_stream(f"ful_{SHOP}"), requested(MUG, COURSE), *facts, session_id=SHOP)
        for position, event in enumerate(log.events, 1):
            row = CHECKOUTS.row_after(row, event, position)
            assert row is not None
            found.append(str(row["situation"]))
        return found[2:]

    def blocked(line: PlannedLine, why: Reason, state: LineState = LineState.MANUAL) -> FulfillmentFact:
        return Fulfillment.LineItemBlocked(line_item=line.id, state=state, detail=why)

    no_rule, twice, late = reasons.no_rule(), reasons.paid_twice("cs_test_a1"), reasons.paid_after_cancellation()
    replanned = Fulfillment.Replanned(lines=(MUG, COURSE), replaced=(MUG, COURSE), catalog="c2")
    short = reasons.not_enough_stock(as_sku("mug"))

    assert situations(blocked(MUG, no_rule), blocked(COURSE, no_rule)) == ["fulfilling", Situation.TO_DO_BY_HAND]
    for first, second, read in (
        (blocked(MUG, no_rule), blocked(COURSE, short, LineState.BACKORDERED), Situation.BACKORDERED),
        (blocked(MUG, short, LineState.BACKORDERED), blocked(COURSE, short, LineState.GIVEN_UP), "blocked"),
    ):
        assert situations(first, second) == ["fulfilling", read]
    assert situations(blocked(MUG, twice), replanned) == [Situation.PAID_TWICE, "fulfilling"]
    assert situations(blocked(MUG, late), Fulfillment.LineItemDelivered(line_item=MUG.id)) == [
        Situation.PAID_AFTER_CANCELLATION,
        "fulfilling",
    ]
