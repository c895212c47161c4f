"""A person and an import of keys come to the same line at the same time."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, Shop

from application.staff import By
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.key_pool import KeyPool
from domain.personal import Personal

ID = "cs_test_keys"
BY = By(name="kim", reason="the customer called")


@pytest.fixture
def shop(open_shop: Callable[..., Shop], outside: Outside) -> Shop:
    """One line waits for a key."""
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_key")])
    shop: Shop = open_shop(catalog='[products.prod_li_key]\ndelivery = "license_key"\npool = "pro"\n')
    shop.hear(COMPLETED, ID, id="evt_1", payment_status="paid")
    shop.rest()
    return shop


def test_a_line_that_has_just_got_its_keys_is_not_completed_without_them(shop: Shop) -> None:
    shop.runtime.staff.import_keys("pro", ["A"], BY)

    with pytest.raises(Refused, match=r"^Line li_key has just got its keys from an import"):
        shop.runtime.staff.complete(ID, ["li_key"], BY)
    shop.rest()

    assert [event.keys for event in shop.events_of(Fulfillment.LineItemDelivered)] == [(Personal("A"),)]


def test_a_line_that_a_person_completed_leaves_the_keys_of_the_next_import_to_others(shop: Shop) -> None:
    shop.runtime.staff.complete(ID, ["li_key"], BY)

    shop.runtime.staff.import_keys("pro", ["A"], BY)
    shop.rest()

    assert [event.keys for event in shop.events_of(Fulfillment.LineItemDelivered)] == [()]
    assert shop.runtime.log.get(KeyPool, "keys_pro").free == (Personal("A"),)


def test_keys_that_wait_with_their_line_for_its_stock_are_not_left_behind(
    open_shop: Callable[..., Shop], outside: Outside
) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_key")])
    rule = '[products.prod_li_key]\ndelivery = "license_key"\npool = "pro"\nsku = "box"\ntrack_stock = true\n'
    shop = open_shop(catalog=rule)
    shop.runtime.staff.count("box", 1, BY)
    shop.hear(COMPLETED, ID, id="evt_1", payment_status="paid")
    shop.rest()
    shop.runtime.staff.count("box", 0, BY)
    shop.runtime.staff.import_keys("pro", ["A"], BY)
    shop.rest()

    with pytest.raises(Refused):
        shop.runtime.staff.complete(ID, ["li_key"], BY)
    shop.runtime.staff.count("box", 1, BY)
    shop.rest()

    assert [event.keys for event in shop.events_of(Fulfillment.LineItemDelivered)] == [(Personal("A"),)]
