"""A rebuild that is killed, at whatever moment, costs nothing: the live view serves on, and the next one goes on."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from every_store import sqlite_url
from read_side import ReadSide, open_read_side
from sample_log import END, sample_log

from application.reading.projections.timeline import TIMELINE
from application.reading.views import ViewState

pytestmark = pytest.mark.long

CHILD = Path(__file__).with_name("rebuild_to_be_killed.py")
BATCH_MAX = 30
BATCHES = [f"{count} events" for count in (*range(BATCH_MAX, END, BATCH_MAX), END)]
TRANSACTIONS = ["the tables", "a new generation", *BATCHES, "the switch"]
MOMENTS = [(number, f"{when} {what}") for number, (what, when) in enumerate(
    ((what, when) for what in TRANSACTIONS for when in ("before", "in")), 1
)]  # fmt: skip


def rebuild_in_a_process(directory: Path, *, kill_at: int) -> int:
    return subprocess.run([sys.executable, CHILD, str(directory), str(kill_at), str(BATCH_MAX)], timeout=60).returncode


def building(read_side: ReadSide) -> list[int]:
    return [view.position for view in read_side.views.all() if view.state is ViewState.BUILDING]


@pytest.mark.parametrize("kill_at", [pytest.param(number, id=moment) for number, moment in MOMENTS])
def test_a_rebuild_that_is_killed_is_gone_on_with(tmp_path: Path, kill_at: int) -> None:
    with open_read_side(sqlite_url(tmp_path), batch_max=BATCH_MAX) as read_side:
        expected = read_side.fold(TIMELINE, sample_log())

        assert rebuild_in_a_process(tmp_path, kill_at=kill_at) == -signal.SIGKILL

        whole_batches = max(0, (kill_at - 5) // 2)
        assert building(read_side) == ([] if kill_at <= 4 else [min(END, whole_batches * BATCH_MAX)])
        assert read_side.rows(TIMELINE) == expected, "the live view is as it was"

        rebuilt = read_side.rebuild.rebuild("timeline")

        assert (rebuilt.generation, rebuilt.state, rebuilt.position) == (2, ViewState.LIVE, END)
        assert read_side.rows(TIMELINE) == expected
        assert read_side.rebuild.verify("timeline").is_right


def test_these_are_all_the_moments_there_are(tmp_path: Path) -> None:
    with open_read_side(sqlite_url(tmp_path), batch_max=BATCH_MAX) as read_side:
        read_side.fold(TIMELINE, sample_log())

        assert rebuild_in_a_process(tmp_path, kill_at=len(MOMENTS) + 1) == 0

        assert (building(read_side), read_side.views.all()[-2].generation) == ([], 2)
