"""Locks of real processes: one leads, a worker is at work as long as it lives, and a killed process holds nothing."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

import pytest
from eventsourcing.persistence import OperationalError
from eventually import wait_for
from every_store import STORES, new_store
from fakes.time_in_hand import TimeInHand
from postgres_databases import Databases

from application.ports import WorkerLocks
from infrastructure.database import SQLiteFile, parse_database
from infrastructure.locks.files import FileLocks
from infrastructure.locks.sessions import SessionLocks
from infrastructure.stores import stores

HOLDER = """
import subprocess, sys
from infrastructure.database import parse_database
from infrastructure.stores import stores

locks = stores(parse_database(sys.argv[1])).locks()
leads = locks.lead()
worker = locks.enlist()
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=0) if "with a child" in sys.argv else None
print(leads, worker, child.pid if child else "", flush=True)
if input() == "release":
    locks.release()
    print("released", flush=True)
    input()
"""


class Holder:
    """Another process that leads if it can, and works."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        leads, self.worker, *child = self.read().split()
        self.leads = leads == "True"
        self.child = int(child[0]) if child else None

    def read(self) -> str:
        return cast(IO[str], self.process.stdout).readline().strip()

    def write(self, line: str) -> None:
        stdin = cast(IO[str], self.process.stdin)
        stdin.write(f"{line}\n")
        stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        assert self.process.wait() == -signal.SIGKILL

    def release(self) -> None:
        self.write("release")
        assert self.read() == "released"


