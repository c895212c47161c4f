"""A fulfillment begins once, holds stock for a delayed payment, and replans blocked lines."""

from dataclasses import replace

import pytest
from kinds import ACCESS, HTTP, LICENSE_KEY, MANUAL, SHIPMENT
from scenario import FULFILLMENT, Given, given, planned, requested
from typed_ids import as_line, as_sku

from domain import reasons, refusals
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.reason import Reason
from domain.step import DeliverStep

MUG = planned("li_mug", SHIPMENT, tracks=as_sku("mug"))
CUP = planned("li_cup", SHIPMENT, tracks=as_sku("cup"))
POSTER = planned("li_poster", SHIPMENT)
COURSE = planned("li_course", ACCESS, settings={"link": "https://example.com/course"})
KEY = planned("li_key", LICENSE_KEY, settings={"pool": "pro"})
HOOK = planned("li_hook", HTTP, settings={"url": "https://example.com/hook"})
WRAP = planned("li_wrap", MANUAL, remark=reasons.no_rule())

COURSE_DELIVERED = Fulfillment.LineItemDelivered(line_item=as_line("li_course"), link="https://example.com/course")
COMPLETED = Fulfillment.Completed()


def the_fulfillment(*facts: Event) -> Given[Fulfillment]:
    return given(Fulfillment(id=FULFILLMENT), *facts)


WHY = reasons.as_written("why")


def blocked(line_item: str, state: LineState, detail: Reason = WHY) -> Fulfillment.LineItemBlocked:
    return Fulfillment.LineItemBlocked(line_item=as_line(line_item), state=state, detail=detail)


WRAP_BLOCKED = blocked("li_wrap", LineState.MANUAL, reasons.no_rule())


def test_a_delayed_payment_holds_the_lines_whose_stock_is_tracked() -> None:
    the_fulfillment().when(Fulfillment.hold, [MUG, POSTER, CUP, COURSE]).then(Fulfillment.StockHeld(lines=(MUG, CUP)))


def test_stock_is_held_once() -> None:
    the_fulfillment(Fulfillment.StockHeld(lines=(MUG,))).when(Fulfillment.hold, [MUG]).then_nothing()


def test_a_session_that_is_planned_holds_nothing_more() -> None:
    the_fulfillment(requested(MUG)).when(Fulfillment.hold, [MUG]).then_nothing()


def test_a_session_without_tracked_stock_holds_nothing() -> None:
    the_fulfillment().when(Fulfillment.hold, [POSTER]).then_nothing()


def test_a_failed_payment_releases_what_was_held() -> None:
    held = the_fulfillment(Fulfillment.StockHeld(lines=(MUG,)))

    after = held.when(Fulfillment.release_hold).then(Fulfillment.HoldReleased(lines=(MUG,)))

    after.when(Fulfillment.release_hold).then_nothing()


@pytest.mark.parametrize("before", [(), (Fulfillment.StockHeld(lines=(MUG,)), requested(MUG))])
def test_what_is_not_held_or_is_paid_is_not_released(before: tuple[Event, ...]) -> None:
    the_fulfillment(*before).when(Fulfillment.release_hold).then_nothing()


def test_a_fulfillment_begins_with_its_plan() -> None:
    request = requested(MUG, COURSE, KEY, HOOK, WRAP)

    after = the_fulfillment().when(Fulfillment.request, request).then(request)

    assert {line.state for line in after.state.lines.values()} == {LineState.PENDING}


def test_a_fulfillment_begins_once() -> None:
    the_fulfillment(requested(MUG)).when(Fulfillment.request, requested(MUG, COURSE)).then_nothing()


def test_a_session_without_lines_is_complete_at_once() -> None:
    the_fulfillment().when(Fulfillment.request, requested()).then(requested(), COMPLETED)


