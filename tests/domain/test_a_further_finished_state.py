"""Callers ask a line's state what they need to know, so another state that ends a line needs no change of theirs."""

from kinds import HTTP, SHIPMENT
from scenario import FULFILLMENT, SESSION, Given, effect, given, planned, requested, streams
from taken_back import taken_back
from typed_ids import as_sku, as_stream

from domain import reasons
from domain.catalog import Catalog
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.inventory import InventoryPolicy
from domain.step import DeliverStep

MUG = planned("li_mug", SHIPMENT, tracks=as_sku("mug"))
POSTER = planned("li_poster", SHIPMENT)
HOOK = planned("li_hook", HTTP)
WHY = reasons.as_written("why")


def with_a_mug_taken_back() -> Given[Fulfillment]:
    return given(Fulfillment(id=FULFILLMENT), requested(MUG, POSTER), taken_back("li_mug"))


def test_a_checkout_is_completed_with_its_last_line_though_another_was_taken_back() -> None:
    delivering = with_a_mug_taken_back().when(Fulfillment.deliver, "li_poster")

    delivering.then(Fulfillment.LineItemDelivered(line_item="li_poster"), Fulfillment.Completed())


def test_a_checkout_is_completed_although_another_line_was_replanned_after_one_was_taken_back() -> None:
    stuck = Fulfillment.LineItemBlocked(line_item="li_poster", state=LineState.GIVEN_UP, detail=WHY)
    again = Fulfillment.Replanned(lines=(POSTER,), replaced=(POSTER,), catalog="beef")
    before = given(with_a_mug_taken_back().state, stuck, again)

    delivering = before.when(Fulfillment.deliver, "li_poster")

    delivering.then(Fulfillment.LineItemDelivered(line_item="li_poster"), Fulfillment.Completed())


def test_a_line_that_was_taken_back_is_neither_delivered_nor_reserved_nor_blocked() -> None:
    before = with_a_mug_taken_back()

    before.when(Fulfillment.deliver, "li_mug").then_nothing()
    before.when(Fulfillment.reserve, "li_mug").then_nothing()
    before.when(Fulfillment.block, "li_mug", LineState.MANUAL, WHY).then_nothing()


def test_a_line_that_was_taken_back_is_settled() -> None:
    assert with_a_mug_taken_back().state.lines["li_mug"].is_settled


def test_a_line_that_was_taken_back_takes_no_stock() -> None:
    log = streams((FULFILLMENT, requested(MUG)), (FULFILLMENT, taken_back("li_mug")))

    assert log.decide(InventoryPolicy(), log.log[0]) == []


def test_a_line_that_was_taken_back_waits_for_no_delivery_outside() -> None:
    step = DeliverStep("li_hook")
    asked = Effect.Requested(kind=HTTP, step=str(step), line=HOOK)
    log = streams((FULFILLMENT, requested(HOOK)), (effect(str(step)), asked), (FULFILLMENT, taken_back("li_hook")))
    log.add(as_stream(effect(str(step))), Effect.AttemptStarted(number=1, worker="w1"))
    log.add(as_stream(effect(str(step))), Effect.GivenUp(error=WHY))

    log.when(FulfillmentPolicy(Catalog()), SESSION, CheckoutSession.RetryRequested()).then_nothing()
