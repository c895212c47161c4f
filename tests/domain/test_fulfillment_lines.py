"""How a line gets from planned to delivered: once, in its whole quantity, or into a state that a person sees."""

from dataclasses import replace

import pytest
from kinds import ACCESS, HTTP, LICENSE_KEY, MANUAL, SHIPMENT
from scenario import FULFILLMENT, SAID_AT, Given, given, planned, requested
from typed_ids import as_line, as_sku

from domain import reasons
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.personal import Personal
from domain.reason import Reason
from domain.step import DeliverStep

MUG = planned("li_mug", SHIPMENT, tracks=as_sku("mug"))
POSTER = planned("li_poster", SHIPMENT)
SEAT = planned("li_seat", ACCESS, tracks=as_sku("seat"), settings={"link": "https://example.com/seat"})
KEY = planned("li_key", LICENSE_KEY, settings={"pool": "pro"})
HOOK = planned("li_hook", HTTP, settings={"url": "https://example.com/hook"})
STOCKED_HOOK = planned("li_hook", HTTP, tracks=as_sku("hook"), settings={"url": "https://example.com/hook"})
WRAP = planned("li_wrap", MANUAL, tracks=as_sku("paper"))

COMPLETED = Fulfillment.Completed()


def the_fulfillment(*facts: Event) -> Given[Fulfillment]:
    return given(Fulfillment(id=FULFILLMENT), *facts)


def reserved(line_item: str) -> Fulfillment.LineItemReserved:
    return Fulfillment.LineItemReserved(line_item=as_line(line_item))


def delivered(line_item: str, **changes: str) -> Fulfillment.LineItemDelivered:
    return Fulfillment.LineItemDelivered(
        line_item=as_line(line_item), link=changes.get("link"), note=changes.get("note")
    )


WHY = reasons.as_written("why")


def blocked(line_item: str, state: LineState, detail: Reason = WHY) -> Fulfillment.LineItemBlocked:
    return Fulfillment.LineItemBlocked(line_item=as_line(line_item), state=state, detail=detail)


def test_a_parcel_is_to_be_packed_once_its_stock_is_promised() -> None:
    before = the_fulfillment(requested(MUG))

    after = before.when(Fulfillment.reserve, as_line("li_mug")).then(reserved("li_mug"))

    assert (before.state.lines[as_line("li_mug")].is_to_pack, after.state.lines[as_line("li_mug")].is_to_pack) == (
        False,
        True,
    )


def test_stock_is_promised_to_a_line_once() -> None:
    the_fulfillment(requested(MUG), reserved("li_mug")).when(Fulfillment.reserve, as_line("li_mug")).then_nothing()


def test_a_line_that_is_delivered_needs_no_promise() -> None:
    the_fulfillment(requested(MUG), delivered("li_mug")).when(Fulfillment.reserve, as_line("li_mug")).then_nothing()


def test_a_line_without_stock_waits() -> None:
    decision = the_fulfillment(requested(MUG)).when(Fulfillment.block, as_line("li_mug"), LineState.BACKORDERED, WHY)

    decision.then(blocked("li_mug", LineState.BACKORDERED))


def test_a_line_is_blocked_once() -> None:
    before = the_fulfillment(requested(MUG), blocked("li_mug", LineState.BACKORDERED))

    before.when(Fulfillment.block, as_line("li_mug"), LineState.BACKORDERED, WHY).then_nothing()


def test_a_delivered_line_is_not_blocked() -> None:
    before = the_fulfillment(requested(MUG), delivered("li_mug"))

    before.when(Fulfillment.block, as_line("li_mug"), LineState.BACKORDERED, WHY).then_nothing()


def test_a_backordered_line_goes_on_when_its_stock_comes() -> None:
    before = the_fulfillment(requested(MUG), blocked("li_mug", LineState.BACKORDERED))

    after = before.when(Fulfillment.reserve, as_line("li_mug")).then(reserved("li_mug"))

    line = after.state.lines[as_line("li_mug")]
    assert (line.state, line.why, line.is_to_pack) == (LineState.PENDING, None, True)


