"""A person and an import of keys come to the same line at the same time."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_pool, as_session, as_sku

from application.staff.by import By
from domain.fulfillment import Fulfillment
from domain.key_pool import KeyPool
from domain.personal import Personal

ID = as_session("cs_test_keys")
BY = By(name="kim", reason="the customer called")


@pytest.fixture
def shop(open_shop: Callable[..., Shop], outside: Outside) -> Shop:
    """One line waits for a key."""
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_key")])
    shop: Shop = open_shop(catalog='[products.prod_li_key]\ndelivery = "license_key"\npool = "pro"\n')
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()
    return shop


def test_a_line_that_has_just_got_its_keys_is_not_completed_without_them(shop: Shop) -> None:
    shop.runtime.staff.import_keys(as_pool("pro"), ["A"], BY)

    with expect_refusal(r"^Line li_key has just received its keys from an import"):
        shop.runtime.staff.complete(ID, [as_line("li_key")], BY)
    shop.rest()

    assert [event.keys for event in shop.events_of(Fulfillment.LineItemDelivered)] == [(Personal("A"),)]


def test_a_line_that_a_person_completed_leaves_the_keys_of_the_next_import_to_others(shop: Shop) -> None:
    shop.runtime.staff.complete(ID, [as_line("li_key")], BY)

    shop.runtime.staff.import_keys(as_pool("pro"), ["A"], BY)
    shop.rest()

    assert [event.keys for event in shop.events_of(Fulfillment.LineItemDelivered)] == [()]
    assert shop.runtime.log.get(KeyPool, "keys_pro").free == (Personal("A"),)


@pytest.fixture
def boxed(open_shop: Callable[..., Shop], outside: Outside) -> Shop:
    """A line has its key and waits for its box, which a count took back."""
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_key")])
    rule = '[products.prod_li_key]\ndelivery = "license_key"\npool = "pro"\nsku = "box"\ntrack_stock = true\n'
    shop: Shop = open_shop(catalog=rule)
    shop.runtime.staff.count(as_sku("box"), 1, BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()
    shop.runtime.staff.count(as_sku("box"), 0, BY)
    shop.runtime.staff.import_keys(as_pool("pro"), ["A"], BY)
    shop.rest()
    return shop


def test_keys_that_wait_with_their_line_for_its_stock_are_delivered_with_it(boxed: Shop) -> None:
    boxed.runtime.staff.count(as_sku("box"), 1, BY)
    boxed.rest()

    assert [event.keys for event in boxed.events_of(Fulfillment.LineItemDelivered)] == [(Personal("A"),)]
    assert boxed.stock("box").on_hand == 0


def test_a_line_that_waits_for_its_stock_alone_is_completed_with_its_keys(boxed: Shop) -> None:
    boxed.runtime.staff.complete(ID, [as_line("li_key")], BY)
    boxed.rest()

    assert [event.keys for event in boxed.events_of(Fulfillment.LineItemDelivered)] == [(Personal("A"),)]
    assert [line.keys for mail in boxed.outside.mailbox.values() for line in mail.lines] == [(), (Personal("A"),)]


def test_a_line_that_has_its_keys_is_not_planned_as_something_else(boxed: Shop, open_shop: Callable[..., Shop]) -> None:
    beside = open_shop(catalog='[products.prod_li_key]\ndelivery = "access"\n')

    with expect_refusal(r"^Line li_key already has its keys and only waits for stock"):
        beside.runtime.staff.replan(ID, BY)

    assert not boxed.events_of(Fulfillment.Replanned)


@pytest.mark.parametrize("rule", ['"license_key"\npool = "basic"', '"access"', '"shipment"'])
def test_a_line_that_has_just_got_its_keys_is_not_planned_as_something_else(
    rule: str, shop: Shop, open_shop: Callable[..., Shop]
) -> None:
    beside = open_shop(catalog=f"[products.prod_li_key]\ndelivery = {rule}\n")
    shop.runtime.staff.import_keys(as_pool("pro"), ["A"], BY)

    with expect_refusal(r"^Line li_key has just received its keys from an import"):
        beside.runtime.staff.replan(ID, BY)
    shop.rest()

    assert [event.keys for event in shop.events_of(Fulfillment.LineItemDelivered)] == [(Personal("A"),)]


def test_an_import_before_the_policies_look_leaves_its_keys_to_others_than_a_line_replanned(
    shop: Shop, open_shop: Callable[..., Shop]
) -> None:
    beside = open_shop(catalog='[products.prod_li_key]\ndelivery = "shipment"\n')
    beside.runtime.staff.replan(ID, BY)

    shop.runtime.staff.import_keys(as_pool("pro"), ["A"], BY)
    shop.rest()

    assert shop.fulfillment(ID).lines[as_line("li_key")].is_to_pack
    assert shop.runtime.log.get(KeyPool, "keys_pro").free == (Personal("A"),)
