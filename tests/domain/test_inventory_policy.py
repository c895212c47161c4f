"""Whenever lines need stock, it is promised to them or they wait; whenever they don't, it is free again."""

from dataclasses import replace

import pytest
from kinds import ACCESS, HTTP, LICENSE_KEY, MANUAL, SHIPMENT
from scenario import FULFILLMENT, SESSION, Streams, planned, requested, session_of, streams
from typed_ids import as_line, as_session, as_sku, as_stream

from domain import reasons
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, Sku
from domain.line import LineState
from domain.plan import PlannedLine
from domain.policies.inventory import InventoryPolicy
from domain.stock_item import StockItem

POLICY = InventoryPolicy()
MUG, BOWL = as_stream("sku_mug"), "sku_bowl"
OTHER_SESSION = as_session("cs_test_2")

TWO_MUGS = planned("li_mug", SHIPMENT, quantity=2, tracks=as_sku("mug"))
POSTER = planned("li_poster", SHIPMENT)
TWO_BOWLS = planned("li_bowl", SHIPMENT, quantity=2, tracks=as_sku("bowl"))
HELD = Fulfillment.StockHeld(lines=(TWO_MUGS,))
BOTH_HELD = Fulfillment.StockHeld(lines=(TWO_MUGS, TWO_BOWLS))
COMPLETED = Fulfillment.Completed()


def counted(on_hand: int) -> StockItem.Counted:
    return StockItem.Counted(on_hand=on_hand)


def reserved(quantity: int = 2, line_item: str = "li_mug", session: SessionId = SESSION) -> StockItem.Reserved:
    return StockItem.Reserved(line_item=as_line(line_item), quantity=quantity, session_id=session)


def backordered(quantity: int = 2, line_item: str = "li_mug", session: SessionId = SESSION) -> StockItem.Backordered:
    return StockItem.Backordered(line_item=as_line(line_item), quantity=quantity, session_id=session)


def released(quantity: int = 2, line_item: str = "li_mug") -> StockItem.Released:
    return StockItem.Released(line_item=as_line(line_item), quantity=quantity, session_id=SESSION)


def dispatched(quantity: int = 2, line_item: str = "li_mug") -> StockItem.Dispatched:
    return StockItem.Dispatched(line_item=as_line(line_item), quantity=quantity, session_id=SESSION)


def promised(line_item: str = "li_mug") -> Fulfillment.LineItemReserved:
    return Fulfillment.LineItemReserved(line_item=as_line(line_item))


def waits(line_item: str = "li_mug", sku: Sku = as_sku("mug")) -> Fulfillment.LineItemBlocked:
    detail = reasons.not_enough_stock(sku)
    short = LineState.BACKORDERED
    return Fulfillment.LineItemBlocked(line_item=as_line(line_item), state=short, detail=detail, is_stock_missing=True)


def delivered(line_item: str = "li_mug") -> Fulfillment.LineItemDelivered:
    return Fulfillment.LineItemDelivered(line_item=as_line(line_item))


def replanned(line: PlannedLine, replaced: PlannedLine = TWO_MUGS) -> Fulfillment.Replanned:
    return Fulfillment.Replanned(lines=(line,), replaced=(replaced,), catalog="beef")


def test_stock_is_promised_to_a_delayed_payment() -> None:
    streams((MUG, counted(5))).when(POLICY, FULFILLMENT, HELD).then({MUG: [reserved()]})


def test_a_delayed_payment_waits_for_stock_without_a_line_to_update() -> None:
    streams((MUG, counted(1))).when(POLICY, FULFILLMENT, HELD).then({MUG: [backordered()]})


def test_stock_is_promised_to_every_line_of_a_delayed_payment() -> None:
    streams((MUG, counted(2)), (BOWL, counted(2))).when(POLICY, FULFILLMENT, BOTH_HELD).then(
        {MUG: [reserved()], BOWL: [reserved(line_item="li_bowl")]}
    )


def test_everything_that_a_failed_payment_held_is_free_again() -> None:
    _with_both_held().when(POLICY, FULFILLMENT, Fulfillment.HoldReleased(lines=BOTH_HELD.lines)).then(
        {MUG: [released()], BOWL: [released(line_item="li_bowl")]}
    )


def test_what_a_failed_payment_held_is_free_again_for_who_waits() -> None:
    other = backordered(1, session=OTHER_SESSION)
    log = streams((MUG, counted(2)), (FULFILLMENT, HELD), (MUG, reserved()), (MUG, other))

    log.when(POLICY, FULFILLMENT, Fulfillment.HoldReleased(lines=(TWO_MUGS,))).then(
        {MUG: [released(), reserved(1, session=OTHER_SESSION)]}
    )


def test_a_failed_payment_that_waited_for_stock_waits_no_more() -> None:
    log = streams((FULFILLMENT, HELD), (MUG, backordered()))

    log.when(POLICY, FULFILLMENT, Fulfillment.HoldReleased(lines=(TWO_MUGS,))).then({MUG: [released()]})


def test_a_paid_session_gets_its_stock() -> None:
    streams((MUG, counted(5))).when(POLICY, FULFILLMENT, requested(TWO_MUGS)).then(
        {MUG: [reserved()], FULFILLMENT: [promised()]}
    )


