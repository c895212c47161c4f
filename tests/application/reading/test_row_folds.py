from dataclasses import replace

import pytest
from log_parts import LogWriter
from read_side import open_read_side
from sample_log import SHOP
from typed_ids import as_session, as_stream

from application.reading.projection import Column, Projection, Row, RowFold, Table
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.personal import Personal

TOO_LARGE = 2**63


def _fold(before: Row | None, event: Event, position: int) -> Row:
    assert isinstance(event, CheckoutSession.Noted)
    match event.text.text.split("=", 1):
        case ["pieces", number]:
            changed: Row = {"pieces": int(number)}
        case ["text", text]:
            changed = {"text": text}
        case _:
            changed = {}
    return changed if before else {"session": SHOP, "text": "", "pieces": 0, "position": position, **changed}


NOTES = Projection(
    name="notes",
    version=1,
    table=Table(
        columns={
            "session": Column.TEXT,
            "text": Column.TEXT,
            "pieces": Column.INTEGER,
            "position": Column.INTEGER,
        },
        key=("session",),
    ),
    reads=None,
    fold=RowFold(key_of=lambda event: event.session_id, fold=_fold),
)
BATCHES = [1, 2, 3, 10]


def _noted(*texts: str) -> list[Event]:
    log = LogWriter()
    log.add(
        as_stream(SHOP), *(CheckoutSession.Noted(text=Personal(text)) for text in texts), session_id=as_session(SHOP)
    )
    return log.events


@pytest.mark.parametrize("batch_max", BATCHES)
def test_each_event_sets_its_columns_of_the_row_that_the_ones_before_left(store_url: str, batch_max: int) -> None:
    with open_read_side(store_url, [NOTES], batch_max=batch_max) as read_side:
        rows = read_side.fold(NOTES, _noted("begin", "text=a", "pieces=3", "nothing", "text=b"))

    assert rows == [{"session": SHOP, "text": "b", "pieces": 3, "position": 1}]


@pytest.mark.parametrize("batch_max", BATCHES)
def test_an_event_whose_column_does_not_fit_is_left_out_alone_in_batches_of_any_size(
    store_url: str, batch_max: int
) -> None:
    with open_read_side(store_url, [NOTES], batch_max=batch_max) as read_side:
        rows = read_side.fold(NOTES, _noted("begin", f"pieces={TOO_LARGE}", "text=a", "pieces=4"))
        (view,) = read_side.views.all()
        unreadable = read_side.views.unreadable(view)

    assert rows == [{"session": SHOP, "text": "a", "pieces": 4, "position": 1}]
    assert [each.position for each in unreadable] == [2]


def test_a_new_row_needs_every_column(store_url: str) -> None:
    incomplete = replace(NOTES, fold=RowFold(key_of=lambda event: event.session_id, fold=lambda *_: {"session": SHOP}))

    with open_read_side(store_url, [incomplete]) as read_side:
        rows = read_side.fold(incomplete, _noted("begin"))
        (view,) = read_side.views.all()

        assert rows == []
        assert ["a change names session, and not" in each.error for each in read_side.views.unreadable(view)] == [True]


@pytest.mark.parametrize("batch_max", BATCHES)
@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_text_that_no_store_can_hold_costs_no_column(store_url: str, batch_max: int, text: str) -> None:
    with open_read_side(store_url, [NOTES], batch_max=batch_max) as read_side:
        rows = read_side.fold(NOTES, _noted("begin", f"text={text}", "pieces=1"))

    assert rows == [{"session": SHOP, "text": "a�b", "pieces": 1, "position": 1}]


def test_a_batch_writes_no_row_that_its_events_left_alone(store_url: str) -> None:
    with open_read_side(store_url, [NOTES], batch_max=1) as read_side:
        read_side.fold(NOTES, _noted("begin"))
        assert isinstance(NOTES.fold, RowFold)
        before = read_side.rows(NOTES)[0]

        assert NOTES.row_after(before, _noted("nothing")[0], 2) is before
