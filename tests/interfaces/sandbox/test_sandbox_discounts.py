"""Coupons and promotion codes, made and used through Stripe's own SDK."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from interfaces.sandbox.model.values import Money
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer

SUCCESS_URL = "http://localhost:4242/after-checkout?session_id={CHECKOUT_SESSION_ID}"
EXPAND = ["discounts.coupon", "discounts.promotion_code", "line_items.data.discounts", "total_details.breakdown"]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox()) as server:
        yield server


@pytest.fixture
def client(server: SandboxServer) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_example", base_addresses={"api": server.url})


def order(client: stripe.StripeClient, *prices: tuple[int, int], **more: Any) -> stripe.checkout.Session:
    """A session of lines with these prices and quantities."""
    items: Any = [
        {"price_data": {"currency": "eur", "unit_amount": price, "product_data": {"name": "Thing"}}, "quantity": count}
        for price, count in prices
    ]
    params: Any = {"mode": "payment", "success_url": SUCCESS_URL, "line_items": items, **more}
    created = client.v1.checkout.sessions.create(params)
    return client.v1.checkout.sessions.retrieve(created.id, {"expand": EXPAND})


def amounts_off(session: stripe.checkout.Session) -> list[int]:
    assert session.line_items is not None
    for item in session.line_items.data:
        assert item.amount_total == item.amount_subtotal - item.amount_discount
        assert [each.amount for each in item.discounts or ()] == (
            [item.amount_discount] if item.amount_discount else []
        )
    return [item.amount_discount for item in session.line_items.data]


def test_a_coupon_in_percent_is_shared_by_the_line_items_to_the_cent(client: stripe.StripeClient) -> None:
    coupon = client.v1.coupons.create({"percent_off": 15, "duration": "once", "name": "Autumn"})
    session = order(client, (333, 1), (333, 2), (1, 1), discounts=[{"coupon": coupon.id}])

    assert (session.amount_subtotal, session.amount_total) == (1000, 850)
    assert amounts_off(session) == [49, 100, 1]
    assert session.total_details is not None
    assert (session.total_details.amount_discount, session.total_details.amount_tax) == (150, 0)
    assert session.total_details.breakdown is not None
    [off] = session.total_details.breakdown.discounts
    assert (off.amount, off.discount.source.coupon, off.discount.checkout_session) == (150, coupon.id, session.id)
    [discount] = session.discounts or []
    assert isinstance(discount.coupon, stripe.Coupon)
    assert (discount.coupon.name, discount.coupon.percent_off, discount.promotion_code) == ("Autumn", 15, None)


def test_an_amount_off_is_no_more_than_what_is_bought_and_leaves_shipping(client: stripe.StripeClient) -> None:
    coupon = client.v1.coupons.create({"amount_off": 5000, "currency": "eur", "duration": "forever", "id": "FIFTY"})
    rate = {"display_name": "Post", "type": "fixed_amount", "fixed_amount": {"amount": 490, "currency": "eur"}}
    shipping = [{"shipping_rate_data": rate}]
    session = order(client, (1500, 2), discounts=[{"coupon": "FIFTY"}], shipping_options=shipping)

    assert (coupon.id, coupon.currency) == ("FIFTY", "eur")
    assert (session.amount_subtotal, session.amount_total) == (3000, 490)
    assert amounts_off(session) == [3000]


def test_a_promotion_code_shows_its_coupon_and_counts_its_uses(
    server: SandboxServer, client: stripe.StripeClient
) -> None:
    coupon = client.v1.coupons.create({"amount_off": 100, "currency": "eur"})
    code = client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "WELCOME"})
    session = order(client, (1000, 1), discounts=[{"promotion_code": code.id}])
    server.sandbox.pay(session.id)

    [discount] = session.discounts or []
    assert isinstance(discount.promotion_code, stripe.PromotionCode)
    assert (discount.promotion_code.code, discount.coupon, session.amount_total) == ("WELCOME", None, 900)
    [found] = client.v1.promotion_codes.list({"code": "WELCOME"}).data
    assert (found.promotion.coupon, found.times_redeemed) == (coupon.id, 1)
    assert client.v1.coupons.retrieve(coupon.id).times_redeemed == 1
    assert coupon.id in [each.id for each in client.v1.coupons.list().data]
    booked = server.sandbox.books.of(session.id)
    assert booked.paid == booked.total == Money(amount=900, currency="eur")


def test_the_whole_price_off_needs_no_payment(server: SandboxServer, client: stripe.StripeClient) -> None:
    coupon = client.v1.coupons.create({"percent_off": 100})
    session = order(client, (1000, 1), discounts=[{"coupon": coupon.id}])

    server.sandbox.pay(session.id, by="free")

    paid = client.v1.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status, paid.amount_total) == ("complete", "no_payment_required", 0)


def test_a_changed_quantity_changes_the_discount(server: SandboxServer, client: stripe.StripeClient) -> None:
    coupon = client.v1.coupons.create({"percent_off": 10})
    price = {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Mug"}}
    items = [{"price_data": price, "quantity": 1, "adjustable_quantity": {"enabled": True, "maximum": 9}}]
    session = order(client, discounts=[{"coupon": coupon.id}], line_items=items)
    assert session.line_items is not None
    server.sandbox.pay(session.id, quantities={session.line_items.data[0].id: 3})

    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": EXPAND})
    assert (amounts_off(paid), paid.amount_total) == ([300], 2700)


@pytest.mark.parametrize(
    ("coupon", "wrong"),
    [
        ({}, "percent_off"),
        ({"percent_off": 0}, "percent_off"),
        ({"percent_off": 101}, "percent_off"),
        ({"percent_off": 10, "amount_off": 100, "currency": "eur"}, "percent_off"),
        ({"amount_off": 100}, "currency"),
        ({"percent_off": 10, "duration": "weekly"}, "duration"),
    ],
)
def test_a_wrong_coupon_is_refused(client: stripe.StripeClient, coupon: Any, wrong: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.coupons.create(coupon)

    assert refusal.value.param == wrong


def test_a_session_takes_one_discount_that_there_is_and_of_its_currency(client: stripe.StripeClient) -> None:
    euros = client.v1.coupons.create({"percent_off": 10})
    dollars = client.v1.coupons.create({"amount_off": 100, "currency": "usd"})
    code = client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": euros.id}, "code": "OVER"})
    client.v1.promotion_codes.update(code.id, {"active": False})

    for discounts, more, param in (
        ([{"coupon": euros.id}, {"coupon": euros.id}], {}, "discounts"),
        ([{"coupon": "nosuch"}], {}, "discounts[0][coupon]"),
        ([{"coupon": dollars.id}], {}, "discounts"),
        ([{"promotion_code": code.id}], {}, "discounts[0][promotion_code]"),
        ([{"coupon": euros.id}], {"allow_promotion_codes": True}, "allow_promotion_codes"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            order(client, (1000, 1), discounts=discounts, **more)
        assert refusal.value.param == param


def test_two_active_codes_are_never_the_same(client: stripe.StripeClient) -> None:
    coupon = client.v1.coupons.create({"percent_off": 10})
    client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TWICE"})

    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "twice"})
