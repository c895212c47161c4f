"""What a customer can do on the pages, with plain forms."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import loopback
import pytest

from interfaces.sandbox.model.values import Session
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.webhooks.courier import Pace
from interfaces.sandbox.webhooks.inbox import Inbox

SHOP = "http://localhost:4242/after-checkout?session_id={CHECKOUT_SESSION_ID}"
FAST = Pace(debit_delay_seconds=0.05, redirect_hold_seconds=0.2, retry_first_seconds=0.01, attempts_max=2)
PERSON = {"email": "alex@example.com", "name": "Alex Example"}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(pace=FAST)) as server:
        yield server


@pytest.fixture
def sandbox(server: SandboxServer) -> Sandbox:
    return server.sandbox


@pytest.fixture
def browser(server: SandboxServer) -> Iterator[httpx2.Client]:
    with loopback.client(base_url=server.url) as browser:
        yield browser


def opened(sandbox: Sandbox, unit_amount: int = 500, **more: object) -> Session:
    price = {"currency": "eur", "unit_amount": unit_amount, "product_data": {"name": "Mug <b>"}}
    adjustable = {"enabled": True, "minimum": 1, "maximum": 5}
    item = {"price_data": price, "quantity": 2, "adjustable_quantity": adjustable}
    values = {"mode": "payment", "success_url": SHOP, "line_items": [item]}
    return sandbox.create_session({**values, **more})


def test_the_page_shows_what_is_bought_and_says_that_no_money_moves(sandbox: Sandbox, browser: httpx2.Client) -> None:
    page = browser.get(opened(sandbox).url)

    assert page.status_code == 200
    assert "€10.00" in page.text
    assert "Mug &lt;b&gt;" in page.text
    assert "No money moves" in page.text
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_page_shows_what_a_coupon_takes_off(sandbox: Sandbox, browser: httpx2.Client) -> None:
    coupon = sandbox.create_coupon({"percent_off": 30})

    page = browser.get(opened(sandbox, discounts=[{"coupon": coupon.id}]).url).text

    for shown in ("€10.00", "Discount: -€3.00", "Pay €7.00"):
        assert shown in page


def test_the_style_sheet_is_served(browser: httpx2.Client) -> None:
    sheet = browser.get("/assets/sandbox.css")

    assert sheet.headers["content-type"].startswith("text/css")
    assert "color-scheme: light dark" in sheet.text


@pytest.mark.parametrize(
    ("by", "payment_status"), [("card", "paid"), ("debit_succeeds", "unpaid"), ("debit_fails", "unpaid")]
)
def test_paying_leads_back_to_the_shop_with_the_session_named(
    sandbox: Sandbox, browser: httpx2.Client, by: str, payment_status: str
) -> None:
    session = opened(sandbox, success_url=f"{SHOP}&again={{CHECKOUT_SESSION_ID}}")
    sandbox.hold_clock()

    answer = browser.post(session.url, data={**PERSON, "by": by})

    assert answer.status_code == 303
    where = f"http://localhost:4242/after-checkout?session_id={session.id}&again={session.id}"
    assert answer.headers["location"] == where
    paid = sandbox.session(session.id)
    assert (paid.status, paid.payment_status) == ("complete", payment_status)
    assert paid.customer is not None
    assert paid.customer.email == "alex@example.com"


def test_a_free_order_asks_for_no_payment_method(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = opened(sandbox, unit_amount=0)

    assert "Payment method" not in browser.get(session.url).text
    assert browser.post(session.url, data=PERSON).status_code == 303
    assert sandbox.session(session.id).payment_status == "no_payment_required"


def test_a_changed_quantity_changes_the_total(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = opened(sandbox)
    quantity = {f"quantity[{session.line_items[0].id}]": "4"}

    shown = browser.post(session.url, data={**quantity, "action": "update"})
    assert "€20.00" in shown.text
    assert sandbox.session(session.id).amount_total == 1000

    browser.post(session.url, data={**PERSON, **quantity})
    assert sandbox.session(session.id).amount_total == 2000


def test_a_quantity_outside_its_bounds_is_refused(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = opened(sandbox)

    answer = browser.post(session.url, data={**PERSON, f"quantity[{session.line_items[0].id}]": "6"})

    assert answer.status_code == 422
    assert "between 1 and 5" in answer.text
    assert sandbox.session(session.id).status == "open"


def test_an_optional_item_becomes_a_line_item(sandbox: Sandbox, browser: httpx2.Client) -> None:
    product = sandbox.create_product({"name": "Gift wrapping"})
    price = sandbox.create_price({"product": product.id, "unit_amount": 350, "currency": "eur"})
    session = opened(sandbox, optional_items=[{"price": price.id, "quantity": 1}])
    assert "Gift wrapping" in browser.get(session.url).text

    browser.post(session.url, data={**PERSON, f"addition[{price.id}]": "1"})

    paid = sandbox.session(session.id)
    assert [item.description for item in paid.line_items] == ["Mug <b>", "Gift wrapping"]
    assert paid.amount_total == 1350


def test_what_the_session_asks_for_must_be_filled_in(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = opened(
        sandbox,
        shipping_address_collection={"allowed_countries": ["DE", "AT"]},
        phone_number_collection={"enabled": True},
        shipping_options=[
            {"shipping_rate_data": {"display_name": "Parcel", "fixed_amount": {"amount": 490, "currency": "eur"}}},
            {"shipping_rate_data": {"display_name": "Pickup", "fixed_amount": {"amount": 0, "currency": "eur"}}},
        ],
        custom_fields=[
            {"key": "gift", "label": {"custom": "Greeting", "type": "custom"}, "type": "text"},
            {"key": "pin", "label": {"custom": "PIN", "type": "custom"}, "type": "numeric", "optional": True},
        ],
    )

    lacking = browser.post(session.url, data={"email": "alex", "answer[pin]": "x"})
    assert lacking.status_code == 422
    for what in ("e-mail", "your name", "phone", "the street", "postal code", "the city", "Greeting", "digits"):
        assert what in lacking.text

    address = {"line1": "1 Example Street", "postal_code": "10115", "city": "Berlin", "country": "DE"}
    pickup = session.wishes.shipping_options[1].rate_id
    more = {"phone": "+49 30 0000", "answer[gift]": "Hello", "shipping_rate": pickup}
    assert browser.post(session.url, data={**PERSON, **address, **more}).status_code == 303

    paid = sandbox.session(session.id)
    assert paid.ship_to is not None
    assert paid.ship_to.address is not None
    assert paid.ship_to.address.city == "Berlin"
    assert paid.wishes.custom_fields[0].answer == "Hello"
    assert (paid.amount_shipping, paid.amount_total) == (0, 1000)


def test_an_address_given_by_the_shop_cannot_be_changed(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = opened(sandbox, customer_email="known@example.com")

    browser.post(session.url, data=PERSON)

    paid = sandbox.session(session.id)
    assert paid.customer is not None
    assert paid.customer.email == "known@example.com"


def test_leaving_leads_to_the_shops_page_or_says_how_long_the_session_stays(
    sandbox: Sandbox, browser: httpx2.Client
) -> None:
    with_page = opened(sandbox, cancel_url="http://localhost:4242/cart")
    without = opened(sandbox)

    assert 'href="http://localhost:4242/cart"' in browser.get(with_page.url).text
    assert f'href="/c/pay/{without.id}/left"' in browser.get(without.url).text
    left = browser.get(f"/c/pay/{without.id}/left")
    assert "stays open until" in left.text
    assert without.url in left.text
    assert sandbox.session(without.id).status == "open"


def test_a_session_is_paid_once(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = opened(sandbox)
    browser.post(session.url, data=PERSON)
    events = len(sandbox.events())

    again = browser.post(session.url, data=PERSON)

    assert again.status_code == 303
    assert len(sandbox.events()) == events
    assert "Your order is complete" in browser.get(session.url).text


def test_an_expired_or_unknown_session_cannot_be_paid(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = opened(sandbox)
    sandbox.expire(session.id)

    assert "expired" in browser.post(session.url, data=PERSON).text
    assert sandbox.session(session.id).status == "expired"
    assert browser.get("/c/pay/cs_test_unknown").status_code == 404
    assert browser.post("/c/pay/cs_test_unknown", data=PERSON).status_code == 404


def test_a_payment_link_opens_a_session_of_its_own_for_each_visit(sandbox: Sandbox, browser: httpx2.Client) -> None:
    product = sandbox.create_product({"name": "Handbook"})
    price = sandbox.create_price({"product": product.id, "unit_amount": 2900, "currency": "eur"})
    link = sandbox.create_payment_link(
        {
            "line_items": [{"price": price.id, "quantity": 1}],
            "after_completion": {"type": "redirect", "redirect": {"url": SHOP}},
            "restrictions": {"completed_sessions": {"limit": 1}},
        }
    )

    visits = [browser.get(f"{link.url}?client_reference_id=r-1&prefilled_email=a%40example.com") for _ in range(2)]
    first, second = (visit.headers["location"] for visit in visits)
    assert first != second
    answer = browser.post(first, data=PERSON)

    session = sandbox.session(first.rpartition("/")[2])
    assert answer.headers["location"] == SHOP.replace("{CHECKOUT_SESSION_ID}", session.id)
    assert (session.payment_link_id, session.client_reference_id) == (link.id, "r-1")
    assert session.customer_email == "a@example.com"
    assert browser.get(link.url).status_code == 404


def test_a_payment_link_without_a_redirect_thanks_on_its_own_page(sandbox: Sandbox, browser: httpx2.Client) -> None:
    price = {"currency": "eur", "unit_amount": 100, "product_data": {"name": "Tip"}}
    message = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "See you soon."}}
    link = sandbox.create_payment_link(
        {"line_items": [{"price_data": price, "quantity": 1}], "after_completion": message}
    )
    session = sandbox.visit_payment_link(link.id)

    answer = browser.post(session.url, data=PERSON, follow_redirects=True)

    assert "See you soon." in answer.text


def test_the_customer_waits_for_the_endpoints_answer() -> None:
    with (
        Inbox() as inbox,
        SandboxServer(Sandbox(pace=Pace(redirect_hold_seconds=10))) as server,
        ThreadPoolExecutor() as customers,
    ):
        server.sandbox.add_webhook(inbox.url)
        session = opened(server.sandbox)
        inbox.hold()

        paying = customers.submit(loopback.post, session.url, data=PERSON, timeout=10)
        inbox.next()
        assert not paying.done()
        inbox.release()

        assert paying.result(10).status_code == 303


def test_the_customer_does_not_wait_for_ever(sandbox: Sandbox, browser: httpx2.Client) -> None:
    with Inbox() as inbox:
        endpoint = sandbox.add_webhook(inbox.url)
        inbox.hold()

        answer = browser.post(opened(sandbox).url, data=PERSON)

        inbox.release()
        assert sandbox.wait_for_deliveries()
        with sandbox.changing() as making:
            del making.state.endpoints[endpoint.id]
    assert answer.status_code == 303


def test_links_lead_back_the_way_the_caller_came(server: SandboxServer) -> None:
    port = server.url.rpartition(":")[2]
    created = loopback.post(
        f"{server.url}/v1/checkout/sessions",
        data={"mode": "setup", "success_url": SHOP},
        headers={"Authorization": "Bearer sk_test_example", "Host": f"localhost:{port}"},
    )

    assert created.json()["url"].startswith(f"http://localhost:{port}/c/pay/cs_test_")


def test_the_front_page_lists_the_latest_sessions(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = opened(sandbox)

    page = browser.get("/")

    assert re.search(rf'href="/c/pay/{session.id}"', page.text)
    assert "alex@example.com" not in page.text


def test_a_payment_link_opens_whatever_else_is_in_its_address(browser: httpx2.Client, sandbox: Sandbox) -> None:
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Mug"}}
    link = sandbox.create_payment_link({"line_items": [{"price_data": price, "quantity": 1}]})

    opened = browser.get(f"/b/{link.id}?client_reference_id=a&" + "&".join(f"utm={n}" for n in range(30)))

    assert opened.status_code == 303


def test_the_usual_test_card_pays(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = opened(sandbox)
    assert 'value="4242 4242 4242 4242"' in browser.get(session.url).text

    answer = browser.post(session.url, data={**PERSON, "by": "card", "card": "4242424242424242", "action": "pay"})

    assert answer.status_code == 303
    assert sandbox.session(session.id).payment_status == "paid"


@pytest.mark.parametrize("number", ["4000 0000 0000 0002", "4000000000009995"])
def test_a_declined_card_is_reported_and_the_checkout_stays_open(
    sandbox: Sandbox, browser: httpx2.Client, number: str
) -> None:
    session = opened(sandbox)
    filled = {**PERSON, "by": "card", "card": number, "action": "pay"}

    declined = browser.post(session.url, data=filled)

    assert declined.status_code == 422
    assert "Your card was declined." in declined.text
    assert f'value="{number}"' in declined.text
    assert sandbox.session(session.id).status == "open"
    assert [event for event in sandbox.events() if event.object_id == session.id] == []
    assert browser.post(session.url, data={**filled, "card": "5555 5555 5555 4444"}).status_code == 303


@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "visa", "9" * 40])
def test_a_card_that_is_no_test_card_is_refused(sandbox: Sandbox, browser: httpx2.Client, number: str) -> None:
    session = opened(sandbox)

    refused = browser.post(session.url, data={**PERSON, "by": "card", "card": number, "action": "pay"})

    assert refused.status_code == 422
    assert "never a real card" in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert sandbox.session(session.id).status == "open"


def test_the_number_of_a_card_counts_only_where_a_card_pays(sandbox: Sandbox, browser: httpx2.Client) -> None:
    by_debit, free = opened(sandbox), opened(sandbox, unit_amount=0)

    for session, by in ((by_debit, "debit_succeeds"), (free, "card")):
        filled = {**PERSON, "by": by, "card": "4000 0000 0000 0002", "action": "pay"}
        assert browser.post(session.url, data=filled).status_code == 303


def test_a_disputed_test_card_is_disputed(sandbox: Sandbox, browser: httpx2.Client) -> None:
    session = opened(sandbox)

    browser.post(session.url, data={**PERSON, "by": "card", "card": "4000 0000 0000 0259", "action": "pay"})

    payment = sandbox.books.payment_of(session.id)
    assert payment is not None
    assert payment.disputed == payment.paid
