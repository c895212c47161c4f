"""Staff correct where parcels go: what has not left goes there, and what has left keeps its address."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import pytest
from builders import ADDRESS, CUSTOMER, a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_session

from application.ports import DeliveryReceipt, DeliveryRequest, Permanent, Temporary
from application.staff.by import By
from application.staff.correction import Correction
from domain.checkout import Address, Contact
from domain.effect import Effect
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.mail import MailKind
from domain.personal import Personal
from domain.refusal import RefusalCode
from domain.step import effect_id

ID = as_session("cs_test_first")
CATALOG = """
[products.prod_mug]
delivery = "shipment"
[products.prod_cup]
delivery = "shipment"
[products.prod_hook]
delivery = "courier"
"""
BY = By(name="ann", reason="the customer moved")
MOVED = Correction(line1="Neue Gasse 2")


@pytest.fixture
def shop(open_shop: Callable[..., Shop], outside: Outside) -> Shop:
    items = [a_line_item(id="li_mug", product="prod_mug"), a_line_item(id="li_cup", product="prod_cup")]
    shipping = Contact(name=CUSTOMER.name, address=ADDRESS)
    outside.checkouts[ID] = a_checkout(line_items=items, shipping=shipping)
    shop = open_shop(catalog=CATALOG)
    shop.hear(COMPLETED, ID, id=as_event("evt_completed"))
    shop.rest()
    return shop


def hooked(open_shop: Callable[..., Shop], outside: Outside, **options: object) -> Shop:
    """A paid order that a courier is to deliver; it has not been called yet."""
    shipping = Contact(name=CUSTOMER.name, address=ADDRESS)
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_hook", product="prod_hook")], shipping=shipping)
    shop = open_shop(catalog=CATALOG, **options)
    shop.visit(ID)
    shop.runtime.engine.run_until_quiet(effects=False)
    return shop


def street(shipping: Contact | None) -> str:
    assert shipping is not None
    assert shipping.address is not None
    assert shipping.address.line1 is not None
    return shipping.address.line1.text


def ship(shop: Shop, line: str) -> None:
    shop.runtime.staff.ship(ID, [as_line(line)], carrier="DHL", tracking=None, by=BY)


def streets(shop: Shop) -> list[str]:
    """Where the parcels of the mails go, oldest first."""
    mails = [mail for mail in shop.outside.mailbox.values() if mail.kind is MailKind.SHIPPED]
    return [mail.ship_to.line1.text for mail in mails if mail.ship_to and mail.ship_to.line1]


def old_street() -> str:
    return street(Contact(address=ADDRESS))


def test_the_queue_and_the_checkout_show_the_correction_with_who_and_why(shop: Shop) -> None:
    shop.runtime.staff.correct_shipping(ID, MOVED, BY)

    document = shop.runtime.queries.checkout(ID)
    assert document is not None
    assert document.checkout is not None
    for order in (shop.runtime.queries.orders([ID])[ID].checkout, document.checkout):
        assert order.shipping is not None
        assert order.shipping.address == Address(
            line1=Personal("Neue Gasse 2"),
            line2=ADDRESS.line2,
            city=ADDRESS.city,
            postal_code=ADDRESS.postal_code,
            state=ADDRESS.state,
            country=ADDRESS.country,
        )
        assert order.shipping.name == CUSTOMER.name
    [corrected] = shop.events_of(Fulfillment.ShippingCorrected)
    assert (corrected.actor, corrected.reason) == ("staff:ann", Personal(BY.reason))


def test_a_parcel_that_left_before_keeps_its_address_though_its_mail_leaves_later(shop: Shop) -> None:
    ship(shop, "li_mug")
    shop.runtime.staff.correct_shipping(ID, MOVED, BY)
    ship(shop, "li_cup")

    shop.rest()

    assert sorted(streets(shop)) == sorted([old_street(), "Neue Gasse 2"])


def test_what_has_all_left_is_not_sent_elsewhere(shop: Shop) -> None:
    ship(shop, "li_mug")
    ship(shop, "li_cup")

    with expect_refusal("Nothing of this checkout is left to deliver"):
        shop.runtime.staff.correct_shipping(ID, MOVED, BY)


def test_a_correction_that_changes_nothing_is_refused(shop: Shop) -> None:
    shop.runtime.staff.correct_shipping(ID, MOVED, BY)

    with expect_refusal("is unchanged"):
        shop.runtime.staff.correct_shipping(ID, MOVED, BY)

    assert len(shop.events_of(Fulfillment.ShippingCorrected)) == 1


def test_the_code_of_a_country_may_have_small_letters(shop: Shop) -> None:
    shop.runtime.staff.correct_shipping(ID, Correction(country="at"), BY)

    [corrected] = shop.events_of(Fulfillment.ShippingCorrected)
    assert corrected.to.address is not None
    assert corrected.to.address.country == Personal("AT")


@pytest.mark.parametrize(
    "wrong",
    [
        Correction(),
        Correction(line1=""),
        Correction(city=""),
        Correction(city="  "),
        Correction(country=""),
        Correction(name=" "),
        Correction(country="Germany"),
        Correction(country="XX"),
        Correction(country="QM"),
        Correction(country="ZZ"),
        Correction(country="EU"),
        Correction(city="a\nb"),
        Correction(name="x" * 201),
        Correction(name="..."),
        Correction(line1="…"),
        Correction(line2="-"),
        Correction(city="?"),
        Correction(postal_code="..."),
        Correction(state="."),
        Correction(phone="abc"),
        Correction(phone="call 030 1234567"),
        Correction(phone="..."),
        Correction(phone="+()"),
        Correction(phone="123"),
        Correction(phone="0" * 25),
        Correction(phone="ada@example.com"),
        Correction(phone="030 1234567 ext."),
    ],
)
def test_what_no_label_can_have_is_refused(shop: Shop, wrong: Correction) -> None:
    with pytest.raises(Refused):
        shop.runtime.staff.correct_shipping(ID, wrong, BY)

    assert shop.events_of(Fulfillment.ShippingCorrected) == []


@pytest.mark.parametrize(
    "phone",
    [
        *("+49 30 1234567", "030/123 45-67", "(030) 1234567", "+49 (0)30 1234567", "1.800.555.0199", "22123"),
        *("030 1234567 ext. 12", "030 1234567 x12", "030 1234567 EXT 12", "030 1234567#12", "+49301234567"),
    ],
)
def test_a_phone_number_is_taken_as_people_write_it(shop: Shop, phone: str) -> None:
    shop.runtime.staff.correct_shipping(ID, Correction(phone=f" {phone} "), BY)

    [corrected] = shop.events_of(Fulfillment.ShippingCorrected)
    assert corrected.to.phone == Personal(phone)


def test_a_refused_part_is_named_with_those_that_can_be_removed(shop: Shop) -> None:
    with expect_refusal(
        r"^The city must not be empty, since no parcel arrives without it\. Only the phone number, line 2, the postal "
        r"code and the state can be removed\.$"
    ):
        shop.runtime.staff.correct_shipping(ID, Correction(city=""), BY)


def test_a_country_that_there_is_not_is_named_in_the_refusal(shop: Shop) -> None:
    with expect_refusal(r"^The country must be .* ISO 3166 .* such as DE \(got 'XX'\)\.$"):
        shop.runtime.staff.correct_shipping(ID, Correction(country="xx"), BY)


def test_what_a_parcel_arrives_without_can_be_removed(shop: Shop) -> None:
    shop.runtime.staff.correct_shipping(ID, Correction(phone="", line2="", postal_code="", state=" "), BY)

    [corrected] = shop.events_of(Fulfillment.ShippingCorrected)
    assert corrected.to == Contact(
        name=CUSTOMER.name, address=Address(line1=ADDRESS.line1, city=ADDRESS.city, country=ADDRESS.country)
    )


@pytest.mark.parametrize(
    ("correction", "is_complete"),
    [
        (Correction(line1="Neue Gasse 2", country="DE"), False),
        (Correction(line1="Neue Gasse 2", city="Weimar"), False),
        (Correction(line1="Neue Gasse 2", city="Weimar", country="DE"), True),
    ],
)
def test_a_first_address_needs_a_street_a_city_and_a_country(
    open_shop: Callable[..., Shop], outside: Outside, correction: Correction, is_complete: bool
) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_mug", product="prod_mug")], shipping=None)
    shop = open_shop(catalog=CATALOG)
    shop.visit(ID)
    shop.rest()

    with nullcontext() if is_complete else expect_refusal("must have a street, a city and a country"):
        shop.runtime.staff.correct_shipping(ID, correction, BY)

    assert len(shop.events_of(Fulfillment.ShippingCorrected)) == is_complete


def test_the_street_of_a_city_state_is_corrected_without_a_city(
    open_shop: Callable[..., Shop], outside: Outside
) -> None:
    there = Contact(name=CUSTOMER.name, address=Address(line1=Personal("1 Orchard Road"), country=Personal("SG")))
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_mug", product="prod_mug")], shipping=there)
    shop = open_shop(catalog=CATALOG)
    shop.visit(ID)
    shop.rest()

    shop.runtime.staff.correct_shipping(ID, Correction(line1="2 Orchard Road"), BY)

    assert street(shop.events_of(Fulfillment.ShippingCorrected)[0].to) == "2 Orchard Road"


@pytest.mark.parametrize("is_tried_before", [False, True])
def test_a_courier_gets_the_corrected_addresses(
    open_shop: Callable[..., Shop], outside: Outside, is_tried_before: bool
) -> None:
    shop = hooked(open_shop, outside)
    if is_tried_before:
        outside.couriers_error = Temporary("The courier does not answer.")
        shop.rest()
        outside.couriers_error = None

    shop.runtime.staff.correct_shipping(ID, MOVED, BY)
    shop.runtime.staff.readdress(ID, "other@example.com", BY)
    shop.rest()

    [request] = outside.deliveries.values()
    assert (street(request.shipping), request.customer.email) == ("Neue Gasse 2", Personal("other@example.com"))
    assert shop.state(ID) == "fulfilled"


def test_a_delivery_that_is_under_way_keeps_its_address(open_shop: Callable[..., Shop], outside: Outside) -> None:
    codes: list[RefusalCode] = []

    class Courier:
        def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
            with pytest.raises(Refused) as refusal:
                calling.runtime.staff.correct_shipping(ID, MOVED, BY)
            codes.append(refusal.value.refusal.code)
            return DeliveryReceipt(note=street(request.shipping))

    calling = hooked(open_shop, outside, deliveries={"courier": Courier()})
    calling.rest()

    assert codes == [RefusalCode.DELIVERY_UNDER_WAY]
    assert calling.fulfillment(ID).lines[as_line("li_hook")].note == old_street()
    assert calling.events_of(Fulfillment.ShippingCorrected) == []


def test_a_claim_that_did_not_know_the_correction_conflicts_with_it(
    open_shop: Callable[..., Shop], outside: Outside
) -> None:
    shop = hooked(open_shop, outside)
    before = shop.runtime.log.get(Effect, effect_id(ID, "deliver_li_hook"))

    shop.runtime.staff.correct_shipping(ID, MOVED, BY)

    after = shop.runtime.log.get(Effect, before.id)
    assert (after.version > before.version, after.is_open) == (True, True)


def test_a_delivery_that_was_given_up_waits_for_a_person_with_the_corrected_address(
    open_shop: Callable[..., Shop], outside: Outside
) -> None:
    outside.couriers_error = Permanent("The courier does not go there.")
    shop = hooked(open_shop, outside)
    shop.rest()
    outside.couriers_error = None

    shop.runtime.staff.correct_shipping(ID, MOVED, BY)
    shop.rest()
    assert outside.deliveries == {}
    shop.runtime.staff.retry(ID, BY)
    shop.rest()

    assert [street(request.shipping) for request in outside.deliveries.values()] == ["Neue Gasse 2"]


def test_an_order_is_found_by_its_corrected_addresses(shop: Shop) -> None:
    shop.runtime.staff.correct_shipping(ID, Correction(name="Grace Hopper", postal_code="99425"), BY)
    shop.runtime.staff.readdress(ID, "other@example.com", BY)
    shop.rest()

    for text in ("Hopper", "99425", "other@example.com"):
        assert [hit.session_id for hit in shop.runtime.queries.search(text)] == [ID], text


def test_before_the_payment_the_address_is_corrected_for_later(
    open_shop: Callable[..., Shop], outside: Outside
) -> None:
    shipping = Contact(name=CUSTOMER.name, address=ADDRESS)
    items = [a_line_item("li_mug", product="prod_mug")]
    unpaid = a_checkout(line_items=items, shipping=shipping, payment_status="unpaid", payment_method_type="sepa_debit")
    outside.checkouts[ID] = unpaid
    shop = open_shop(catalog=CATALOG)
    shop.visit(ID)
    shop.rest()

    shop.runtime.staff.correct_shipping(ID, MOVED, BY)
    outside.checkouts[ID] = replace(unpaid, payment_status="paid")
    shop.visit(ID)
    shop.rest()
    ship(shop, "li_mug")
    shop.rest()

    assert streets(shop) == ["Neue Gasse 2"]


def test_while_the_customer_can_change_the_address_staff_can_not(
    open_shop: Callable[..., Shop], outside: Outside
) -> None:
    outside.checkouts[ID] = a_checkout(status="open", payment_status="unpaid")
    shop = open_shop(catalog=CATALOG)
    shop.visit(ID)

    with expect_refusal("has not finished"):
        shop.runtime.staff.correct_shipping(ID, Correction(line1="Neue Gasse 2", city="Weimar", country="DE"), BY)


def test_a_customer_who_has_finished_is_not_said_to_change_the_address(
    open_shop: Callable[..., Shop], outside: Outside
) -> None:
    outside.checkouts[ID] = a_checkout(status="open", payment_status="unpaid")
    shop = open_shop(catalog=CATALOG)
    shop.visit(ID)
    outside.planned_errors = [Permanent("HTTP 400")]
    shop.hear(COMPLETED, ID, id=as_event("evt_completed"), payment_status="paid")
    shop.rest()

    with expect_refusal("is paid, and it is not retrieved yet"):
        shop.runtime.staff.correct_shipping(ID, Correction(line1="Neue Gasse 2", city="Weimar", country="DE"), BY)
