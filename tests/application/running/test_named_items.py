"""What staff read of an order calls its items by one name: the catalog's once it is planned, until then Stripe's."""

from collections.abc import Callable

from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, Shop
from typed_ids import as_event, as_session

from application.staff.by import By

ID = as_session("cs_test_first")
BY = By(name="ann", reason="renamed")
CATALOG = """
[products.prod_mug]
delivery = "manual"
name = "{}"
[products.prod_course]
delivery = "access"
"""


def names(shop: Shop) -> dict[str, str]:
    """By line, as the lists and the checkout alike have them."""
    order, document = shop.runtime.queries.orders([ID])[ID], shop.runtime.queries.checkout(ID)
    assert document is not None
    listed = {item.id: order.name(item) for item in order.checkout.line_items}
    assert listed == {line.id: line.name for line in document.line_items}
    return {str(id): name for id, name in listed.items()}


def test_lists_and_the_checkout_name_the_same_items_alike(open_shop: Callable[..., Shop], outside: Outside) -> None:
    items = [a_line_item("li_mug", description="MUG-17", product="prod_mug"), a_line_item("li_c", description="Course")]
    outside.checkouts[ID] = a_checkout(line_items=items)
    shop = open_shop(catalog=CATALOG.format("Blue mug"))
    shop.visit(ID)
    assert names(shop) == {"li_mug": "MUG-17", "li_c": "Course"}

    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()
    assert names(shop) == {"li_mug": "Blue mug", "li_c": "Course"}

    shop.kill()
    shop = open_shop(catalog=CATALOG.format("Mug, blue"))
    shop.runtime.staff.replan(ID, BY)
    shop.rest()
    assert names(shop) == {"li_mug": "Mug, blue", "li_c": "Course"}