def test_a_blocked_line_is_replanned() -> None:
    poster = replace(POSTER, item=WRAP.item)
    before = the_fulfillment(requested(WRAP, MUG), WRAP_BLOCKED)

    after = before.when(Fulfillment.replan, [poster, MUG], "beef").then(
        Fulfillment.Replanned(lines=(poster,), replaced=(WRAP,), catalog="beef")
    )

    assert (after.state.lines[as_line("li_wrap")].state, after.state.lines[as_line("li_wrap")].is_to_pack) == (
        LineState.PENDING,
        True,
    )


def test_every_blocked_line_whose_rule_changed_is_replanned_in_one_go() -> None:
    poster, course = replace(POSTER, item=WRAP.item), replace(COURSE, item=HOOK.item)
    before = the_fulfillment(requested(WRAP, HOOK), WRAP_BLOCKED, blocked("li_hook", LineState.GIVEN_UP))

    after = before.when(Fulfillment.replan, [poster, course], "beef").then(
        Fulfillment.Replanned(lines=(poster, course), replaced=(WRAP, HOOK), catalog="beef")
    )

    assert [line.plan for line in after.state.lines.values()] == [poster, course]


@pytest.mark.parametrize("state", [LineState.BACKORDERED, LineState.MANUAL, LineState.GIVEN_UP])
def test_whatever_blocks_a_line_it_can_be_replanned(state: LineState) -> None:
    other = replace(HOOK, settings={"url": "https://example.com/other"})
    before = the_fulfillment(requested(HOOK), blocked("li_hook", state))

    before.when(Fulfillment.replan, [other], "beef").then(
        Fulfillment.Replanned(lines=(other,), replaced=(HOOK,), catalog="beef")
    )


def test_a_line_that_is_replanned_has_a_delivery_of_its_own() -> None:
    again = Fulfillment.Replanned(lines=(HOOK,), replaced=(HOOK,), catalog="beef")
    stuck = blocked("li_hook", LineState.GIVEN_UP)

    after = the_fulfillment(requested(HOOK), stuck, again, stuck, again)

    assert str(DeliverStep.of(the_fulfillment(requested(HOOK)).state.lines[as_line("li_hook")])) == "deliver_li_hook"
    assert str(DeliverStep.of(after.state.lines[as_line("li_hook")])) == "deliver_li_hook_3"


def test_only_the_blocked_lines_whose_rule_changed_are_replanned() -> None:
    course, hook = replace(COURSE, item=POSTER.item), replace(HOOK, settings={"url": "https://example.com/other"})
    before = the_fulfillment(requested(POSTER, HOOK, WRAP), blocked("li_hook", LineState.GIVEN_UP), WRAP_BLOCKED)

    after = before.when(Fulfillment.replan, [course, hook, WRAP], "beef").then(
        Fulfillment.Replanned(lines=(hook,), replaced=(HOOK,), catalog="beef")
    )

    assert [line.plan for line in after.state.lines.values()] == [POSTER, hook, WRAP]
    assert after.state.lines[as_line("li_wrap")] == before.state.lines[as_line("li_wrap")]


def test_replanning_without_a_changed_rule_is_refused() -> None:
    before = the_fulfillment(requested(WRAP), WRAP_BLOCKED)

    refusal = refusals.plan_unchanged()

    before.when(Fulfillment.replan, [WRAP], "beef").then_refused(refusal)


@pytest.mark.parametrize("before", [(), (requested(POSTER),), (requested(COURSE), COURSE_DELIVERED, COMPLETED)])
def test_replanning_where_nothing_is_blocked_is_refused(before: tuple[Event, ...]) -> None:
    refusal = refusals.no_blocked_line()

    the_fulfillment(*before).when(Fulfillment.replan, [HOOK], "beef").then_refused(refusal)


def test_replanning_twice_is_refused_the_second_time() -> None:
    poster = replace(POSTER, item=WRAP.item)
    replanned = Fulfillment.Replanned(lines=(poster,), replaced=(WRAP,), catalog="beef")

    refusal = refusals.no_blocked_line()

    the_fulfillment(requested(WRAP), WRAP_BLOCKED, replanned).when(Fulfillment.replan, [poster], "beef").then_refused(
        refusal
    )
