"""Many writers and readers of one log, all of whom are killed: nothing passed over, nothing read twice."""

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
from eventually import wait_for
from log_invariants import all_events
from postgres_server import PostgresServer
from soak.log_process import READERS, digest_of
from soak.maintenance import BUSY, report_maintenance
from soak.report import Report

from infrastructure.database import parse_database
from interfaces.databases import migrate, open_read_side

_WRITERS, _READERS = 16, 3
_EVENTS_MAX = 1_000_000
_WRITING_SHARE = 0.4
"""Of the time: reading everything again, and a view made from it, takes the rest."""
_KILL_EVERY_SECONDS = 2.0
_READ_SECONDS_MAX = 600.0
_VIEW = "timeline"

Progress = tuple[int, int, str]
"""Position, count and digest of a reader."""


class Crowd:
    """The processes, and what they leave behind in a directory."""

    def __init__(self, url: str, directory: Path, chance: random.Random) -> None:
        self._url = url
        self._directory = directory
        self._chance = chance
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._names = 0
        self.kills: Counter[str] = Counter()

    def start(self, role: str, name: str | None = None) -> None:
        self._names += 1
        name = name or f"{role}{self._names}"
        command = [sys.executable, "-m", "soak.log_process", role, self._url, name, str(self._directory)]
        self._running[name] = subprocess.Popen(command)

    def kill_one(self) -> None:
        """A writer is followed by another, a reader goes on from its place."""
        name = self._chance.choice(list(self._running))
        role = name.rstrip("0123456789")
        self._end(name)
        self.kills[role] += 1
        self.start(role, name if role == "read" else None)

    def end_all(self, role: str = "") -> None:
        for name in [name for name in self._running if name.startswith(role)]:
            self._end(name)

    def ended_by_themselves(self) -> list[str]:
        return [name for name, process in self._running.items() if process.poll() is not None]

    def _end(self, name: str) -> None:
        process = self._running.pop(name)
        process.kill()
        process.wait()


def soak_log(seconds: float, seed: int) -> Report:
    report = Report(part="log")
    with ExitStack() as stack:
        postgres = stack.enter_context(PostgresServer(BUSY, is_durable=True))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres.initialize()
        postgres.start()
        migrate(parse_database(postgres.url()))
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute(READERS)
        crowd = Crowd(postgres.url(), directory, random.Random(seed))
        stack.callback(crowd.end_all)
        _write(report, crowd, postgres, seconds * _WRITING_SHARE)
        _check(report, crowd, postgres.url(), directory)
        _check_after_a_rebuild(report, crowd, postgres.url())
        crowd.end_all()
        report_maintenance(report, postgres)
        report.numbers["kills"] = dict(crowd.kills)
    return report


def _write(report: Report, crowd: Crowd, postgres: PostgresServer, seconds: float) -> None:
    for _ in range(_READERS):
        crowd.start("read")
    for _ in range(_WRITERS):
        crowd.start("write")
    started, is_database_killed = time.monotonic(), False
    while time.monotonic() - started < seconds and _end(postgres.url()) < _EVENTS_MAX:
        time.sleep(_KILL_EVERY_SECONDS)
        crowd.kill_one()
        if not is_database_killed and time.monotonic() - started > seconds / 2:
            is_database_killed = True
            report.say("kill of PostgreSQL")
            postgres.kill()
            postgres.start()
    report.demand(not crowd.ended_by_themselves(), f"ended by themselves: {crowd.ended_by_themselves()}")
    crowd.end_all("write")


def _check(report: Report, crowd: Crowd, url: str, directory: Path) -> None:
    with open_read_side(parse_database(url)) as side:
        whole = digest_of(side.log)
        versions: Counter[str] = Counter()
        last, empty = 0, 0
        for position, event in all_events(side.log):
            versions[event.originator_id] += 1
            report.demand(event.originator_version == versions[event.originator_id], f"a gap at {position}")
            empty += position - last - 1
            last = position
    acknowledged = [line for file in directory.glob("*.acknowledged") for line in file.read_text().splitlines()]
    lost = sum(int(line.rpartition("@")[2]) > versions[line.rpartition("@")[0]] for line in acknowledged)
    report.demand(bool(acknowledged), "no process wrote anything: give it more minutes")
    report.demand(lost == 0, f"{lost} acknowledged events are not in the log")
    report.demand(len(acknowledged) == len(set(acknowledged)), "an event was acknowledged twice")
    conflicts = Counter("".join(file.read_text() for file in directory.glob("*.conflicts")))
    report.numbers |= {
        "events": whole[0],
        "of them acknowledged": len(acknowledged),
        "places left empty": empty,
        "conflicts, roll-backs, unknown outcomes": [conflicts[letter] for letter in "cru"],
    }
    _check_readers(report, url, last, whole)


def _check_readers(report: Report, url: str, last: int, whole: tuple[int, str]) -> None:
    """A reader of exactly the log's events, in order, has the same count and digest."""
    wait_for(lambda: all(position >= last for position, *_ in _progress(url)), _READ_SECONDS_MAX)
    for progress in _progress(url):
        report.demand(progress == (last, *whole), f"a reader came to {progress}, and the log is {(last, *whole)}")
    report.numbers["readers that saw every event once"] = sum(progress == (last, *whole) for progress in _progress(url))


def _check_after_a_rebuild(report: Report, crowd: Crowd, url: str) -> None:
    with open_read_side(parse_database(url)) as side:
        before = digest_of(side.log)
        with report.timed(f"rebuild of the view {_VIEW}"):
            view = side.rebuild.rebuild(_VIEW)
        verified = side.rebuild.verify(_VIEW)
        report.demand(verified.is_right and verified.rows == before[0], f"the rebuilt view is wrong: {verified}")
        report.demand(view.position == side.log.store.max_notification_id(), "the rebuilt view ends too early")
        report.demand(digest_of(side.log) == before, "the log is another after the rebuild")
    crowd.start("read")
    wait_for(lambda: len(_progress(url)) == _READERS + 1)
    _check_readers(report, url, view.position, before)


def _progress(url: str) -> list[Progress]:
    with closing(psycopg.connect(url)) as connection:
        rows = connection.execute("SELECT position, count, digest FROM soak_readers").fetchall()
    return [(position, count, digest) for position, count, digest in rows]


def _end(url: str) -> int:
    with open_read_side(parse_database(url)) as side:
        return side.log.store.max_notification_id() or 0
