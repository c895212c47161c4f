"""One writer or reader of the log as a process of its own, to be killed: `python -m soak.log_process ...`."""

import hashlib
import random
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from eventsourcing.persistence import IntegrityError, Notification, PersistenceError, StoredEvent
from log_parts import received
from typed_ids import as_session, as_stream

from application.log.log import Log
from domain.event import replace
from domain.identifiers import StreamId
from domain.stripe_event import StripeEvent
from infrastructure.database import parse_database
from infrastructure.stores import stores

READERS = """
CREATE TABLE soak_readers (name text PRIMARY KEY, position bigint NOT NULL, count bigint NOT NULL, digest text NOT NULL)
"""
_CONTESTED = 8
_CONTESTED_CHANCE, _ROLLED_BACK_CHANCE = 0.1, 0.01
_FEW_MAX = 8
_BATCH_MAX = 500
_MANY_CHANCE = 0.3
_READ_MAX = 500
_PAUSE_SECONDS = 0.1


def chain(digest: str, events: Iterable[Notification]) -> str:
    """The digest of everything read so far, one event after the other: any other order gives another one."""
    for event in events:
        text = f"{digest} {event.id} {event.originator_id} {event.originator_version}"
        digest = hashlib.sha256(text.encode()).hexdigest()
    return digest


class LogWriter:
    def __init__(self, url: str, name: str, directory: Path) -> None:
        self._url = url
        self._name = name
        self._log = stores(parse_database(url)).open_log()
        self._chance = random.Random(name)
        self._versions: dict[str, int] = {}
        self._number = 0
        self._acknowledged = (directory / f"{name}.acknowledged").open("a")
        self._conflicts = (directory / f"{name}.conflicts").open("a")
        """A letter each: c a conflict, r a roll-back, u an answer that never came."""

    def write(self) -> None:
        batch = self._batch()
        try:
            self._log.store.insert_events(batch)
        except IntegrityError:
            self._versions.clear()
            self._note("c")
        except PersistenceError:
            self._versions.clear()
            self._note("u")
            time.sleep(_PAUSE_SECONDS)
        else:
            self._versions |= {
                str(each.originator_id): each.originator_version for each in batch if _is_contested(each)
            }
            self._acknowledged.writelines(f"{each.originator_id}@{each.originator_version}\n" for each in batch)
            self._acknowledged.flush()
        if self._chance.random() < _ROLLED_BACK_CHANCE:
            with suppress(PersistenceError, psycopg.Error):
                self._roll_back()

    def _batch(self) -> list[StoredEvent]:
        many = _BATCH_MAX if self._chance.random() < _MANY_CHANCE else self._chance.randint(1, _FEW_MAX)
        batch = [self._event(as_stream(f"evt_{self._name}_{self._next()}"), 1) for _ in range(many)]
        if self._chance.random() < _CONTESTED_CHANCE:
            stream = f"evt_contested_{self._chance.randrange(_CONTESTED)}"
            batch.append(self._event(as_stream(stream), self._version(stream) + 1))
        return batch

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _version(self, stream: str) -> int:
        if stream not in self._versions:
            with suppress(PersistenceError):
                self._versions[stream] = self._log.get(StripeEvent, stream).version
        return self._versions.get(stream, 0)

    def _event(self, stream: StreamId, version: int) -> StoredEvent:
        fact: StripeEvent.Received | StripeEvent.RetryRequested = StripeEvent.RetryRequested()
        if version == 1:
            fact = received("checkout.session.completed", f"cs_test_{stream}")
        now = datetime.now(UTC)
        event = replace(
            fact,
            originator_id=stream,
            originator_version=version,
            occurred_at=now,
            recorded_at=now,
            actor="stripe",
            session_id=as_session(f"cs_test_{stream}"),
        )
        return self._log.encode([event])[0]

    def _roll_back(self) -> None:
        """What takes places in the log, a while, and then leaves them empty."""
        datastore = self._log.store.datastore  # type: ignore[attr-defined]
        with datastore.get_connection() as connection, connection.transaction(force_rollback=True):
            with connection.cursor() as cursor:
                self._log.store._insert_stored_events(cursor, self._batch())  # type: ignore[attr-defined]
            time.sleep(self._chance.uniform(0, 0.02))
        self._note("r")

    def _note(self, letter: str) -> None:
        self._conflicts.write(letter)
        self._conflicts.flush()


class LogReader:
    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._log = stores(parse_database(url)).open_log()
        self._chance = random.Random(name)

    def read_on(self) -> None:
        """From where it says that it came to: one batch after the other, what came of it and the place at once."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            start = (self._name, 0, 0, "")
            connection.execute("INSERT INTO soak_readers VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", start)
            while True:
                row = connection.execute(
                    "SELECT position, count, digest FROM soak_readers WHERE name=%s", (self._name,)
                ).fetchone()
                assert row is not None
                position, count, digest = row
                read = self._read(position)
                if not read:
                    time.sleep(_PAUSE_SECONDS)
                    continue
                connection.execute(
                    "UPDATE soak_readers SET position=%s, count=%s, digest=%s WHERE name=%s AND position=%s",
                    (read[-1].id, count + len(read), chain(digest, read), self._name, position),
                )

    def _read(self, position: int) -> list[Notification]:
        limit = self._chance.randint(1, _READ_MAX)
        return list(self._log.store.select_notifications(position, limit, inclusive_of_start=False))


def digest_of(log: Log) -> tuple[int, str]:
    """How many events there are, and the digest of them all."""
    position, count, digest = 0, 0, ""
    while read := log.store.select_notifications(position, 10 * _READ_MAX, inclusive_of_start=False):
        position, count, digest = read[-1].id, count + len(read), chain(digest, read)
    return count, digest


def _is_contested(event: StoredEvent) -> bool:
    return str(event.originator_id).startswith("evt_contested_")


def main(role: str, url: str, name: str, directory: str) -> None:
    if role == "write":
        writer = LogWriter(url, name, Path(directory))
        while True:
            writer.write()
    reader = LogReader(url, name)
    while True:
        with suppress(PersistenceError, psycopg.Error):
            reader.read_on()
        time.sleep(_PAUSE_SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
