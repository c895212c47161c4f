"""What we ask of the log beyond the library: durable, many streams and positions at once, all or nothing."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from eventsourcing.persistence import IntegrityError, InterfaceError, StoredEvent, Tracking

from application.log import Log, ParkedEvent
from infrastructure.event_store.connections import LogDatastore
from infrastructure.event_store.sqlite import SQLiteLogRecorder

Open = Callable[[], Log]
PARKED = ParkedEvent(
    policy="intake", position=3, subject="evt_1", error="no", parked_at=datetime(2026, 11, 24, tzinfo=UTC)
)


def stored(stream: str, *versions: int) -> list[StoredEvent]:
    return [StoredEvent(stream, version, "Topic.Happened", b"{}") for version in versions]


def datastore(log: Log) -> LogDatastore:
    return cast(SQLiteLogRecorder, log.store).datastore


def content(log: Log) -> tuple[Sequence[object], Sequence[int | None], Sequence[ParkedEvent]]:
    """Everything that one insert can change."""
    positions = [log.store.max_tracking_id(name) for name in ("intake", "emails")]
    return log.store.select_notifications(None, 100), positions, log.store.select_parked()


def test_every_connection_that_can_write_the_log_synchronises_fully_and_writes_ahead(log: Log) -> None:
    with ExitStack() as held:
        connections = [held.enter_context(datastore(log).get_connection(commit=False)) for _ in range(12)]
        modes = set()
        for connection in connections:
            with connection.cursor() as cursor:
                synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
                modes.add((synchronous, cursor.execute("PRAGMA journal_mode").fetchone()[0]))

    assert len({id(connection) for connection in connections}) == 12
    assert modes == {(2, "wal")}


def test_a_log_that_somebody_took_out_of_wal_mode_is_put_back(open_log: Open, tmp_path: Path) -> None:
    open_log().close()
    other = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    assert other.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
    other.close()

    open_log().close()

    check = sqlite3.connect(tmp_path / "log.db")
    assert check.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    check.close()


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


def test_positions_have_no_gaps_even_after_a_conflict(log: Log) -> None:
    log.store.insert_events(stored("cs_test_1", 1, 2))
    with pytest.raises(IntegrityError):
        log.store.insert_events([*stored("cs_test_2", 1, 2), *stored("cs_test_1", 2)])

    assert log.store.insert_events(stored("cs_test_3", 1, 2)) == [3, 4]
    assert [each.id for each in log.store.select_notifications(None, 10)] == [1, 2, 3, 4]


def test_events_positions_and_parked_events_are_one_insert(log: Log) -> None:
    log.store.insert_events(
        stored("cs_test_1", 1),
        trackings=[Tracking("intake", 5), Tracking("emails", 4)],
        since={},
        park=[PARKED],
    )

    events, positions, parked = content(log)
    assert (len(events), positions, parked) == (1, [5, 4], [PARKED])

    log.store.insert_events([], trackings=[Tracking("intake", 6)], since={"intake": 5}, unpark=[("intake", 3)])

    assert content(log) == (events, [6, 4], [])


@pytest.mark.parametrize(
    ("events", "trackings", "since"),
    [
        (stored("cs_test_2", 1), [Tracking("emails", 9), Tracking("intake", 9)], {"emails": 4, "intake": 4}),
        (stored("cs_test_2", 1), [Tracking("emails", 9), Tracking("intake", 9)], {"emails": 4, "intake": 6}),
        (stored("cs_test_2", 1), [Tracking("emails", 9), Tracking("intake", 9)], {"emails": 4}),
        (stored("cs_test_2", 1), [Tracking("emails", 9), Tracking("intake", 5)], None),
        (stored("cs_test_2", 1), [Tracking("emails", 9), Tracking("new", 9)], {"emails": 4, "new": 1}),
        (stored("cs_test_1", 1), [Tracking("emails", 9), Tracking("intake", 9)], {"emails": 4, "intake": 5}),
    ],
    ids=["overtaken", "ahead of itself", "new to it", "not growing", "unknown to the store", "a stream conflicts"],
)
def test_if_anything_conflicts_nothing_is_stored(
    log: Log, events: list[StoredEvent], trackings: list[Tracking], since: dict[str, int] | None
) -> None:
    log.store.insert_events(stored("cs_test_1", 1), trackings=[Tracking("intake", 5), Tracking("emails", 4)])
    before = content(log)

    with pytest.raises(IntegrityError):
        log.store.insert_events(events, trackings=trackings, since=since, park=[PARKED], unpark=[("intake", 3)])

    assert content(log) == before


def test_a_position_that_was_moved_names_itself(log: Log) -> None:
    log.store.insert_events([], trackings=[Tracking("intake", 5)])

    with pytest.raises(IntegrityError, match="The position of intake is not 4 any more"):
        log.store.insert_events([], trackings=[Tracking("intake", 9)], since={"intake": 4})


def test_parked_events_are_listed_in_log_order_by_policy_and_subject(log: Log) -> None:
    def parked(policy: str, position: int, subject: str) -> ParkedEvent:
        at = datetime(2026, 11, 24, 9, 0, 0, position, tzinfo=UTC)
        return ParkedEvent(policy=policy, position=position, subject=subject, error="no", parked_at=at)

    late, early, other = (
        parked("intake", 9, "cs_test_1"),
        parked("intake", 2, "cs_test_2"),
        parked("emails", 5, "evt_1"),
    )
    log.store.insert_events([], park=[late, early, other])

    assert log.store.select_parked() == [early, other, late]
    assert log.store.select_parked(policy="intake") == [early, late]
    assert log.store.select_parked(subject="cs_test_1") == [late]
    assert log.store.select_parked(policy="emails", subject="cs_test_1") == []


def test_a_commit_of_another_process_is_noticed_once(open_log: Open) -> None:
    ours, theirs = open_log(), open_log()
    ours.store.has_foreign_commits()
    assert ours.store.has_foreign_commits() is False

    theirs.store.insert_events(stored("cs_test_1", 1))

    assert ours.store.has_foreign_commits() is True
    assert ours.store.has_foreign_commits() is False


def test_what_another_process_only_read_is_no_news(open_log: Open) -> None:
    ours, theirs = open_log(), open_log()
    ours.store.has_foreign_commits()

    theirs.store.select_notifications(None, 10)
    with pytest.raises(IntegrityError):
        theirs.store.insert_events(stored("cs_test_1", 1, 1))

    assert ours.store.has_foreign_commits() is False


def test_two_processes_that_open_a_new_log_at_once_both_get_it(open_log: Open) -> None:
    opened: list[Log] = []
    threads = [threading.Thread(target=lambda: opened.append(open_log())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(opened) == 8
    for number, log in enumerate(opened):
        log.store.insert_events(stored(f"cs_test_{number}", 1))
    assert opened[0].store.max_notification_id() == 8


def test_who_is_to_commit_has_the_right_to_write_from_the_start(log: Log, tmp_path: Path) -> None:
    """Who reads first could find, when it writes, that what it read is old, and no waiting would help."""
    rival = sqlite3.connect(tmp_path / "log.db", timeout=0, isolation_level=None)

    with datastore(log).transaction(commit=True), pytest.raises(sqlite3.OperationalError, match="locked"):
        rival.execute("BEGIN IMMEDIATE")
    with datastore(log).transaction(commit=False):
        rival.execute("BEGIN IMMEDIATE")

    rival.close()


def test_a_log_that_is_closed_under_its_readers_does_not_crash_them(log: Log) -> None:
    log.store.insert_events([event for number in range(50) for event in stored(f"cs_test_{number}", *range(1, 101))])
    ends: list[str] = []
    begun = threading.Barrier(5)

    def read() -> None:
        begun.wait()
        try:
            while True:
                log.store.select_notifications(None, 5000)
        except InterfaceError as error:
            ends.append(str(error))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    begun.wait()
    log.close()
    for reader in readers:
        reader.join()

    assert [end.endswith("log.db is closed.") for end in ends] == [True] * 4
