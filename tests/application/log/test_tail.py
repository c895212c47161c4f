"""What is read from memory is what stands in the store, and there is only so much of it."""

from collections.abc import Iterator
from pathlib import Path

import anchors
import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from every_store import STORES, new_store
from fakes.outside import FixedClock, MemoryLocks
from following import Counting
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from log_parts import BEGINNING, LogWriter
from postgres_databases import end_connections
from typed_ids import as_session, as_stream

from application.log.log import Log
from application.log.tail import Entry, Tail
from application.running.followers import Followers
from application.writing.recent_states import RecentStates
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.errors import UnreadableEvent
from domain.event import Event, replace
from domain.identifiers import StreamId
from domain.personal import Personal
from infrastructure.database import parse_database
from infrastructure.stores import stores


@pytest.fixture(params=STORES)
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Log, Log]]:
    """One log, opened by two processes."""
    kept = stores(parse_database(new_store(request, tmp_path)))
    kept.migrate()
    opened = kept.open_log(), kept.open_log()
    yield opened
    for log in opened:
        log.close()


def notes(writer: LogWriter, stream: StreamId, count: int) -> list[Event]:
    before = len(writer.events)
    # a text that JSON can't hold as it is: what was written is not what is read
    writer.add(stream, *[CheckoutSession.Noted(text=Personal("half \ud800"))] * count)
    return writer.events[before:]


