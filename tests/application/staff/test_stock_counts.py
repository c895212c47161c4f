"""Staff count and hand over while no policy looks: the books say what is on the shelf, and each line goes out once."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_session, as_sku

from application.ports import DeliveryReceipt, DeliveryRequest, Temporary
from application.staff.by import By
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId
from domain.line import LineState
from domain.refusal import RefusalCode

pytestmark = pytest.mark.every_store

A, B = as_session("cs_test_a"), as_session("cs_test_b")
BY = By(name="kim", reason="looked at the shelf")
MUG = '[products.prod_mug]\ndelivery = "shipment"\nsku = "mug"\ntrack_stock = true\n'
SENT = '[products.prod_mug]\ndelivery = "courier"\nsku = "mug"\ntrack_stock = true\n'

Open = Callable[..., Shop]


def sell_two(shop: Shop) -> None:
    """Two mugs are on the shelf, promised to A and to B."""
    shop.runtime.staff.count(as_sku("mug"), 2, BY)
    for id in (A, B):
        shop.outside.checkouts[id] = a_checkout(line_items=[a_line_item(product="prod_mug")])
        shop.hear(COMPLETED, id, id=as_event(f"evt_{id[-1]}"), payment_status="paid")
        shop.runtime.engine.run_until_quiet(effects=False)
        shop.visit(id)
        shop.runtime.engine.run_until_quiet(effects=False)


def ship(shop: Shop, id: SessionId) -> None:
    shop.runtime.staff.ship(id, [], carrier="DHL", tracking=None, by=BY)


def deliver_before_any_policy_looks(shop: Shop, beside: Shop) -> None:
    """Another process leads, and is slow."""
    shop.locks.release()
    assert beside.locks.lead()
    shop.runtime.engine.run_until_quiet()


def state(shop: Shop, id: SessionId) -> LineState:
    return shop.fulfillment(id).lines[as_line("li_1")].state


def test_a_parcel_whose_promise_a_count_took_back_is_not_shipped(open_shop: Open) -> None:
    shop = open_shop(catalog=MUG)
    sell_two(shop)
    shop.runtime.staff.count(as_sku("mug"), 1, BY)

    with expect_refusal(r"^Line li_1 no longer has its 1 × mug: a count found too few on the shelf"):
        ship(shop, B)
    ship(shop, A)
    shop.rest()

    assert (shop.stock("mug").on_hand, state(shop, A), state(shop, B)) == (0, LineState.DELIVERED, "backordered")


def test_a_parcel_that_lost_its_promise_is_not_completed_before_it_knows_and_is_afterwards(open_shop: Open) -> None:
    shop = open_shop(catalog=MUG)
    sell_two(shop)
    shop.runtime.staff.count(as_sku("mug"), 1, BY)

    with expect_refusal(r"^Line li_1 no longer has its 1 × mug"):
        shop.runtime.staff.complete(B, [as_line("li_1")], BY)
    shop.rest()
    shop.runtime.staff.complete(B, [as_line("li_1")], BY)

    assert (shop.stock("mug").on_hand, state(shop, B)) == (1, LineState.DELIVERED), "it came from elsewhere"


def test_a_count_right_after_a_parcel_left_takes_no_promise_back(open_shop: Open) -> None:
    shop = open_shop(catalog=MUG)
    sell_two(shop)
    ship(shop, A)

    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.rest()

    assert (shop.stock("mug").on_hand, state(shop, B)) == (1, LineState.PENDING)
    assert {mail.kind for mail in shop.outside.mailbox.values()} == {"receipt", "shipped"}


def test_what_is_completed_leaves_the_shelf_at_once(open_shop: Open) -> None:
    shop = open_shop(catalog=MUG)
    sell_two(shop)

    shop.runtime.staff.complete(A, [as_line("li_1")], BY)

    assert (shop.stock("mug").on_hand, shop.stock("mug").available) == (1, 0)


def test_a_courier_is_not_called_for_a_piece_that_a_count_took_back(open_shop: Open, outside: Outside) -> None:
    shop = open_shop(catalog=SENT)
    sell_two(shop)
    shop.runtime.engine.run_until_quiet(effects=False)

    beside = open_shop(catalog=SENT)
    beside.runtime.staff.count(as_sku("mug"), 1, BY)
    deliver_before_any_policy_looks(shop, beside)

    beside.locks.release()

    assert [request.session_id for request in outside.deliveries.values()] == [A]
    assert (shop.stock("mug").on_hand, state(shop, B)) == (0, LineState.BACKORDERED)


def test_a_count_right_after_a_courier_left_takes_no_promise_back(open_shop: Open, outside: Outside) -> None:
    shop = open_shop(catalog=SENT)
    sell_two(shop)
    beside = open_shop(catalog=SENT)
    deliver_before_any_policy_looks(shop, beside)
    assert len(outside.deliveries) == 2

    shop.runtime.staff.count(as_sku("mug"), 0, BY)
    beside.locks.release()
    shop.rest()

    assert not [event for event in shop.events() if event.TOPIC == "StockItem.Backordered"]


class Meanwhile:
    """A courier who takes his time: `act` happens during the first call."""

    def __init__(self, outside: Outside, act: Callable[[], None]) -> None:
        self._outside = outside
        self._acts = [act]

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        if self._acts:
            self._acts.pop()()
        return self._outside.deliver(request)


@pytest.mark.parametrize("how", ["complete", "replan"])
def test_a_line_whose_delivery_is_under_way_stays_its_own_even_if_a_count_takes_its_stock(
    open_shop: Open, outside: Outside, how: str
) -> None:
    codes: list[RefusalCode] = []

    def act() -> None:
        desk = open_shop(catalog='[products.prod_mug]\ndelivery = "courier"\n')
        desk.runtime.staff.count(as_sku("mug"), 0, BY)
        shop.runtime.engine.run_until_quiet(effects=False)
        assert state(shop, A) is LineState.BACKORDERED
        with pytest.raises(Refused) as refusal:
            desk.runtime.staff.complete(A, [as_line("li_1")], BY) if how == "complete" else desk.runtime.staff.replan(
                A, BY
            )
        codes.append(refusal.value.refusal.code)

    courier = Meanwhile(outside, act)
    shop = open_shop(catalog=SENT, deliveries={"courier": courier})
    outside.checkouts[A] = a_checkout(line_items=[a_line_item(product="prod_mug")])
    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.hear(COMPLETED, A, id=as_event("evt_a"), payment_status="paid")
    shop.rest()

    assert codes == [RefusalCode.DELIVERY_UNDER_WAY]
    assert [event.actor[:6] for event in shop.events_of(Fulfillment.LineItemDelivered)] == ["worker"]
    assert len(outside.deliveries) == 1
    assert shop.stock("mug").on_hand == 0
    assert shop.stock("mug").needs == {}


def test_a_delivery_that_was_given_up_and_is_completed_is_not_repeated_by_a_retry_that_was_asked_for_before(
    open_shop: Open, outside: Outside
) -> None:
    shop = open_shop(catalog='[products.prod_mug]\ndelivery = "courier"\n')
    outside.checkouts[A] = a_checkout(line_items=[a_line_item(product="prod_mug")])
    outside.couriers_error = Temporary("The courier does not answer.")
    shop.hear(COMPLETED, A, id=as_event("evt_a"), payment_status="paid")
    for _ in range(41):
        shop.rest()
        shop.clock.advance(3600)
    assert state(shop, A) is LineState.GIVEN_UP
    outside.couriers_error = None

    shop.runtime.staff.retry(A, BY)
    shop.runtime.staff.complete(A, [as_line("li_1")], BY)
    shop.rest()

    assert outside.deliveries == {}
    assert shop.state(A) == "fulfilled"
