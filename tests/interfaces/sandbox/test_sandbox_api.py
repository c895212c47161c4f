"""What Stripe's API does, asked through Stripe's own SDK."""

from collections.abc import Iterator
from typing import Unpack

import loopback
import pytest
import stripe
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItem

from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer

SUCCESS_URL = "http://localhost:4242/after-checkout?session_id={CHECKOUT_SESSION_ID}"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox()) as server:
        yield server


@pytest.fixture
def client(server: SandboxServer) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_example", base_addresses={"api": server.url})


def thing(number: int, unit_amount: int = 500) -> SessionCreateParamsLineItem:
    return {
        "price_data": {
            "currency": "eur",
            "unit_amount": unit_amount,
            "product_data": {"name": f"Thing {number}", "metadata": {"sku": f"THING-{number}"}},
        },
        "quantity": 1,
    }


def order(count: int = 1, **more: Unpack[SessionCreateParams]) -> SessionCreateParams:
    things = [thing(number) for number in range(count)]
    return {"mode": "payment", "success_url": SUCCESS_URL, "line_items": things, **more}


def test_a_new_session_is_open_and_unpaid_and_leads_to_a_page(
    server: SandboxServer, client: stripe.StripeClient
) -> None:
    session = client.v1.checkout.sessions.create(
        order(2, client_reference_id="order-7", metadata={"channel": "web"}, customer_email="a@example.com")
    )

    assert session.id.startswith("cs_test_a1")
    assert len(session.id) == 66
    assert (session.status, session.payment_status, session.mode) == ("open", "unpaid", "payment")
    assert (session.amount_subtotal, session.amount_total, session.currency) == (1000, 1000, "eur")
    assert session.client_reference_id == "order-7"
    assert session.metadata is not None
    assert session.metadata["channel"] == "web"
    assert session.url == f"{server.url}/c/pay/{session.id}"
    assert session.payment_intent is None
    assert session.livemode is False
    assert session.expires_at == session.created + 24 * 3600


def test_every_field_of_a_session_at_the_pinned_version_is_there(client: stripe.StripeClient) -> None:
    shown = client.v1.checkout.sessions.create(order()).to_dict()

    missing = set(stripe.checkout.Session.__annotations__) - set(shown)
    # Only asked for by `expand`, or only in objects of other page kinds.
    assert missing <= {
        *("line_items", "branding_settings", "excluded_payment_method_types", "allowed_payment_method_types"),
        *("managed_payments", "redirect_on_completion", "return_url", "tax_id_collection"),
        *("OBJECT_NAME", "_inner_class_types"),
    }


def test_an_expanded_session_shows_ten_line_items_and_says_that_there_are_more(
    client: stripe.StripeClient,
) -> None:
    created = client.v1.checkout.sessions.create(order(120))

    session = client.v1.checkout.sessions.retrieve(
        created.id, {"expand": ["line_items.data.price.product", "payment_intent"]}
    )

    assert session.line_items is not None
    assert len(session.line_items.data) == 10
    assert session.line_items.has_more
    price = session.line_items.data[0].price
    assert price is not None
    assert isinstance(price.product, stripe.Product)
    assert price.product.metadata["sku"] == "THING-0"


def test_all_line_items_are_paged_in_the_order_of_the_cart(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order(120))

    first = client.v1.checkout.sessions.line_items.list(session.id, {"limit": 100, "expand": ["data.price.product"]})
    everything = list(first.auto_paging_iter())

    assert len(first.data) == 100
    assert [item.description for item in everything] == [f"Thing {number}" for number in range(120)]
    last = everything[-1].price
    assert last is not None
    assert isinstance(last.product, stripe.Product)


def test_an_ending_cursor_pages_backwards(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order(5))
    items = client.v1.checkout.sessions.line_items.list(session.id).data

    page = client.v1.checkout.sessions.line_items.list(session.id, {"ending_before": items[4].id, "limit": 2})

    assert [item.id for item in page.data] == [items[2].id, items[3].id]
    assert page.has_more


def test_sessions_are_found_by_what_they_are_about(client: stripe.StripeClient, server: SandboxServer) -> None:
    paid = client.v1.checkout.sessions.create(order())
    server.sandbox.pay(paid.id)
    intent = client.v1.checkout.sessions.retrieve(paid.id).payment_intent
    assert isinstance(intent, str)

    by_intent = client.v1.checkout.sessions.list({"payment_intent": intent})
    complete = client.v1.checkout.sessions.list({"status": "complete", "created": {"gte": paid.created}})
    later = client.v1.checkout.sessions.list({"created": {"gt": paid.created + 60}})

    assert [session.id for session in by_intent.data] == [paid.id]
    assert paid.id in [session.id for session in complete.data]
    assert later.data == []


def test_products_and_prices_are_made_read_and_listed(client: stripe.StripeClient) -> None:
    product = client.v1.products.create({"name": "Mug", "metadata": {"sku": "MUG"}, "description": "Blue"})
    price = client.v1.prices.create({"product": product.id, "unit_amount": 1200, "currency": "jpy"})

    assert client.v1.products.retrieve(product.id).metadata["sku"] == "MUG"
    assert client.v1.prices.retrieve(price.id, {"expand": ["product"]}).product == product
    assert [found.id for found in client.v1.prices.list({"product": product.id}).data] == [price.id]
    assert client.v1.products.list({"limit": 1}).data[0].id == product.id


