from dataclasses import replace
from datetime import timedelta

import pytest
from log_parts import BEGINNING, LogWriter
from read_side import ReadSide
from sample_log import SHOP
from typed_ids import as_effect, as_session, as_stream

from application.reading.due_effects import DueEffect, DueEffects
from application.reading.projection import Projection
from application.reading.projections.due_effects import AT_ONCE, DUE_EFFECTS
from application.reading.registry import PROJECTIONS
from domain import reasons
from domain.effect import Effect
from domain.event import Event
from domain.identifiers import StreamId

ID = as_effect(f"eff_{SHOP}_retrieve_completed")
LATER = BEGINNING + timedelta(minutes=1)
REQUESTED = Effect.Requested(kind="retrieve", step="retrieve_completed")
STARTED = Effect.AttemptStarted(number=1, worker="w1")
FAILED = Effect.AttemptFailed(number=1, error=reasons.port_failed("HTTP 503"), retry_at=LATER)


def effect(*facts: Event, stream: StreamId = ID) -> list[Event]:
    log = LogWriter()
    log.add(stream, *facts, session_id=as_session(SHOP))
    return log.events


def test_a_requested_effect_is_due_at_once_whatever_the_clocks_say(read_side: ReadSide) -> None:
    rows = read_side.fold(DUE_EFFECTS, effect(REQUESTED))

    assert rows == [
        {
            "effect_id": ID,
            "kind": "retrieve",
            "session_id": SHOP,
            "due_at": AT_ONCE,
            "position": 1,
            "asked_at": "2026-11-24T09:00:00.250000Z",
            "worker": None,
        }
    ]


COLUMNS = {
    1: "effect_id kind session_id due_at worker",
    2: "effect_id kind session_id due_at position asked_at worker",
}
"""Of each version that ever was. One that is here never changes: give the projection a new version instead."""


def test_every_older_version_serves_until_its_own_view_is_built() -> None:
    """Without the rows of the release before, nothing is done until the whole log has been read again."""
    tables = {**DUE_EFFECTS.continues, DUE_EFFECTS.version: DUE_EFFECTS.table}

    assert {version: " ".join(table.columns) for version, table in tables.items()} == COLUMNS
    assert {table.key for table in tables.values()} == {("effect_id",)}


@pytest.mark.parametrize("projection", [each for each in PROJECTIONS if each is not DUE_EFFECTS], ids=lambda p: p.name)
def test_no_answer_to_a_person_comes_from_rows_of_another_version(projection: Projection) -> None:
    assert projection.serving == {projection.version}


def test_a_claimed_effect_names_its_worker(read_side: ReadSide) -> None:
    (row,) = read_side.fold(DUE_EFFECTS, effect(REQUESTED, STARTED))

    assert row["worker"] == "w1"


def test_a_failed_attempt_is_due_again_when_its_time_comes(read_side: ReadSide) -> None:
    (row,) = read_side.fold(DUE_EFFECTS, effect(REQUESTED, STARTED, FAILED))

    assert (row["worker"], row["due_at"]) == (None, "2026-11-24T09:01:00.000000Z")


def test_an_orphaned_attempt_is_due_again_when_its_time_comes(read_side: ReadSide) -> None:
    (row,) = read_side.fold(DUE_EFFECTS, effect(REQUESTED, STARTED, Effect.AttemptOrphaned(number=1, retry_at=LATER)))

    assert (row["worker"], row["due_at"]) == (None, "2026-11-24T09:01:00.000000Z")


def test_a_claim_that_was_given_back_is_due_at_once(read_side: ReadSide) -> None:
    orphaned = Effect.AttemptOrphaned(number=1, retry_at=LATER)
    again = Effect.AttemptStarted(number=2, worker="w2")

    (row,) = read_side.fold(DUE_EFFECTS, effect(REQUESTED, STARTED, orphaned, again, Effect.AttemptReleased(number=2)))

    assert (row["worker"], row["due_at"]) == (None, AT_ONCE)


def test_a_time_that_only_a_clock_that_was_ahead_can_have_set_is_found_by_who_looks_around(read_side: ReadSide) -> None:
    never = replace(FAILED, retry_at=BEGINNING + timedelta(days=365))
    read_side.fold(DUE_EFFECTS, effect(REQUESTED, STARTED, never))

    due = DueEffects(read_side.views)
    assert due.free("retrieve", LATER, 10) == []
    assert [each.effect_id for each in due.due(LATER, 10)] == [ID]


