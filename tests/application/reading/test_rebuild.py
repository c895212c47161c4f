"""A rebuild builds a view from the log, beside the one that serves, and then switches to it at once."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count

import pytest
from anchors import at
from busy_log import EVENTS_PER_SESSION, busy_log
from read_side import ReadSide, open_read_side
from sample_log import END, SHOP, sample_log
from typed_ids import as_session

from application.errors import NotFound
from application.reading.projection import Projection, Put, Row
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.projections.due_effects import DUE_EFFECTS
from application.reading.projections.timeline import TIMELINE
from application.reading.rebuild import Progress, Rebuild
from application.reading.registry import PROJECTIONS
from application.reading.views import Advance, View, ViewState
from domain.errors import Refused
from domain.event import Event
from infrastructure.views.sqlite import scratch_views


def seconds() -> Callable[[], float]:
    """A timer on which a second passes whenever it is looked at."""
    return partial(next, count(0.0))


each_projection = pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda each: each.name)
WRONG: Row = {
    **dict.fromkeys(CHECKOUTS.table.columns),
    "session_id": "cs_test_wrong",
    "position": 1,
    "recorded_at": "",
}


@pytest.fixture
def followed(read_side: ReadSide) -> ReadSide:
    """The sample log, with every view at its end."""
    read_side.append(sample_log())
    read_side.projector.catch_up()
    return read_side


def generations(read_side: ReadSide, name: str = "checkouts") -> list[tuple[int, str, int]]:
    return [(view.generation, view.state, view.position) for view in read_side.views.all() if view.name == name]


def once_more(event: Event) -> Event:
    """The event again, as the next one of its stream in the sample log."""
    there = sum(each.originator_id == event.originator_id for each in sample_log())
    return replace(event, originator_version=there + 1)


def plant(read_side: ReadSide) -> None:
    """A row that no event says."""
    (view,) = [view for view in read_side.views.all() if view.name == "checkouts"]
    read_side.append([once_more(sample_log()[0])])
    there = at(read_side.log.store, view.position + 1)
    read_side.views.apply([Advance(view=view, table=CHECKOUTS.table, anchor=there, changes=[Put(WRONG)])])


@each_projection
def test_rebuilding_from_nothing_yields_the_rows_of_following_live(followed: ReadSide, projection: Projection) -> None:
    live = followed.rows(projection)

    rebuilt = followed.rebuild.rebuild(projection.name)

    assert followed.rows(projection) == live
    assert (rebuilt.generation, rebuilt.state, rebuilt.position) == (2, ViewState.LIVE, END)
    assert generations(followed, projection.name) == [(2, "live", END)]


def test_a_wrong_row_is_gone_after_a_rebuild(followed: ReadSide) -> None:
    plant(followed)

    followed.rebuild.rebuild("checkouts")

    assert "cs_test_wrong" not in {row["session_id"] for row in followed.rows(CHECKOUTS)}


def test_a_rebuild_needs_no_live_view(read_side: ReadSide) -> None:
    read_side.append(sample_log())

    read_side.rebuild.rebuild("checkouts")

    assert generations(read_side) == [(1, "live", END)]
    assert SHOP in {row["session_id"] for row in read_side.rows(CHECKOUTS)}


def test_an_empty_log_is_rebuilt_to_an_empty_view(read_side: ReadSide) -> None:
    read_side.rebuild.rebuild("timeline")

    assert (generations(read_side, "timeline"), read_side.rows(TIMELINE)) == ([(1, "live", 0)], [])


def test_a_rebuilt_view_is_followed_on(followed: ReadSide) -> None:
    followed.rebuild.rebuild("timeline")
    more = replace(once_more(sample_log()[-1]), session_id=as_session(SHOP))

    rows = followed.fold(TIMELINE, [more])

    assert rows[-1]["position"] == END + 1
    assert generations(followed, "timeline") == [(2, "live", END + 1)]


def test_an_unknown_name_is_refused_with_the_known_ones(read_side: ReadSide) -> None:
    with pytest.raises(
        NotFound, match=r"No projection sales\. The projections are checkouts, daily_sales, due_effects"
    ):
        read_side.rebuild.rebuild("sales")
    with pytest.raises(NotFound):
        read_side.rebuild.verify("sales")


def test_until_the_switch_readers_see_the_rows_of_before(followed: ReadSide) -> None:
    before, seen = followed.rows(TIMELINE), []

    def look(progress: Progress) -> None:
        seen.append((progress.done, followed.rows(TIMELINE) == before, len(generations(followed, "timeline"))))

    Rebuild(followed.log, followed.views, scratch_views, timer=seconds(), batch_max=20).rebuild("timeline", look)

    assert seen == [*((done, True, 2) for done in range(20, END, 20)), (END, True, 2), (END, True, 1)]


def test_readers_never_see_a_view_that_is_half_there(store_url: str) -> None:
    with open_read_side(store_url, batch_max=50) as ours, open_read_side(store_url, batch_max=50) as theirs:
        ours.append(busy_log(60))
        ours.projector.catch_up()
        expected, wrong, is_done = ours.rows(CHECKOUTS), [], threading.Event()

        def read() -> None:
            while not is_done.is_set():
                rows = ours.rows(CHECKOUTS)
                if rows != expected:
                    wrong.append(len(rows))

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(5):
            theirs.rebuild.rebuild("checkouts")
        is_done.set()
        reader.join()

        assert (len(expected), wrong) == (60, [])
        assert generations(ours) == [(6, "live", 660)]


def test_what_is_appended_during_a_rebuild_is_in_it(followed: ReadSide) -> None:
    more = iter(busy_log(5))

    def append(progress: Progress) -> None:
        if event := next(more, None):
            followed.append([event])
            followed.projector.catch_up()

    Rebuild(followed.log, followed.views, scratch_views, timer=seconds(), batch_max=10).rebuild("timeline", append)

    (view,) = [view for view in followed.views.all() if view.name == "timeline"]
    assert view.generation == 2
    assert view.position > END
    assert [row["position"] for row in followed.rows(TIMELINE)][-1] == view.position
    followed.projector.catch_up()
    assert followed.rebuild.verify("timeline").is_right


def test_a_rebuild_gets_done_while_the_log_grows_and_others_follow_it(store_url: str) -> None:
    with open_read_side(store_url, batch_max=100) as ours, open_read_side(store_url, batch_max=100) as theirs:
        ours.append(busy_log(100))
        ours.projector.catch_up()
        is_done = threading.Event()

        def grow() -> None:
            version = 0
            while not is_done.is_set():
                version += 1
                theirs.append([replace(sample_log()[0], originator_version=version)])
                theirs.projector.turn()

        growing = threading.Thread(target=grow)
        growing.start()
        ours.rebuild.rebuild("timeline")
        is_done.set()
        growing.join()

        ours.projector.catch_up()
        assert ours.rebuild.verify("timeline").is_right
        assert [(view.generation, view.state) for view in ours.views.all() if view.name == "timeline"] == [(2, "live")]


def test_two_rebuilds_at_once_build_one_generation_together(store_url: str) -> None:
    with open_read_side(store_url, batch_max=30) as one, open_read_side(store_url, batch_max=20) as other:
        one.append(busy_log(100))
        one.projector.catch_up()
        expected, built = one.rows(DUE_EFFECTS), []
        both = threading.Barrier(2)

        def rebuild(read_side: ReadSide) -> None:
            both.wait()
            built.append(read_side.rebuild.rebuild("due_effects"))

        threads = [threading.Thread(target=rebuild, args=(each,)) for each in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [view.state for view in built] == ["live", "live"]
        assert one.rows(DUE_EFFECTS) == expected
        assert one.rebuild.verify("due_effects").is_right
        (view,) = [view for view in one.views.all() if view.name == "due_effects"]
        assert view.generation in {2, 3}, "together, or one after the other if one was done first"


def test_a_rebuild_that_was_begun_and_left_is_gone_on_with(followed: ReadSide) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(progress: Progress) -> None:
        if progress.done >= 40:
            raise Interrupted

    slow = Rebuild(followed.log, followed.views, scratch_views, timer=seconds(), batch_max=20)
    with pytest.raises(Interrupted):
        slow.rebuild("timeline", interrupt)
    assert generations(followed, "timeline") == [(1, "live", END), (2, "building", 40)]
    shown: list[int] = []

    slow.rebuild("timeline", lambda progress: shown.append(progress.done))

    assert shown == [*range(60, END, 20), END, END]
    assert generations(followed, "timeline") == [(2, "live", END)]


def test_a_rebuild_that_a_former_version_left_is_begun_again(store_url: str) -> None:
    newer = [replace(CHECKOUTS, version=CHECKOUTS.version + 1)]
    with open_read_side(store_url, [CHECKOUTS]) as old:
        old.append(sample_log())
        old.projector.catch_up()
        left = old.views.create(CHECKOUTS, ViewState.BUILDING)
        old.views.apply([Advance(view=left, table=CHECKOUTS.table, anchor=at(old.log.store, 9), changes=[Put(WRONG)])])

    with open_read_side(store_url, newer) as new:
        new.rebuild.rebuild("checkouts")

        assert [(view.version, view.state) for view in new.views.all()] == [(CHECKOUTS.version + 1, "live")]
        assert new.rebuild.verify("checkouts").is_right


def test_the_view_of_a_later_version_is_not_rebuilt_by_an_earlier_one(store_url: str) -> None:
    with open_read_side(store_url, [replace(CHECKOUTS, version=CHECKOUTS.version + 1)]) as new:
        new.append(sample_log())
        new.projector.catch_up()

    with open_read_side(store_url, [CHECKOUTS]) as old:
        with pytest.raises(
            Refused, match=r"A later version of fulfill maintains the view checkouts\. Rebuild it with that"
        ):
            old.rebuild.rebuild("checkouts")

        assert [(view.version, view.state) for view in old.views.all()] == [(CHECKOUTS.version + 1, "live")]


def test_a_generation_that_is_dropped_meanwhile_is_begun_again(followed: ReadSide) -> None:
    dropped: list[View] = []

    def drop(progress: Progress) -> None:
        building = [view for view in followed.views.all() if view.state is ViewState.BUILDING]
        if progress.done == 40 and not dropped:
            dropped.extend(building)
            followed.views.drop(building[0])

    Rebuild(followed.log, followed.views, scratch_views, timer=seconds(), batch_max=20).rebuild("timeline", drop)

    assert generations(followed, "timeline") == [(2, "live", END)]
    assert followed.rebuild.verify("timeline").is_right


def test_only_the_topics_that_a_projection_reads_are_read(store_url: str) -> None:
    def refuse(event: object, position: int) -> Iterator[Put]:
        raise AssertionError("nothing of this log is its business")

    projection = replace(CHECKOUTS, reads=frozenset({"CheckoutSession.Parked"}), fold=refuse)
    with open_read_side(store_url, [projection]) as read_side:
        read_side.append(busy_log(3))

        view = read_side.rebuild.rebuild("checkouts")

        assert (view.position, view.unreadable) == (3 * EVENTS_PER_SESSION, 0)