def test_a_changed_product_keeps_what_was_not_named(client: stripe.StripeClient, server: SandboxServer) -> None:
    made = client.v1.products.create(
        {"name": "Mug", "metadata": {"sku": "MUG", "shelf": "3"}, "description": "Blue", "url": "http://localhost/mug"}
    )
    server.sandbox.advance_clock(60)

    client.v1.products.update(
        made.id, {"active": False, "description": "", "metadata": {"shelf": "", "size": "L"}, "images": ["http://a/b"]}
    )
    product = client.v1.products.retrieve(made.id)

    assert (product.name, product.active, product.description) == ("Mug", False, None)
    assert (product.url, product.images) == ("http://localhost/mug", ["http://a/b"])
    assert product.metadata.to_dict() == {"sku": "MUG", "size": "L"}
    assert product.created == made.updated < product.updated
    assert made.id not in [found.id for found in client.v1.products.list({"active": True}).data]
    assert client.v1.products.update(made.id, {"active": True, "metadata": ""}).metadata.to_dict() == {}


def test_a_changed_price_keeps_its_amount(client: stripe.StripeClient) -> None:
    product = client.v1.products.create({"name": "Mug"})
    made = client.v1.prices.create({"product": product.id, "unit_amount": 1200, "currency": "eur", "nickname": "Old"})

    changed = client.v1.prices.update(made.id, {"active": False, "metadata": {"tier": "a"}, "expand": ["product"]})
    renamed = client.v1.prices.update(made.id, {"nickname": "New"})

    assert changed.product == product
    assert (renamed.active, renamed.unit_amount, renamed.nickname) == (False, 1200, "New")
    assert renamed.metadata.to_dict() == {"tier": "a"}
    assert client.v1.prices.list({"product": product.id, "active": True}).data == []


def test_a_deleted_product_is_gone(client: stripe.StripeClient) -> None:
    product = client.v1.products.create({"name": "Mug"})

    deleted = client.v1.products.delete(product.id)

    assert (deleted.id, deleted.deleted) == (product.id, True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.products.retrieve(product.id)
    assert refused.value.code == "resource_missing"


def test_a_payment_link_makes_sessions_that_name_it(client: stripe.StripeClient, server: SandboxServer) -> None:
    link = client.v1.payment_links.create(
        {
            "line_items": [{"price_data": thing(1)["price_data"], "quantity": 2}],
            "after_completion": {"type": "redirect", "redirect": {"url": SUCCESS_URL}},
            "metadata": {"campaign": "autumn"},
        }
    )

    opened = server.sandbox.visit_payment_link(link.id)
    session = client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["line_items"]})

    assert session.payment_link == link.id
    assert session.success_url == SUCCESS_URL
    assert session.metadata is not None
    assert session.metadata["campaign"] == "autumn"
    assert session.line_items is not None
    assert session.line_items.data[0].id != client.v1.payment_links.line_items.list(link.id).data[0].id
    assert [found.id for found in client.v1.payment_links.list().data] == [link.id]


def test_expand_is_read_in_both_spellings(client: stripe.StripeClient, server: SandboxServer) -> None:
    session = client.v1.checkout.sessions.create(order())

    for name in ("expand[]", "expand[0]"):
        answer = loopback.get(
            f"{server.url}/v1/checkout/sessions/{session.id}",
            params={name: "line_items"},
            auth=("sk_test_example", ""),
        )
        assert answer.json()["line_items"]["object"] == "list"


def test_a_subscription_needs_a_recurring_price(client: stripe.StripeClient, server: SandboxServer) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.create(order(mode="subscription"))

    monthly = thing(1)
    monthly["price_data"]["recurring"] = {"interval": "month"}
    session = client.v1.checkout.sessions.create(order(mode="subscription", line_items=[monthly]))
    server.sandbox.pay(session.id)
    paid = client.v1.checkout.sessions.retrieve(session.id)

    assert paid.payment_status == "paid"
    assert paid.payment_intent is None
    assert str(paid.subscription).startswith("sub_")


def test_a_customer_is_made_where_the_session_asks_for_one(client: stripe.StripeClient, server: SandboxServer) -> None:
    session = client.v1.checkout.sessions.create(order(customer_creation="always"))
    assert session.customer is None
    server.sandbox.pay(session.id, email="c@example.com")

    customer = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]}).customer

    assert isinstance(customer, stripe.Customer)
    assert customer.email == "c@example.com"


def test_a_setup_session_takes_no_money(client: stripe.StripeClient, server: SandboxServer) -> None:
    session = client.v1.checkout.sessions.create({"mode": "setup", "success_url": SUCCESS_URL, "currency": "eur"})
    server.sandbox.pay(session.id)

    done = client.v1.checkout.sessions.retrieve(session.id)

    assert (done.status, done.payment_status, done.amount_total) == ("complete", "no_payment_required", None)
    assert str(done.setup_intent).startswith("seti_")