def test_a_parcel_whose_promise_was_taken_back_is_not_to_be_packed() -> None:
    before = the_fulfillment(requested(MUG), reserved("li_mug"))

    after = before.when(Fulfillment.block, as_line("li_mug"), LineState.BACKORDERED, WHY).then(
        blocked("li_mug", LineState.BACKORDERED)
    )

    assert not after.state.lines[as_line("li_mug")].is_to_pack
    after.when(Fulfillment.reserve, as_line("li_mug")).then(reserved("li_mug"))


def test_a_line_that_waits_for_keys_keeps_its_promise_of_stock() -> None:
    boxed = planned("li_key", LICENSE_KEY, tracks=as_sku("box"), settings={"pool": "pro"})

    after = the_fulfillment(requested(boxed), reserved("li_key"), blocked("li_key", LineState.BACKORDERED))

    assert after.state.lines[as_line("li_key")].is_ready
    after.when(Fulfillment.block, as_line("li_key"), LineState.BACKORDERED, WHY).then_nothing()


def test_a_line_that_waits_for_keys_loses_its_promise_with_its_stock() -> None:
    boxed = planned("li_key", LICENSE_KEY, tracks=as_sku("box"), settings={"pool": "pro"})
    short_of_keys = blocked("li_key", LineState.BACKORDERED)
    short_of_both = replace(short_of_keys, detail=reasons.as_written("no box"), is_stock_missing=True)
    before = the_fulfillment(requested(boxed), reserved("li_key"), short_of_keys)

    after = before.when(
        Fulfillment.block, as_line("li_key"), LineState.BACKORDERED, reasons.as_written("no box"), is_stock_missing=True
    ).then(short_of_both)

    assert not after.state.lines[as_line("li_key")].is_ready
    after.when(
        Fulfillment.block, as_line("li_key"), LineState.BACKORDERED, reasons.as_written("no box"), is_stock_missing=True
    ).then_nothing()
    after.when(Fulfillment.reserve, as_line("li_key")).then(reserved("li_key"))


def test_a_line_of_keys_that_waits_for_stock_is_not_ready_for_keys() -> None:
    boxed = planned("li_key", LICENSE_KEY, tracks=as_sku("box"), settings={"pool": "pro"})

    after = the_fulfillment(requested(boxed), blocked("li_key", LineState.BACKORDERED))

    assert not after.state.lines[as_line("li_key")].is_ready


def test_a_blocked_line_says_why() -> None:
    after = the_fulfillment(requested(HOOK), blocked("li_hook", LineState.GIVEN_UP, reasons.port_failed("HTTP 410")))

    assert after.state.lines[as_line("li_hook")].why == reasons.port_failed("HTTP 410")


def test_a_delivered_line_says_when_and_what_the_customer_has() -> None:
    fact = replace(delivered("li_hook", link="https://example.com/1", note="ref 99"), occurred_at=SAID_AT)
    keys = (Personal("AAAA"),)

    line = the_fulfillment(requested(HOOK), replace(fact, keys=keys)).state.lines[as_line("li_hook")]

    assert (line.delivered_at, line.keys, line.link, line.note) == (SAID_AT, keys, "https://example.com/1", "ref 99")


def test_a_delivery_that_is_given_up_is_shown_to_a_person() -> None:
    decision = the_fulfillment(requested(HOOK)).when(
        Fulfillment.block, as_line("li_hook"), LineState.GIVEN_UP, reasons.port_failed("HTTP 410")
    )

    decision.then(blocked("li_hook", LineState.GIVEN_UP, reasons.port_failed("HTTP 410")))


def test_a_line_that_waits_for_stock_is_not_given_up_as_well() -> None:
    taken_back = blocked("li_hook", LineState.BACKORDERED)
    before = the_fulfillment(requested(STOCKED_HOOK), reserved("li_hook"), taken_back)

    before.when(
        Fulfillment.block, as_line("li_hook"), LineState.GIVEN_UP, reasons.port_failed("HTTP 410")
    ).then_nothing()


