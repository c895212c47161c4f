"""A view belongs to its log by identity: one that was made from another log is found out, and is built again."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import structlog
from every_store import change, lose, put_back
from log_parts import BEGINNING
from read_side import ReadSide, open_read_side
from sample_log import SHOP, sample_log
from structlog.testing import capture_logs
from typed_ids import as_session, as_stream

from application.reading.projection import Projection, Row
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.projections.timeline import TIMELINE
from application.reading.projector import Projector
from application.reading.registry import PROJECTIONS
from application.reading.views import ViewState
from domain.event import Event

NEWER = [replace(each, version=each.version + 1) for each in PROJECTIONS]


def after_the_restore(count: int) -> list[Event]:
    """Other events than those of the sample log at the same places: recorded later, of a checkout of their own."""
    first = replace(sample_log()[0], originator_id=as_stream("cs_test_other"), session_id=as_session("cs_test_other"))
    later = BEGINNING.replace(year=2027)
    return [replace(first, originator_version=version, recorded_at=later) for version in range(1, count + 1)]


def all_rows(read_side: ReadSide) -> dict[str, list[Row]]:
    return {projection.name: read_side.rows(projection) for projection in PROJECTIONS}


@pytest.fixture
def warnings() -> Iterator[Sequence[Mapping[str, Any]]]:
    """The lines of the log that are warnings, or worse."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with capture_logs() as logged:
        yield logged
    structlog.configure(**before)


def expected(store_url: str) -> dict[str, list[Row]]:
    """The rows of a fresh fold of the log."""
    with open_read_side(store_url) as read_side:
        assert all(read_side.rebuild.verify(each.name).is_right for each in PROJECTIONS)
        return all_rows(read_side)


@pytest.fixture
def views_of_before(store_url: str) -> str:
    """Views at place 20 of a log that is gone: its backup ended at place 10."""
    with open_read_side(store_url) as before:
        before.append(sample_log()[:20])
        before.projector.catch_up()
    lose(store_url, "log")
    with open_read_side(store_url) as restored:
        restored.append(sample_log()[:10])
    return store_url


@pytest.mark.parametrize("grown_by", [0, 5, 10, 17], ids=["not grown", "still behind", "just as long", "longer"])
def test_views_of_before_a_restore_are_built_again_however_far_the_log_has_grown(
    views_of_before: str, grown_by: int, warnings: Sequence[Mapping[str, Any]]
) -> None:
    with open_read_side(views_of_before) as restored:
        restored.append(after_the_restore(grown_by))
        restored.projector.catch_up()

        assert {view.position for view in restored.views.all()} == {10 + grown_by}
        assert all_rows(restored) == expected(views_of_before)
        assert [(each["view"], each["position"]) for each in warnings] == [
            (view.name, 20) for view in restored.views.all()
        ]
    assert {each["event"].partition(":")[0] for each in warnings} == {"view emptied"}


def test_a_turn_of_the_projector_finds_them_before_it_moves_on(views_of_before: str) -> None:
    with open_read_side(views_of_before) as restored:
        restored.append(after_the_restore(17))
        projector = restored.projector

        while projector.turn():
            pass

        assert all_rows(restored) == expected(views_of_before)


def test_a_projector_that_was_running_meanwhile_finds_them_too(store_url: str) -> None:
    """As on a database that was restored while its connections were lost."""
    with open_read_side(store_url) as running:
        running.append(sample_log()[:20])
        projector = running.projector
        projector.catch_up()
        put_back(store_url, 10)
        running.append(after_the_restore(17))

        while projector.turn():
            pass

        assert all_rows(running) == expected(store_url)


def test_a_process_that_makes_no_views_builds_them_again_too(views_of_before: str) -> None:
    """On PostgreSQL only `fulfill migrate` makes tables, and none needs to be made."""
    with open_read_side(views_of_before) as restored:
        restored.append(after_the_restore(17))
        generations = [view.generation for view in restored.views.all()]

        Projector(restored.log, restored.views, makes_views=False).catch_up()

        assert [view.generation for view in restored.views.all()] == generations
        assert all_rows(restored) == expected(views_of_before)


def test_the_views_of_another_log_of_the_same_length_are_found_out(store_url: str) -> None:
    with open_read_side(store_url) as other:
        other.append([replace(event, recorded_at=BEGINNING.replace(year=2025)) for event in sample_log()])
        other.projector.catch_up()
    lose(store_url, "log")

    with open_read_side(store_url) as ours:
        ours.append(sample_log())

        assert [view.name for view in ours.projector.check()] == sorted(each.name for each in PROJECTIONS)
        assert ours.projector.check() == []


