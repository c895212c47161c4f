"""The log on SQLite: one file, in WAL mode, synchronized fully before anything is acknowledged."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar, cast

from eventsourcing.persistence import IntegrityError, Notification, PersistenceError, StoredEvent, Tracking
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore, SQLiteFactory, SQLiteProcessRecorder
from eventsourcing.utils import Environment, EnvType

from application.log.anchor import Stretch, stretch
from application.log.insertion import Bookkeeping, Inserted, Insertion, Move, ParkedEvent
from application.log.log import COPYING, LEADS_BY, MARKS, MOVED, LogRecorder
from application.text.stored_reason import as_text, from_text
from infrastructure.event_store.connections import LogConnection, SQLiteLogDatastore
from infrastructure.event_store.versions import predecessors

K = TypeVar("K", str, int, tuple[str, int])

_KEYS_PER_SELECT = 500
_ROWS_PER_INSERT = 200
_VERSION_MAX = 2**63 - 1
_PARKED = """
CREATE TABLE IF NOT EXISTS parked (
    policy TEXT, position INTEGER, subject TEXT, error TEXT, parked_at TEXT, PRIMARY KEY (policy, position)
) WITHOUT ROWID
"""
_PARKED_BY_SUBJECT = "CREATE INDEX IF NOT EXISTS parked_by_subject ON parked (subject)"


def sqlite_environment(path: Path | str, *, create_tables: bool) -> Mapping[str, str]:
    """Return the settings for the library, which reads nothing else from the environment of the process."""
    return {
        "PERSISTENCE_MODULE": "infrastructure.event_store.sqlite:SQLiteLogFactory",
        "MAPPER_TOPIC": "infrastructure.event_store.codec:JsonMapper",
        "SQLITE_DBNAME": str(path),
        "ORIGINATOR_ID_TYPE": "text",
        "CREATE_TABLE": "y" if create_tables else "n",
        "COMPRESSOR_TOPIC": "",
        "CIPHER_TOPIC": "",
        "IS_SNAPSHOTTING_ENABLED": "n",
    }


class SQLiteLogRecorder(LogRecorder, SQLiteProcessRecorder):
    datastore: SQLiteLogDatastore

    def __init__(self, datastore: SQLiteDatastore, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        self._watch: LogConnection | None = None
        self._data_version = -1
        self._epoch = 0

    def construct_create_table_statements(self) -> list[str]:
        return [*super().construct_create_table_statements(), _PARKED, _PARKED_BY_SUBJECT]

    def create_table(self) -> None:
        """Create the tables. The library looks for them first, and another process may create them in between."""
        try:
            super().create_table()
        except IntegrityError:
            super().create_table()

    def insert(self, insertion: Insertion) -> Inserted:
        with self.datastore.transaction(commit=True) as c:
            self.check_not_replaced()
            self.check_epoch(insertion.epoch)
            firsts = self._insert_new(c, insertion.firsts) if insertion.firsts else []
            events = self._insert_rows(c, insertion.events)
            self._keep_books(c, insertion.books)
        return Inserted(firsts=firsts, events=events)

    def _keep_books(self, c: SQLiteCursor, books: Bookkeeping) -> None:
        for move in books.moves:
            self._move(c, move)
        self._park(c, books.park)
        for key in books.unpark:
            c.execute("DELETE FROM parked WHERE policy=? AND position=?", key)

    def _insert_new(self, c: SQLiteCursor, stored_events: Sequence[StoredEvent]) -> Sequence[int | None]:
        """No other writer can begin a stream between the check and the insert: the transaction holds the write lock."""
        begun: set[str] = set()
        for some in _portions([str(each.originator_id) for each in stored_events]):
            c.execute(
                f"SELECT originator_id FROM {self.events_table_name} "
                f"WHERE originator_version=1 AND originator_id IN ({_marks(some)})",
                some,
            )
            begun.update(id for (id,) in c.fetchall())
        positions = iter(self._insert_rows(c, [each for each in stored_events if each.originator_id not in begun]))
        return [None if each.originator_id in begun else next(positions) for each in stored_events]

    def _insert_rows(self, c: SQLiteCursor, stored_events: Sequence[StoredEvent]) -> Sequence[int]:
        """Many rows to a statement: after every statement SQLite lets other threads run, which would want to write on
        their own account."""
        self._check_predecessors(c, stored_events)
        positions: list[int] = []
        for start in range(0, len(stored_events), _ROWS_PER_INSERT):
            rows = stored_events[start : start + _ROWS_PER_INSERT]
            marks = ",".join(["(?,?,?,?)"] * len(rows))
            values = [
                value
                for each in rows
                for value in (each.originator_id, each.originator_version, each.topic, each.state)
            ]
            c.execute(f"INSERT INTO {self.events_table_name} VALUES {marks}", values)
            last = c.lastrowid
            positions += range(last - len(rows) + 1, last + 1)
        return positions

    def _check_predecessors(self, c: SQLiteCursor, stored_events: Sequence[StoredEvent]) -> None:
        """As atomic as a check within the insert: the transaction may write from its start.

        Raises:
            IntegrityError: a stream lacks the event before one of these.
        """
        wanted = [
            (str(each.originator_id), previous)
            for each, previous in zip(stored_events, predecessors(stored_events), strict=True)
            if previous is not None
        ]
        for some in _portions(wanted):
            c.execute(
                f"WITH wanted (stream, version) AS (VALUES {','.join(['(?,?)'] * len(some))}) "
                f"SELECT stream, version FROM wanted WHERE NOT EXISTS (SELECT 1 FROM {self.events_table_name} "
                "WHERE originator_id=stream AND originator_version=version)",
                [value for key in some for value in key],
            )
            for stream, version in c.fetchall():
                self.begin_epoch()  # rows that were read are gone
                raise IntegrityError(f"The log has no event {version} of {stream}.")

    def _park(self, c: SQLiteCursor, parked: Sequence[ParkedEvent]) -> None:
        for each in parked:
            row = (each.policy, each.position, each.subject, as_text(each.error), each.parked_at.isoformat())
            c.execute("INSERT OR REPLACE INTO parked VALUES (?,?,?,?,?)", row)

    def _move(self, c: SQLiteCursor, move: Move) -> None:
        """The library's own check, that a position only grows, is not enough for batches: of two that decided the
        same event, one may have read further.

        Raises:
            IntegrityError: the position is not what it was any more.
        """
        tracking = Tracking(move.follower, move.to)
        if move.since is None:
            self._insert_tracking(c, tracking)
            return
        c.execute(
            "UPDATE tracking SET notification_id=? WHERE application_name=? AND notification_id=? RETURNING 1",
            (move.to, move.follower, move.since),
        )
        if c.fetchone():
            return
        if move.since != 0 or self._max_tracking_id(move.follower, c) is not None:
            raise IntegrityError(f"The position of {move.follower} is not {move.since} any more.")
        self._insert_tracking(c, tracking)

    def select_streams(self, ids: Sequence[str], *, version_max: int | None = None) -> Sequence[StoredEvent]:
        found: list[StoredEvent] = []
        with self.datastore.transaction(commit=False) as c:
            for some in _portions(ids):
                c.execute(
                    f"SELECT * FROM {self.events_table_name} WHERE originator_id IN ({_marks(some)}) "
                    "AND originator_version<=? ORDER BY originator_id, originator_version",
                    (*some, _VERSION_MAX if version_max is None else version_max),
                )
                found += [StoredEvent(*row) for row in c.fetchall()]
        return found

    def select_positions(self, positions: Sequence[int]) -> Sequence[Notification]:
        found: list[Notification] = []
        with self.datastore.transaction(commit=False) as c:
            for some in _portions(positions):
                c.execute(
                    "SELECT originator_id, originator_version, topic, state, rowid "
                    f"FROM {self.events_table_name} WHERE rowid IN ({_marks(some)}) ORDER BY rowid",
                    some,
                )
                found += [Notification(*row) for row in c.fetchall()]
        return found

    def select_stretch(self, start: int, limit: int) -> Stretch:
        table = self.events_table_name
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT rowid, originator_id, originator_version, topic, "
                f"CASE WHEN rowid IN (?, (SELECT max(rowid) FROM {table})) THEN state END "
                f"FROM {table} WHERE rowid>=? ORDER BY rowid LIMIT ?",
                (start, start, limit + 1),
            )
            return stretch(start, map(tuple, c.fetchall()))

    def select_stream_ids(self, begin: str, end: str) -> Sequence[str]:
        table = self.events_table_name
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"WITH RECURSIVE stream(id) AS (SELECT min(originator_id) FROM {table} WHERE originator_id>=? "
                f"UNION ALL SELECT (SELECT min(originator_id) FROM {table} WHERE originator_id>id) FROM stream "
                "WHERE id<?) SELECT id FROM stream WHERE id<?",
                (begin, end, end),
            )
            return [id for (id,) in c.fetchall()]

    def select_gaps(self, limit: int) -> Sequence[tuple[int, str, int]]:
        table = self.events_table_name
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"SELECT rowid, originator_id, originator_version FROM {table} AS event WHERE originator_version>1 "
                f"AND NOT EXISTS (SELECT 1 FROM {table} AS earlier WHERE earlier.originator_id=event.originator_id "
                "AND earlier.originator_version=event.originator_version-1 AND earlier.rowid<event.rowid) "
                "ORDER BY event.rowid LIMIT ?",
                (limit,),
            )
            return [(position, stream, version) for position, stream, version in c.fetchall()]

    def select_parked_events(
        self, *, policy: str | None = None, subjects: Collection[str] | None = None
    ) -> Sequence[ParkedEvent]:
        among = "" if subjects is None else f"AND subject IN ({', '.join('?' * len(subjects))}) "
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT policy, position, subject, error, parked_at FROM parked "
                f"WHERE policy=ifnull(?, policy) {among}ORDER BY position, policy",
                (policy, *(subjects or ())),
            )
            return [
                ParkedEvent(policy=p, position=n, subject=s, error=from_text(e), parked_at=datetime.fromisoformat(at))
                for p, n, s, e, at in c.fetchall()
            ]

    def select_positions_of_followers(self) -> Mapping[str, int]:
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT application_name, notification_id FROM tracking "
                "WHERE application_name<>? AND application_name NOT LIKE ?",
                (self.table_migration_identifier, f"{LEADS_BY}%"),
            )
            return dict(c.fetchall())

    def select_terms(self) -> Mapping[str, int]:
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT application_name, notification_id FROM tracking WHERE application_name LIKE ?",
                (f"{LEADS_BY}%",),
            )
            return {name.removeprefix(LEADS_BY): digest for name, digest in c.fetchall()}

    def replace_terms(self, terms: Mapping[str, int]) -> None:
        with self.datastore.transaction(commit=True) as c:
            self.check_not_replaced()
            c.execute("DELETE FROM tracking WHERE application_name LIKE ?", (f"{LEADS_BY}%",))
            rows = [(f"{LEADS_BY}{name}", digest) for name, digest in terms.items()]
            c.executemany("INSERT INTO tracking VALUES (?,?)", rows)

    def insert_copied(self, events: Sequence[Notification], *, since: int | None) -> None:
        """Insert the next events of a copy, at the positions of the source.

        Raises:
            IntegrityError: the mark of the copy is not at `since`.
        """
        with self.datastore.transaction(commit=True) as c:
            self.check_not_replaced()
            if (self._max_notification_id(c) or 0, self._max_tracking_id(COPYING, c)) != (since or 0, since):
                raise IntegrityError(f"No copy into this log has come to {since}.")
            c.executemany(
                f"INSERT INTO {self.events_table_name} "
                "(rowid, originator_id, originator_version, topic, state) VALUES (?,?,?,?,?)",
                [(each.id, each.originator_id, each.originator_version, each.topic, each.state) for each in events],
            )
            reached = events[-1].id if events else since or 0
            c.execute("INSERT OR REPLACE INTO tracking VALUES (?,?)", (COPYING, reached))

    def replace_bookkeeping(self, positions: Mapping[str, int], parked: Sequence[ParkedEvent]) -> None:
        with self.datastore.transaction(commit=True) as c:
            kept = (*MARKS, self.table_migration_identifier)
            c.execute(f"DELETE FROM tracking WHERE application_name NOT IN ({_marks(kept)})", kept)
            c.executemany("INSERT INTO tracking VALUES (?,?)", list(positions.items()))
            c.execute("DELETE FROM parked")
            self._park(c, parked)

    def end_copy(self) -> None:
        with self.datastore.transaction(commit=True) as c:
            c.execute("DELETE FROM tracking WHERE application_name=?", (COPYING,))

    def set_moved(self, is_moved: bool) -> None:
        with self.datastore.transaction(commit=True) as c:
            self.check_not_replaced()
            c.execute("DELETE FROM tracking WHERE application_name=?", (MOVED,))
            if is_moved:
                c.execute("INSERT INTO tracking VALUES (?,0)", (MOVED,))

    @property
    def epoch(self) -> int:
        """The epoch of this process. A replaced file begins none: `LogFile` notices it."""
        return self._epoch

    def begin_epoch(self) -> None:
        self._epoch += 1

    def try_to_write(self) -> None:
        with self.datastore.transaction(commit=True) as c:
            c.execute(f"SELECT 1 FROM {self.events_table_name} LIMIT 1")
            c.execute("PRAGMA user_version=0")  # unused otherwise, and SQLite writes its page whatever it was

    def check_not_replaced(self) -> None:
        self.datastore.file.check()

    def watch(self, notify: Callable[[], None]) -> None:
        """SQLite sends no notifications."""

    def has_foreign_commits(self) -> bool:
        """True if another connection has committed. SQLite counts this for each connection; the one that is asked
        never writes."""
        try:
            if self._watch is None:
                self._watch = self.datastore.pool.connect()
            version = self._watch.data_version()
        except PersistenceError:
            self.close_watch()
            return True  # possible; the next read raises the error
        has_changed, self._data_version = version != self._data_version, version
        return has_changed

    def close_watch(self) -> None:
        """Close the connection that is asked, and forget its count: those of two connections can't be compared."""
        self._data_version = -1
        if self._watch is not None:
            self._watch.close()
            self._watch = None


class SQLiteLogFactory(SQLiteFactory):
    process_recorder_class = SQLiteLogRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        """
        Raises:
            PersistenceError: the file can't be opened. This is found at the start, not with the first event.
        """
        super().__init__(env)
        self.datastore: SQLiteLogDatastore = SQLiteLogDatastore(self.datastore.pool.db_name)
        self._recorders: list[SQLiteLogRecorder] = []
        with self.datastore.get_connection(commit=False):
            self.datastore.file.remember()

    def process_recorder(self) -> SQLiteLogRecorder:
        recorder = cast(SQLiteLogRecorder, super().process_recorder())
        self._recorders.append(recorder)
        return recorder

    def close(self) -> None:
        for recorder in self._recorders:
            recorder.close_watch()
        super().close()


def _portions(keys: Sequence[K]) -> Iterator[Sequence[K]]:
    """In order, so that what is found of one portion comes before what is found of the next."""
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), _KEYS_PER_SELECT):
        yield ordered[start : start + _KEYS_PER_SELECT]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
