"""The log on SQLite: one file, in WAL mode, synchronised fully before anything is acknowledged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from eventsourcing.persistence import Notification, StoredEvent, Tracking
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
    SQLiteProcessRecorder,
)

from application.log import LogRecorder, ParkedEvent

_BUSY_TIMEOUT_SECONDS = 10
_IDS_PER_SELECT = 500
_PARKED = """
CREATE TABLE IF NOT EXISTS parked (
    policy TEXT, position INTEGER, subject TEXT, error TEXT, parked_at TEXT, PRIMARY KEY (policy, position)
) WITHOUT ROWID
"""


def sqlite_environment(path: Path | str, *, create_tables: bool) -> Mapping[str, str]:
    """What the library is told; nothing else of the process's environment changes it."""
    return {
        "PERSISTENCE_MODULE": "infrastructure.event_store.sqlite:LogFactory",
        "MAPPER_TOPIC": "infrastructure.event_store.codec:JsonMapper",
        "SQLITE_DBNAME": str(path),
        "SQLITE_LOCK_TIMEOUT": str(_BUSY_TIMEOUT_SECONDS),
        "ORIGINATOR_ID_TYPE": "text",
        "CREATE_TABLE": "y" if create_tables else "n",
        "COMPRESSOR_TOPIC": "",
        "CIPHER_TOPIC": "",
        "IS_SNAPSHOTTING_ENABLED": "n",
    }


class SQLiteLogRecorder(SQLiteProcessRecorder, LogRecorder):
    def __init__(self, datastore: SQLiteDatastore, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        self._watch: SQLiteConnection | None = None
        self._data_version = -1

    def construct_create_table_statements(self) -> list[str]:
        return [*super().construct_create_table_statements(), _PARKED]

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        ids = super()._insert_events(c, stored_events, **kwargs)
        for tracking in cast(Sequence[Tracking], kwargs.get("trackings", ())):
            self._insert_tracking(c, tracking)
        for parked in cast(Sequence[ParkedEvent], kwargs.get("park", ())):
            row = (parked.policy, parked.position, parked.subject, parked.error, parked.parked_at.isoformat())
            c.execute("INSERT OR REPLACE INTO parked VALUES (?,?,?,?,?)", row)
        for key in cast(Sequence[tuple[str, int]], kwargs.get("unpark", ())):
            c.execute("DELETE FROM parked WHERE policy=? AND position=?", key)
        return ids

    def select_streams(self, ids: Sequence[str]) -> Sequence[StoredEvent]:
        found: list[StoredEvent] = []
        with self.datastore.transaction(commit=False) as c:
            for start in range(0, len(ids), _IDS_PER_SELECT):
                some = ids[start : start + _IDS_PER_SELECT]
                c.execute(
                    f"SELECT * FROM {self.events_table_name} WHERE originator_id IN ({_marks(some)}) "
                    "ORDER BY originator_id, originator_version",
                    some,
                )
                found += [StoredEvent(*row) for row in c.fetchall()]
        return found

    def select_positions(self, positions: Sequence[int]) -> Sequence[Notification]:
        found: list[Notification] = []
        with self.datastore.transaction(commit=False) as c:
            for start in range(0, len(positions), _IDS_PER_SELECT):
                some = positions[start : start + _IDS_PER_SELECT]
                c.execute(
                    "SELECT originator_id, originator_version, topic, state, rowid "
                    f"FROM {self.events_table_name} WHERE rowid IN ({_marks(some)}) ORDER BY rowid",
                    some,
                )
                found += [Notification(*row) for row in c.fetchall()]
        return found

    def max_notification_id(self) -> int:
        """The last place in the log; 0 when it is empty."""
        return super().max_notification_id() or 0

    def select_parked(self, *, policy: str | None = None, subject: str | None = None) -> Sequence[ParkedEvent]:
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT policy, position, subject, error, parked_at FROM parked "
                "WHERE policy=ifnull(?, policy) AND subject=ifnull(?, subject) ORDER BY position, policy",
                (policy, subject),
            )
            return [
                ParkedEvent(policy=p, position=n, subject=s, error=e, parked_at=datetime.fromisoformat(at))
                for p, n, s, e, at in c.fetchall()
            ]

    def has_foreign_commits(self) -> bool:
        """SQLite counts, per connection, the commits of all others: asked of a connection that never writes."""
        if self._watch is None:
            self._watch = self.datastore.pool._create_connection()
        cursor = self._watch.cursor()
        cursor.execute("PRAGMA data_version")
        version = cursor.fetchone()[0]
        has_changed, self._data_version = bool(version != self._data_version), version
        return has_changed

    def close_watch(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None


class LogFactory(SQLiteFactory):
    process_recorder_class = SQLiteLogRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        with self.datastore.get_connection(commit=False) as connection:
            assert_full_synchronisation(connection)

    def process_recorder(self) -> SQLiteLogRecorder:
        self.recorder = cast(SQLiteLogRecorder, super().process_recorder())
        return self.recorder

    def close(self) -> None:
        if hasattr(self, "recorder"):
            self.recorder.close_watch()
        super().close()


def assert_full_synchronisation(connection: SQLiteConnection) -> None:
    """An acknowledged event must survive a power cut: SQLite's default, which a distribution can change.

    Raises:
        RuntimeError: this SQLite synchronises less than that.
    """
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous")
    if cursor.fetchone()[0] < 2:
        raise RuntimeError("This build of SQLite does not synchronise fully, so acknowledged events could be lost.")


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
