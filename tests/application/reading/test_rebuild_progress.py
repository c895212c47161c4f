"""A rebuild reports how far it is, and takes no more memory for a longer log."""

import tracemalloc
from collections.abc import Callable
from functools import partial
from itertools import count

import pytest
from anchors import at
from busy_log import busy_log
from every_store import lose
from read_side import ReadSide, open_read_side
from sample_log import END, sample_log

from application.reading.projections.search import SEARCH
from application.reading.projections.timeline import TIMELINE
from application.reading.rebuild import Progress, Rebuild
from application.reading.views import Advance, ViewState
from infrastructure.views.sqlite import scratch_views


def seconds() -> Callable[[], float]:
    """A timer on which a second passes whenever it is looked at."""
    return partial(next, count(0.0))


@pytest.fixture
def followed(read_side: ReadSide) -> ReadSide:
    read_side.append(sample_log())
    read_side.projector.catch_up()
    return read_side


def test_progress_reports_what_is_done_how_fast_and_how_much_longer(followed: ReadSide) -> None:
    shown: list[Progress] = []

    Rebuild(followed.log, followed.views, scratch_views, timer=seconds(), batch_max=30).rebuild(
        "timeline", shown.append
    )

    full = list(range(30, END, 30))
    assert [(each.done, each.total) for each in shown] == [(done, END) for done in (*full, END, END)]
    last = [END / (len(full) + 1), END / (len(full) + 2)]
    assert [each.events_per_second for each in shown] == [*([30] * len(full)), *last]
    assert [each.seconds_left for each in shown] == [*((END - done) / 30 for done in full), 0.0, 0.0]


def test_before_any_progress_the_remaining_time_is_unknown() -> None:
    assert Progress(done=0, total=5, events_per_second=0.0).seconds_left is None


def test_a_resumed_rebuild_reports_its_own_rate(followed: ReadSide) -> None:
    left = followed.views.create(TIMELINE, ViewState.BUILDING)
    followed.views.apply([Advance(view=left, table=TIMELINE.table, anchor=at(followed.log.store, END - 5))])
    shown: list[Progress] = []

    Rebuild(followed.log, followed.views, scratch_views, timer=seconds()).rebuild("timeline", shown.append)

    assert shown[0] == Progress(done=END, total=END, events_per_second=5.0)


def test_progress_is_reported_about_once_a_second_and_at_the_end(followed: ReadSide) -> None:
    shown: list[Progress] = []
    quick = iter(range(1000))

    def timer() -> float:
        return next(quick) / 4

    Rebuild(followed.log, followed.views, scratch_views, timer=timer, batch_max=1).rebuild("timeline", shown.append)

    assert len(shown) == END // 4 + 1
    assert shown[-1].done == END


@pytest.mark.long
@pytest.mark.parametrize("what", ["rebuild", "verify", "follow"])
def test_the_memory_it_takes_does_not_grow_with_the_log(
    store_url: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.views.postgres._FETCH", 100)  # or only a far longer log would be above it

    def peak(sessions: int) -> int:
        lose(store_url, "log")
        lose(store_url, "views")
        with open_read_side(store_url, [TIMELINE, SEARCH], batch_max=100) as read_side:
            read_side.append(busy_log(sessions))
            if what != "follow":
                read_side.projector.catch_up()
            work: dict[str, Callable[[], object]] = {
                "rebuild": lambda: read_side.rebuild.rebuild("search"),
                "verify": lambda: read_side.rebuild.verify("search"),
                "follow": read_side.projector.catch_up,
            }
            tracemalloc.start()
            work[what]()
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return most

    peak(10)  # what is made once, whatever the log

    assert peak(400) < 1.25 * peak(100)