def test_the_views_of_this_log_stay_as_they_are(store_url: str, warnings: Sequence[Mapping[str, Any]]) -> None:
    with open_read_side(store_url) as ours:
        ours.append(sample_log()[:30])
        ours.projector.catch_up()
        ours.append(sample_log()[30:])

        assert ours.projector.check() == []
        ours.projector.catch_up()
        assert ours.projector.check() == []
    assert warnings == []


def test_a_view_that_is_being_built_is_looked_at_too(store_url: str) -> None:
    with open_read_side(store_url) as before:
        before.append(sample_log()[:20])
        before.projector.catch_up()
    with open_read_side(store_url, NEWER) as newer:
        newer.projector.turn()
        assert {view.position for view in newer.views.all() if view.state is ViewState.BUILDING} == {7}
    lose(store_url, "log")

    with open_read_side(store_url, NEWER) as restored:
        restored.append(after_the_restore(30))
        restored.projector.catch_up()

        assert {view.version - 1 for view in restored.views.all()} == {each.version for each in PROJECTIONS}
        assert all(restored.rebuild.verify(each.name).is_right for each in NEWER)


def test_the_view_of_a_later_version_is_emptied_and_left_to_it(store_url: str) -> None:
    with open_read_side(store_url, [replace(TIMELINE, version=9)]) as later:
        later.append(sample_log()[:20])
        later.projector.catch_up()
    lose(store_url, "log")

    with open_read_side(store_url, [TIMELINE]) as ours:
        ours.append(after_the_restore(30))
        ours.projector.catch_up()
        assert [(view.version, view.position) for view in ours.views.all()] == [(9, 0)]


@pytest.mark.parametrize("what", ["rebuild", "verify"])
def test_a_rebuild_and_a_proof_look_first(views_of_before: str, what: str) -> None:
    with open_read_side(views_of_before) as restored:
        restored.append(after_the_restore(17))

        if what == "rebuild":
            restored.rebuild.rebuild("timeline")
        else:
            restored.rebuild.verify("timeline")

        assert restored.rebuild.verify("timeline").is_right
        assert SHOP not in {row["session_id"] for row in restored.rows(CHECKOUTS)}


def test_a_rebuild_that_was_left_before_a_restore_is_begun_at_the_beginning(store_url: str) -> None:
    with open_read_side(store_url) as before:
        before.append(sample_log()[:20])
        before.projector.catch_up()
        building = before.views.create(TIMELINE, ViewState.BUILDING)
        before.rebuild._step(before.views, TIMELINE, building, 15)
    lose(store_url, "log")

    with open_read_side(store_url) as restored:
        restored.append(after_the_restore(30))
        restored.rebuild.rebuild("timeline")

        assert restored.rebuild.verify("timeline").is_right


def forget_anchors(url: str) -> None:
    """As a version of before anchors left the views."""
    change(url, "views", "UPDATE views SET last_position=NULL, last_stream=NULL, last_version=NULL, last_digest=NULL")


def test_views_of_a_version_without_anchors_are_taken_over_and_get_one(store_url: str) -> None:
    with open_read_side(store_url) as ours:
        ours.append(sample_log()[:20])
        ours.projector.catch_up()
        forget_anchors(store_url)
        before = all_rows(ours)

        assert ours.projector.check() == []
        assert all_rows(ours) == before

        ours.append(sample_log()[20:])
        ours.projector.catch_up()
        assert None not in {view.anchor for view in ours.views.all()}
        assert all_rows(ours) == expected(store_url)


def test_views_without_anchors_that_are_ahead_of_the_log_are_built_again(views_of_before: str) -> None:
    forget_anchors(views_of_before)

    with open_read_side(views_of_before) as restored:
        assert len(restored.projector.check()) == len(PROJECTIONS)


def test_a_view_that_an_older_version_moved_on_is_judged_by_its_last_anchor(store_url: str) -> None:
    """While versions are changed, a process of before anchors may lead for a while, and moves the position alone."""
    with open_read_side(store_url) as ours:
        ours.append(sample_log()[:20])
        ours.projector.catch_up()
        ours.append(sample_log()[20:30])
        change(store_url, "views", "UPDATE views SET position=30")

        assert ours.projector.check() == []

    lose(store_url, "log")
    with open_read_side(store_url) as restored:
        restored.append(after_the_restore(40))
        assert len(restored.projector.check()) == len(PROJECTIONS)


def test_two_processes_may_find_them_at_once(views_of_before: str) -> None:
    with open_read_side(views_of_before) as one, open_read_side(views_of_before) as other:
        one.append(after_the_restore(17))
        known: Sequence[Projection] = PROJECTIONS
        turns = [Projector(each.log, each.views, known, batch_max=4) for each in (one, other)]
        for _ in range(30):
            for projector in turns:
                projector.turn()

        assert all_rows(one) == all_rows(other) == expected(views_of_before)