STEPS = st.lists(st.tuples(st.sampled_from(["ours", "theirs", "fails"]), st.integers(1, 4)), min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(STEPS, st.integers(0, 40), st.integers(1, 10))
def test_who_reads_on_gets_what_the_store_has(
    logs: tuple[Log, Log], steps: list[tuple[str, int]], skipped: int, limit: int
) -> None:
    ours, theirs = logs
    writer = LogWriter()
    run = ours.store.max_notification_id() or 0
    for number, (who, count) in enumerate(steps):
        stream = f"cs_test_{run}x{number}"
        events = notes(writer, as_stream(stream), count)
        if who == "fails":  # which leaves a gap on PostgreSQL
            with pytest.raises(IntegrityError):
                ours.append([*events, events[0]])
        else:
            (ours if who == "ours" else theirs).append(events)

    after = run + skipped
    read: list[Entry] = []
    while found := ours.read(read[-1].position if read else after, limit):
        assert len(found) <= limit
        read += found

    stored = ours.store.select_notifications(after, 1000, inclusive_of_start=False)
    assert [(entry.position, entry.stream, entry.topic, entry.event) for entry in read] == [
        (each.id, each.originator_id, each.topic, ours.decode(each)) for each in stored
    ]
    assert [entry.anchor for entry in read] == [anchors.at(ours.store, each.id) for each in stored]


def test_nothing_behind_the_end_that_is_asked_for_is_read(logs: tuple[Log, Log]) -> None:
    ours, _ = logs
    ours.append(notes(LogWriter(), as_stream("cs_test_1"), 5))

    assert [entry.position for entry in ours.read(1, 10, until=3)] == [2, 3]


def stored(size: int = 10) -> StoredEvent:
    return StoredEvent("cs_test_1", 1, "Topic", b"x" * size)


def a_note() -> Event:
    return CheckoutSession.Noted(text=Personal("x"))


def entries(first: int, count: int, size: int = 10) -> list[Entry]:
    return [Entry(first + n, stored(size), lambda _: a_note()) for n in range(count)]


def test_only_so_many_events_and_bytes_are_kept() -> None:
    tail = Tail(events_max=5, bytes_max=100)
    tail.append(entries(1, 8), 0)
    assert [entry.position for entry in tail.after(3, 10, 0)] == [4, 5, 6, 7, 8]
    assert tail.after(2, 10, 0) == ()

    tail.append(entries(9, 1, size=95), 0)
    assert [entry.position for entry in tail.after(8, 10, 0)] == [9]
    assert tail.after(7, 10, 0) == ()


def test_what_others_wrote_in_between_is_not_passed_over() -> None:
    tail = Tail()
    tail.append(entries(1, 2), 0)
    tail.append(entries(4, 2), 0)

    assert tail.after(2, 10, 0) == ()
    assert [entry.position for entry in tail.after(3, 10, 0)] == [4, 5]


def test_what_was_written_to_another_log_is_not_passed_off_as_the_end_of_this_one() -> None:
    """Its places follow each other as if nothing had happened, since a standby knows of places before their events."""
    tail = Tail()
    tail.append(entries(1, 2), 0)
    assert tail.after(0, 10, 1) == ()

    tail.append(entries(3, 2), 1)

    assert tail.after(0, 10, 1) == ()
    assert [entry.position for entry in tail.after(2, 10, 1)] == [3, 4]


def test_an_event_is_decoded_once_and_one_that_can_not_be_read_says_so_each_time() -> None:
    decoded: list[int] = []

    def decode(_: StoredEvent) -> Event:
        decoded.append(1)
        if len(decoded) < 3:
            raise UnreadableEvent(reasons.as_written("garbled"))
        return CheckoutSession.Noted(text=Personal("x"))

    entry = Entry(1, stored(), decode)
    assert isinstance(entry.readable, UnreadableEvent)
    with pytest.raises(UnreadableEvent):
        _ = entry.event
    assert entry.event is entry.event
    assert len(decoded) == 3


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_streams_that_had_begun_already_hide_nothing_of_what_comes_with_them(logs: tuple[Log, Log], limit: int) -> None:
    """On PostgreSQL each of them leaves its place empty."""
    ours, _ = logs
    ours.begin([first(as_stream("evt_known")), first(as_stream("evt_too"))], [])
    are_new, _ = ours.begin([first(as_stream(id)) for id in ("evt_1", "evt_known", "evt_2", "evt_too", "evt_3")], [])
    assert are_new == [True, False, True, False, True]
    ours.begin([first(as_stream("evt_4"))], [])

    read: list[str] = []
    position = 0
    while found := ours.read(position, limit):
        read += [entry.stream for entry in found]
        position = found[-1].position

    assert read == ["evt_known", "evt_too", "evt_1", "evt_2", "evt_3", "evt_4"]


def first(stream: StreamId) -> Event:
    return replace(a_note(), originator_id=stream, originator_version=1, occurred_at=BEGINNING, recorded_at=BEGINNING)


def test_a_log_that_may_be_another_is_read_from_the_store(tmp_path: Path, postgres_url: str) -> None:
    """A standby that was behind has been promoted, say."""
    log = stores(parse_database(postgres_url)).open_log()
    recent = RecentStates(log.store)
    recent.refresh()
    log.append([first(as_stream("cs_test_1")), first(as_stream("cs_test_2"))])
    recent.keep([CheckoutSession(id=as_session("cs_test_2"), version=1)], [])
    with psycopg.connect(postgres_url, autocommit=True) as operator:
        operator.execute("DELETE FROM fulfillment.fulfillment_events WHERE originator_id='cs_test_2'")
    end_connections(postgres_url, "log")
    log.append([first(as_stream("cs_test_3"))])

    assert [entry.stream for entry in log.read(0, 10)] == ["cs_test_1", "cs_test_3"]
    recent.refresh()
    assert recent.get("cs_test_2") is None
    log.close()


def test_followers_begin_where_the_store_says_once_a_connection_was_lost(postgres_url: str) -> None:
    """The promoted standby's log is shorter than what was followed, and new events come where lost ones stood."""
    log = stores(parse_database(postgres_url)).open_log()
    policy = Counting()
    followers = Followers(log, [policy], RecentStates(log.store), MemoryLocks({}), FixedClock())
    log.append(notes(LogWriter(), as_stream("cs_test_1"), 3))
    while followers.turn():
        pass
    with psycopg.connect(postgres_url, autocommit=True) as operator:
        operator.execute("DELETE FROM fulfillment.fulfillment_events WHERE notification_id > 1")
        operator.execute("SELECT setval('fulfillment.fulfillment_events_notification_id_seq', 1)")
        operator.execute(
            "UPDATE fulfillment.fulfillment_tracking SET notification_id=1 WHERE application_name='counting'"
        )
    end_connections(postgres_url, "log")
    policy.seen.clear()
    log.append(notes(LogWriter(), as_stream("cs_test_2"), 2))

    while followers.turn():
        pass

    assert len(policy.seen) == 2
    log.close()