def test_a_given_up_delivery_is_resumed() -> None:
    before = the_fulfillment(requested(HOOK), blocked("li_hook", LineState.GIVEN_UP))

    after = before.when(Fulfillment.resume, as_line("li_hook")).then(
        Fulfillment.LineItemResumed(line_item=as_line("li_hook"))
    )

    line = after.state.lines[as_line("li_hook")]
    assert (line.state, line.why, DeliverStep.of(line)) == (LineState.PENDING, None, DeliverStep(as_line("li_hook")))
    after.when(Fulfillment.resume, as_line("li_hook")).then_nothing()


def test_a_given_up_delivery_keeps_its_promise_of_stock() -> None:
    given_up = blocked("li_hook", LineState.GIVEN_UP)

    after = the_fulfillment(requested(STOCKED_HOOK), reserved("li_hook"), given_up)

    assert after.state.lines[as_line("li_hook")].is_ready


@pytest.mark.parametrize("state", [LineState.BACKORDERED, LineState.MANUAL])
def test_what_is_not_given_up_is_not_resumed(state: LineState) -> None:
    the_fulfillment(requested(HOOK), blocked("li_hook", state)).when(
        Fulfillment.resume, as_line("li_hook")
    ).then_nothing()


def test_a_line_is_delivered_with_what_the_customer_gets() -> None:
    keys = (Personal("AAAA"), Personal("BBBB"))

    after = the_fulfillment(requested(KEY, POSTER)).when(Fulfillment.deliver, as_line("li_key"), keys=keys)

    after.then(Fulfillment.LineItemDelivered(line_item=as_line("li_key"), keys=keys))


def test_a_line_is_delivered_once() -> None:
    before = the_fulfillment(requested(HOOK, POSTER), delivered("li_hook"))

    before.when(Fulfillment.deliver, as_line("li_hook"), note="ref 99").then_nothing()


@pytest.mark.parametrize("state", [LineState.BACKORDERED, LineState.MANUAL, LineState.GIVEN_UP])
def test_whatever_blocked_a_line_it_can_be_delivered(state: LineState) -> None:
    before = the_fulfillment(requested(HOOK, POSTER), blocked("li_hook", state))

    before.when(Fulfillment.deliver, as_line("li_hook"), note="ref 99").then(delivered("li_hook", note="ref 99"))


def test_the_last_line_completes_the_fulfillment() -> None:
    before = the_fulfillment(requested(HOOK, POSTER), delivered("li_poster"))

    before.when(Fulfillment.deliver, as_line("li_hook")).then(delivered("li_hook"), COMPLETED)


def test_a_complete_fulfillment_is_not_completed_again() -> None:
    the_fulfillment(requested(HOOK), delivered("li_hook"), COMPLETED).when(
        Fulfillment.deliver, as_line("li_hook")
    ).then_nothing()


def test_nothing_is_decided_over_a_line_that_is_not_there() -> None:
    before = the_fulfillment(requested(MUG))

    before.when(Fulfillment.reserve, as_line("li_other")).then_nothing()
    before.when(Fulfillment.block, as_line("li_other"), LineState.BACKORDERED, WHY).then_nothing()
    before.when(Fulfillment.resume, as_line("li_other")).then_nothing()
    before.when(Fulfillment.deliver, as_line("li_other")).then_nothing()


@pytest.mark.parametrize(
    ("facts", "is_settled"),
    [
        pytest.param([], False, id="not planned"),
        pytest.param([requested(MUG)], False, id="waits for its stock"),
        pytest.param([requested(MUG), reserved("li_mug")], True, id="to be packed"),
        pytest.param([requested(MUG), blocked("li_mug", LineState.BACKORDERED)], True, id="backordered"),
        pytest.param([requested(KEY)], False, id="keys are about to be assigned"),
        pytest.param([requested(HOOK)], True, id="delivered by a service outside"),
        pytest.param([requested(STOCKED_HOOK)], False, id="can't be handed out yet"),
        pytest.param([requested(HOOK, MUG)], False, id="one of two is not settled"),
        pytest.param([requested(HOOK), delivered("li_hook"), COMPLETED], True, id="delivered"),
    ],
)
def test_a_checkout_is_settled_when_the_engine_has_done_its_part(facts: list[Event], is_settled: bool) -> None:
    assert the_fulfillment(*facts).state.is_settled is is_settled
