"""Followers: each event once, in order, whatever crashes, races or can't be handled."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.crash import Crash, CrashPoints, open_crashing_log
from fakes.outside import BEGINNING, FixedClock, MemoryLocks

from application.followers import Followers
from application.log import Log
from application.unit_of_work import HotStates, Stamp
from application.writer import Writer
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.policies.policy import Streams
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent
from infrastructure.event_store.sqlite import sqlite_environment


@dataclass
class Counting:
    """Whenever a checkout is noted, one piece more is on the shelf."""

    name: str = "counting"
    refuses: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def decide(self, event: Event, do: Streams) -> None:
        if not isinstance(event, CheckoutSession.Noted):
            return
        sku = f"sku_{event.session_id}"
        on_hand = do.load(StockItem, sku).on_hand
        self.before()
        if event.text.text in self.refuses:
            raise ValueError(f"can't handle {event.text.text}")
        self.seen.append(event.text.text)
        do.command(StockItem, sku, StockItem.count, on_hand + 1)


class Process:
    """Followers and a writer over a file that others may use too."""

    def __init__(self, path: Path, *policies: Counting, held: dict[str, object] | None = None) -> None:
        self.points = CrashPoints()
        self.log: Log = open_crashing_log(path, self.points)
        self.locks = MemoryLocks({} if held is None else held)
        self.hot = HotStates()
        self.followers = Followers(self.log, policies, self.hot, self.locks, FixedClock())
        self.writer = Writer(self.log, self.hot)

    def note(self, text: str, session: str = "cs_test_a") -> None:
        stamp = Stamp(actor="staff:kim", now=BEGINNING, session_id=session)
        self.writer.run(
            stamp, [session], lambda unit: unit.command(CheckoutSession, session, CheckoutSession.note, text)
        )

    def retry(self, session: str = "cs_test_a") -> None:
        stamp = Stamp(actor="staff:kim", now=BEGINNING + timedelta(hours=1), session_id=session)
        self.writer.run(
            stamp, [session], lambda unit: unit.command(CheckoutSession, session, CheckoutSession.request_retry)
        )

    def rest(self) -> None:
        while self.followers.turn():
            pass

    def counted(self, session: str = "cs_test_a") -> int:
        return self.log.get(StockItem, f"sku_{session}").on_hand

    def parked(self) -> list[tuple[int, str, str]]:
        return [(entry.position, entry.subject, entry.error) for entry in self.log.store.select_parked()]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def open_process(database: Path) -> Iterator[Callable[..., Process]]:
    opened: list[Process] = []

    def open_process(*policies: Counting, held: dict[str, object] | None = None) -> Process:
        opened.append(Process(database, *policies, held=held))
        return opened[-1]

    yield open_process
    for process in opened:
        process.log.close()


Open = Callable[..., Process]


def test_every_event_is_decided_once_and_in_order(open_process: Open) -> None:
    policy = Counting()
    process = open_process(policy)
    for number in range(20):
        process.note(str(number))

    process.rest()

    assert policy.seen == [str(number) for number in range(20)]
    assert process.counted() == 20


def test_a_restart_goes_on_where_the_last_decision_was(open_process: Open) -> None:
    first = open_process(Counting())
    first.note("a")
    first.rest()
    again = Counting()
    second = open_process(again)
    second.note("b")

    second.rest()

    assert again.seen == ["b"]
    assert second.counted() == 2


def test_what_a_policy_decides_names_its_cause_and_its_actor(open_process: Open) -> None:
    process = open_process(Counting())
    process.note("a")

    process.rest()

    counted = process.log.streams(["sku_cs_test_a"])["sku_cs_test_a"][0]
    assert (counted.actor, counted.cause, counted.session_id) == ("policy:counting", "cs_test_a@1", "cs_test_a")


def test_a_crash_at_the_insert_neither_loses_nor_repeats_a_decision(open_process: Open) -> None:
    for at, expected in (("before an insert", 0), ("after an insert", 1)):
        session = f"cs_test_{at.split()[0]}"
        crashing = open_process(Counting())
        crashing.note("a", session)
        crashing.points.at = len(crashing.points.reached) + (1 if expected == 0 else 2)
        with pytest.raises(Crash, match=at):
            crashing.rest()
        assert crashing.counted(session) == expected

        after = open_process(Counting())
        after.rest()

        assert after.counted(session) == 1


def test_only_the_leader_follows(open_process: Open) -> None:
    held: dict[str, object] = {}
    leader, other = open_process(Counting(), held=held), open_process(Counting(), held=held)
    leader.note("a")

    assert leader.followers.turn() is True
    assert other.followers.turn() is False

    leader.locks.release()
    other.note("b")
    other.rest()
    assert other.counted() == 2


def test_two_that_both_believe_they_lead_still_decide_once(open_process: Open) -> None:
    """The lock is economy; the position in the same transaction is the guarantee."""
    one = open_process(Counting())
    other = open_process(Counting())
    for number in range(10):
        one.note(str(number))
        one.followers.turn()
        other.followers.turn()

    one.rest()
    other.rest()

    assert one.counted() == 10


def test_losing_a_race_for_a_stream_decides_again_from_the_same_position(open_process: Open) -> None:
    rival = open_process()
    policy = Counting()
    process = open_process(policy)
    process.note("a")

    def interfere() -> None:
        policy.before = lambda: None
        sku = "sku_cs_test_a"
        stamp = Stamp(actor="staff:kim", now=BEGINNING)
        rival.writer.run(stamp, [sku], lambda unit: unit.command(StockItem, sku, StockItem.count, 100))

    policy.before = interfere
    process.followers.turn()
    assert process.counted() == 100, "the first try conflicted and wrote nothing"

    process.rest()

    assert process.counted() == 101


def test_an_event_that_can_not_be_handled_is_parked_and_others_flow(open_process: Open) -> None:
    process = open_process(Counting(refuses={"bad"}))
    process.note("bad", "cs_test_a")
    process.note("good", "cs_test_b")

    process.rest()

    assert process.parked() == [(1, "cs_test_a", "ValueError: can't handle bad")]
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
    assert repaired.parked()[0] == (3, "cs_test_a", "ValueError: can't handle third")
    assert repaired.parked()[1] == (4, "cs_test_a", "It waits behind an earlier event")


def test_a_stripe_event_that_can_not_be_handled_is_marked_as_failed(open_process: Open) -> None:
    class Refusing(Counting):
        def decide(self, event: Event, do: Streams) -> None:
            if isinstance(event, StripeEvent.Received):
                raise KeyError("no idea")

    process = open_process(Refusing())
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
    stamp = Stamp(actor="stripe", now=BEGINNING, session_id="cs_test_a")
    process.writer.run(stamp, ["evt_1"], lambda do: do.command(StripeEvent, "evt_1", StripeEvent.receive, received))

    process.rest()

    assert process.log.get(StripeEvent, "evt_1").error == "KeyError: 'no idea'"
    assert process.parked()[0] == (1, "cs_test_a", "KeyError: 'no idea'")


def test_an_event_that_can_not_be_read_is_parked_with_its_stream(open_process: Open, database: Path) -> None:
    process = open_process(Counting())
    plain = Log(dict(sqlite_environment(database, create_tables=False)))
    process.note("a")
    with process.log.factory.datastore.transaction(commit=True) as cursor:  # type: ignore[attr-defined]
        cursor.execute("UPDATE stored_events SET state = ?", (b"{broken",))
    plain.close()

    process.rest()

    [(position, subject, error)] = process.parked()
    assert (position, subject) == (1, "cs_test_a")
    assert error


def test_a_policy_added_later_starts_at_the_beginning(open_process: Open) -> None:
    process = open_process(Counting())
    process.note("a")
    process.rest()
    late = Counting(name="late")

    both = open_process(Counting(), late)
    both.note("b")
    both.rest()

    assert late.seen == ["a", "b"]
    assert both.counted() == 4
