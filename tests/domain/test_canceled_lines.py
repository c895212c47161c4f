"""A line that a person canceled is finished for everything that asks about lines."""

from kinds import HTTP, SHIPMENT
from scenario import FULFILLMENT, SESSION, Given, effect, given, planned, requested, streams
from typed_ids import as_line, as_sku, as_stream

from domain import reasons, refusals
from domain.catalog import Catalog
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.handing_over import deliver
from domain.line import LineState
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.inventory import InventoryPolicy
from domain.policy import NOTHING_FURTHER, Begin
from domain.refusal import Suitable
from domain.step import DeliverStep
from domain.stock_item import StockItem
from domain.streams import Streams

MUG = planned("li_mug", SHIPMENT, tracks=as_sku("mug"))
POSTER = planned("li_poster", SHIPMENT)
HOOK = planned("li_hook", HTTP)
WHY = reasons.as_written("why")


def canceled(line_item: str) -> Fulfillment.LineItemsCanceled:
    return Fulfillment.LineItemsCanceled(number=1, lines=(as_line(line_item),), notifies=False)


def with_a_canceled_mug() -> Given[Fulfillment]:
    return given(Fulfillment(id=FULFILLMENT), requested(MUG, POSTER), canceled("li_mug"))


def test_a_checkout_is_completed_with_its_last_line_though_another_was_canceled() -> None:
    delivering = with_a_canceled_mug().when(Fulfillment.deliver, as_line("li_poster"))

    delivering.then(Fulfillment.LineItemDelivered(line_item=as_line("li_poster")), Fulfillment.Completed())


def test_a_checkout_is_completed_although_another_line_was_replanned_after_one_was_canceled() -> None:
    stuck = Fulfillment.LineItemBlocked(line_item=as_line("li_poster"), state=LineState.GIVEN_UP, detail=WHY)
    again = Fulfillment.Replanned(lines=(POSTER,), replaced=(POSTER,), catalog="beef")
    before = given(with_a_canceled_mug().state, stuck, again)

    delivering = before.when(Fulfillment.deliver, as_line("li_poster"))

    delivering.then(Fulfillment.LineItemDelivered(line_item=as_line("li_poster")), Fulfillment.Completed())


def test_a_line_that_was_canceled_is_neither_delivered_nor_reserved_nor_blocked() -> None:
    before = with_a_canceled_mug()

    before.when(Fulfillment.deliver, as_line("li_mug")).then_nothing()
    before.when(Fulfillment.reserve, as_line("li_mug")).then_nothing()
    before.when(Fulfillment.block, as_line("li_mug"), LineState.MANUAL, WHY).then_nothing()


def test_a_line_that_was_canceled_is_settled() -> None:
    assert with_a_canceled_mug().state.lines[as_line("li_mug")].is_settled


def test_a_line_that_was_canceled_takes_no_stock() -> None:
    log = streams((FULFILLMENT, requested(MUG)), (FULFILLMENT, canceled("li_mug")))

    assert log.decide(InventoryPolicy(), log.log[0]) == []


def test_a_line_that_was_canceled_waits_for_no_delivery_outside() -> None:
    step = DeliverStep(as_line("li_hook"))
    asked = Effect.Requested(kind=HTTP, step=str(step), line=HOOK)
    log = streams((FULFILLMENT, requested(HOOK)), (effect(str(step)), asked), (FULFILLMENT, canceled("li_hook")))
    log.add(as_stream(effect(str(step))), Effect.AttemptStarted(number=1, worker="w1"))
    log.add(as_stream(effect(str(step))), Effect.GivenUp(error=WHY))

    log.when(FulfillmentPolicy(Catalog()), SESSION, CheckoutSession.RetryRequested()).then_nothing()


def test_canceling_the_last_open_line_completes_the_checkout() -> None:
    before = given(
        Fulfillment(id=FULFILLMENT),
        requested(MUG, POSTER),
        Fulfillment.LineItemDelivered(line_item=as_line("li_poster")),
    )

    before.when(Fulfillment.cancel, [], notifies=False).then(canceled("li_mug"), Fulfillment.Completed())
    before.when(Fulfillment.cancel, [as_line("li_poster")], notifies=False).then_refused(
        refusals.unsuitable_line(as_line("li_poster"), LineState.DELIVERED, Suitable.UNFINISHED, [as_line("li_mug")])
    )
    before.when(Fulfillment.cancel, [as_line("li_vase")], notifies=False).then_refused(
        refusals.unknown_line(as_line("li_vase"), [as_line("li_mug"), as_line("li_poster")])
    )


def test_each_cancellation_has_a_number_of_its_own() -> None:
    again = with_a_canceled_mug().when(Fulfillment.cancel, [], notifies=True)

    again.then(
        Fulfillment.LineItemsCanceled(number=2, lines=(as_line("li_poster"),), notifies=True), Fulfillment.Completed()
    ).when(Fulfillment.cancel, [], notifies=True).then_refused(refusals.no_suitable_line(Suitable.UNFINISHED))


def test_a_canceled_line_that_is_delivered_outside_all_the_same_takes_no_pieces() -> None:
    """Another process may have reserved them from a line that it read a moment before."""
    log = streams(
        (FULFILLMENT, requested(MUG)),
        (FULFILLMENT, canceled("li_mug")),
        ("sku_mug", StockItem.Counted(on_hand=1)),
        ("sku_mug", StockItem.Reserved(line_item=as_line("li_mug"), quantity=1, session_id=SESSION)),
    )

    assert log.decide(Delivers("li_mug"), log.log[0]) == []


class Delivers:
    """Hands a line over, as the outcome of an attempt does."""

    name, begins, reads, further = "delivers", Begin.AT_THE_BEGINNING, frozenset[type[Event]](), NOTHING_FURTHER

    def __init__(self, line_item: str) -> None:
        self._line_item = line_item

    def likely(self, event: Event) -> list[str]:
        return []

    def decide(self, event: Event, do: Streams) -> None:
        deliver(event.session, as_line(self._line_item), do)
