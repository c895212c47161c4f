"""What is PostgreSQL's own about the log: no reader passes over an event, in whatever order writers commit."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any, cast

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventually import wait_for
from postgres_databases import Databases, end_connections
from stored_events import moved, stored

from application.errors import LogMoved, NotMigrated
from application.log.insertion import Bookkeeping, Insertion, Move
from application.log.log import Log
from infrastructure.database import parse_database
from infrastructure.event_store import postgres_schema
from infrastructure.event_store import postgres_statements as statements
from infrastructure.event_store.postgres import PostgresLogRecorder
from infrastructure.postgres import Unreachable
from infrastructure.stores import stores
from interfaces.databases import migrate as migrate_everything

Open = Callable[[], Log]
EVENTS = "fulfillment.fulfillment_events"
ONE_SERVER = """
CREATE OR REPLACE FUNCTION elsewhere.pg_postmaster_start_time() RETURNS text LANGUAGE sql AS $$ SELECT 'one' $$
"""
ANOTHER_SERVER = ONE_SERVER.replace("'one'", "'another'")
"""It was started at another time."""


@pytest.fixture
def store_url(postgres_url: str) -> str:
    return postgres_url


@contextmanager
def transaction(url: str) -> Iterator["psycopg.Connection[Any]"]:
    """A transaction of another process, which commits when it is left."""
    with psycopg.connect(url) as connection:
        yield connection


AS_OURS = statements.BEGIN_APPEND
AS_BEFORE = f"LOCK TABLE {EVENTS} IN EXCLUSIVE MODE"
"""How processes of the first version begin an append."""


def append(connection: "psycopg.Connection[Any]", stream: str, version: int = 1, begin: str = AS_OURS) -> None:
    """An append as ours makes it, but for its commit."""
    connection.execute(begin.encode())
    connection.execute(
        f"INSERT INTO {EVENTS} VALUES (%s, %s, %s, %s)".encode(),
        (stream, version, "Topic.Happened", b"{}"),
    )


def set_for_database(url: str, setting: str, value: str) -> None:
    """Every new connection has it."""
    with psycopg.connect(url, autocommit=True) as operator:
        operator.execute(f'ALTER DATABASE "{operator.info.dbname}" SET {setting} = {value}'.encode())


def read_on(log: Log, position: int) -> list[tuple[int, str]]:
    """What a follower at this position gets."""
    read = log.store.select_notifications(position, 100, inclusive_of_start=False)
    return [(each.id, str(each.originator_id)) for each in read]


def waiting(url: str) -> bool:
    """Whether a connection waits for the lock on the table."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
            " AND database=(SELECT oid FROM pg_database WHERE datname=current_database())"
        ).fetchone()
    return row is not None and row[0] > 0


def either_way(stream: str) -> Sequence[Insertion]:
    return [Insertion(events=stored(stream, 1)), Insertion(firsts=stored(stream, 1))]


def insert(recorder: PostgresLogRecorder, connection: "psycopg.Connection[Any]", insertion: Insertion) -> None:
    """An insert of ours, but for its commit."""
    cursor = connection.cursor()
    recorder._begin_append(cursor, insertion)
    recorder._insert_new(cursor, insertion.firsts)
    recorder._send_events(cursor, insertion.events)


@pytest.mark.parametrize("first", either_way("cs_test_slow"), ids=["events", "beginnings"])
@pytest.mark.parametrize("second", either_way("cs_test_fast"), ids=["before events", "before beginnings"])
def test_no_reader_skips_an_append_whose_commit_is_delayed(
    open_log: Open, store_url: str, first: Insertion, second: Insertion
) -> None:
    """The later writer can't commit a higher position first: it waits. Both insert as ours do, without a lock that only
    this test would take."""
    log, slow, other = open_log(), open_log(), open_log()
    recorder = cast(PostgresLogRecorder, slow.store)
    fast = Thread(target=other.store.insert, args=(second,))
    with recorder.datastore.get_connection() as connection, connection.transaction():
        insert(recorder, connection, first)
        fast.start()
        assert wait_for(lambda: waiting(store_url) or not fast.is_alive())
        assert fast.is_alive(), "it has committed a higher position"
        assert read_on(log, 0) == []
    fast.join()

    assert [stream for _, stream in read_on(log, 0)] == ["cs_test_slow", "cs_test_fast"]


