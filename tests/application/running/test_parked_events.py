"""An event that a policy can't handle waits, with its checkout, for a person. All the others flow."""

import re
from collections.abc import Callable

import pytest
from eventsourcing.persistence import OperationalError
from fakes.outside import BEGINNING
from following import Counting, Process
from typed_ids import as_session, as_stream

from application.text.reason_wording import in_words
from application.writing.unit_of_work import Stamp
from domain.event import Event
from domain.stock_item import StockItem
from domain.streams import Streams
from domain.stripe_event import StripeEvent

Open = Callable[..., Process]


class Like(str):
    """Equal to any text of this pattern: the line in which an error came up is no matter of these tests."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.fullmatch(self, other) is not None

    __hash__ = str.__hash__


REFUSED = Like(r"Unexpected ValueError in following\.py, line \d+")
NO_IDEA = Like(r"Unexpected KeyError in test_parked_events\.py, line \d+")


class Refusing(Counting):
    def decide(self, event: Event, do: Streams) -> None:
        if isinstance(event, StripeEvent.Received):
            raise KeyError("no idea")


def error_of_the_stripe_event(process: Process) -> str:
    error = process.log.get(StripeEvent, "evt_1").error
    return in_words(error) if error else ""


def receive(process: Process) -> None:
    received = StripeEvent.Received(
        type="checkout.session.completed",
        livemode=False,
        api_version=None,
        account=None,
        object_id="cs_test_a",
        payment_status="paid",
        signature="",
        body="{}",
        occurred_at=BEGINNING,
    )
    stamp = Stamp(actor="stripe", now=BEGINNING, session_id=as_session("cs_test_a"))
    process.writer.run(stamp, ["evt_1"], lambda do: do.command(StripeEvent, as_stream("evt_1"), lambda _: [received]))


def test_an_event_that_can_not_be_handled_is_parked_and_others_flow(open_process: Open) -> None:
    process = open_process(Counting(refuses={"bad"}))
    process.note("bad", as_session("cs_test_a"))
    process.note("good", as_session("cs_test_b"))

    process.rest()

    assert process.parked() == [(1, "cs_test_a", REFUSED)]
    assert (process.counted("cs_test_a"), process.counted("cs_test_b")) == (0, 1)


def test_later_events_of_the_same_checkout_wait_behind_it(open_process: Open) -> None:
    process = open_process(Counting(refuses={"bad"}))
    for text in ("bad", "second", "third"):
        process.note(text)

    process.rest()

    assert [position for position, _, _ in process.parked()] == [1, 2, 3]
    assert process.counted() == 0


def test_they_still_wait_after_a_restart(open_process: Open) -> None:
    process = open_process(Counting(refuses={"bad"}))
    process.note("bad")
    process.rest()
    restarted = open_process(Counting())
    restarted.note("second")

    restarted.rest()

    assert [position for position, _, _ in restarted.parked()] == [1, 2]
    assert restarted.counted() == 0


def test_a_retry_after_the_fix_takes_them_up_in_order(open_process: Open) -> None:
    process = open_process(Counting(refuses={"bad"}))
    for text in ("bad", "second", "third"):
        process.note(text)
    process.rest()
    fixed = Counting()
    repaired = open_process(fixed)

    repaired.retry()
    repaired.note("fourth")
    repaired.rest()

    assert fixed.seen == ["bad", "second", "third", "fourth"]
    assert repaired.parked() == []


def test_a_retry_without_a_fix_leaves_them_parked_from_where_it_fails(open_process: Open) -> None:
    process = open_process(Counting(refuses={"bad", "third"}))
    for text in ("bad", "second", "third", "fourth"):
        process.note(text)
    process.rest()
    half_fixed = Counting(refuses={"third"})
    repaired = open_process(half_fixed)

    repaired.retry()
    repaired.rest()

    assert half_fixed.seen == ["bad", "second"]
    assert repaired.parked()[0] == (3, "cs_test_a", REFUSED)
    assert repaired.parked()[1] == (4, "cs_test_a", "It waits behind an earlier event")


def test_a_stripe_event_that_can_not_be_handled_is_marked_as_failed(open_process: Open) -> None:
    process = open_process(Refusing())
    receive(process)

    process.rest()

    assert error_of_the_stripe_event(process) == NO_IDEA
    assert process.parked()[0] == (1, "cs_test_a", NO_IDEA)


def test_a_stripe_event_that_fails_again_is_marked_again(open_process: Open) -> None:
    process = open_process(Refusing())
    receive(process)
    process.rest()
    stamp = Stamp(actor="staff:kim", now=BEGINNING, session_id=as_session("cs_test_a"))
    process.writer.run(
        stamp, ["evt_1"], lambda do: do.command(StripeEvent, as_stream("evt_1"), StripeEvent.request_retry)
    )
    assert process.log.get(StripeEvent, "evt_1").error is None

    process.rest()

    assert error_of_the_stripe_event(process) == NO_IDEA
    assert process.parked()[0][0] == 1


def test_what_is_parked_is_known_even_if_it_could_not_be_read_at_first(open_process: Open) -> None:
    """Otherwise a retry would not find it, and later events would overtake it."""
    process = open_process(Counting(refuses={"bad"}))
    process.note("bad")
    process.rest()
    restarted = open_process(Counting())
    restarted.note("second")
    restarted.points.planned_errors["read what is parked"] = [OperationalError("the store is away")]

    with pytest.raises(OperationalError):
        restarted.followers.turn()
    restarted.rest()

    assert [position for position, _, _ in restarted.parked()] == [1, 2]
    restarted.retry()
    restarted.rest()
    assert (restarted.parked(), restarted.counted()) == ([], 2)


class Stocked(Counting):
    """Whenever pieces are counted, unless it refuses so many, it has seen them."""

    def decide(self, event: Event, do: Streams) -> None:
        if isinstance(event, StockItem.Counted):
            if str(event.on_hand) in self.refuses:
                raise ValueError("can't handle it")
            self.seen.append(str(event.on_hand))


def a_server(open_process: Open, policy: Counting) -> Process:
    process = open_process(policy)
    process.followers.is_server = True
    return process


def test_an_event_of_a_sku_is_tried_again_when_a_server_starts_in_order_and_before_later_ones(
    open_process: Open,
) -> None:
    process = a_server(open_process, Stocked(refuses={"1"}))
    for pieces in (1, 2):
        process.count(pieces)
    process.rest()
    assert [subject for _, subject, _ in process.parked()] == ["sku_cs_test_a"] * 2
    fixed = Stocked()
    repaired = a_server(open_process, fixed)
    repaired.count(3)

    repaired.rest()

    assert (fixed.seen, repaired.parked()) == (["1", "2", "3"], [])


def test_an_event_of_a_sku_that_fails_again_at_the_start_has_waited_since_it_was_parked(open_process: Open) -> None:
    process = a_server(open_process, Stocked(refuses={"1"}))
    process.count(1)
    process.rest()
    before = process.log.store.select_parked_events()
    half = Stocked(refuses={"2"})

    restarted = a_server(open_process, Stocked(refuses={"1"}))
    restarted.count(2)
    restarted.rest()
    after = restarted.log.store.select_parked_events()
    again = a_server(open_process, half)
    again.rest()

    assert (list(after[:1]), len(after)) == (list(before), 2)
    assert half.seen == ["1"]
    assert [position for position, _, _ in again.parked()] == [2]


def test_a_command_of_staff_and_an_event_of_a_checkout_are_left_to_a_server_and_a_person(open_process: Open) -> None:
    policy = Stocked(refuses={"1"})
    process = open_process(policy)
    process.count(1)
    process.rest()
    fixed = Stocked()

    open_process(fixed).rest()

    assert fixed.seen == []
    noting = open_process(Counting(refuses={"bad"}))
    noting.note("bad")
    noting.rest()
    again = Counting()
    a_server(open_process, again).rest()
    assert again.seen == []