def test_a_paid_session_keeps_what_was_held_for_it() -> None:
    log = streams((MUG, counted(2)), (FULFILLMENT, HELD), (MUG, reserved()))

    log.when(POLICY, FULFILLMENT, requested(TWO_MUGS)).then({FULFILLMENT: [promised()]})


def test_a_paid_session_keeps_its_place_in_the_queue() -> None:
    log = streams((FULFILLMENT, HELD), (MUG, backordered()))

    log.when(POLICY, FULFILLMENT, requested(TWO_MUGS)).then({FULFILLMENT: [waits()]})


def test_what_was_held_and_is_not_in_the_plan_is_free_again() -> None:
    log = streams((MUG, counted(2)), (FULFILLMENT, HELD), (MUG, reserved()))

    log.when(POLICY, FULFILLMENT, requested(POSTER)).then({MUG: [released()]})


def test_a_paid_session_keeps_everything_that_was_held_for_it() -> None:
    _with_both_held().when(POLICY, FULFILLMENT, requested(TWO_MUGS, TWO_BOWLS)).then(
        {FULFILLMENT: [promised(), promised("li_bowl")]}
    )


def test_everything_that_was_held_and_is_not_in_the_plan_is_free_again() -> None:
    _with_both_held().when(POLICY, FULFILLMENT, requested(POSTER)).then(
        {MUG: [released()], BOWL: [released(line_item="li_bowl")]}
    )


def test_what_was_held_under_another_sku_is_exchanged() -> None:
    bowls = replace(TWO_MUGS, sku=as_sku("bowl"))
    log = streams((MUG, counted(2)), (BOWL, counted(2)), (FULFILLMENT, HELD), (MUG, reserved()))

    log.when(POLICY, FULFILLMENT, requested(bowls)).then(
        {MUG: [released()], BOWL: [reserved()], FULFILLMENT: [promised()]}
    )


def test_the_plan_decides_how_many_are_promised() -> None:
    one = replace(TWO_MUGS, item=replace(TWO_MUGS.item, quantity=1))
    log = streams((MUG, counted(2)), (FULFILLMENT, HELD), (MUG, reserved()))

    log.when(POLICY, FULFILLMENT, requested(one)).then({MUG: [released(), reserved(1)], FULFILLMENT: [promised()]})


def test_a_line_without_enough_stock_waits() -> None:
    streams((MUG, counted(1))).when(POLICY, FULFILLMENT, requested(TWO_MUGS)).then(
        {MUG: [backordered()], FULFILLMENT: [waits()]}
    )


def test_uncounted_stock_is_none() -> None:
    streams().when(POLICY, FULFILLMENT, requested(TWO_MUGS)).then({MUG: [backordered()], FULFILLMENT: [waits()]})


def test_every_line_of_one_sku_has_a_promise_of_its_own() -> None:
    more = replace(TWO_MUGS, item=replace(TWO_MUGS.item, id=as_line("li_more")))

    streams((MUG, counted(3))).when(POLICY, FULFILLMENT, requested(TWO_MUGS, more)).then(
        {MUG: [reserved(), backordered(2, "li_more")], FULFILLMENT: [promised(), waits("li_more")]}
    )


def test_lines_without_tracked_stock_take_none() -> None:
    untracked = replace(TWO_MUGS, track_stock=False)

    streams((MUG, counted(5))).when(POLICY, FULFILLMENT, requested(untracked, POSTER)).then_nothing()


@pytest.mark.parametrize("kind", [SHIPMENT, ACCESS, LICENSE_KEY, HTTP, MANUAL])
def test_whatever_its_kind_what_is_handed_over_leaves_the_shelf(kind: str) -> None:
    line = replace(TWO_MUGS, delivery=kind, settings={"pool": "pro"})
    log = streams((MUG, counted(2)), (FULFILLMENT, requested(line)), (MUG, reserved()), (FULFILLMENT, promised()))

    log.when(POLICY, FULFILLMENT, delivered()).then({MUG: [dispatched()]})


def test_what_a_person_handed_over_although_there_was_none_waits_no_more() -> None:
    log = streams((FULFILLMENT, requested(TWO_MUGS)), (MUG, backordered()), (FULFILLMENT, waits()))

    log.when(POLICY, FULFILLMENT, delivered()).then({MUG: [released()]})


def test_the_delivery_of_a_line_without_tracked_stock_moves_none() -> None:
    streams((FULFILLMENT, requested(POSTER))).when(POLICY, FULFILLMENT, delivered("li_poster")).then_nothing()


def test_a_line_that_was_delivered_before_its_new_plan_was_followed_takes_no_stock_again() -> None:
    log = streams((FULFILLMENT, requested(TWO_MUGS)), (MUG, backordered()), (FULFILLMENT, waits()), (MUG, counted(4)))
    served = [(MUG, reserved()), (FULFILLMENT, promised()), (FULFILLMENT, delivered()), (MUG, dispatched())]

    log.when(POLICY, FULFILLMENT, replanned(TWO_MUGS), meanwhile=served).then_nothing()


