"""A delivery that fails and fails: a person hands the line over, and the engine no longer tries."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_session

from application.ports import Temporary
from application.staff.by import By
from domain import reasons
from domain.effect import Effect
from domain.errors import Refused
from domain.step import effect_id

ID = as_session("cs_test_course")
DELIVERY = effect_id(ID, "deliver_li_1")
BY = By(name="kim", reason="she called us")


@pytest.fixture
def shop(open_shop: Callable[..., Shop], outside: Outside) -> Shop:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product="prod_course")])
    shop: Shop = open_shop(catalog='[products.prod_course]\ndelivery = "courier"\n')
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.runtime.engine.run_until_quiet(effects=False)
    shop.visit(ID)
    return shop


def test_a_person_delivers_what_waits_for_its_next_try(shop: Shop, outside: Outside) -> None:
    outside.planned_errors = [Temporary("The courier does not answer.")] * 3
    shop.rest()

    shop.runtime.staff.complete(ID, [as_line("li_1")], BY)
    outside.planned_errors.clear()
    for _ in range(5):
        shop.rest()
        shop.clock.advance(3600)

    assert shop.state(ID) == "fulfilled"
    assert outside.deliveries == {}
    assert shop.runtime.log.get(Effect, DELIVERY).withdrawn == reasons.taken_over()
    assert [mail.kind for mail in outside.mailbox.values()] == ["receipt"]
    assert shop.runtime.queries.work_queue() == []


def test_a_delivery_that_has_not_been_tried_yet_is_left_to_the_engine(shop: Shop, outside: Outside) -> None:
    shop.runtime.engine.run_until_quiet(effects=False)

    with pytest.raises(Refused):
        shop.runtime.staff.complete(ID, [as_line("li_1")], BY)
    shop.rest()

    assert list(outside.deliveries) == [DELIVERY]


def test_a_line_that_is_not_named_is_still_the_engines(shop: Shop, outside: Outside) -> None:
    outside.planned_errors = [Temporary("The courier does not answer.")] * 3
    shop.rest()

    with pytest.raises(Refused):
        shop.runtime.staff.complete(ID, [], BY)

    assert shop.runtime.log.get(Effect, DELIVERY).is_open
