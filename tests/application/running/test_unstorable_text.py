"""Text with characters that no store can hold: nothing is lost of the checkout it came with, on either store."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, Shop
from typed_ids import as_event, as_session

from application.ports import Permanent

ID = as_session("cs_test_a")
CATALOG = '[products.prod_mug]\ndelivery = "shipment"\n[products.prod_course]\ndelivery = "courier"\n'
UNSTORABLE = ["\x00", "\ud83d"]

Open = Callable[..., Shop]


def queue(shop: Shop) -> list[tuple[str, str, str]]:
    return [(item.kind, item.item, item.detail) for item in shop.runtime.queries.work_queue()]


@pytest.mark.parametrize("odd", UNSTORABLE)
def test_every_parcel_is_in_the_queue_whatever_its_product_is_called(
    open_shop: Open, outside: Outside, odd: str
) -> None:
    lines = [
        a_line_item("li_1", product="prod_mug", description=f"Mug{odd}blue"),
        a_line_item("li_2", product="prod_mug", description="Hat"),
    ]
    outside.checkouts[ID] = a_checkout(line_items=lines)
    shop = open_shop(catalog=CATALOG)

    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()

    assert queue(shop) == [
        ("parcel_to_pack", "li_1", "1 x Mug\ufffdblue"),
        ("parcel_to_pack", "li_2", "1 x Hat"),
    ]
    assert {view.unreadable for view in shop.runtime.views.all()} == {0}
    assert [hit.session_id for hit in shop.runtime.queries.search("hat")] == [ID]


@pytest.mark.parametrize("odd", UNSTORABLE)
def test_a_line_that_is_given_up_is_in_the_queue_whatever_its_courier_answered(
    open_shop: Open, outside: Outside, odd: str
) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_1", product="prod_course")])
    outside.couriers_error = Permanent(f"bad{odd}answer")
    shop = open_shop(catalog=CATALOG)

    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()

    assert queue(shop) == [("given_up_line", "li_1", "bad\ufffdanswer")]
