"""The log on PostgreSQL: the library's tables and notifications, with many events inserted at the cost of one.

Every writing transaction begins with one advisory lock and holds it until it has committed. So positions are in the
order of commits, and a reader that asks for what comes after a position misses nothing that appears below it later.
The library locks the events table instead, which conflicts with VACUUM, ANALYZE and CREATE INDEX CONCURRENTLY.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from eventsourcing.persistence import IntegrityError, Notification, StoredEvent, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresFactory, PostgresProcessRecorder
from eventsourcing.utils import Environment, EnvType
from psycopg import Connection, Cursor
from psycopg import Error as PostgresError
from psycopg.errors import NotNullViolation
from psycopg.rows import DictRow, tuple_row
from psycopg.sql import SQL, Composed, Identifier

from application.errors import LogMoved
from application.log.anchor import Stretch, stretch
from application.log.insertion import Bookkeeping, Inserted, Insertion, Move, ParkedEvent
from application.log.log import COPYING, LEADS_BY, MARKS, MOVED, LogRecorder
from application.text.stored_reason import as_text, from_text
from infrastructure.event_store import postgres_statements as statements
from infrastructure.event_store.postgres_connections import PostgresLogDatastore
from infrastructure.event_store.versions import predecessors

_URL = "FULFILL_LOG_URL"
_VERSION_MAX = 2**63 - 1


def postgres_environment(url: str) -> Mapping[str, str]:
    """Return the settings for the library, which reads nothing else from the environment of the process."""
    ours = "infrastructure.event_store"
    return {
        "PERSISTENCE_MODULE": f"{ours}.postgres:PostgresLogFactory",
        "MAPPER_TOPIC": f"{ours}.codec:JsonMapper",
        _URL: url,
        "POSTGRES_DBNAME": "",
        "POSTGRES_HOST": "",
        "POSTGRES_USER": "",
        "POSTGRES_PASSWORD": "",
        "ORIGINATOR_ID_TYPE": "text",
        "CREATE_TABLE": "n",
        "COMPRESSOR_TOPIC": "",
        "CIPHER_TOPIC": "",
        "IS_SNAPSHOTTING_ENABLED": "n",
    }


class PostgresLogRecorder(LogRecorder, PostgresProcessRecorder):
    datastore: PostgresLogDatastore

    def __init__(
        self,
        datastore: PostgresDatastore,
        *,
        events_table_name: str = "stored_events",
        tracking_table_name: str = "notification_tracking",
    ) -> None:
        super().__init__(datastore, events_table_name=events_table_name, tracking_table_name=tracking_table_name)
        self.lock_table_statements = [statements.BEGIN_APPEND]
        self._notify = SQL("NOTIFY {}").format(Identifier(self.channel_name)).as_bytes()
        self._keep_only_tables()
        self.sql_create_statements += [SQL(each).format() for each in statements.CREATE_PARKED]

    def _keep_only_tables(self) -> None:
        """Our inserts need no composite type, and the library's function inserts without the lock of appends."""
        wanted: list[Composed] = [
            each for each in self.sql_create_statements if not each.as_string().startswith(("CREATE TYPE", "CREATE OR"))
        ]
        self.sql_create_statements = wanted

    def insert(self, insertion: Insertion) -> Inserted:
        try:
            with self.datastore.get_connection() as connection:
                return self._insert(connection, insertion)
        except IntegrityError as error:
            if isinstance(error.__cause__, NotNullViolation):  # a gap: rows that were read are gone
                self.begin_epoch()
            raise

    def _insert(self, connection: Connection[DictRow], insertion: Insertion) -> Inserted:
        """The events come last, so that they go to the server together with the bookkeeping, in one round trip."""
        conflict: PostgresError | None = None
        with connection.pipeline() as pipeline, connection.transaction(), connection.cursor() as curs:
            self.check_epoch(insertion.epoch)
            self._begin_append(curs, insertion)
            firsts = self._insert_new(curs, insertion.firsts)
            self._keep_books(curs, insertion.books)
            try:
                self._send_events(curs, insertion.events)
                pipeline.sync()
                events = [row["notification_id"] for row in curs.fetchall()] if insertion.events else []
            except PostgresError as error:
                conflict, events = error, []  # psycopg would warn if it left the pipeline
        if conflict is not None:
            raise conflict
        return Inserted(firsts=firsts, events=events)

    def _begin_append(self, curs: Cursor[DictRow], insertion: Insertion) -> None:
        """The lock of appends is taken first of all, so that two who want the same wait for each other there, and not
        crosswise."""
        self._lock_table(curs)
        if insertion.firsts or insertion.events:
            self._notify_channel(curs)

    def _insert_new(self, curs: Cursor[DictRow], firsts: Sequence[StoredEvent]) -> Sequence[int | None]:
        if not firsts:
            return []
        curs.execute(statements.INSERT_NEW, _columns(firsts))
        new = {row["originator_id"]: row["notification_id"] for row in curs.fetchall()}
        return [new.get(each.originator_id) for each in firsts]

    def _send_events(self, curs: Cursor[DictRow], events: Sequence[StoredEvent]) -> None:
        if events:
            curs.execute(statements.INSERT, _columns(events))

    def _keep_books(self, curs: Cursor[DictRow], books: Bookkeeping) -> None:
        self._move_all(curs, books.moves)
        self._park_all(curs, books.park)
        for key in books.unpark:
            curs.execute(statements.UNPARK, key)

    def _park_all(self, curs: Cursor[DictRow], parked: Sequence[ParkedEvent]) -> None:
        for each in parked:
            row = (each.policy, each.position, each.subject, as_text(each.error), each.parked_at)
            curs.execute(statements.PARK, row)

    def _move_all(self, curs: Cursor[DictRow], moves: Sequence[Move]) -> None:
        """The library's own check, that a position only grows, is not enough for batches: of two that decided the
        same event, one may have read further.

        Raises:
            IntegrityError: a position is not what it was any more.
        """
        for move in moves:
            if move.since is None:
                self._insert_tracking(curs, Tracking(move.follower, move.to))
        known = [move for move in moves if move.since is not None]
        if not known:
            return
        names, earlier = [move.follower for move in known], [move.since for move in known]
        if 0 in earlier:
            curs.execute(statements.START_TRACKINGS, (names,))
        curs.execute(statements.MOVE_TRACKINGS, (names, earlier, [move.to for move in known]))
        if len(curs.fetchall()) != len(names):
            raise IntegrityError(f"The positions of {', '.join(names)} are not {earlier} any more.")

    def _notify_channel(self, curs: Cursor[DictRow]) -> None:
        curs.execute(self._notify)

    def select_streams(self, ids: Sequence[str], *, version_max: int | None = None) -> Sequence[StoredEvent]:
        last = _VERSION_MAX if version_max is None else version_max
        if len(ids) == 1:  # cheaper than an array of one
            rows = self._rows(statements.SELECT_STREAM, (ids[0], last))
        else:
            rows = self._rows(statements.SELECT_STREAMS, (list(ids), last))
        return [StoredEvent(*row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        text = statements.SELECT_NOTIFICATIONS
        values: list[Any] = [0 if start is None else start - inclusive_of_start]
        if stop is not None:
            text, values = f"{text} AND notification_id<=%b", [*values, stop]
        if topics:
            text, values = f"{text} AND topic=ANY(%b::text[])", [*values, list(topics)]
        rows = self._rows(f"{text} ORDER BY notification_id LIMIT %b", [*values, limit])
        return [Notification(*row) for row in rows]

    def select_positions(self, positions: Sequence[int]) -> Sequence[Notification]:
        return [Notification(*row) for row in self._rows(statements.SELECT_POSITIONS, (list(positions),))]

    def select_stretch(self, start: int, limit: int) -> Stretch:
        return stretch(start, self._rows(statements.SELECT_STRETCH, (start, start, limit + 1)))

    def select_stream_ids(self, begin: str, end: str) -> Sequence[str]:
        return [id for (id,) in self._rows(statements.SELECT_STREAM_IDS, (begin, end, end))]

    def select_gaps(self, limit: int) -> Sequence[tuple[int, str, int]]:
        return [
            (position, stream, version) for position, stream, version in self._rows(statements.SELECT_GAPS, (limit,))
        ]

    def select_parked_events(
        self, *, policy: str | None = None, subjects: Collection[str] | None = None
    ) -> Sequence[ParkedEvent]:
        if subjects is None:
            found = self._rows(statements.SELECT_PARKED, (policy,))
        else:
            found = self._rows(statements.SELECT_PARKED_OF, (list(subjects), policy))
        return [
            ParkedEvent(policy=p, position=n, subject=s, error=from_text(e), parked_at=cast(datetime, at))
            for p, n, s, e, at in found
        ]

    def select_positions_of_followers(self) -> Mapping[str, int]:
        return dict(self._rows(statements.SELECT_FOLLOWERS, (self.table_migration_identifier, LEADS_BY)))

    def select_terms(self) -> Mapping[str, int]:
        rows = self._rows(statements.SELECT_TERMS, (LEADS_BY,))
        return {name.removeprefix(LEADS_BY): digest for name, digest in rows}

    def replace_terms(self, terms: Mapping[str, int]) -> None:
        with self.datastore.transaction(commit=True) as curs:
            self._lock_table(curs)
            curs.execute(statements.DELETE_TERMS, (LEADS_BY,))
            for name, digest in terms.items():
                curs.execute(statements.SET_POSITION, (f"{LEADS_BY}{name}", digest))

    def insert_copied(self, events: Sequence[Notification], *, since: int | None) -> None:
        """Insert the next events of a copy, at the positions of the source.

        Raises:
            IntegrityError: the mark of the copy is not at `since`.
        """
        columns = (
            [each.originator_id for each in events],
            [each.originator_version for each in events],
            [each.topic for each in events],
            [each.state for each in events],
            [each.id for each in events],
        )
        with self.datastore.get_connection() as conn, conn.transaction(), conn.cursor(row_factory=tuple_row) as curs:
            for lock_statement in self.lock_table_statements:
                curs.execute(lock_statement)
            if curs.execute(statements.SELECT_COPIED, (COPYING,)).fetchone() != (since or 0, since):
                raise IntegrityError(f"No copy into this log has come to {since}.")
            curs.execute(statements.INSERT_COPIED, columns)
            curs.execute(statements.SET_POSITION, (COPYING, events[-1].id if events else since or 0))

    def replace_bookkeeping(self, positions: Mapping[str, int], parked: Sequence[ParkedEvent]) -> None:
        with self.datastore.transaction(commit=True) as curs:
            self._lock_table(curs)
            curs.execute(statements.DELETE_FOLLOWERS, ([*MARKS, self.table_migration_identifier],))
            for position in positions.items():
                curs.execute(statements.SET_POSITION, position)
            curs.execute(statements.DELETE_PARKED)
            self._park_all(curs, parked)

    def end_copy(self) -> None:
        with self.datastore.transaction(commit=True) as curs:
            self._lock_table(curs)
            curs.execute(statements.GO_ON_AFTER_THE_LAST, (statements.EVENTS,))
            curs.execute(statements.DELETE_POSITION, (COPYING,))

    def set_moved(self, is_moved: bool) -> None:
        with self.datastore.transaction(commit=True) as curs:
            self._lock_table(curs)
            curs.execute(statements.DELETE_POSITION, (MOVED,))
            if is_moved:
                curs.execute(statements.SET_POSITION, (MOVED, 0))

    def _rows(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self.datastore.get_connection() as conn, conn.cursor(binary=True, row_factory=tuple_row) as curs:
            return curs.execute(statement, values, prepare=True).fetchall()

    @property
    def epoch(self) -> int:
        return self.datastore.connections.epoch

    def begin_epoch(self) -> None:
        self.datastore.connections.begin_epoch()

    def try_to_write(self) -> None:
        """A commit waits for the disk and for synchronous standbys only if its transaction writes something; a
        transaction ID alone is not enough."""
        with self.datastore.transaction(commit=True) as curs:
            self._lock_table(curs)
            curs.execute(statements.LOCK_FOR_INSERT)
            curs.execute("SELECT pg_logical_emit_message(true, 'fulfill', '')")

    def check_not_replaced(self) -> None:
        """A PostgreSQL server keeps its own files open. A `fulfill serve` without a worker holds no lock that would
        keep a copy from ending beside it, so it looks for the mark.

        Raises:
            LogMoved: a copy in another database has replaced this log.
        """
        if self._rows(statements.SELECT_MARK, (MOVED,)):
            raise LogMoved

    def watch(self, notify: Callable[[], None]) -> None:
        self.datastore.listener.start(self.channel_name, notify)

    def has_foreign_commits(self) -> bool:
        return self.datastore.listener.has_heard()


def _columns(stored_events: Sequence[StoredEvent]) -> tuple[list[Any], ...]:
    return (
        [stored.originator_id for stored in stored_events],
        [stored.originator_version for stored in stored_events],
        predecessors(stored_events),
        [stored.topic for stored in stored_events],
        [stored.state for stored in stored_events],
    )


class PostgresLogFactory(PostgresFactory):
    process_recorder_class = PostgresLogRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        """Read the settings of `postgres_environment`.

        Raises:
            OSError: one of them is missing.
        """
        super().__init__(env)
        url = self.env.get(_URL)
        if url is None:
            raise OSError(f"{_URL} is missing in the environment of the log.")
        self.datastore: PostgresLogDatastore = PostgresLogDatastore(url)

    def process_recorder(self) -> PostgresLogRecorder:
        return cast(PostgresLogRecorder, super().process_recorder())
