"""A copy that is killed, at whatever moment, leaves a log that no process uses, and that the next copy resumes."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_databases import Databases
from two_databases import EVENTS, PAIRS, TwoDatabases, content, two_databases

from application.errors import UnfinishedCopy

pytestmark = pytest.mark.long

CHILD = Path(__file__).with_name("copy_to_be_killed.py")
BATCH_MAX = 30
BATCHES = [f"{count} events" for count in (*range(BATCH_MAX, EVENTS, BATCH_MAX), EVENTS)]
TRANSACTIONS = ["the mark", *BATCHES, "the bookkeeping", "the end"]
MOMENTS = [(number, f"{when} {what}") for number, (what, when) in enumerate(
    ((what, when) for what in TRANSACTIONS for when in ("before", "after")), 1
)]  # fmt: skip


@pytest.fixture
def two(tmp_path: Path, databases: Databases) -> Iterator[TwoDatabases]:
    yield from two_databases(PAIRS[0], tmp_path, databases)


def copy_in_a_process(two: TwoDatabases, *, kill_at: int) -> int:
    urls = two.url(two.source), two.url(two.target)
    return subprocess.run([sys.executable, CHILD, *urls, str(kill_at), str(BATCH_MAX)], timeout=60).returncode


@pytest.mark.parametrize("kill_at", [pytest.param(number, id=moment) for number, moment in MOMENTS])
def test_a_copy_that_is_killed_is_gone_on_with(two: TwoDatabases, kill_at: int) -> None:
    assert copy_in_a_process(two, kill_at=kill_at) == -signal.SIGKILL

    target = two.log(two.target)
    whole_batches = min(len(BATCHES), max(0, kill_at // 2 - 1))
    assert len(content(target)[0]) == min(EVENTS, whole_batches * BATCH_MAX)
    if 1 < kill_at < len(MOMENTS):
        with pytest.raises(UnfinishedCopy):
            target.check_is_whole()
    if kill_at < len(MOMENTS):
        assert two.copy().is_same

    target.check_is_whole()
    assert content(target) == content(two.log(two.source))


def test_these_are_all_the_moments_there_are(two: TwoDatabases) -> None:
    assert copy_in_a_process(two, kill_at=len(MOMENTS) + 1) == 0
