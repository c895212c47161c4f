"""Locks of real processes: one leads, a worker is at work as long as it lives, and a killed process holds nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

import pytest
from eventsourcing.persistence import OperationalError

from infrastructure.locks import FileLocks

HOLDER = """
import subprocess, sys
from pathlib import Path
from infrastructure.locks import FileLocks

locks = FileLocks(Path(sys.argv[1]))
leads = locks.lead()
locks.enlist(sys.argv[2])
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=0) if "with a child" in sys.argv else None
print(leads, child.pid if child else "", flush=True)
if input() == "release":
    locks.release()
    print("released", flush=True)
    input()
"""


class Holder:
    """Another process that leads if it can, and works under a name."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        leads, *child = self.read().split()
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
def holder(store: Path, worker: str, *options: str) -> Iterator[Holder]:
    command = [sys.executable, "-c", HOLDER, str(store), worker, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Holder(process)
        finally:
            process.kill()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "fulfillment.db"


@pytest.fixture
def locks(store: Path) -> Iterator[FileLocks]:
    """Ours."""
    locks = FileLocks(store)
    yield locks
    locks.release()


def test_one_process_leads_until_it_ends(store: Path, locks: FileLocks) -> None:
    with holder(store, "w1") as first, holder(store, "w2") as second:
        assert (first.leads, second.leads, locks.lead()) == (True, False, False)

        first.kill()

        assert locks.lead() is True
        assert locks.lead() is True, "and stays it"


def test_a_worker_is_at_work_until_its_process_is_killed(store: Path, locks: FileLocks) -> None:
    with holder(store, "w1") as worker:
        assert locks.is_at_work("w1") is True
        assert locks.is_at_work("w2") is False

        worker.kill()

        assert locks.is_at_work("w1") is False


def test_a_killed_process_holds_nothing_even_if_its_child_lives_on(store: Path, locks: FileLocks) -> None:
    with holder(store, "w1", "with a child") as worker:
        assert worker.child is not None
        os.kill(worker.child, 0)

        worker.process.kill()
        worker.process.wait()

        os.kill(worker.child, 0)
        assert locks.is_at_work("w1") is False
        assert locks.lead() is True


def test_what_is_given_back_is_free_while_the_process_goes_on(store: Path, locks: FileLocks) -> None:
    with holder(store, "w1") as other:
        other.release()

        assert locks.lead() is True
        assert locks.is_at_work("w1") is False
        assert other.process.poll() is None


def test_a_worker_is_at_work_for_itself_and_for_others_in_its_process(store: Path, locks: FileLocks) -> None:
    locks.enlist("w1")

    assert locks.is_at_work("w1") is True
    assert FileLocks(store).is_at_work("w1") is True

    locks.release()

    assert locks.is_at_work("w1") is False


def test_no_two_processes_work_under_one_name(store: Path, locks: FileLocks) -> None:
    with holder(store, "w1"), pytest.raises(RuntimeError, match="Another process already works as w1"):
        locks.enlist("w1")


def test_looking_at_a_worker_again_and_again_takes_nothing_from_it(store: Path, locks: FileLocks) -> None:
    with holder(store, "w1"):
        assert [locks.is_at_work("w1") for _ in range(100)] == [True] * 100


def test_the_file_of_a_killed_worker_is_tidied_away_by_whoever_looks(store: Path, locks: FileLocks) -> None:
    with holder(store, "w1") as worker:
        worker.kill()
    assert [path.name for path in store.parent.glob("*worker*")] == ["fulfillment.db.worker-w1.lock"]

    locks.is_at_work("w1")

    assert list(store.parent.glob("*worker*")) == []


def test_two_stores_have_locks_of_their_own(tmp_path: Path) -> None:
    stores = [tmp_path / "one" / "fulfillment.db", tmp_path / "two" / "fulfillment.db", tmp_path / "two" / "other.db"]
    for store in stores:
        store.parent.mkdir(exist_ok=True)

    with ExitStack() as running:
        holders = [running.enter_context(holder(store, "w1")) for store in stores]

        assert [each.leads for each in holders] == [True, True, True]
        assert [FileLocks(store).is_at_work("w1") for store in stores] == [True, True, True]
        holders[0].kill()
        assert [FileLocks(store).is_at_work("w1") for store in stores] == [False, True, True]


def test_what_was_given_back_can_be_taken_again(locks: FileLocks) -> None:
    for _ in range(3):
        assert locks.lead() is True
        locks.enlist("w1")
        locks.release()
    locks.release()


def test_a_directory_that_can_not_be_written_to_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for directory, why in ((tmp_path / "missing", "No such file or directory"), (tmp_path / "file", "Not a directory")):
        locks = FileLocks(directory / "fulfillment.db")

        for take in (locks.lead, lambda: locks.enlist("w1")):  # noqa: B023 - called at once
            with pytest.raises(
                OperationalError, match=rf"can't be made: {why}\. Locks are kept beside the database, so"
            ):
                take()


NOBODY = """
import os, sys
from pathlib import Path
from infrastructure.locks import FileLocks
if os.geteuid() == 0:
    os.setuid(65534)
try:
    FileLocks(Path(sys.argv[1])).lead()
except Exception as error:
    print(type(error).__name__, error)
"""


def test_who_may_not_write_there_is_told_so(store: Path) -> None:
    store.parent.chmod(0o555)

    told = subprocess.run([sys.executable, "-c", NOBODY, str(store)], capture_output=True, text=True, timeout=60)

    store.parent.chmod(0o755)
    assert told.stdout.startswith(f"OperationalError The lock {store}.lock can't be made: Permission denied. Locks are")
    assert told.stdout.count("\n") == 1