@pytest.mark.parametrize(("first", "second"), [(AS_OURS, AS_BEFORE), (AS_BEFORE, AS_OURS)])
def test_processes_of_the_first_version_and_ours_wait_for_each_other(
    open_log: Open, store_url: str, first: str, second: str
) -> None:
    """While a deploy goes on there are both. Theirs lock the table, and an insert of ours excludes that lock."""
    log = open_log()

    def follow() -> None:
        with transaction(store_url) as connection:
            append(connection, "cs_test_fast", begin=second)

    fast = Thread(target=follow)
    with transaction(store_url) as connection:
        append(connection, "cs_test_slow", begin=first)
        fast.start()
        assert wait_for(lambda: waiting(store_url) or not fast.is_alive())
        assert fast.is_alive(), "it has committed a higher position"
        assert read_on(log, 0) == []
    fast.join()

    assert [stream for _, stream in read_on(log, 0)] == ["cs_test_slow", "cs_test_fast"]


Write = Callable[[Log], object]
WRITES: list[Write] = [
    lambda log: log.store.insert_events(stored("cs_test_1", 1)),
    lambda log: log.store.insert(Insertion(firsts=stored("evt_1", 1))),
    lambda log: log.store.insert(Insertion(books=moved("intake", 0, 5))),
    lambda log: log.store.try_to_write(),
    lambda log: log.store.insert_copied([], since=None),
    lambda log: log.store.replace_bookkeeping({"intake": 5}, []),
    lambda log: log.store.end_copy(),
]


@pytest.mark.parametrize("write", WRITES)
def test_no_write_waits_for_maintenance(open_log: Open, store_url: str, write: Write) -> None:
    """VACUUM, also by autovacuum against wraparound, ANALYZE, and CREATE INDEX CONCURRENTLY hold this lock for as long
    as they take."""
    log = open_log()
    with transaction(store_url) as maintenance:
        maintenance.execute(f"LOCK TABLE {EVENTS} IN SHARE UPDATE EXCLUSIVE MODE".encode())

        write(log)


@pytest.mark.parametrize("statement", ["VACUUM", "VACUUM (FREEZE, ANALYZE)", "ANALYZE"])
def test_no_maintenance_waits_for_an_append(open_log: Open, store_url: str, statement: str) -> None:
    """Autovacuum gives up what a writer waits for, and would never come to its end."""
    recorder = cast(PostgresLogRecorder, open_log().store)
    with recorder.datastore.get_connection() as connection, connection.transaction():
        insert(recorder, connection, Insertion(events=stored("cs_test_1", 1)))

        with psycopg.connect(store_url, autocommit=True) as operator:
            operator.execute("SET lock_timeout = '5s'")
            operator.execute(f"{statement} {EVENTS}".encode())


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_an_append_sees_the_append_that_it_waited_for_at_every_level_of_isolation(
    open_log: Open, store_url: str, level: str
) -> None:
    set_for_database(store_url, "default_transaction_isolation", f"'{level}'")
    log = open_log()
    log.store.insert(Insertion(events=stored("cs_test_1", 1), books=moved("intake", 0, 1)))
    later = Insertion(
        firsts=stored("cs_test_2", 1), events=stored("cs_test_1", 3), books=moved("intake", since=2, to=3)
    )
    waiter = Thread(target=log.store.insert, args=(later,))
    with transaction(store_url) as connection:
        append(connection, "cs_test_1", 2)
        append(connection, "cs_test_2", 1)
        connection.execute("UPDATE fulfillment.fulfillment_tracking SET notification_id=2 WHERE notification_id=1")
        waiter.start()
        assert wait_for(lambda: waiting(store_url))
    waiter.join()

    assert [stream for _, stream in read_on(log, 0)] == ["cs_test_1", "cs_test_1", "cs_test_2", "cs_test_1"]
    assert log.store.max_tracking_id("intake") == 3


@pytest.mark.parametrize(
    ("asked_for", "found"), [("off", "on"), ("local", "local"), ("on", "on"), ("remote_apply", "remote_apply")]
)
def test_a_commit_waits_at_least_for_the_disk(open_log: Open, store_url: str, asked_for: str, found: str) -> None:
    """Also where the database is set to less, and is so only after we have connected."""
    recorder = cast(PostgresLogRecorder, open_log().store)
    recorder.try_to_write()
    with recorder.datastore.get_connection() as connection:
        connection.execute(f"SET synchronous_commit = {asked_for}".encode())
        with connection.transaction():
            insert(recorder, connection, Insertion(events=stored("cs_test_1", 1)))

            setting = connection.execute("SHOW synchronous_commit").fetchone()

    assert setting == {"synchronous_commit": found}


def test_what_was_inserted_is_flushed_where_the_database_is_set_to_less(open_log: Open, store_url: str) -> None:
    log = open_log()
    with psycopg.connect(store_url, autocommit=True) as operator:
        assert operator.execute("SHOW synchronous_commit").fetchone() == ("off",), "else this shows nothing"
        end = operator.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()

        log.store.insert_events(stored("cs_test_1", 1))

        assert operator.execute("SELECT pg_current_wal_flush_lsn() > %s::pg_lsn", end).fetchone() == (True,)