@contextmanager
def holder(store: str, *options: str) -> Iterator[Holder]:
    command = [sys.executable, "-c", HOLDER, store, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Holder(process)
        finally:
            process.kill()


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where it is kept that there are locks of."""
    return new_store(request, tmp_path)


@pytest.fixture
def open_locks(store: str) -> Iterator[Callable[[], WorkerLocks]]:
    """Opens locks as another process would."""
    with ExitStack() as opened:

        def open_locks() -> WorkerLocks:
            locks = stores(parse_database(store)).locks()
            opened.callback(locks.release)
            return locks

        yield open_locks


@pytest.fixture
def locks(open_locks: Callable[[], WorkerLocks]) -> WorkerLocks:
    """Ours."""
    return open_locks()


def test_one_process_leads_until_it_ends(store: str, locks: WorkerLocks) -> None:
    with holder(store) as first, holder(store) as second:
        assert (first.leads, second.leads, locks.lead()) == (True, False, False)

        first.kill()

        assert wait_for(locks.lead)
        assert locks.lead() is True, "and stays it"


def test_a_worker_is_at_work_until_its_process_is_killed(store: str, locks: WorkerLocks) -> None:
    with holder(store) as worker:
        assert locks.is_at_work(worker.worker) is True
        worker.kill()

        assert wait_for(lambda: not locks.is_at_work(worker.worker))


def test_a_killed_process_holds_nothing_even_if_its_child_lives_on(store: str, locks: WorkerLocks) -> None:
    with holder(store, "with a child") as worker:
        assert worker.child is not None
        os.kill(worker.child, 0)

        worker.kill()

        os.kill(worker.child, 0)
        assert wait_for(lambda: not locks.is_at_work(worker.worker))
        assert locks.lead() is True


def test_what_is_given_back_is_free_while_the_process_goes_on(store: str, locks: WorkerLocks) -> None:
    with holder(store) as other:
        other.release()

        assert locks.lead()
        assert wait_for(lambda: not locks.is_at_work(other.worker))
        assert other.process.poll() is None


def test_what_is_given_back_is_free_at_once(open_locks: Callable[[], WorkerLocks]) -> None:
    ours, others = open_locks(), open_locks()
    for _ in range(100):
        assert not others.has_others()  # so that the next question finds a session open
        ours.lead()
        ours.enlist()

        ours.release()

        assert not others.has_others()
    assert others.lead()


def test_a_worker_is_at_work_for_itself_and_for_others_in_its_process(open_locks: Callable[[], WorkerLocks]) -> None:
    ours, others = open_locks(), open_locks()
    worker = ours.enlist()

    assert ours.enlist() == worker, "it stays the same"
    assert ours.is_at_work(worker) is True
    assert others.is_at_work(worker) is True
    assert others.enlist() != worker

    ours.release()

    assert wait_for(lambda: not others.is_at_work(worker))


def test_others_are_at_work_until_the_last_of_them_is_gone(store: str, locks: WorkerLocks) -> None:
    assert not locks.has_others()
    locks.enlist()
    assert not locks.has_others(), "a process is not another one for itself"

    with holder(store) as other:
        assert locks.has_others()
        other.kill()

        assert wait_for(lambda: not locks.has_others())


def test_looking_at_a_worker_again_and_again_takes_nothing_from_it(store: str, locks: WorkerLocks) -> None:
    with holder(store) as other:
        assert [locks.is_at_work(other.worker) for _ in range(100)] == [True] * 100


def test_what_was_given_back_can_be_taken_again(locks: WorkerLocks) -> None:
    workers = set()
    for _ in range(3):
        assert locks.lead()
        workers.add(locks.enlist())
        locks.release()
    locks.release()
    assert len(workers) == 3


def test_two_threads_of_a_process_that_ask_at_once_both_lead(open_locks: Callable[[], WorkerLocks]) -> None:
    for _ in range(30):
        locks = open_locks()
        begin = threading.Barrier(2)
        led: list[bool] = []

        def ask(locks: WorkerLocks = locks, begin: threading.Barrier = begin, led: list[bool] = led) -> None:
            begin.wait()
            led.append(locks.lead())

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert led == [True, True]
        locks.release()
        other = open_locks()
        assert wait_for(other.lead), "who led has given it back"
        other.release()


def locks_of(place: str, time: TimeInHand) -> WorkerLocks:
    database = parse_database(place)
    return FileLocks(database.path, time.monotonic) if isinstance(database, SQLiteFile) else stores(database).locks()


def test_two_databases_have_locks_of_their_own(tmp_path: Path, databases: Databases, postgres_url: str) -> None:
    another, time = databases.create(), TimeInHand()
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    files = [f"sqlite:///{tmp_path}/{name}" for name in ("one/fulfillment.db", "two/fulfillment.db", "two/other.db")]
    for places in (files, [postgres_url, another]):
        with ExitStack() as running:
            holders = [running.enter_context(holder(place)) for place in places]

            assert all(each.leads for each in holders)
            for place in places:
                locks = locks_of(place, time)
                running.callback(locks.release)
                for each in holders:
                    locks.is_at_work(each.worker)
                time.sleep(10)
                at_work = [locks.is_at_work(each.worker) for each in holders]
                assert at_work == [place == own for own in places]
    databases.drop(another)


def test_the_file_of_a_killed_worker_is_removed_by_the_next_look(tmp_path: Path) -> None:
    with holder(f"sqlite:///{tmp_path}/fulfillment.db") as worker:
        worker.kill()
    assert [path.name for path in tmp_path.glob("*worker*")] == [f"fulfillment.db.worker-{worker.worker}.lock"]

    FileLocks(tmp_path / "fulfillment.db").is_at_work(worker.worker)

    assert list(tmp_path.glob("*worker*")) == []


def test_a_worker_that_never_was_is_not_at_work(tmp_path: Path, postgres_url: str) -> None:
    time = TimeInHand()
    for locks in (FileLocks(tmp_path / "fulfillment.db", time.monotonic), SessionLocks(postgres_url)):
        for name in ("00000000", "some other name"):
            locks.is_at_work(name)
            time.sleep(10)
            assert locks.is_at_work(name) is False
        locks.release()


def test_a_worker_whose_file_is_tidied_away_stays_at_work(tmp_path: Path) -> None:
    time = TimeInHand()
    ours, others = (FileLocks(tmp_path / "fulfillment.db", time.monotonic) for _ in range(2))
    worker = ours.enlist()

    for file in tmp_path.glob("*.lock"):
        file.unlink()
    assert others.is_at_work(worker) is True, "it may be about to make its file again"
    assert ours.enlist() == worker
    time.sleep(10)

    assert others.is_at_work(worker) is True


def test_a_worker_whose_file_stays_away_is_gone(tmp_path: Path) -> None:
    time = TimeInHand()
    ours, others = (FileLocks(tmp_path / "fulfillment.db", time.monotonic) for _ in range(2))
    worker = ours.enlist()
    for file in tmp_path.glob("*.lock"):
        file.unlink()
    assert others.is_at_work(worker) is True

    time.sleep(3)

    assert others.is_at_work(worker) is False


def test_of_two_leaders_one_steps_down_when_the_file_of_the_first_was_tidied_away(tmp_path: Path) -> None:
    first, second = (FileLocks(tmp_path / "fulfillment.db") for _ in range(2))
    assert first.lead()
    (tmp_path / "fulfillment.db.lock").unlink()

    assert second.lead()

    assert (first.lead(), second.lead()) == (False, True)


def test_the_files_of_killed_workers_are_tidied_away_by_the_next_one(tmp_path: Path) -> None:
    with holder(f"sqlite:///{tmp_path}/fulfillment.db") as worker:
        worker.kill()

    locks = FileLocks(tmp_path / "fulfillment.db")
    ours = locks.enlist()

    assert [path.name for path in tmp_path.glob("*worker*")] == [f"fulfillment.db.worker-{ours}.lock"]
    assert locks.is_at_work(worker.worker) is False, "at once, since it found the file free"
    locks.release()
    assert list(tmp_path.glob("*worker*")) == []


def test_a_directory_that_can_not_be_written_to_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for directory, why in ((tmp_path / "missing", "No such file or directory"), (tmp_path / "file", "Not a directory")):
        locks = FileLocks(directory / "fulfillment.db")

        for take in (locks.lead, locks.enlist):
            with pytest.raises(
                OperationalError, match=rf"can't be created: {why}\. Lock files are kept beside the database: "
            ):
                take()


NO_OTHERS = """
import os, sys
from pathlib import Path
from infrastructure.locks.files import FileLocks
if os.geteuid() == 0:
    os.setuid(65534)
try:
    FileLocks(Path(sys.argv[1])).lead()
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_directory_without_write_access_is_reported(tmp_path: Path) -> None:
    store = tmp_path / "fulfillment.db"
    store.parent.chmod(0o555)

    shown = subprocess.run([sys.executable, "-c", NO_OTHERS, str(store)], capture_output=True, text=True, timeout=60)

    store.parent.chmod(0o755)
    assert shown.stdout.startswith(
        f"OperationalError The lock {store}.lock can't be created: Permission denied. Lock files are"
    )
    assert shown.stdout.count("\n") == 1
