"""What we ask of the log beyond the library, whatever keeps it: many streams and positions at once, all or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking
from eventually import wait_for
from every_store import change
from reason_samples import sample
from stored_events import stored

from application.errors import LogMoved
from application.log.anchor import Stretch, anchors_at
from application.log.insertion import Bookkeeping, Insertion, Move, ParkedEvent
from application.log.log import COPYING, MOVED, Log, Notification
from domain import reasons
from domain.reason import Reason, ReasonCode

Open = Callable[[], Log]
PARKED = ParkedEvent(
    policy="intake",
    position=3,
    subject="evt_1",
    error=reasons.as_written("no"),
    parked_at=datetime(2026, 11, 24, tzinfo=UTC),
)


def content(log: Log) -> tuple[Sequence[object], Sequence[int | None], Sequence[ParkedEvent]]:
    """Everything that one insert can change."""
    positions = [log.store.max_tracking_id(name) for name in ("intake", "emails")]
    return log.store.select_notifications(None, 100), positions, log.store.select_parked_events()


def test_streams_are_found_by_the_ids_that_people_know(log: Log) -> None:
    log.store.insert_events(stored("sku_Tasse, blau 'groß'", 1))

    assert [event.originator_id for event in log.store.select_events("sku_Tasse, blau 'groß'")] == [
        "sku_Tasse, blau 'groß'"
    ]


def test_many_streams_are_read_at_once_in_the_order_of_stream_and_version(log: Log) -> None:
    names = [f"cs_test_{number:04}" for number in range(1200)]
    log.store.insert_events([event for version in (1, 2) for name in names for event in stored(name, version)])

    found = log.store.select_streams(["cs_test_unknown", *reversed(names)])

    assert [(event.originator_id, event.originator_version) for event in found] == [
        (name, version) for name in names for version in (1, 2)
    ]


def test_events_are_read_by_their_positions_in_the_order_of_the_log(log: Log) -> None:
    log.store.insert_events(stored("cs_test_1", *range(1, 1301)))

    found = log.store.select_positions([1300, 2, 7, 5000, *range(100, 900)])

    assert [each.id for each in found] == [2, 7, *range(100, 900), 1300]
    assert [each.originator_version for each in found] == [each.id for each in found]


def test_a_stream_or_position_that_is_not_there_has_no_events(log: Log) -> None:
    assert log.store.select_streams(["cs_test_1"]) == []
    assert log.store.select_streams([]) == []
    assert log.store.select_positions([1]) == []
    assert log.store.select_positions([]) == []


def test_events_positions_and_parked_events_are_one_insert(log: Log) -> None:
    begun = [Move(follower="intake", since=0, to=5), Move(follower="emails", since=0, to=4)]
    log.store.insert(Insertion(events=stored("cs_test_1", 1), books=Bookkeeping(moves=begun, park=[PARKED])))

    events, positions, parked = content(log)
    assert (len(events), positions, parked) == (1, [5, 4], [PARKED])

    moved = [Move(follower="intake", since=5, to=6)]
    log.store.insert(Insertion(books=Bookkeeping(moves=moved, unpark=[("intake", 3)])))

    assert content(log) == (events, [6, 4], [])


def test_the_reason_of_a_parked_event_can_always_be_stored(log: Log) -> None:
    log.store.insert(Insertion(books=Bookkeeping(park=[replace(PARKED, error=reasons.as_written("a\x00b\ud800c"))])))

    assert log.store.select_parked_events() == [replace(PARKED, error=reasons.as_written("a\ufffdb\ufffdc"))]


@pytest.mark.parametrize(
    ("events", "move"),
    [
        (stored("cs_test_2", 1), Move(follower="intake", since=4, to=9)),
        (stored("cs_test_2", 1), Move(follower="intake", since=6, to=9)),
        (stored("cs_test_2", 1), Move(follower="intake", since=0, to=9)),
        (stored("cs_test_2", 1), Move(follower="intake", since=None, to=5)),
        (stored("cs_test_2", 1), Move(follower="new", since=1, to=9)),
        (stored("cs_test_1", 1), Move(follower="intake", since=5, to=9)),
    ],
    ids=["overtaken", "ahead of itself", "new to it", "not growing", "unknown to the store", "a stream conflicts"],
)
def test_if_anything_conflicts_nothing_is_stored(log: Log, events: list[StoredEvent], move: Move) -> None:
    begun = [Move(follower="intake", since=0, to=5), Move(follower="emails", since=0, to=4)]
    log.store.insert(Insertion(events=stored("cs_test_1", 1), books=Bookkeeping(moves=begun)))
    before = content(log)
    moves = [Move(follower="emails", since=4, to=9), move]

    with pytest.raises(IntegrityError):
        log.store.insert(
            Insertion(
                firsts=stored("evt_new", 1),
                events=events,
                books=Bookkeeping(moves=moves, park=[PARKED], unpark=[("intake", 3)]),
            )
        )

    assert content(log) == before


def test_a_position_that_was_moved_names_itself(log: Log) -> None:
    log.store.insert(Insertion(books=Bookkeeping(moves=[Move(follower="intake", since=0, to=5)])))

    with pytest.raises(IntegrityError, match=r"intake .* not .?4.? any more"):
        log.store.insert(Insertion(books=Bookkeeping(moves=[Move(follower="intake", since=4, to=9)])))


def test_the_insert_of_the_library_moves_a_follower_of_the_library_and_takes_nothing_else(log: Log) -> None:
    positions = log.store.insert_events(stored("cs_test_1", 1), tracking=Tracking("theirs", 5))

    assert positions == [1]
    assert log.store.max_tracking_id("theirs") == 5
    with pytest.raises(IntegrityError):
        log.store.insert_events(stored("cs_test_1", 2), tracking=Tracking("theirs", 5))
    with pytest.raises(TypeError, match=r"insert_events takes no park\. Use insert\."):
        log.store.insert_events(stored("cs_test_1", 2), park=[PARKED])
    assert [each.originator_version for each in log.store.select_events("cs_test_1")] == [1]


def test_parked_events_are_listed_in_log_order_by_policy_and_subject(log: Log) -> None:
    def parked(policy: str, position: int, subject: str) -> ParkedEvent:
        at = datetime(2026, 11, 24, 9, 0, 0, position, tzinfo=UTC)
        return ParkedEvent(
            policy=policy, position=position, subject=subject, error=reasons.as_written("no"), parked_at=at
        )

    late, early, other = (
        parked("intake", 9, "cs_test_1"),
        parked("intake", 2, "cs_test_2"),
        parked("emails", 5, "evt_1"),
    )
    log.store.insert(Insertion(books=Bookkeeping(park=[late, early, other])))

    assert log.store.select_parked_events() == [early, other, late]
    assert log.store.select_parked_events(policy="intake") == [early, late]
    assert log.store.select_parked_events(subjects=["cs_test_1"]) == [late]
    assert log.store.select_parked_events(subjects=["cs_test_1", "evt_1", "cs_test_3"]) == [other, late]
    assert log.store.select_parked_events(subjects=[]) == []
    assert log.store.select_parked_events(policy="emails", subjects=["cs_test_1"]) == []


def test_a_commit_of_another_process_is_noticed_once(open_log: Open) -> None:
    ours, theirs = open_log(), open_log()
    ours.store.watch(lambda: None)
    assert wait_for(ours.store.has_foreign_commits), "before it listened there may have been some"
    assert ours.store.has_foreign_commits() is False

    theirs.store.insert_events(stored("cs_test_1", 1))

    assert wait_for(ours.store.has_foreign_commits)
    assert ours.store.has_foreign_commits() is False


def test_a_stretch_of_the_log_has_its_first_event_and_the_last_of_the_log(log: Log) -> None:
    log.store.insert_events([*stored("cs_test_1", 1), *stored("cs_test_2", 1), *stored("cs_test_1", 2)])

    anchors = anchors_at(log.store, [1, 3])
    moves = [(2, "cs_test_2", 1), (3, "cs_test_1", 2)]
    assert log.store.select_stretch(1, 10) == Stretch(begin=anchors[1], moves=moves, end=anchors[3])
    assert log.store.select_stretch(1, 1) == Stretch(begin=anchors[1], moves=moves[:1], end=None)
    assert log.store.select_stretch(3, 10) == Stretch(begin=anchors[3], moves=[], end=anchors[3])
    assert log.store.select_stretch(4, 10) == Stretch(begin=None, moves=[], end=None)
    assert log.store.select_stretch(0, 10).moves == [(1, "cs_test_1", 1), *moves]


def test_a_stream_begins_only_once_whatever_else_is_inserted(log: Log) -> None:
    log.store.insert_events(stored("evt_known", 1))
    firsts = [*stored("evt_new", 1), *stored("evt_known", 1), *stored("evt_newer", 1)]

    inserted = log.store.insert(Insertion(firsts=firsts, events=stored("cs_test_1", 1)))

    found = {each.id: each.originator_id for each in log.store.select_notifications(None, 10)}
    assert [position is not None for position in inserted.firsts] == [True, False, True]
    positions = [*filter(None, inserted.firsts), *inserted.events]
    assert [found[position] for position in positions] == ["evt_new", "evt_newer", "cs_test_1"]
    assert len(found) == 4


def test_if_anything_conflicts_no_stream_begins(log: Log) -> None:
    log.store.insert_events(stored("cs_test_1", 1))

    with pytest.raises(IntegrityError):
        log.store.insert(Insertion(firsts=stored("evt_new", 1), events=stored("cs_test_1", 1)))

    assert log.store.select_streams(["evt_new"]) == []


@pytest.mark.parametrize(
    "events",
    [
        stored("cs_test_new", 2),
        stored("cs_test_1", 4),
        stored("cs_test_1", 3, 5),
        [*stored("cs_test_2", *range(1, 1001)), *stored("cs_test_1", 4)],
        [*stored("cs_test_2", 1), *stored("cs_test_1", 3), *stored("cs_test_3", 2)],
    ],
    ids=["no beginning", "one missing", "one missing between", "behind a long stream", "in one of three"],
)
def test_a_stream_gets_no_gap(log: Log, events: list[StoredEvent]) -> None:
    log.store.insert_events(stored("cs_test_1", 1, 2))
    before = content(log)

    with pytest.raises(IntegrityError):
        log.store.insert(
            Insertion(events=events, books=Bookkeeping(moves=[Move(follower="intake", since=0, to=5)], park=[PARKED]))
        )

    assert content(log) == before


def test_key_pools_are_found_among_all_streams(log: Log) -> None:
    for stream in ("cs_test_1", "keys_basic", "keys_pro", "keysmith", "keyt_1", "sku_keys_1"):
        log.store.insert_events(stored(stream, *range(1, 4)))

    assert sorted(log.key_pools()) == ["keys_basic", "keys_pro"]


def test_no_key_pool_is_found_where_there_is_none(log: Log) -> None:
    assert log.key_pools() == []


def test_a_gap_ends_the_epoch_and_a_lost_race_does_not(log: Log) -> None:
    log.store.insert_events(stored("cs_test_1", 1, 2))
    before = log.store.epoch

    with pytest.raises(IntegrityError):
        log.store.insert_events(stored("cs_test_1", 2))
    assert log.store.epoch == before

    with pytest.raises(IntegrityError):
        log.store.insert_events(stored("cs_test_1", 4))
    assert log.store.epoch == before + 1


def test_events_without_the_one_before_them_are_found(log: Log, store_url: str) -> None:
    log.store.insert_events([*stored("cs_test_1", 1, 2, 3), *stored("cs_test_2", 1, 2), *stored("cs_test_3", 1, 2, 3)])
    assert log.store.select_gaps(5) == []

    change(store_url, "log", "DELETE FROM stored_events WHERE originator_id='cs_test_1' AND originator_version=2")
    change(store_url, "log", "DELETE FROM stored_events WHERE originator_id='cs_test_3' AND originator_version=1")

    assert log.store.select_gaps(5) == [(3, "cs_test_1", 3), (7, "cs_test_3", 2)]
    assert log.store.select_gaps(1) == [(3, "cs_test_1", 3)]


def test_events_of_a_stream_in_the_wrong_order_are_found(log: Log, store_url: str) -> None:
    log.store.insert_events(stored("cs_test_1", 1, 2))

    for version, other in ((2, 9), (1, 2), (9, 1)):
        change(
            store_url, "log", "UPDATE stored_events SET originator_version=? WHERE originator_version=?", other, version
        )

    assert log.store.select_gaps(5) == [(1, "cs_test_1", 2)]


def test_a_stream_begins_with_its_first_event(log: Log) -> None:
    with pytest.raises(IntegrityError):
        log.store.insert(Insertion(firsts=[*stored("evt_1", 1), *stored("evt_2", 2)], books=Bookkeeping(park=[PARKED])))

    assert content(log) == ([], [None, None], [])


def test_events_of_one_insert_follow_each_other(log: Log) -> None:
    log.store.insert_events(stored("cs_test_1", 1, 2))

    mixed = [*stored("cs_test_2", 1), *stored("cs_test_1", 3), *stored("cs_test_2", 2), *stored("cs_test_1", 4)]
    log.store.insert_events(mixed)

    found = log.store.select_notifications(None, 10)[2:]
    assert [(each.originator_id, each.originator_version) for each in found] == [
        (each.originator_id, each.originator_version) for each in mixed
    ]


@pytest.mark.parametrize(
    "insertion",
    [
        Insertion(events=stored("cs_test_1", 1)),
        Insertion(firsts=stored("evt_1", 1)),
        Insertion(books=Bookkeeping(park=[PARKED])),
    ],
    ids=["events", "beginnings", "bookkeeping"],
)
def test_what_was_decided_in_an_epoch_that_is_over_is_not_stored(log: Log, insertion: Insertion) -> None:
    before = content(log)

    with pytest.raises(IntegrityError, match="the log may be another one"):
        log.store.insert(replace(insertion, epoch=log.store.epoch - 1))
    assert content(log) == before

    log.store.insert(replace(insertion, epoch=log.store.epoch))
    assert content(log) != before


def test_events_of_another_log_keep_their_places(log: Log) -> None:
    copied = [Notification("cs_test_1", 1, "Topic.Happened", b"{}", 3), Notification("a", 9, "?", b"\xff\x00", 7)]
    log.store.insert_copied([], since=None)
    log.store.insert_copied(copied[:1], since=0)
    log.store.insert_copied(copied[1:], since=3)

    assert log.store.select_notifications(None, 100) == copied
    assert log.store.select_positions_of_followers() == {COPYING: 7}

    log.store.replace_bookkeeping({"intake": 3}, [PARKED])
    assert log.store.select_positions_of_followers() == {COPYING: 7, "intake": 3}

    log.store.end_copy()
    assert log.store.select_positions_of_followers() == {"intake": 3}
    assert log.store.select_parked_events() == [PARKED]
    assert log.store.insert_events(stored("cs_test_1", 2)) == [8]


def test_a_log_that_was_moved_can_be_read_and_not_be_worked_at_until_it_is_reopened(log: Log) -> None:
    log.store.insert_events(stored("cs_test_1", 1))
    log.check_is_at_work()

    log.store.set_moved(True)
    log.store.set_moved(True)
    log.store.replace_bookkeeping({"intake": 1}, [])

    assert log.is_moved
    log.check_is_whole()
    with pytest.raises(LogMoved, match="To work here again, stop everything there, then run `fulfill reopen`"):
        log.check_is_at_work()
    assert log.store.select_positions_of_followers() == {MOVED: 0, "intake": 1}

    log.store.set_moved(False)
    log.store.set_moved(False)
    log.check_is_at_work()
    assert log.store.select_positions_of_followers() == {"intake": 1}


@pytest.mark.parametrize("since", [None, 0, 2, 4])
def test_a_copy_goes_on_only_where_it_was(log: Log, since: int | None) -> None:
    log.store.insert_copied([], since=None)
    log.store.insert_copied([Notification("cs_test_1", 1, "Topic.Happened", b"{}", 3)], since=0)
    before = content(log)

    with pytest.raises(IntegrityError):
        log.store.insert_copied([Notification("cs_test_1", 2, "Topic.Happened", b"{}", 5)], since=since)

    assert content(log) == before
    assert log.store.select_positions_of_followers() == {COPYING: 3}


@pytest.mark.parametrize("since", [None, 0])
def test_no_copy_begins_where_events_are(log: Log, since: int | None) -> None:
    log.store.insert_events(stored("cs_test_1", 1))

    with pytest.raises(IntegrityError):
        log.store.insert_copied([], since=since)

    assert log.store.select_positions_of_followers() == {}


def test_the_terms_of_the_last_leader_are_kept_apart_from_positions(log: Log) -> None:
    log.store.insert(Insertion(books=Bookkeeping(moves=[Move(follower="intake", since=0, to=5)])))
    assert log.store.select_terms() == {}

    log.store.replace_terms({"the catalog": 2**63 - 1, "FULFILL_MAILS": 7})
    log.store.replace_terms({"the catalog": 1})

    assert log.store.select_terms() == {"the catalog": 1}
    assert log.store.select_positions_of_followers() == {"intake": 5}


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("It waits behind an earlier event", reasons.waits_behind()),
        ("ValueError: planted", reasons.as_written("ValueError: planted")),
    ],
)
def test_the_sentence_of_an_event_that_an_earlier_version_parked_is_read_as_a_reason(
    log: Log, store_url: str, sentence: str, reason: Reason
) -> None:
    log.store.insert(Insertion(books=Bookkeeping(park=[PARKED])))
    change(store_url, "log", "UPDATE parked SET error=?", sentence)

    assert log.store.select_parked_events() == [replace(PARKED, error=reason)]


@pytest.mark.parametrize("code", ReasonCode)
def test_every_reason_for_which_an_event_is_parked_comes_back(log: Log, code: ReasonCode) -> None:
    log.store.insert(Insertion(books=Bookkeeping(park=[replace(PARKED, error=sample(code))])))

    assert log.store.select_parked_events() == [replace(PARKED, error=sample(code))]
