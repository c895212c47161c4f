"""What a visitor of the demo shop does as its staff: send parcels, and count the shelf."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from demo_shop import stage_of, storefront_of
from running import RunningShop, running_shop
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typed_ids import as_session

from application.reading.states_in_words import STATES
from interfaces.demo.goods import catalog_text, stocked
from interfaces.demo.stage import Order, Stage
from interfaces.sandbox.sandbox import Sandbox


@pytest.fixture
def stage_and_shop(tmp_path: Path) -> Iterator[tuple[Stage, RunningShop]]:
    """With the demo's own catalog, and nothing on the shelf."""
    sandbox = Sandbox()
    goods = stocked(sandbox)
    with running_shop(tmp_path, catalog=catalog_text(goods), sandbox=sandbox) as shop:
        yield replace(stage_of(shop, tmp_path), goods=goods), shop


@pytest.fixture
def stage(stage_and_shop: tuple[Stage, RunningShop]) -> Stage:
    return stage_and_shop[0]


@pytest.fixture
def shop(stage_and_shop: tuple[Stage, RunningShop]) -> RunningShop:
    return stage_and_shop[1]


@pytest.fixture
def visitor(shop: RunningShop, stage: Stage) -> TestClient:
    app = Starlette(routes=storefront_of(shop, stage).routes())
    return TestClient(app, base_url=shop.url, follow_redirects=False)


def bought(visitor: TestClient, stage: Stage, slug: str, state: str) -> Order:
    order = Order(as_session(visitor.post(f"/demo/buy/{slug}").headers["location"].rpartition("/")[2]), "Ada")
    stage.pay(order)
    stage.ends(order, state, "receipt")
    return order


def test_a_parcel_is_sent_on_the_page_of_its_order(visitor: TestClient, stage: Stage, shop: RunningShop) -> None:
    order = bought(visitor, stage, "mug", "blocked")
    assert "/ship" not in visitor.get(f"/demo/orders/{order.id}").text
    visitor.post("/demo/stock/mug-blue", data={"on_hand": "1"})
    stage.ends(order, "fulfilling", "receipt")
    shown = visitor.get(f"/demo/orders/{order.id}").text
    assert f'action="/demo/orders/{order.id}/ship"' in shown

    sent = visitor.post(f"/demo/orders/{order.id}/ship", headers={"Origin": shop.url})

    assert (sent.status_code, sent.headers["location"]) == (303, f"/demo/orders/{order.id}")
    stage.ends(order, "fulfilled", "receipt", "shipped_1")
    assert "/ship" not in visitor.get(f"/demo/orders/{order.id}").text


def states_on(page: str) -> list[str]:
    return re.findall(r'class="state ([^"]*">[^<]*)<', page)


def test_orders_and_lines_have_the_words_of_staff_lists(visitor: TestClient, stage: Stage) -> None:
    by_hand, waiting = (bought(visitor, stage, slug, "blocked") for slug in ("consultation", "mug"))

    front = visitor.get("/demo").text
    shown = visitor.get(f"/demo/orders/{by_hand.id}").text
    assert states_on(front) == ['backordered">backordered', 'to_do_by_hand">to do by hand']
    assert states_on(shown) == ['to_do_by_hand">to do by hand']
    assert '<span class="quiet">to do by hand' in shown
    visitor.post("/demo/stock/mug-blue", data={"on_hand": "1"})
    stage.ends(waiting, "fulfilling", "receipt")
    assert '<span class="quiet">to pack' in visitor.get(f"/demo/orders/{waiting.id}").text


def test_only_states_of_what_is_wrong_are_red(visitor: TestClient) -> None:
    style = visitor.get("/demo/static/shop.css").text

    [red] = re.findall(r"^(.*) \{ color: var\(--bad\); \}$", style, re.MULTILINE)
    wrong = {each.removeprefix(".state.") for each in red.split(", ")}
    assert wrong == {"blocked", "parked", "payment_failed", "paid_twice", "paid_after_cancellation"}
    assert wrong < {str(state) for state in STATES}


def test_a_count_serves_who_waits(visitor: TestClient, stage: Stage) -> None:
    order = bought(visitor, stage, "mug", "blocked")
    assert "1 waited for" in visitor.get("/demo").text

    counted = visitor.post("/demo/stock/mug-blue", data={"on_hand": "3"})

    assert (counted.status_code, counted.headers["location"]) == (303, "/demo#stock")
    stage.ends(order, "fulfilling", "receipt")


@pytest.mark.parametrize("on_hand", ["-1", "ten", "99999", "", "\u0664"])
def test_a_count_that_is_no_number_of_pieces_is_refused(visitor: TestClient, stage: Stage, on_hand: str) -> None:
    bought(visitor, stage, "mug", "blocked")

    assert visitor.post("/demo/stock/mug-blue", data={"on_hand": on_hand}).status_code == 422
    assert stage.stock("mug-blue").on_hand == 0


@pytest.mark.parametrize("path", ["/demo/stock/mug-blue", "/demo/orders/cs_test_x/ship"])
def test_a_page_of_another_site_does_nothing(visitor: TestClient, path: str) -> None:
    answer = visitor.post(path, data={"on_hand": "3"}, headers={"Origin": "https://example.com"})

    assert answer.status_code == 422
    assert "Only the shop" in answer.text


def test_what_is_not_there_is_neither_sent_nor_counted(visitor: TestClient) -> None:
    assert visitor.post("/demo/orders/cs_test_x/ship").status_code == 422
    assert visitor.post("/demo/orders/nonsense/ship").status_code == 422
    assert visitor.post("/demo/stock/none", data={"on_hand": "1"}).status_code == 404
