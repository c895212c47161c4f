"""A view that left events out which this version can take in is built again by itself, once, beside the one that
serves."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

import pytest
from every_store import sqlite_url
from log_parts import LogWriter
from older_log import OlderLog
from read_side import ReadSide, open_read_side
from sample_log import SHOP, sample_log
from typed_ids import as_session, as_stream

from application.reading.projection import Change, Projection, Row
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.projections.timeline import TIMELINE
from application.reading.projector import Projector
from application.reading.registry import PROJECTIONS
from application.reading.views import ViewState
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.personal import Personal

pytestmark = pytest.mark.every_store

UNKNOWN_YESTERDAY = frozenset({Fulfillment.Shipped.TOPIC})
LEFT_OUT = sum(isinstance(event, Fulfillment.Shipped) for event in sample_log())
CONCERNED = {each.name for each in PROJECTIONS if each.concerns(Fulfillment.Shipped.TOPIC)}


def older(read_side: ReadSide) -> Projector:
    return Projector(OlderLog(read_side.log, UNKNOWN_YESTERDAY), read_side.views, read_side.projections)


def all_rows(read_side: ReadSide) -> dict[str, list[Row]]:
    return {projection.name: read_side.rows(projection) for projection in read_side.projections}


def generations(read_side: ReadSide) -> dict[str, int]:
    return {view.name: view.generation for view in read_side.views.all() if view.state is ViewState.LIVE}


def left_out(read_side: ReadSide) -> dict[str, int]:
    return {view.name: view.unreadable for view in read_side.views.all() if view.unreadable}


def rest(projector: Projector) -> None:
    for _ in range(1000):
        if not projector.turn():
            return
    raise AssertionError("it does not finish")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    with open_read_side(sqlite_url(tmp_path_factory.mktemp("expected"))) as read_side:
        read_side.append(sample_log())
        read_side.projector.catch_up()
        return all_rows(read_side)


def test_what_an_older_version_left_out_is_taken_in_when_a_newer_one_keeps_the_views(
    read_side: ReadSide, expected: dict[str, list[Row]]
) -> None:
    read_side.append(sample_log())
    older(read_side).catch_up()
    assert left_out(read_side) == dict.fromkeys(CONCERNED, LEFT_OUT)
    newer = read_side.projector

    while newer.turn():
        assert set(generations(read_side)) == {each.name for each in PROJECTIONS}, "each one serves all the time"

    assert all_rows(read_side) == expected
    assert left_out(read_side) == {}
    assert generations(read_side) == {each.name: 1 + (each.name in CONCERNED) for each in PROJECTIONS}


def test_what_an_older_process_leaves_out_beside_a_newer_one_is_taken_in_too(
    read_side: ReadSide, expected: dict[str, list[Row]]
) -> None:
    """A command on another machine, say, which brings the views up to date before it answers."""
    newer = read_side.projector
    for start in range(0, len(sample_log()), 5):
        read_side.append(sample_log()[start : start + 5])
        older(read_side).catch_up()
        newer.turn()
    rest(newer)

    assert all_rows(read_side) == expected
    assert left_out(read_side) == {}


def test_an_older_version_builds_nothing_again_for_what_it_can_not_read(read_side: ReadSide) -> None:
    read_side.append(sample_log())
    rest(older(read_side))

    rest(older(read_side))

    assert left_out(read_side) == dict.fromkeys(CONCERNED, LEFT_OUT)
    assert set(generations(read_side).values()) == {1}


def test_what_was_begun_to_be_built_again_is_gone_on_with_after_a_restart(
    read_side: ReadSide, expected: dict[str, list[Row]]
) -> None:
    read_side.append(sample_log())
    older(read_side).catch_up()

    for _ in range(100):
        read_side.projector.turn()

    assert all_rows(read_side) == expected
    assert max(generations(read_side).values()) == 2


def failing_every_other_time(projection: Projection) -> Projection:
    """A fold that takes an event in when it is tried, and fails again as soon as it matters."""
    calls = count()

    def fold(event: Event, position: int) -> Iterable[Change]:
        if isinstance(event, Fulfillment.Shipped) and event.number == 1 and next(calls) % 2 == 0:
            raise ZeroDivisionError
        return projection.changes(event, position)

    return replace(projection, fold=fold)


def test_building_again_is_not_repeated_where_it_does_not_help(store_url: str) -> None:
    with open_read_side(store_url, [CHECKOUTS, failing_every_other_time(TIMELINE)]) as read_side:
        read_side.append(sample_log())
        projector = read_side.projector

        rest(projector)
        rest(projector)

        assert generations(read_side) == {"checkouts": 1, "timeline": 2}
        assert left_out(read_side) == {"timeline": 1}


def test_a_fold_that_has_been_fixed_is_a_reason_too(store_url: str) -> None:
    def failing(event: Event, position: int) -> Iterable[Change]:
        raise ZeroDivisionError

    with open_read_side(store_url, [replace(TIMELINE, fold=failing)]) as broken:
        broken.append(sample_log())
        broken.projector.catch_up()
    with open_read_side(store_url, [TIMELINE]) as fixed:
        rest(fixed.projector)

        assert left_out(fixed) == {}
        assert len(fixed.rows(TIMELINE)) == len([event for event in sample_log() if event.session_id])


def test_many_events_that_can_not_be_read_hide_none_that_can(store_url: str) -> None:
    log = LogWriter()
    log.add(as_stream(SHOP), *[CheckoutSession.Noted(text=Personal("a"))] * 500, session_id=as_session(SHOP))
    log.add(as_stream(SHOP), CheckoutSession.RetryRequested(), session_id=as_session(SHOP))
    with open_read_side(store_url, [TIMELINE]) as read_side:
        read_side.append(log.events)
        unknown = {CheckoutSession.Noted.TOPIC, CheckoutSession.RetryRequested.TOPIC}
        Projector(OlderLog(read_side.log, frozenset(unknown)), read_side.views, [TIMELINE]).catch_up()
        unknown.discard(CheckoutSession.RetryRequested.TOPIC)
        newer = Projector(OlderLog(read_side.log, frozenset(unknown)), read_side.views, [TIMELINE])

        for _ in range(10):
            newer.turn()

        assert left_out(read_side) == {"timeline": 500}
        assert [row["position"] for row in read_side.rows(TIMELINE)] == [501]
