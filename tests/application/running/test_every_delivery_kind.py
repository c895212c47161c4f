"""Every kind of delivery, from paid to fulfilled: mailed, shown to the customer, listed for staff, found by search."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

import pytest
from builders import a_checkout, a_line_item
from customer_language import ENGLISH
from fakes.outside import Outside
from shop import COMPLETED, Shop
from typed_ids import as_event, as_pool, as_session

from application.ports import Permanent
from application.reading.checkout_state import CheckoutState
from application.reading.work import OtherWork, Work
from application.staff.by import By
from domain.checkout import CustomField
from domain.deliveries.kind import DeliveryKind
from domain.line import LineState
from domain.mail import MailKind
from domain.personal import Personal
from infrastructure.customer_texts.mail_texts import next_step
from interfaces.web.landing_page import landing_page

ID = as_session("cs_test_kind")
OWN = "courier"
BY = By(name="Ada", reason="it is done")
Open = Callable[..., Shop]
KINDS: list[DeliveryKind | None] = [*DeliveryKind, None]


def catalog(name: str) -> str:
    settings = {DeliveryKind.HTTP: 'url = "https://example.com/hook"\n', DeliveryKind.LICENSE_KEY: 'pool = "pro"\n'}
    return f'[products.prod_lamp]\ndelivery = "{name}"\n' + "".join(
        text for kind, text in settings.items() if kind == name
    )


@pytest.fixture
def outside() -> Outside:
    lamp = a_line_item(product="prod_lamp", description="Reading lamp")
    return Outside(checkouts={ID: a_checkout(line_items=[lamp])})


@pytest.fixture
def shop_for(open_shop: Open, outside: Outside) -> Callable[[str], Shop]:
    def shop_for(name: str) -> Shop:
        return open_shop(
            catalog=catalog(name),
            deliveries={DeliveryKind.HTTP.value: outside},
            environment={"FULFILL_SECRET_KEY": "k" * 32},
        )

    return shop_for


def paid(shop: Shop) -> None:
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()


def work(shop: Shop) -> list[str]:
    return [item.kind for item in shop.runtime.queries.work_queue()]


def do_ones_part(shop: Shop, kind: DeliveryKind | None) -> None:
    """What a person does for a line of this kind, once it is in the queue."""
    match kind:
        case DeliveryKind.ACCESS | DeliveryKind.HTTP | None:
            assert work(shop) == []
        case DeliveryKind.LICENSE_KEY:
            assert work(shop) == [Work.BACKORDERED_LINE]
            shop.runtime.staff.import_keys(as_pool("pro"), ["AAAA-0001"], BY)
        case DeliveryKind.SHIPMENT:
            assert work(shop) == [Work.PARCEL_TO_PACK]
            shop.runtime.staff.ship(ID, [], carrier="DHL", tracking=None, by=BY)
        case DeliveryKind.MANUAL:
            assert work(shop) == [Work.MANUAL_LINE]
            shop.runtime.staff.complete(ID, [], BY)
        case _:
            assert_never(kind)
    shop.rest()


def shown(shop: Shop) -> list[str]:
    """The titles on the customer's page."""
    page = landing_page(
        shop.session(ID),
        shop.fulfillment(ID),
        ENGLISH,
        state=shop.state(ID),
        now=shop.clock(),
        refresh_seconds=None,
        mailed=set(),
    )
    return [item.title for section in page.sections for item in section.items]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value if kind else "own")
def test_a_line_of_every_kind_goes_from_paid_to_fulfilled(
    kind: DeliveryKind | None, shop_for: Callable[[str], Shop], outside: Outside
) -> None:
    shop = shop_for(kind.value if kind else OWN)
    paid(shop)
    assert shown(shop) == ["Reading lamp"]

    do_ones_part(shop, kind)

    assert (shop.state(ID), work(shop), shown(shop)) == (CheckoutState.FULFILLED, [], ["Reading lamp"])
    assert [hit.session_id for hit in shop.runtime.queries.search("reading lamp")] == [ID]
    mails = list(outside.mailbox.values())
    assert mails[0].kind is MailKind.RECEIPT
    assert all(next_step(line, ENGLISH) for line in mails[0].lines)


@pytest.mark.parametrize("kind", DeliveryKind)
def test_a_line_whose_kind_only_the_metadata_names_is_handed_over_or_waits_for_a_person(
    kind: DeliveryKind, open_shop: Open, outside: Outside
) -> None:
    lamp = a_line_item(metadata={"delivery": kind.value})
    outside.checkouts[ID] = a_checkout(line_items=[lamp])
    shop = open_shop()

    paid(shop)

    line, kinds = shop.fulfillment(ID).lines[lamp.id], work(shop)
    assert OtherWork.PARKED_EVENT not in kinds, (
        f"{kind} needs a setting that metadata lacks: answer so in its `objection`"
    )
    assert line.state.is_delivered or kinds, f"{kind}: nothing in the work queue shows the line, which is {line.state}"


@pytest.mark.parametrize("kind", [DeliveryKind.HTTP, None], ids=["http", "own"])
def test_code_outside_gets_the_answers_to_custom_fields(
    kind: DeliveryKind | None, shop_for: Callable[[str], Shop], outside: Outside
) -> None:
    shop = shop_for(kind.value if kind else OWN)
    answers = (CustomField(key="seat", label="Name on the seat", value=Personal("Ada")),)
    outside.checkouts[ID] = replace(outside.checkouts[ID], custom_fields=answers)

    paid(shop)

    assert [request.custom_fields for request in outside.deliveries.values()] == [answers]


@pytest.mark.parametrize("kind", [DeliveryKind.HTTP, None], ids=["http", "own"])
def test_a_line_that_code_outside_refuses_waits_for_a_person(
    kind: DeliveryKind | None, shop_for: Callable[[str], Shop], outside: Outside
) -> None:
    outside.couriers_error = Permanent("HTTP 410")
    shop = shop_for(kind.value if kind else OWN)

    paid(shop)

    assert (work(shop), shop.state(ID)) == ([Work.GIVEN_UP_LINE], CheckoutState.BLOCKED)


def test_a_line_of_a_kind_without_a_worker_waits_for_a_person(open_shop: Open, outside: Outside) -> None:
    lamp = a_line_item(metadata={"delivery": "drone"})
    outside.checkouts[ID] = a_checkout(line_items=[lamp])
    shop = open_shop()

    paid(shop)

    assert work(shop) == [Work.MANUAL_LINE]
    assert shop.fulfillment(ID).lines[lamp.id].state is LineState.MANUAL
    assert [mail.kind for mail in outside.mailbox.values()] == [MailKind.RECEIPT]
