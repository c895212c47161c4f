"""Two processes over one store: what one of them keeps in memory of the stock is no older than what it has read."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import Shop
from typed_ids import as_line, as_session, as_sku

from application.staff.by import By
from domain.line import LineState

pytestmark = pytest.mark.every_store

ID = as_session("cs_test_mug")
CATALOG = '[products.prod_mug]\ndelivery = "shipment"\nsku = "mug"\ntrack_stock = true\n'
BY = By(name="ann", reason="looked at the shelf")

Open = Callable[..., Shop]


def test_a_line_loses_its_promise_when_another_process_counts_an_empty_shelf(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product="prod_mug")])
    shop, beside = open_shop(catalog=CATALOG), open_shop(catalog=CATALOG)
    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.visit(ID)
    shop.rest()
    assert shop.fulfillment(ID).lines[as_line("li_1")].is_to_pack

    beside.runtime.staff.count(as_sku("mug"), 0, BY)
    shop.rest()

    assert shop.fulfillment(ID).lines[as_line("li_1")].state is LineState.BACKORDERED