@pytest.mark.parametrize("last", [Effect.Succeeded(number=1), Effect.Withdrawn(why=reasons.as_written("it is paid"))])
def test_what_is_done_or_not_wanted_is_gone(read_side: ReadSide, last: Event) -> None:
    assert read_side.fold(DUE_EFFECTS, effect(REQUESTED, STARTED, last)) == []


def test_what_was_given_up_is_due_no_more_until_a_person_wants_it_retried(read_side: ReadSide) -> None:
    events = effect(REQUESTED, STARTED, Effect.GivenUp(error=reasons.port_failed("HTTP 410")), Effect.RetryRequested())
    due = DueEffects(read_side.views)

    read_side.fold(DUE_EFFECTS, events[:3])
    assert due.due(LATER, 10) == []

    read_side.fold(DUE_EFFECTS, events[3:])
    assert due.due(LATER, 10) == [
        DueEffect(
            effect_id=ID,
            kind="retrieve",
            session_id=as_session(SHOP),
            position=4,
            since=events[3].recorded_at,
            worker=None,
        )
    ]


def test_the_oldest_due_come_first_whatever_their_ids(read_side: ReadSide) -> None:
    log = LogWriter()
    for step in ("retrieve_2", "retrieve_1", "retrieve_0"):
        log.add(
            as_stream(f"eff_{SHOP}_{step}"), Effect.Requested(kind="retrieve", step=step), session_id=as_session(SHOP)
        )
    due = DueEffects(read_side.views)

    read_side.fold(DUE_EFFECTS, log.events)

    assert [each.effect_id[-1] for each in due.due(BEGINNING, 10)] == ["2", "1", "0"]
    assert [each.effect_id[-1] for each in due.due(BEGINNING, 1)] == ["2"]


def test_what_was_asked_for_under_a_clock_that_was_ahead_is_due_all_the_same(read_side: ReadSide) -> None:
    ahead = [replace(event, recorded_at=BEGINNING + timedelta(days=365)) for event in effect(REQUESTED)]

    read_side.fold(DUE_EFFECTS, ahead)

    assert [each.effect_id for each in DueEffects(read_side.views).free("retrieve", BEGINNING, 10)] == [ID]


def test_what_was_asked_for_later_waits_for_its_time(read_side: ReadSide) -> None:
    read_side.fold(DUE_EFFECTS, effect(replace(REQUESTED, not_before=LATER)))

    due = DueEffects(read_side.views)
    assert due.free("retrieve", LATER - timedelta(seconds=1), 10) == []
    assert [each.since for each in due.free("retrieve", LATER, 10)] == [LATER]


def test_new_effects_and_those_whose_time_has_come_go_by_turns(read_side: ReadSide) -> None:
    log = LogWriter()
    for step in ("retrieve_0", "retrieve_1", "retrieve_2", "retrieve_3"):
        log.add(as_stream(f"eff_{SHOP}_{step}"), replace(REQUESTED, step=step), session_id=as_session(SHOP))
    for step in ("retrieve_0", "retrieve_1"):
        log.add(as_stream(f"eff_{SHOP}_{step}"), STARTED, FAILED, session_id=as_session(SHOP))

    read_side.fold(DUE_EFFECTS, log.events)

    free = DueEffects(read_side.views).free("retrieve", LATER, 10)
    assert [each.effect_id[-1] for each in free] == ["2", "0", "3", "1"]


def test_no_kind_waits_behind_another(read_side: ReadSide) -> None:
    log = LogWriter()
    for number in range(50):
        log.add(
            as_stream(f"eff_{SHOP}_deliver_{number}"),
            Effect.Requested(kind="http", step=f"deliver_{number}"),
            session_id=as_session(SHOP),
        )
    given_up = Effect.Requested(kind="courier", step="deliver_x")
    log.add(
        as_stream(f"eff_{SHOP}_deliver_x"),
        given_up,
        Effect.GivenUp(error=reasons.port_failed("no")),
        session_id=as_session(SHOP),
    )
    log.add(
        as_stream(f"eff_{SHOP}_mail_receipt"),
        Effect.Requested(kind="mail", step="mail_receipt"),
        session_id=as_session(SHOP),
    )

    read_side.fold(DUE_EFFECTS, log.events)

    due = DueEffects(read_side.views).due(LATER, 3)
    assert [each.effect_id.rpartition("_")[2] for each in due] == ["0", "1", "2", "receipt"]


def test_before_the_view_is_there_nothing_seems_due(read_side: ReadSide) -> None:
    assert DueEffects(read_side.views).due(LATER, 10) == []
