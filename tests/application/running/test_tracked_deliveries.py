"""A delivery by a service outside takes stock like a parcel does: no piece of it goes out twice."""

from collections.abc import Callable, Sequence

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_session, as_sku

from application.ports import Permanent, Temporary
from application.staff.by import By
from application.writing.unit_of_work import Stamp
from domain.effect import Effect
from domain.identifiers import SessionId
from domain.line import LineState
from domain.step import effect_id

OLD, NEW = as_session("cs_test_old"), as_session("cs_test_new")
NEW_DELIVERY = effect_id(NEW, "deliver_li_1")
BY = By(name="kim", reason="counted")
CATALOG = """
[products.prod_parcel]
delivery = "shipment"
sku = "mug"
track_stock = true
[products.prod_courier]
delivery = "courier"
sku = "mug"
track_stock = true
"""


@pytest.fixture
def shop(open_shop: Callable[..., Shop], outside: Outside) -> Shop:
    """Has two mugs, one for a parcel and the other, promised later, for the courier."""
    outside.checkouts[OLD] = a_checkout(line_items=[a_line_item(product="prod_parcel")])
    outside.checkouts[NEW] = a_checkout(line_items=[a_line_item(product="prod_courier")])
    shop: Shop = open_shop(catalog=CATALOG)
    shop.runtime.staff.count(as_sku("mug"), 2, BY)
    return shop


def both_pay(shop: Shop, outside: Outside, errors: Sequence[Exception]) -> None:
    """The courier's first calls meet these errors."""
    for session in (OLD, NEW):
        shop.hear(COMPLETED, session, id=as_event(f"evt_{session}"), payment_status="paid")
        shop.visit(session)
    shop.runtime.engine.run_until_quiet(effects=False)
    outside.planned_errors += errors
    shop.rest()


def recount(shop: Shop, on_hand: int) -> None:
    shop.runtime.staff.count(as_sku("mug"), on_hand, BY)
    shop.rest()


def an_hour_passes(shop: Shop) -> None:
    shop.clock.advance(3600)
    shop.rest()


def state(shop: Shop, session: SessionId = NEW) -> LineState:
    return shop.fulfillment(session).lines[as_line("li_1")].state


def test_a_delivery_that_waits_for_its_next_attempt_is_withdrawn_with_its_stock(shop: Shop, outside: Outside) -> None:
    both_pay(shop, outside, [Temporary("The courier is busy.")] * 3)
    recount(shop, 1)

    an_hour_passes(shop)
    shop.runtime.staff.ship(OLD, [], carrier="DHL", tracking=None, by=BY)
    shop.rest()

    assert outside.deliveries == {}
    assert (state(shop, OLD), state(shop)) == (LineState.DELIVERED, LineState.BACKORDERED)
    assert shop.stock("mug").on_hand == 0


def test_a_delivery_that_was_withdrawn_goes_out_under_the_same_key_when_its_stock_is_back(
    shop: Shop, outside: Outside
) -> None:
    both_pay(shop, outside, [Temporary("The courier is busy.")] * 3)
    recount(shop, 1)
    an_hour_passes(shop)

    recount(shop, 2)

    assert state(shop) is LineState.DELIVERED
    assert list(outside.deliveries) == [NEW_DELIVERY]
    assert (shop.stock("mug").on_hand, shop.stock("mug").promised) == (1, 1)


def test_a_delivery_whose_stock_is_back_before_its_turn_just_goes_on(shop: Shop, outside: Outside) -> None:
    both_pay(shop, outside, [Temporary("The courier is busy.")] * 3)
    recount(shop, 1)
    recount(shop, 2)

    an_hour_passes(shop)

    assert (state(shop), list(outside.deliveries)) == (LineState.DELIVERED, [NEW_DELIVERY])


def test_a_delivery_that_was_given_up_waits_for_a_person_although_its_stock_is_back(
    shop: Shop, outside: Outside
) -> None:
    both_pay(shop, outside, [Permanent("The courier refuses.")] * 3)
    recount(shop, 1)
    recount(shop, 2)
    assert (state(shop), outside.deliveries) == (LineState.GIVEN_UP, {})

    shop.runtime.staff.retry(NEW, BY)
    shop.rest()

    assert (state(shop), list(outside.deliveries)) == (LineState.DELIVERED, [NEW_DELIVERY])


def test_an_attempt_without_an_outcome_is_repeated_though_the_stock_is_gone(shop: Shop, outside: Outside) -> None:
    """The courier may have it already: to forget that would have it sent once more under another key."""
    shop.visit(NEW)
    shop.runtime.engine.run_until_quiet(effects=False)
    gone, now = Stamp(actor="worker:gone", now=shop.clock(), session_id=NEW), shop.clock()
    shop.runtime.writer.run(
        gone, [NEW_DELIVERY], lambda unit: unit.command(Effect, NEW_DELIVERY, Effect.start, "gone", now=now)
    )
    recount(shop, 0)

    assert list(outside.deliveries) == [NEW_DELIVERY]
    assert state(shop) is LineState.DELIVERED