def test_no_reader_waits_for_the_gap_of_a_rolled_back_append(open_log: Open, store_url: str) -> None:
    log = open_log()
    log.store.insert_events(stored("cs_test_first", 1))
    with transaction(store_url) as undone:
        append(undone, "cs_test_undone")
        undone.rollback()
    log.store.insert_events(stored("cs_test_last", 1))

    assert read_on(log, 0) == [(1, "cs_test_first"), (3, "cs_test_last")]
    assert read_on(log, 1) == [(3, "cs_test_last")]
    assert read_on(log, 3) == []


def test_a_transaction_that_began_first_and_appends_last_is_read_last(open_log: Open, store_url: str) -> None:
    """Transaction numbers and positions are the other way round; who goes by the numbers would miss the one."""
    log = open_log()
    with transaction(store_url) as early:
        first = early.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        with transaction(store_url) as late:
            second = late.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
            append(late, "cs_test_late_number")
        assert read_on(log, 0) == [(1, "cs_test_late_number")]
        append(early, "cs_test_early_number")
        assert read_on(log, 1) == []
    assert first is not None
    assert second is not None
    assert first < second

    assert read_on(log, 1) == [(2, "cs_test_early_number")]


def test_a_conflict_leaves_no_position_below_which_something_could_come(open_log: Open) -> None:
    log = open_log()
    log.store.insert_events(stored("cs_test_1", 1, 2))
    with pytest.raises(IntegrityError):
        log.store.insert_events([*stored("cs_test_2", 1, 2), *stored("cs_test_1", 2)])

    positions = log.store.insert_events(stored("cs_test_3", 1, 2))

    assert positions is not None
    assert [position for position, _ in read_on(log, 2)] == list(positions)
    assert list(positions) == sorted(positions)


