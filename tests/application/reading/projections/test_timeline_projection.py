import pytest
from log_parts import LogWriter, received
from read_side import ReadSide
from sample_log import SHOP, sample_log
from typed_ids import as_session, as_stream

from application.reading.projections.timeline import TIMELINE

pytestmark = pytest.mark.every_store


def test_the_timeline_knows_every_event_of_a_session_and_its_place_in_the_log(read_side: ReadSide) -> None:
    events = sample_log()

    rows = read_side.fold(TIMELINE, events)

    expected = [
        (number, event.session_id, event.originator_id, event.originator_version, event.TOPIC)
        for number, event in enumerate(events, 1)
        if event.session_id
    ]
    assert [tuple(row.values())[:5] for row in rows] == expected


def test_an_event_of_no_session_is_in_no_timeline(read_side: ReadSide) -> None:
    log = LogWriter()
    log.add(as_stream("evt_1"), received("charge.refunded", "ch_1"), actor="stripe")

    assert read_side.fold(TIMELINE, log.events) == []


def test_times_are_utc_with_microseconds(read_side: ReadSide) -> None:
    log = LogWriter()
    log.add(
        as_stream("evt_1"), received("checkout.session.completed", SHOP), session_id=as_session(SHOP), actor="stripe"
    )

    (row,) = read_side.fold(TIMELINE, log.events)

    assert (row["occurred_at"], row["recorded_at"]) == ("2026-11-24T09:00:00.000000Z", "2026-11-24T09:00:00.250000Z")
