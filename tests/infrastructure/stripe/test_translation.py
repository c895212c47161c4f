"""Stripe's JSON of a session, turned into ours."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checkout import Checkout, Consent, Discount, PaymentAddress, Presentment, ShippingRate, TaxId
from domain.personal import Personal
from infrastructure.stripe.translation import Unintelligible, checkout_of, read_session

ITEM: dict[str, Any] = {
    "id": "li_1",
    "object": "item",
    "currency": "eur",
    "amount_subtotal": 1000,
    "amount_discount": 100,
    "amount_tax": 144,
    "amount_total": 900,
    "description": "Mug",
    "quantity": 2,
    "price": {"id": "price_1", "product": {"id": "prod_1", "metadata": {"delivery": "shipment"}}},
}


def session(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "id": "cs_test_a",
        "object": "checkout.session",
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "livemode": False,
        "created": 1795510800,
        "currency": "eur",
        "amount_subtotal": 1000,
        "amount_total": 1390,
        "total_details": {"amount_discount": 100, "amount_shipping": 490, "amount_tax": 222},
        "line_items": {"object": "list", "has_more": False, "data": [ITEM]},
        "customer_details": {"email": "ada@example.com", "name": "Ada", "phone": None, "address": {"country": "DE"}},
    }
    return {**whole, **changes}


def translated(**changes: Any) -> Checkout:
    read = read_session(json.dumps(session(**changes)))
    return checkout_of(read, read.line_items.data if read.line_items else [])


def test_the_amounts_are_kept_apart() -> None:
    checkout = translated()

    assert (checkout.amount_subtotal, checkout.amount_discount) == (1000, 100)
    assert (checkout.amount_shipping, checkout.amount_tax, checkout.amount_total) == (490, 222, 1390)


@pytest.mark.parametrize("escape", ["\\ud83d", "\\uDC00", "\\u0000"])
def test_a_character_that_no_store_can_hold_is_replaced_and_the_rest_is_read(escape: str) -> None:
    """The webhook takes such an event in, so the answer about it has to be readable, too."""
    item = {**ITEM, "id": "li_HALF", "description": "Mug HALF"}
    whole = session(line_items={"data": [item]}, customer_details={"name": "Ada HALF"}, metadata={"k": "HALF 😀"})
    read = read_session(json.dumps(whole).replace("HALF", escape))

    checkout = checkout_of(read, read.line_items.data if read.line_items else [])

    assert checkout.contact.name == Personal("Ada \ufffd")
    assert checkout.metadata == {"k": Personal("\ufffd 😀")}
    assert [(line.id, line.description) for line in checkout.line_items] == [("li_\ufffd", "Mug \ufffd")]


def test_the_product_may_be_deleted_or_not_expanded_or_absent() -> None:
    def with_price(price: object) -> tuple[str | None, str | None]:
        lines = {"data": [{**ITEM, "price": price}]}
        item = translated(line_items=lines).line_items[0]
        return item.price, item.product

    assert with_price({"id": "price_1", "product": {"id": "prod_1", "deleted": True}}) == ("price_1", "prod_1")
    assert with_price({"id": "price_1", "product": "prod_1"}) == ("price_1", "prod_1")
    assert with_price(None) == (None, None)


def test_a_line_without_a_quantity_is_one_and_a_quantity_of_zero_stays_zero() -> None:
    def with_quantity(quantity: int | None) -> int:
        return translated(line_items={"data": [{**ITEM, "quantity": quantity}]}).line_items[0].quantity

    assert (with_quantity(None), with_quantity(0), with_quantity(7)) == (1, 0, 7)


def test_the_email_known_beforehand_serves_where_the_page_asked_for_none() -> None:
    known = translated(customer_details=None, customer_email="known@example.com").contact

    assert known.email == Personal("known@example.com")
    assert translated(customer_email="known@example.com").contact.email == Personal("ada@example.com")


INTENT = {"id": "pi_1", "object": "payment_intent", "status": "requires_capture", "capture_method": "manual"}


@pytest.mark.parametrize(
    ("intent", "found"),
    [
        (None, (None, None, None, None)),
        ("pi_1", ("pi_1", None, None, None)),
        (INTENT, ("pi_1", "requires_capture", "manual", None)),
        ({**INTENT, "payment_method": "pm_1"}, ("pi_1", "requires_capture", "manual", None)),
        ({**INTENT, "payment_method": None}, ("pi_1", "requires_capture", "manual", None)),
        ({**INTENT, "payment_method": {"id": "pm_1", "type": "card"}}, ("pi_1", "requires_capture", "manual", "card")),
        ({**INTENT, "status": "of_the_future"}, ("pi_1", "of_the_future", "manual", None)),
    ],
)
def test_the_payment_is_read_as_far_as_it_is_expanded(intent: object, found: tuple[str | None, ...]) -> None:
    checkout = translated(payment_intent=intent)

    kept = (checkout.payment_intent, checkout.intent_status, checkout.capture_method, checkout.payment_method_type)
    assert kept == found


def test_a_payment_status_that_is_new_to_us_is_kept_as_it_is() -> None:
    checkout = translated(payment_status="partially_paid")

    assert (checkout.payment_status, checkout.is_understood, checkout.is_paid) == ("partially_paid", False, False)


def test_fields_that_stripe_adds_later_disturb_nothing() -> None:
    assert translated(brand_new={"deep": [1, 2]}) == translated()


@pytest.mark.parametrize("name", ["id", "mode", "payment_status", "livemode", "created"])
def test_a_session_without_what_makes_it_one_is_not_understood(name: str) -> None:
    broken = session()
    del broken[name]

    with pytest.raises(Unintelligible, match=name):
        read_session(json.dumps(broken))


def test_the_message_names_the_place_and_not_the_value() -> None:
    with pytest.raises(Unintelligible) as raised:
        read_session(json.dumps(session(customer_details={"email": ["ada@example.com"]})))

    assert "customer_details.email" in str(raised.value)
    assert "ada@" not in str(raised.value)


@pytest.mark.parametrize("created", [-1, 10**12, 10**30, 1.5])
def test_a_time_that_is_none_is_not_understood(created: float) -> None:
    with pytest.raises(Unintelligible, match="created"):
        read_session(json.dumps(session(created=created)))


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=10) | st.lists(st.integers(), max_size=2)


@given(name=st.sampled_from(sorted(session())), value=VALUES)
def test_whatever_a_field_holds_it_is_read_or_named(name: str, value: object) -> None:
    try:
        checkout = translated(**{name: value})
    except Unintelligible:
        return
    assert isinstance(checkout, Checkout)


def test_what_the_customer_saw_in_a_currency_of_their_own_is_kept_beside_the_shops_amounts() -> None:
    details = {"presentment_amount": 1123, "presentment_currency": "usd"}

    assert translated(presentment_details=details).presentment == Presentment(amount=1123, currency="usd")
    assert translated(presentment_details=None).presentment is None


@pytest.mark.parametrize(
    ("cost", "rate"),
    [
        (None, None),
        ({"amount_total": 900, "shipping_rate": None}, None),
        ({"amount_total": 900, "shipping_rate": "shr_1"}, ShippingRate(id="shr_1")),
        ({"shipping_rate": {"id": "shr_1", "display_name": "Express"}}, ShippingRate(id="shr_1", name="Express")),
        ({"shipping_rate": {"id": "shr_1", "display_name": None}}, ShippingRate(id="shr_1")),
    ],
)
def test_the_chosen_shipping_rate_is_kept_with_its_name_as_far_as_it_is_expanded(
    cost: object, rate: ShippingRate | None
) -> None:
    assert translated(shipping_cost=cost).shipping_rate == rate


def test_discounts_are_kept_with_the_codes_that_the_customer_typed() -> None:
    found = translated(
        discounts=[
            {"coupon": {"id": "10OFF", "name": "A tenth off"}, "promotion_code": None},
            {"coupon": None, "promotion_code": {"id": "promo_1", "code": "WELCOME"}},
            {"coupon": "10OFF", "promotion_code": "promo_1"},
        ]
    )

    assert found.discounts == (
        Discount(coupon="10OFF", coupon_name="A tenth off"),
        Discount(promotion_code="promo_1", code="WELCOME"),
        Discount(coupon="10OFF", promotion_code="promo_1"),
    )
    assert translated(discounts=None).discounts == ()


def test_a_business_is_kept_with_its_tax_ids() -> None:
    details = {"email": "ada@example.com", "business_name": "Ada & Co", "tax_ids": [{"type": "eu_vat", "value": "DE1"}]}

    checkout = translated(customer_details=details)

    assert checkout.business_name == Personal("Ada & Co")
    assert checkout.tax_ids == (TaxId(type="eu_vat", value=Personal("DE1")),)


def test_a_business_that_the_page_collected_is_kept_too() -> None:
    assert translated(collected_information={"business_name": "Ada & Co"}).business_name == Personal("Ada & Co")
    assert translated(customer_details=None, collected_information=None).business_name is None


def test_consent_and_the_session_that_was_recovered_are_kept() -> None:
    checkout = translated(
        consent={"promotions": "opt_in", "terms_of_service": "accepted"}, recovered_from="cs_test_abandoned"
    )

    assert checkout.consent == Consent(promotions="opt_in", terms_of_service="accepted")
    assert checkout.recovered_from == "cs_test_abandoned"
    assert (translated().consent, translated().recovered_from) == (None, None)


def test_the_page_on_which_the_customer_can_still_pay_is_kept() -> None:
    recovery = {"enabled": True, "url": "https://buy.stripe.example/r/1", "expires_at": 1_800_000_000}
    after = {"recovery": recovery}

    unfinished = translated(status="open", url="https://checkout.stripe.example/1", expires_at=1_790_000_000)
    expired = translated(status="expired", url=None, expires_at=1_790_000_000, after_expiration=after)

    assert unfinished.payment_page == PaymentAddress(
        url=Personal("https://checkout.stripe.example/1"), until=datetime.fromtimestamp(1_790_000_000, UTC)
    )
    assert expired.payment_page == PaymentAddress(
        url=Personal("https://buy.stripe.example/r/1"), until=datetime.fromtimestamp(1_800_000_000, UTC)
    )
    assert translated(status="expired", after_expiration={"recovery": None}).payment_page is None
    assert translated(status="complete", url=None, after_expiration=after).payment_page is None