def test_two_leaders_that_move_the_same_positions_crosswise_wait_for_each_other(open_log: Open) -> None:
    """In each round one wins and one gets an error; neither is a deadlock."""
    logs = [open_log(), open_log()]
    outcomes: list[str] = []

    def lead(log: Log, names: list[str]) -> None:
        for round_ in range(50):
            since = {name: log.store.max_tracking_id(name) or 0 for name in names}
            moves = [Move(follower=name, since=since[name], to=max(since.values()) + 1) for name in names]
            try:
                log.store.insert(Insertion(books=Bookkeeping(moves=moves)))
            except IntegrityError:
                outcomes.append("overtaken")
            else:
                outcomes.append(f"moved {round_}")

    threads = [
        Thread(target=lead, args=(log, names))
        for log, names in zip(logs, (["intake", "emails"], ["emails", "intake"]), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outcomes) == 100
    moved = sum(outcome.startswith("moved") for outcome in outcomes)
    assert [logs[0].store.max_tracking_id(name) for name in ("intake", "emails")] == [moved, moved]


def test_only_what_others_committed_is_news(open_log: Open) -> None:
    ours, theirs = open_log(), open_log()
    shown: list[bool] = []
    ours.store.watch(lambda: shown.append(True))
    assert wait_for(lambda: len(shown) == 1), "it listens"

    ours.store.insert_events(stored("cs_test_1", 1))
    theirs.store.select_notifications(None, 10)
    with pytest.raises(IntegrityError):
        theirs.store.insert_events(stored("cs_test_1", 1))
    theirs.store.insert_events(stored("cs_test_2", 1))

    assert wait_for(lambda: len(shown) == 2)
    ours.store.insert_events(stored("cs_test_1", 2))
    theirs.store.insert_events(stored("cs_test_2", 2))
    assert wait_for(lambda: len(shown) == 3)


def test_commits_before_a_listener_reconnects_are_noticed(open_log: Open, store_url: str) -> None:
    ours, theirs = open_log(), open_log()
    shown: list[bool] = []
    ours.store.watch(lambda: shown.append(True))
    assert wait_for(lambda: len(shown) == 1)

    end_connections(store_url, "listener")
    theirs.store.insert_events(stored("cs_test_2", 1))

    assert wait_for(lambda: len(shown) == 2)


def test_a_connection_that_the_server_closed_meanwhile_does_no_harm(open_log: Open, store_url: str) -> None:
    log = open_log()
    log.store.insert_events(stored("cs_test_1", 1))
    end_connections(store_url, "log")

    log.store.insert_events(stored("cs_test_1", 2))

    assert len(log.store.select_streams(["cs_test_1"])) == 2


def test_a_new_connection_that_finds_another_server_begins_an_epoch(open_log: Open, store_url: str) -> None:
    """The host of the first one has vanished, say, so that the connection to it does not look lost yet."""
    set_for_database(store_url, "search_path", "elsewhere, pg_catalog")
    log = open_log()
    with psycopg.connect(store_url, autocommit=True) as operator:
        operator.execute("CREATE SCHEMA elsewhere")
        operator.execute(ONE_SERVER.encode())
        recorder = cast(PostgresLogRecorder, log.store)
        with recorder.datastore.get_connection(), recorder.datastore.get_connection():
            assert log.store.epoch == 0, "both have found the same server"
            operator.execute(ANOTHER_SERVER.encode())

            log.store.max_notification_id()

    assert log.store.epoch > 0


def test_an_error_quotes_nothing_of_an_event(open_log: Open) -> None:
    """PostgreSQL does in the detail of its own, and errors go to the process's log."""
    noted = StoredEvent("cs_test_1", 2, "Topic.Happened", b'{"email":"kim@example.com"}')

    with pytest.raises(IntegrityError, match="what it would build on is missing") as shown:
        open_log().store.insert_events([noted])

    assert noted.state[:10].hex() not in str(shown.value)


def test_a_locked_log_is_given_up_soon_and_nothing_is_half_done(
    open_log: Open, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.postgres._ON_CONNECT", "SET lock_timeout = '50ms'")
    log = open_log()
    with transaction(store_url) as holder:
        append(holder, "cs_test_1")

        with pytest.raises(Unreachable, match="another process has held it for 5 seconds"):
            log.store.insert(Insertion(events=stored("cs_test_2", 1), books=moved("intake", 0, 1)))
    assert read_on(log, 0) == [(1, "cs_test_1")]
    assert log.store.max_tracking_id("intake") is None


def test_a_database_without_tables_is_one_clear_sentence(databases: Databases) -> None:
    url = databases.create_empty()
    kept = stores(parse_database(url))

    with pytest.raises(NotMigrated, match=r"has no tables of fulfill yet\. Run `fulfill migrate`\.") as refused:
        kept.check()

    assert "127.0.0.1" in str(refused.value)
    assert url.rpartition("@")[0].rpartition(":")[2] not in str(refused.value), "the password"
    databases.drop(url)


def test_tables_of_a_later_version_are_left_alone(store_url: str) -> None:
    kept = stores(parse_database(store_url))
    with transaction(store_url) as later:
        later.execute("UPDATE fulfillment.schema_version SET version = 99")

    for refuse in (kept.check, kept.migrate):
        with pytest.raises(NotMigrated, match="of version 99, which is later than the 1 that this fulfill works with"):
            refuse()


def test_tables_of_an_earlier_version_have_to_be_upgraded_first(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_schema, "VERSION", 2)
    kept = stores(parse_database(store_url))

    with pytest.raises(
        NotMigrated,
        match=r"has tables of version 1, but this version of fulfill needs version 2\. Run `fulfill migrate`\.",
    ):
        kept.check()
    kept.migrate()

    kept.check()


def test_who_migrates_at_once_waits_for_each_other(databases: Databases) -> None:
    url = databases.create_empty()
    errors: list[BaseException] = []

    def migrate() -> None:
        try:
            migrate_everything(parse_database(url))
        except BaseException as error:  # noqa: BLE001 - asserted below
            errors.append(error)

    threads = [Thread(target=migrate) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    stores(parse_database(url)).check()
    databases.drop(url)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_can_not_keep_every_name_is_refused(databases: Databases, encoding: str) -> None:
    url = databases.create_empty(f" ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")

    with pytest.raises(NotMigrated, match=f"has the encoding {encoding}, which can't store every name"):
        stores(parse_database(url)).migrate()

    databases.drop(url)


def test_a_process_that_holds_no_lock_notices_that_another_database_goes_on(store_url: str) -> None:
    """As `fulfill serve` without a worker, beside which a copy ended."""
    log = stores(parse_database(store_url)).open_log()
    log.store.check_not_replaced()

    log.store.set_moved(True)

    with pytest.raises(LogMoved):
        log.store.check_not_replaced()
    log.close()


def test_a_server_that_is_not_there_is_one_clear_sentence_without_the_password() -> None:
    log = stores(parse_database("postgresql://shop:secretsecret@localhost:1/orders")).open_log()

    with pytest.raises(Unreachable, match="The PostgreSQL database orders at localhost can't be reached: ") as shown:
        log.store.max_notification_id()

    assert "secretsecret" not in str(shown.value)
    log.close()
