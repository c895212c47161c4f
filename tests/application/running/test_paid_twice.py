"""A customer pays for one order in two checkouts: a person decides over the second before it is delivered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import CUSTOMER, a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_session, as_sku

from application.reading.remedies import Remedy, remedies_of
from application.reading.work import Work
from application.staff.by import By
from domain import reasons
from domain.checkout import Checkout
from domain.identifiers import SessionId
from domain.line import LineState
from domain.order_number import order_number
from domain.personal import Personal
from domain.reference import Reference

Open = Callable[..., Shop]
FIRST, SECOND, THIRD = as_session("cs_test_a1first"), as_session("cs_test_a1second"), as_session("cs_test_a1third")
BY = By(name="kim", reason="the customer wants both")
RULES = """
[products.prod_li_mug]
delivery = "shipment"
sku = "mug"
track_stock = true
[products.prod_li_course]
delivery = "access"
"""


def order(*items: str, reference: str | None = "ORDER-4711", email: str | None = "ada@example.com") -> Checkout:
    checkout = a_checkout(line_items=[a_line_item(item) for item in items])
    contact = replace(CUSTOMER, email=Personal(email) if email else None)
    return replace(checkout, client_reference_id=Personal(reference) if reference else None, contact=contact)


def pay(shop: Shop, id: SessionId, checkout: Checkout) -> None:
    shop.outside.checkouts[id] = checkout
    shop.hear(COMPLETED, id, id=as_event(f"evt_{id[-5:]}"), payment_status=checkout.payment_status)
    shop.rest()


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    """Five mugs, one of which is sold."""
    shop = open_shop(catalog=RULES)
    shop.runtime.staff.count(as_sku("mug"), 5, BY)
    pay(shop, FIRST, order("li_mug"))
    return shop


def is_held(shop: Shop, id: SessionId) -> bool:
    [line] = shop.fulfillment(id).lines.values()
    return line.state is LineState.MANUAL


def tasks_of(shop: Shop, id: SessionId) -> list[str]:
    return [task.kind for task in shop.runtime.queries.work_of(id)]


def receipts(shop: Shop) -> int:
    return len(shop.outside.mailbox)


def test_the_second_payment_waits_for_a_person_and_holds_nothing(shop: Shop) -> None:
    pay(shop, SECOND, order("li_mug"))

    assert not is_held(shop, FIRST)
    assert tasks_of(shop, FIRST) == [Work.PARCEL_TO_PACK]
    [line] = shop.fulfillment(SECOND).lines.values()
    assert (line.state, line.why) == (LineState.MANUAL, reasons.paid_twice(FIRST))
    [task] = shop.runtime.queries.work_of(SECOND)
    assert task.kind is Work.PAID_TWICE
    assert remedies_of(task)[0] is Remedy.REPLAN, "`complete` would deliver without a key or a parcel"
    assert (shop.stock("mug").promised, receipts(shop)) == (1, 1), "no receipt could name a state that is true"


def test_it_goes_on_as_the_catalog_says_when_a_person_replans_it(shop: Shop) -> None:
    pay(shop, SECOND, order("li_mug"))

    shop.runtime.staff.replan(SECOND, BY)
    shop.rest()

    assert tasks_of(shop, SECOND) == [Work.PARCEL_TO_PACK]
    assert (shop.stock("mug").promised, receipts(shop)) == (2, 2)


def test_it_is_neither_handed_over_nor_packed_before_a_person_decides(shop: Shop) -> None:
    pay(shop, SECOND, order("li_mug"))
    staff, mug = shop.runtime.staff, as_line("li_mug")

    for lines in ([], [mug]):
        with expect_refusal(f"Order {order_number(FIRST)} was paid with the same reference"):
            staff.complete(SECOND, lines, BY)
        with expect_refusal(f"Order {order_number(FIRST)} was paid with the same reference"):
            staff.ship(SECOND, lines, carrier="DHL", tracking=None, by=BY)
    assert is_held(shop, SECOND)
    staff.replan(SECOND, BY)
    shop.rest()
    staff.complete(SECOND, [mug], BY)

    assert shop.fulfillment(SECOND).lines[mug].state is LineState.DELIVERED


def test_the_order_is_one_task_until_all_of_its_lines_are_decided(shop: Shop) -> None:
    pay(shop, SECOND, order("li_mug", "li_course"))
    tasks = [tasks_of(shop, SECOND)]

    shop.runtime.staff.cancel(SECOND, [as_line("li_mug")], BY, notifies=False)
    shop.rest()
    tasks.append(tasks_of(shop, SECOND))
    shop.runtime.staff.cancel(SECOND, [as_line("li_course")], BY, notifies=False)
    shop.rest()

    assert [*tasks, tasks_of(shop, SECOND)] == [[Work.PAID_TWICE], [Work.PAID_TWICE], []]


def test_lines_that_a_plan_gives_to_a_person_are_tasks_of_their_own(open_shop: Open, outside: Outside) -> None:
    shop = open_shop(catalog='[products.prod_li_mug]\ndelivery = "manual"\n')
    pay(shop, FIRST, order("li_mug"))
    pay(shop, SECOND, order("li_mug"))

    shop.runtime.staff.replan(SECOND, BY)
    shop.rest()

    assert tasks_of(shop, SECOND) == [Work.MANUAL_LINE]


def test_it_ends_when_a_person_cancels_it(shop: Shop) -> None:
    pay(shop, SECOND, order("li_mug"))

    shop.runtime.staff.cancel(SECOND, [], BY, notifies=False)
    shop.rest()

    assert (tasks_of(shop, SECOND), shop.stock("mug").promised) == ([], 1)


@pytest.mark.parametrize(
    "other",
    [
        order("li_mug", reference="ORDER-4712"),
        order("li_mug", reference=None),
        replace(order("li_mug"), payment_status="no_payment_required"),
    ],
    ids=["another reference", "no reference", "nothing to pay"],
)
def test_a_checkout_that_may_be_an_order_of_its_own_goes_on(shop: Shop, other: Checkout) -> None:
    pay(shop, SECOND, other)

    assert not is_held(shop, SECOND)


OTHER_MAIL, OTHER_ITEM = order("li_mug", email="grace@example.com"), order("li_course")
NEITHER = order("li_course", email="grace@example.com")


@pytest.mark.parametrize("other", [OTHER_MAIL, OTHER_ITEM, NEITHER], ids=["mail", "item", "neither"])
def test_a_second_payment_with_the_reference_waits_whatever_else_differs(shop: Shop, other: Checkout) -> None:
    pay(shop, SECOND, other)

    assert is_held(shop, SECOND)
    assert tasks_of(shop, SECOND) == [Work.PAID_TWICE]


@pytest.mark.parametrize(
    ("same", "other", "waits"),
    [
        ([], NEITHER, True),
        (["item"], OTHER_MAIL, True),
        (["item"], OTHER_ITEM, False),
        (["mail"], OTHER_ITEM, True),
        (["mail"], OTHER_MAIL, False),
        (["mail", "item"], order("li_mug", "li_course"), True),
        (["mail", "item"], OTHER_MAIL, False),
        (["mail", "item"], OTHER_ITEM, False),
    ],
)
def test_the_catalog_says_what_both_must_have_in_common_besides(
    open_shop: Open, outside: Outside, same: list[str], other: Checkout, waits: bool
) -> None:
    shop = open_shop(catalog=f"{RULES}\n[repeats]\nsame = {same}\n")
    pay(shop, FIRST, order("li_mug"))

    pay(shop, SECOND, other)

    assert tasks_of(shop, SECOND).count(Work.PAID_TWICE) == waits


def test_the_same_customer_is_known_by_the_address_however_it_is_typed(open_shop: Open, outside: Outside) -> None:
    shop = open_shop(catalog=f'{RULES}\n[repeats]\nsame = ["mail"]\n')
    pay(shop, FIRST, order("li_mug"))
    pay(shop, SECOND, order("li_mug", "li_course", email="ADA@example.com "))

    assert [line.state for line in shop.fulfillment(SECOND).lines.values()] == [LineState.MANUAL] * 2


def test_a_payment_after_the_time_of_the_catalog_is_another_order(shop: Shop) -> None:
    shop.clock.advance(timedelta(hours=1, seconds=1).total_seconds())
    pay(shop, SECOND, order("li_mug"))
    shop.clock.advance(timedelta(minutes=59).total_seconds())
    pay(shop, THIRD, order("li_mug"))

    assert (is_held(shop, SECOND), is_held(shop, THIRD)) == (False, True)
    assert shop.fulfillment(THIRD).lines[as_line("li_mug")].why == reasons.paid_twice(SECOND)


def test_the_catalog_switches_the_comparison_off(open_shop: Open, outside: Outside) -> None:
    shop = open_shop(catalog=f"{RULES}\n[repeats]\nwithin_minutes = 0\n")
    pay(shop, FIRST, order("li_course"))
    pay(shop, SECOND, order("li_course"))

    assert not is_held(shop, SECOND)
    assert shop.events_of(Reference.Paid) == []


def test_what_was_held_for_a_delayed_second_payment_is_free_until_a_person_decides(shop: Shop) -> None:
    pay(shop, SECOND, replace(order("li_mug"), payment_status="unpaid"))
    assert shop.stock("mug").promised == 2

    shop.outside.checkouts[SECOND] = order("li_mug")
    shop.runtime.staff.retry(SECOND, BY)
    shop.rest()

    assert (is_held(shop, SECOND), shop.stock("mug").promised) == (True, 1)


def test_a_repeated_event_of_one_checkout_is_no_second_payment(shop: Shop) -> None:
    shop.hear(COMPLETED, FIRST, id=as_event("evt_again"), payment_status="paid")
    shop.visit(FIRST)
    shop.rest()

    assert len(shop.events_of(Reference.Paid)) == 1
    assert not is_held(shop, FIRST)