def test_whenever_waiting_stock_is_promised_the_line_goes_on() -> None:
    log = streams((FULFILLMENT, requested(TWO_MUGS)), (MUG, backordered()), (FULFILLMENT, waits()), (MUG, counted(2)))

    log.when(POLICY, MUG, reserved()).then({FULFILLMENT: [promised()]})


def test_whenever_a_promise_is_taken_back_the_line_waits() -> None:
    log = _with_a_promise()

    log.when(POLICY, MUG, backordered()).then({FULFILLMENT: [waits()]})


def test_a_line_learns_how_its_stock_stands_now_not_how_it_stood() -> None:
    log = _with_a_promise((MUG, counted(1)))

    log.when(POLICY, MUG, backordered(), meanwhile=[(MUG, counted(2)), (MUG, reserved())]).then_nothing()


def test_a_line_learns_nothing_of_a_promise_that_is_gone_already() -> None:
    log = streams((MUG, counted(2)), (FULFILLMENT, requested(TWO_MUGS)))

    log.when(POLICY, MUG, reserved(), meanwhile=[(MUG, released())]).then_nothing()


@pytest.mark.parametrize("fact", [reserved(), backordered()])
def test_before_the_payment_there_is_no_line_to_update(fact: Event) -> None:
    streams((FULFILLMENT, HELD)).when(POLICY, MUG, fact).then_nothing()


def test_a_line_that_is_replanned_without_stock_frees_it() -> None:
    log = streams((FULFILLMENT, requested(TWO_MUGS)), (MUG, backordered()), (FULFILLMENT, waits()))

    log.when(POLICY, FULFILLMENT, replanned(planned("li_mug", ACCESS))).then({MUG: [released()]})


def test_a_line_that_took_no_stock_takes_some_when_it_is_planned_so() -> None:
    by_hand = planned("li_mug", MANUAL, quantity=2)
    log = streams((MUG, counted(2)), (FULFILLMENT, requested(by_hand)))

    log.when(POLICY, FULFILLMENT, replanned(TWO_MUGS, replaced=by_hand)).then(
        {MUG: [reserved()], FULFILLMENT: [promised()]}
    )


def test_a_line_that_is_replanned_with_another_sku_takes_from_that() -> None:
    log = streams((BOWL, counted(2)), (FULFILLMENT, requested(TWO_MUGS)), (MUG, backordered()), (FULFILLMENT, waits()))

    log.when(POLICY, FULFILLMENT, replanned(replace(TWO_MUGS, sku=as_sku("bowl")))).then(
        {MUG: [released()], BOWL: [reserved()], FULFILLMENT: [promised()]}
    )


def test_a_line_that_is_replanned_with_the_same_sku_keeps_its_promise() -> None:
    hook = replace(TWO_MUGS, delivery=HTTP, settings={"url": "https://example.com/hook"})
    given_up = Fulfillment.LineItemBlocked(
        line_item=as_line("li_mug"), state=LineState.GIVEN_UP, detail=reasons.port_failed("HTTP 410")
    )
    log = streams((MUG, counted(2)), (FULFILLMENT, requested(hook)), (MUG, reserved()), (FULFILLMENT, promised()))
    log.add(FULFILLMENT, given_up)

    log.when(POLICY, FULFILLMENT, replanned(TWO_MUGS, replaced=hook)).then({FULFILLMENT: [promised()]})


def test_stock_of_a_sku_that_the_line_no_longer_takes_does_not_change_it() -> None:
    log = streams((FULFILLMENT, requested(TWO_MUGS)), (MUG, backordered()), (FULFILLMENT, waits()))
    log.add(FULFILLMENT, replanned(replace(TWO_MUGS, sku=as_sku("bowl"))))

    log.when(POLICY, MUG, reserved()).then_nothing()


def _with_a_promise(*more: tuple[str, Event]) -> Streams:
    return streams(
        (MUG, counted(2)), (FULFILLMENT, requested(TWO_MUGS)), (MUG, reserved()), (FULFILLMENT, promised()), *more
    )


def _with_both_held() -> Streams:
    bowls = reserved(line_item="li_bowl")
    return streams((MUG, counted(2)), (BOWL, counted(2)), (FULFILLMENT, BOTH_HELD), (MUG, reserved()), (BOWL, bowls))


def test_the_session_of_a_stream_is_read_from_its_id() -> None:
    assert [session_of(id) for id in (SESSION, FULFILLMENT, f"eff_{SESSION}_mail_receipt", MUG)] == [
        SESSION,
        SESSION,
        SESSION,
        None,
    ]


def test_what_another_process_reserved_while_the_line_was_canceled_is_free_again() -> None:
    canceled = Fulfillment.LineItemsCanceled(number=1, lines=(as_line("li_mug"),), notifies=False)
    log = streams((MUG, counted(5)), (FULFILLMENT, requested(TWO_MUGS)), (FULFILLMENT, canceled), (MUG, reserved()))

    (event,) = log.decide(POLICY, log.log[2])

    assert isinstance(event, StockItem.Released)
    assert (event.originator_id, event.line_item, event.quantity) == (MUG, "li_mug", 2)
