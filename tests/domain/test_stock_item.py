"""A SKU on the shelf: what is promised, who waits, and in which order they are served."""

import pytest
from scenario import Given, given
from typed_ids import as_line, as_session, as_stream

from domain import refusals
from domain.event import Event
from domain.stock_item import QUANTITY_MAX, LineRef, StockItem

ANN, BOB, CEM = (
    LineRef(as_session("cs_test_ann"), as_line("li_1")),
    LineRef(as_session("cs_test_bob"), as_line("li_1")),
    LineRef(as_session("cs_test_cem"), as_line("li_1")),
)


def the_mug(*facts: Event) -> Given[StockItem]:
    return given(StockItem(id=as_stream("sku_mug")), *facts)


def counted(on_hand: int) -> StockItem.Counted:
    return StockItem.Counted(on_hand=on_hand)


def reserved(claim: LineRef, quantity: int) -> StockItem.Reserved:
    return StockItem.Reserved(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id)


def backordered(claim: LineRef, quantity: int) -> StockItem.Backordered:
    return StockItem.Backordered(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id)


def released(claim: LineRef, quantity: int) -> StockItem.Released:
    return StockItem.Released(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id)


def dispatched(claim: LineRef, quantity: int) -> StockItem.Dispatched:
    return StockItem.Dispatched(line_item=claim.line_item, quantity=quantity, session_id=claim.session_id)


def test_an_uncounted_sku_has_nothing_to_promise() -> None:
    the_mug().when(StockItem.reserve, ANN, 1).then(backordered(ANN, 1))


def test_what_is_on_the_shelf_is_promised() -> None:
    after = the_mug(counted(5)).when(StockItem.reserve, ANN, 3).then(reserved(ANN, 3))

    assert (after.state.on_hand, after.state.available) == (5, 2)


def test_the_last_piece_is_promised() -> None:
    the_mug(counted(3)).when(StockItem.reserve, ANN, 3).then(reserved(ANN, 3))


def test_a_line_that_has_its_promise_gets_no_second_one() -> None:
    the_mug(counted(5), reserved(ANN, 3)).when(StockItem.reserve, ANN, 3).then_nothing()


def test_a_line_gets_all_of_its_pieces_or_waits() -> None:
    the_mug(counted(2)).when(StockItem.reserve, ANN, 3).then(backordered(ANN, 3))


def test_a_line_that_waits_is_not_put_in_the_queue_again() -> None:
    the_mug(counted(2), backordered(ANN, 3)).when(StockItem.reserve, ANN, 3).then_nothing()


def test_what_is_promised_to_one_is_not_promised_to_another() -> None:
    the_mug(counted(2), reserved(ANN, 2)).when(StockItem.reserve, BOB, 1).then(backordered(BOB, 1))


def test_two_lines_of_one_session_have_a_promise_each() -> None:
    other_line = LineRef(ANN.session_id, as_line("li_2"))

    after = the_mug(counted(3), reserved(ANN, 1)).when(StockItem.reserve, other_line, 2).then(reserved(other_line, 2))

    assert after.state.reserved == {ANN: 1, other_line: 2}


def test_a_claim_that_fits_is_served_although_an_older_one_waits_for_more() -> None:
    the_mug(counted(2), backordered(ANN, 3)).when(StockItem.reserve, BOB, 2).then(reserved(BOB, 2))


def test_a_line_that_needs_fewer_gives_the_rest_to_those_who_wait() -> None:
    before = the_mug(counted(3), reserved(ANN, 3), backordered(BOB, 3), backordered(CEM, 1))

    before.when(StockItem.reserve, ANN, 2).then(released(ANN, 3), reserved(ANN, 2), reserved(CEM, 1))


def test_a_line_that_needs_more_than_there_is_waits_and_frees_what_it_had() -> None:
    before = the_mug(counted(3), reserved(ANN, 2), backordered(BOB, 2))

    before.when(StockItem.reserve, ANN, 4).then(released(ANN, 2), backordered(ANN, 4), reserved(BOB, 2))


def test_a_changed_quantity_is_taken_over_once() -> None:
    before = the_mug(counted(3), reserved(ANN, 3), released(ANN, 3), reserved(ANN, 2))

    before.when(StockItem.reserve, ANN, 2).then_nothing()


def test_a_released_promise_is_free_again() -> None:
    after = the_mug(counted(2), reserved(ANN, 2)).when(StockItem.release, ANN).then(released(ANN, 2))

    assert after.state.available == 2


def test_a_release_serves_those_who_waited_longest_and_fit() -> None:
    before = the_mug(counted(3), reserved(ANN, 3), backordered(BOB, 4), backordered(CEM, 2))

    before.when(StockItem.release, ANN).then(released(ANN, 3), reserved(CEM, 2))


