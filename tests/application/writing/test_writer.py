"""The one writer: many commands, one transaction, and each caller gets its own result."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from every_store import change, log_environment
from fakes.time_in_hand import TimeInHand
from log_parts import received
from typed_ids import as_event, as_stream

from application.errors import Busy, Stopped, StoreUnavailable
from application.log.log import Log
from application.receive import receive
from application.writing.recent_states import RecentStates
from application.writing.unit_of_work import Stamp, UnitOfWork
from application.writing.writer import Command, Writer
from domain import refusals
from domain.errors import Refused
from domain.identifiers import StreamId, StripeEventId
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent

STAMP = Stamp(actor="staff:kim", now=datetime(2026, 11, 24, 9, 0, tzinfo=UTC))


def opened(url: str) -> Log:
    return Log(dict(log_environment(url)))


@pytest.fixture
def log(store_url: str) -> Iterator[Log]:
    log = opened(store_url)
    yield log
    log.close()


@pytest.fixture
def writer(log: Log) -> Writer:
    return Writer(log, RecentStates(log.store))


def count(pieces: int, sku: StreamId = as_stream("sku_mug")) -> Command[StockItem]:
    return lambda unit: unit.command(StockItem, sku, StockItem.count, pieces)


def test_what_waits_is_written_in_one_transaction(log: Log, writer: Writer) -> None:
    before = log.store.has_foreign_commits()
    futures = [writer.submit(STAMP, [f"sku_{n}"], count(n, as_stream(f"sku_{n}"))) for n in range(1, 100)]

    writer.turn()

    assert all(future.done() for future in futures)
    assert log.store.max_notification_id() == 99
    assert before is True
    assert log.store.has_foreign_commits() is True
    assert writer.turn() is False


def test_commands_on_one_stream_see_each_other(log: Log, writer: Writer) -> None:
    def one_more(unit: UnitOfWork) -> int:
        on_hand = unit.load(StockItem, as_stream("sku_mug")).on_hand
        return unit.command(StockItem, as_stream("sku_mug"), StockItem.count, on_hand + 1).on_hand

    futures = [writer.submit(STAMP, ["sku_mug"], one_more) for _ in range(50)]
    writer.turn()

    assert [future.result() for future in futures] == list(range(1, 51))


def test_what_one_command_refuses_costs_the_others_nothing(log: Log, writer: Writer) -> None:
    def refused(unit: UnitOfWork) -> None:
        unit.command(StockItem, as_stream("sku_mug"), StockItem.count, 999)
        raise Refused(refusals.no_parcel())

    first = writer.submit(STAMP, ["sku_mug"], count(3))
    bad = writer.submit(STAMP, ["sku_mug"], refused)
    last = writer.submit(STAMP, ["sku_cup"], count(4, as_stream("sku_cup")))
    writer.turn()

    with pytest.raises(Refused):
        bad.result()
    assert (first.done(), last.done()) == (True, True)
    assert log.get(StockItem, "sku_mug").on_hand == 3
    assert log.store.max_notification_id() == 2


def begun(writer: Writer, id: StripeEventId, body: str = "{}") -> Future[bool]:
    """A Stripe event that has come in, and whether it is new."""
    waiter: Future[bool] = Future()
    fact = replace(received("checkout.session.completed", "cs_test_a"), body=body)
    receive(writer, lambda: STAMP.now, id, fact, waiter)
    return waiter


def test_a_stream_begins_once(log: Log, writer: Writer) -> None:
    first = [begun(writer, as_event("evt_1")), begun(writer, as_event("evt_2")), begun(writer, as_event("evt_1"))]
    writer.turn()
    again = [begun(writer, as_event("evt_2")), begun(writer, as_event("evt_3"))]
    writer.turn()

    assert [waiter.result() for waiter in (*first, *again)] == [True, True, False, False, True]
    assert len(log.store.select_notifications(None, 10)) == 3


def test_two_of_the_same_at_once_are_no_conflict(log: Log) -> None:
    """A conflict drops what is kept of busy streams, and has all others wait for several transactions."""
    hot = RecentStates(log.store)
    writer = Writer(log, hot)
    writer.run(STAMP, ["sku_mug"], count(1))

    outcomes = [begun(writer, as_event("evt_1")) for _ in range(3)]
    writer.turn()

    assert [outcome.result() for outcome in outcomes] == [True, False, False]
    assert hot.get("sku_mug") is not None


def test_what_begins_a_stream_is_stamped_as_whatever_else(log: Log, writer: Writer) -> None:
    begun(writer, as_event("evt_1"), body="ö")
    writer.turn()

    (event,) = log.streams(["evt_1"])["evt_1"]
    assert isinstance(event, StripeEvent.Received)
    assert (event.body, event.actor, event.session_id) == ("ö", "stripe", None)
    assert (event.originator_version, event.occurred_at, event.recorded_at) == (1, STAMP.now, STAMP.now)


def test_beginnings_and_commands_share_a_transaction_and_cost_each_other_nothing(log: Log, writer: Writer) -> None:
    begun(writer, as_event("evt_known"))
    writer.turn()

    def refused(unit: UnitOfWork) -> None:
        raise Refused(refusals.no_parcel())

    outcomes: list[Future[Any]] = [
        writer.submit(STAMP, ["sku_mug"], count(3)),
        begun(writer, as_event("evt_known")),
        writer.submit(STAMP, [], refused),
        begun(writer, as_event("evt_new")),
    ]
    writer.turn()

    assert [outcome.done() for outcome in outcomes] == [True] * 4
    assert (outcomes[1].result(), outcomes[3].result()) == (False, True)
    assert log.get(StockItem, "sku_mug").on_hand == 3
    assert [event.originator_id for event in log.store.select_notifications(1, 10)] == [
        "evt_known",
        "evt_new",
        "sku_mug",
    ]


def test_an_unreadable_stream_is_known_all_the_same(store_url: str, log: Log, writer: Writer) -> None:
    begun(writer, as_event("evt_1"))
    writer.turn()
    change(store_url, "log", "UPDATE stored_events SET state = 'garbled'")

    outcomes = [begun(writer, as_event("evt_1")), begun(writer, as_event("evt_2"))]
    writer.turn()

    assert [outcome.result() for outcome in outcomes] == [False, True]


def test_a_stream_that_another_process_begins_meanwhile_is_known(store_url: str, log: Log, writer: Writer) -> None:
    """Between our look for what is known and our insert, another process records the same Stripe event."""
    theirs = opened(store_url)
    other = Writer(theirs, RecentStates(theirs.store))

    def meanwhile(unit: UnitOfWork) -> None:
        if theirs.store.max_notification_id() is None:
            other.result(begun(other, as_event("evt_1")))

    outcomes = [begun(writer, as_event("evt_1")), begun(writer, as_event("evt_2"))]
    writer.submit(STAMP, [], meanwhile)
    writer.turn()
    theirs.close()

    assert [outcome.result() for outcome in outcomes] == [False, True]
    assert [event.originator_id for event in log.store.select_notifications(1, 10)] == ["evt_1", "evt_2"]


def test_who_waits_no_more_gets_nothing_written(log: Log, writer: Writer) -> None:
    begun(writer, as_event("evt_1")).cancel()
    begun(writer, as_event("evt_2"))
    writer.turn()

    assert [event.originator_id for event in log.store.select_notifications(1, 10)] == ["evt_2"]


def test_two_processes_that_write_to_one_stream_both_get_through(store_url: str, log: Log, writer: Writer) -> None:
    theirs = opened(store_url)
    other = Writer(theirs, RecentStates(theirs.store))

    for number in range(1, 6):
        writer.run(STAMP, ["sku_mug"], count(number))
        other.run(STAMP, ["sku_mug"], count(number * 10))
    theirs.close()

    stock = log.get(StockItem, "sku_mug")
    assert (stock.version, stock.on_hand) == (10, 50)


def test_a_locked_store_is_reported_as_unavailable(store_url: str, log: Log, writer: Writer) -> None:
    writer.run(STAMP, ["sku_mug"], count(1))
    change(store_url, "log", "ALTER TABLE stored_events RENAME TO gone")

    with pytest.raises(StoreUnavailable):
        writer.run(STAMP, ["sku_cup"], count(1, as_stream("sku_cup")))


def test_it_is_not_well_until_the_store_takes_a_write_again(store_url: str, log: Log, writer: Writer) -> None:
    change(store_url, "log", "ALTER TABLE stored_events RENAME TO gone")
    with pytest.raises(StoreUnavailable):
        writer.run(STAMP, ["sku_cup"], count(1, as_stream("sku_cup")))
    well = [writer.is_well]

    writer.try_again()
    well.append(writer.is_well)
    change(store_url, "log", "ALTER TABLE gone RENAME TO stored_events")
    writer.try_again()
    well.append(writer.is_well)

    assert well == [False, False, True]


def test_a_write_that_succeeds_makes_it_well_again(writer: Writer) -> None:
    writer.is_failing = True

    writer.run(STAMP, ["sku_cup"], count(1, as_stream("sku_cup")))

    assert writer.is_well


def test_it_is_not_well_while_something_waits_for_more_than_two_seconds(log: Log) -> None:
    time = TimeInHand()
    writer = Writer(log, RecentStates(log.store), threads=time)
    waiting = writer.submit(STAMP, [], count(1))

    well = [writer.is_well]
    time.now = 2.1
    well.append(writer.is_well)
    writer.turn()
    well.append(writer.is_well)

    assert waiting.done()
    assert well == [True, False, True]


def test_requests_are_urgent_once_the_thread_has_worked_for_a_while_since_its_last_turn(log: Log) -> None:
    """However long they have waited: if they always wait, batches must not become small."""
    time = TimeInHand()
    writer = Writer(log, RecentStates(log.store), threads=time)

    urgent = [writer.is_urgent()]
    writer.submit(STAMP, [], count(1))
    urgent.append(writer.is_urgent())
    time.now = 0.021
    urgent.append(writer.is_urgent())
    writer.turn()
    writer.submit(STAMP, [], count(2))
    time.now = 0.04
    urgent.append(writer.is_urgent())

    assert urgent == [False, False, True, False]


def test_what_is_being_written_counts_as_waiting(log: Log) -> None:
    time = TimeInHand()
    writer = Writer(log, RecentStates(log.store), threads=time)

    def slow(unit: UnitOfWork) -> bool:
        time.now += 2.1
        return writer.is_well

    assert writer.run(STAMP, [], slow) is False


def test_a_background_thread_pauses_until_the_requests_are_written(log: Log) -> None:
    class WritesMeanwhile(TimeInHand):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.slept) == 3:
                slow_writer.turn()

    time = WritesMeanwhile()
    slow_writer = Writer(log, RecentStates(log.store), threads=time)
    slow_writer.has_thread = True
    waiting = slow_writer.submit(STAMP, [], count(1))

    slow_writer.let_requests_pass()
    time.now += 1
    slow_writer.let_requests_pass()

    assert waiting.done()
    assert time.slept == [0.001] * 3


def test_a_background_thread_pauses_while_requests_are_being_written(log: Log) -> None:
    time = TimeInHand()
    writer = Writer(log, RecentStates(log.store), threads=time)
    writer.has_thread = True
    writer.submit(STAMP, [], lambda _: writer.let_requests_pass())

    writer.turn()

    assert sum(time.slept) == pytest.approx(0.02)


def test_requests_without_end_leave_a_background_thread_half_of_its_time(log: Log) -> None:
    time = TimeInHand()
    writer = Writer(log, RecentStates(log.store), threads=time)
    writer.has_thread = True
    writer.submit(STAMP, [], count(1))

    ran = 0.0
    while ran < 1:
        writer.let_requests_pass()
        time.now += 0.001
        ran += 0.001

    assert sum(time.slept) == pytest.approx(1, rel=0.15)


def test_no_thread_pauses_for_requests_that_it_would_have_to_write_itself(log: Log) -> None:
    time = TimeInHand()
    writer = Writer(log, RecentStates(log.store), threads=time)
    writer.submit(STAMP, [], count(1))

    writer.let_requests_pass()

    assert time.slept == []


def test_a_full_queue_takes_nothing_more(log: Log) -> None:
    writer = Writer(log, RecentStates(log.store), queue_max=2)
    futures = [writer.submit(STAMP, [], count(1)) for _ in range(2)]

    with pytest.raises(Busy):
        writer.submit(STAMP, [], count(1))

    writer.turn()
    assert all(future.done() for future in futures)


def test_a_closed_writer_fails_all_waiters(writer: Writer) -> None:
    waiting = writer.submit(STAMP, [], count(1))

    writer.close()

    with pytest.raises(Stopped):
        waiting.result(timeout=1)
    with pytest.raises(Stopped):
        writer.submit(STAMP, [], count(1))


def test_an_unexpected_error_fails_every_waiter_and_is_not_swallowed(writer: Writer) -> None:
    class Unexpected(BaseException):
        pass

    def fails(unit: UnitOfWork) -> None:
        raise Unexpected

    futures: list[Future[Any]] = [writer.submit(STAMP, [], count(1)), writer.submit(STAMP, [], fails)]

    with pytest.raises(Unexpected):
        writer.turn()
    for future in futures:
        with pytest.raises(Stopped):
            future.result(timeout=1)


def test_threads_share_it(log: Log, writer: Writer) -> None:
    writer.has_thread = True
    results: list[int] = []

    def submit() -> None:
        results.append(writer.run(STAMP, ["sku_mug"], lambda unit: unit.load(StockItem, as_stream("sku_mug")).version))

    threads = [threading.Thread(target=submit) for _ in range(20)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        writer.turn()
    for thread in threads:
        thread.join()

    assert results == [0] * 20
