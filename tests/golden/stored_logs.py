"""Logs as they were stored once, and what was read in them: documents, stock and the rows of every view.

Another version of the log is stored, and what is read is written down again, by `golden.store_log`.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from eventsourcing.persistence import StoredEvent
from every_store import sqlite_url
from read_side import open_read_side
from typed_ids import as_session

from application.reading.checkout_document import as_json
from application.reading.registry import PROJECTIONS

HERE = Path(__file__).parent


class Line(msgspec.Struct, kw_only=True):
    """One event of a stored log. `state` is kept to the byte."""

    position: int
    stream: str
    version: int
    topic: str
    state: msgspec.Raw


def stored_logs() -> list[Path]:
    return sorted(HERE.glob("log-v*.jsonl"), key=lambda path: int(path.stem.removeprefix("log-v")))


def reading_of(log: Path) -> Path:
    """The file that says what was read in the log."""
    return HERE / f"{log.stem}-read.json"


def read_log(path: Path) -> list[StoredEvent]:
    lines = [msgspec.json.decode(text, type=Line) for text in path.read_bytes().splitlines()]
    assert [line.position for line in lines] == list(range(1, len(lines) + 1))
    return [StoredEvent(line.stream, line.version, line.topic, bytes(line.state)) for line in lines]


def write_log(path: Path, stored: Sequence[StoredEvent]) -> None:
    lines = [
        Line(
            position=position,
            stream=str(event.originator_id),
            version=event.originator_version,
            topic=event.topic,
            state=msgspec.Raw(event.state),
        )
        for position, event in enumerate(stored, 1)
    ]
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


def digest(log: Path) -> str:
    return hashlib.sha256(log.read_bytes()).hexdigest()


def what_is_read(log: Path) -> dict[str, Any]:
    """Everything that the read side makes of a stored log, as the plain JSON that other programs see."""
    plain: dict[str, Any] = json.loads(json.dumps(_what_is_read(log)))
    return plain


def _what_is_read(log: Path) -> dict[str, Any]:
    with TemporaryDirectory() as directory, open_read_side(sqlite_url(Path(directory))) as read_side:
        read_side.log.store.insert_events(read_log(log))
        read_side.projector.catch_up()
        queries = read_side.queries
        sessions = sorted({str(row["session_id"]) for row in read_side.rows(PROJECTIONS[0])})
        documents = {id: document for id in sessions if (document := queries.checkout(as_session(id)))}
        return {
            "log_sha256": digest(log),
            "documents": {id: as_json(document) for id, document in documents.items()},
            "stock": [asdict(level) for level in queries.stock()],
            "views": {
                projection.name: {
                    "version": projection.version,
                    "rows": [dict(row) for row in read_side.rows(projection)],
                }
                for projection in PROJECTIONS
            },
        }


def write_reading(log: Path) -> None:
    reading_of(log).write_text(json.dumps(what_is_read(log), indent=1, ensure_ascii=False) + "\n")


def was_read(log: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reading_of(log).read_text())
    return found