def test_a_line_that_waited_and_is_released_waits_no_more() -> None:
    after = the_mug(backordered(ANN, 1)).when(StockItem.release, ANN).then(released(ANN, 1))

    after.when(StockItem.count, 1).then(counted(1))


@pytest.mark.parametrize("before", [(), (reserved(ANN, 1), released(ANN, 1)), (reserved(ANN, 1), dispatched(ANN, 1))])
def test_a_release_of_what_is_not_held_records_nothing(before: tuple[Event, ...]) -> None:
    the_mug(counted(1), *before).when(StockItem.release, ANN).then_nothing()


def test_what_is_dispatched_leaves_the_shelf_and_the_promises() -> None:
    after = the_mug(counted(5), reserved(ANN, 2)).when(StockItem.dispatch, ANN).then(dispatched(ANN, 2))

    assert (after.state.on_hand, after.state.available, after.state.reserved) == (3, 3, {})


def test_a_line_is_dispatched_once() -> None:
    the_mug(counted(5), reserved(ANN, 2), dispatched(ANN, 2)).when(StockItem.dispatch, ANN).then_nothing()


def test_a_line_that_waited_and_was_served_from_elsewhere_waits_no_more() -> None:
    after = the_mug(counted(1), backordered(ANN, 2)).when(StockItem.dispatch, ANN).then(released(ANN, 2))

    assert (after.state.on_hand, after.state.backordered) == (1, {})
    after.when(StockItem.dispatch, ANN).then_nothing()


def test_a_count_says_what_is_on_the_shelf_promised_pieces_included() -> None:
    after = the_mug(counted(5), reserved(ANN, 2)).when(StockItem.count, 4).then(counted(4))

    assert after.state.available == 2


def test_a_second_look_is_recorded_and_moves_nothing() -> None:
    the_mug(counted(5), reserved(ANN, 2)).when(StockItem.count, 5).then(counted(5))


def test_a_count_that_makes_room_serves_backorders_oldest_first() -> None:
    before = the_mug(backordered(ANN, 2), backordered(BOB, 2), backordered(CEM, 2))

    before.when(StockItem.count, 4).then(counted(4), reserved(ANN, 2), reserved(BOB, 2))


def test_a_count_serves_the_oldest_that_fits() -> None:
    before = the_mug(backordered(ANN, 9), backordered(BOB, 2), backordered(CEM, 1))

    before.when(StockItem.count, 3).then(counted(3), reserved(BOB, 2), reserved(CEM, 1))


def test_a_count_below_what_is_promised_takes_the_newest_promises_back() -> None:
    before = the_mug(counted(6), reserved(ANN, 2), reserved(BOB, 2), reserved(CEM, 2))

    after = before.when(StockItem.count, 3).then(counted(3), backordered(BOB, 2), backordered(CEM, 2))

    assert (after.state.reserved, after.state.available) == ({ANN: 2}, 1)


def test_what_a_taken_back_promise_leaves_over_serves_who_fits() -> None:
    before = the_mug(counted(5), reserved(ANN, 5), backordered(BOB, 1))

    before.when(StockItem.count, 4).then(counted(4), backordered(ANN, 5), reserved(BOB, 1))


def test_a_promise_that_was_taken_back_is_older_than_what_was_asked_for_since() -> None:
    before = the_mug(counted(5), reserved(ANN, 2), reserved(BOB, 3), backordered(CEM, 2))

    short = before.when(StockItem.count, 2).then(counted(2), backordered(BOB, 3))

    short.when(StockItem.count, 5).then(counted(5), reserved(BOB, 3))


def test_a_shortfall_hits_the_newest_order_not_the_one_that_was_served_last() -> None:
    before = the_mug(backordered(ANN, 2), counted(1), reserved(BOB, 1), counted(3), reserved(ANN, 2))

    before.when(StockItem.count, 2).then(counted(2), backordered(BOB, 1))


def test_an_empty_shelf_takes_every_promise_back() -> None:
    before = the_mug(counted(2), reserved(ANN, 1), reserved(BOB, 1))

    after = before.when(StockItem.count, 0).then(counted(0), backordered(ANN, 1), backordered(BOB, 1))

    assert after.state.available == 0


def test_a_shelf_may_hold_a_thousand_million_pieces() -> None:
    the_mug().when(StockItem.count, QUANTITY_MAX).then(counted(1_000_000_000))


@pytest.mark.parametrize("on_hand", [-1, QUANTITY_MAX + 1])
def test_a_count_beyond_reason_is_refused(on_hand: int) -> None:
    the_mug(counted(5)).when(StockItem.count, on_hand).then_refused(refusals.count_out_of_range(on_hand, QUANTITY_MAX))


def test_the_sku_is_what_the_stream_is_named_after() -> None:
    assert StockItem(id=as_stream("sku_sku_1")).sku == "sku_1"
