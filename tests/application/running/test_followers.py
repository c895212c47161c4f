"""Followers: each event once, in order, whatever crashes, races or can't be handled."""

import itertools
import logging
from collections.abc import Callable, Sequence

import pytest
import structlog
from every_store import put_back
from fakes.crash import Crash
from fakes.outside import BEGINNING
from following import Counting, Process
from structlog.testing import capture_logs
from typed_ids import as_session, as_stream

from application.log.log import Entry
from application.writing.unit_of_work import Stamp, stamped
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.personal import Personal
from domain.stock_item import StockItem

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

    counted = next(process.log.streams(["sku_cs_test_a"])["sku_cs_test_a"])
    assert (counted.actor, counted.cause, counted.session_id) == ("policy:counting", "cs_test_a@1", "cs_test_a")


def test_a_crash_at_the_insert_neither_loses_nor_repeats_a_decision(open_process: Open) -> None:
    for at, expected in (("before an insert", 0), ("after an insert", 1)):
        session = f"cs_test_{at.split()[0]}"
        crashing = open_process(Counting())
        crashing.note("a", as_session(session))
        crashing.points.at = (len(crashing.points.reached) + (1 if expected == 0 else 2),)
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


def test_who_leads_and_who_stands_by_says_so_once(open_process: Open) -> None:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    held: dict[str, object] = {}
    leader, other = open_process(Counting(), held=held), open_process(Counting(), held=held)

    with capture_logs() as logs:
        for process in (leader, other, leader, other):
            process.followers.turn()
    structlog.configure(**before)

    assert [entry["event"] for entry in logs] == ["leading", "another process leads, this one stands by"]


def test_a_process_that_leads_again_resumes_behind_the_last_leader(open_process: Open) -> None:
    held: dict[str, object] = {}
    policy = Counting()
    first, second = open_process(policy, held=held), open_process(Counting(), held=held)
    first.note("a")
    first.rest()
    first.locks.release()
    second.note("b", as_session("cs_test_b"))
    second.rest()

    first.rest()
    second.locks.release()
    first.note("c")
    first.rest()

    assert policy.seen == ["a", "c"]
    assert (first.counted(), first.counted("cs_test_b")) == (2, 1)


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


def rival_counts(rival: Process, policy: Counting) -> Callable[[], None]:
    """Staff count a hundred pieces between the policy's reading and its decision, once."""

    def interfere() -> None:
        policy.before = lambda: None
        sku = "sku_cs_test_a"
        stamp = Stamp(actor="staff:kim", now=BEGINNING)
        rival.writer.run(stamp, [sku], lambda unit: unit.command(StockItem, as_stream(sku), StockItem.count, 100))

    return interfere


def test_losing_a_race_for_a_stream_decides_again_from_the_same_position(open_process: Open) -> None:
    rival = open_process()
    policy = Counting()
    process = open_process(policy)
    process.note("a")

    policy.before = rival_counts(rival, policy)
    process.followers.turn()
    assert process.counted() == 100, "the first try conflicted and wrote nothing"

    process.rest()

    assert process.counted() == 101


def test_losing_a_race_for_a_busy_stream_decides_again_from_what_is_in_the_log(open_process: Open) -> None:
    """Its state is kept in memory from batch to batch: decided from it again, it would always conflict."""
    rival = open_process()
    policy = Counting()
    process = open_process(policy)
    process.note("a")
    process.rest()
    process.note("b")
    policy.before = rival_counts(rival, policy)

    for _ in range(5):
        process.followers.turn()

    assert process.counted() == 101


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


@pytest.mark.parametrize(("urgent_after", "largest"), [(1000, 256), (100, 128), (1, 32)])
def test_batches_stay_as_small_as_what_is_decided_before_requests_have_waited_too_long(
    open_process: Open, monkeypatch: pytest.MonkeyPatch, urgent_after: int, largest: int
) -> None:
    process = open_process(Counting())
    process.log.append([counted(version) for version in range(1, 501)])
    asked = itertools.count(1)
    process.followers.is_urgent = lambda: next(asked) % urgent_after == 0
    sizes, read = list[int](), process.log.read

    def measured(after: int, limit: int, until: int | None = None) -> Sequence[Entry]:
        found = read(after, limit, until)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(process.log, "read", measured)
    process.rest()

    assert max(sizes) == largest
    assert process.log.positions()["counting"] == 500


def counted(version: int) -> Event:
    stamp = Stamp(actor="staff:kim", now=BEGINNING)
    return stamped(StockItem.Counted(on_hand=version), stamp, as_stream("sku_mug"), version)


def noted(version: int) -> Event:
    stamp = Stamp(actor="staff:kim", now=BEGINNING, session_id=as_session("cs_test_a"))
    return stamped(CheckoutSession.Noted(text=Personal("a note")), stamp, as_stream("cs_test_a"), version)


def test_a_batch_ends_with_the_event_during_which_a_request_became_urgent(open_process: Open) -> None:
    policy = Counting()
    process = open_process(policy)
    process.log.append([noted(version) for version in range(1, 11)])
    process.followers.is_urgent = lambda: len(policy.seen) in (3, 4)
    ends = []
    while process.followers.turn():
        ends.append(len(policy.seen))

    assert ends[:3] == [3, 4, 10]
    assert process.counted() == 10


@pytest.mark.parametrize("notes", [1, 4])
def test_a_leader_that_had_read_further_than_a_backup_reads_what_comes_after_the_backup(
    open_process: Open, store_url: str, notes: int
) -> None:
    """Whether or not the log has come beyond its place in the meantime: what it stored is as the backup has it."""
    leader, other = open_process(Counting()), open_process()
    leader.note("before")
    leader.rest()
    for pieces in range(3):
        other.count(pieces, "cs_test_lost")
    leader.followers.turn()
    put_back(store_url, 3)
    for number in range(notes):
        other.note(f"note {number}")

    leader.rest()

    assert leader.counted() == 1 + notes
