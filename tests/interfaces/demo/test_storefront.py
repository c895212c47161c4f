"""The small shop at /demo."""

import loopback
import pytest
from demo_shop import storefront_of
from running import RunningShop
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typed_ids import as_session

from domain.order_number import order_number
from interfaces.demo.stage import Order, Stage


@pytest.fixture
def visitor(shop: RunningShop, stage: Stage) -> TestClient:
    app = Starlette(routes=storefront_of(shop, stage).routes())
    return TestClient(app, base_url=shop.url, follow_redirects=False)


def buy(visitor: TestClient, stage: Stage, slug: str, buyer: str = "Ada") -> Order:
    order = Order(as_session(visitor.post(f"/demo/buy/{slug}").headers["location"].rpartition("/")[2]), buyer)
    stage.pay(order)
    stage.ends(order, "blocked", "receipt")
    return order


@pytest.mark.parametrize("slug", ["course", "mug", "sample"])
def test_a_visitor_is_led_to_pay(visitor: TestClient, slug: str) -> None:
    front = visitor.get("/demo")
    led_to = visitor.post(f"/demo/buy/{slug}")
    payment_page = loopback.get(led_to.headers["location"])

    assert f'action="/demo/buy/{slug}"' in front.text
    assert led_to.status_code == 303
    assert payment_page.status_code == 200
    assert ("Street and number" in payment_page.text) is (slug == "mug"), "a parcel needs to know where to"


def test_an_order_and_its_mail_are_found_and_shown(visitor: TestClient, stage: Stage) -> None:
    order = buy(visitor, stage, "course")
    name = f"eff_{order.id}_mail_receipt"

    front = visitor.get("/demo").text
    shown = visitor.get(f"/demo/orders/{order.id}").text
    mail = visitor.get(f"/demo/mails/{name}").text
    as_sent = visitor.get(f"/demo/mails/{name}/as-sent").text

    assert f'href="/demo/orders/{order.id}"' in front
    for page in (front, shown):
        assert order_number(order.id) in page
        assert "Ada" in page
    assert f'href="/demo/mails/{name}"' in front
    for text in ("Online course: drawing trees", "€49.00", ">to do by hand<", "The receipt was sent", name):
        assert text in shown
    assert "customer@example.com" in mail
    assert f'src="/demo/mails/{name}/as-sent"' in mail
    assert as_sent.lower().startswith("<!doctype html>")


def test_what_a_customer_chose_is_text_and_nothing_else(visitor: TestClient, stage: Stage) -> None:
    nasty = "<script>alert(1)</script>"
    item = {"price_data": {"currency": "eur", "unit_amount": 100, "product_data": {"name": nasty}}, "quantity": 1}
    order = stage.checkout("Ada", [item])
    stage.sandbox.pay(order.id, by="card", name=nasty)
    stage.ends(order, "blocked", "receipt")

    pages = [visitor.get(path).text for path in ("/demo", f"/demo/orders/{order.id}")]
    mail = visitor.get(f"/demo/mails/eff_{order.id}_mail_receipt").text

    for page in pages:
        assert "&lt;script&gt;alert(1)" in page
    for page in (*pages, mail):
        assert "<script" not in page


def test_no_page_loads_or_runs_anything_foreign(visitor: TestClient, stage: Stage) -> None:
    name = f"eff_{buy(visitor, stage, 'course').id}_mail_receipt"
    paths = ("/demo", "/demo/orders/cs_test_1", f"/demo/mails/{name}", f"/demo/mails/{name}/as-sent")

    policies = [visitor.get(path).headers["content-security-policy"] for path in paths]

    for policy in policies:
        assert policy.startswith("default-src 'none'; ")
        assert "script-src" not in policy
    assert policies[-1].endswith("; sandbox")
    assert all("frame-ancestors 'none'" in policy for policy in policies[:-1])
    assert visitor.get("/demo").headers["referrer-policy"] == "no-referrer"
    assert visitor.get("/demo").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/demo/orders/cs_test_1", "/demo/mails/none", "/demo/mails/none/as-sent", "/demo/mails/..%2Fcatalog"]
)
def test_an_unknown_page_is_reported_as_not_found(visitor: TestClient, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_what_is_not_sold_cannot_be_bought(visitor: TestClient) -> None:
    assert visitor.post("/demo/buy/nothing").status_code == 404
    assert visitor.get("/demo/buy/course").status_code == 405


def test_the_pages_have_their_style(visitor: TestClient) -> None:
    assert visitor.get("/demo/static/shop.css").status_code == 200
    assert visitor.get("/demo/static/shop.svg").status_code == 200
