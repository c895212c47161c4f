"""The demo's shop as a browser shows it: on a phone and on a desk, by day and by night, without a script."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from browsing import LOWEST_CONTRAST, Noticed, a_browser, serving
from demo_shop import stage_of, storefront_of
from playwright.sync_api import Browser, Page
from running import running_shop
from starlette.applications import Starlette
from typed_ids import as_session

from interfaces.demo.stage import Order, Stage

pytestmark = pytest.mark.browser

WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2


@dataclass(frozen=True)
class OpenShop:
    url: str
    stage: Stage
    order: Order

    def path(self, page: str) -> str:
        paths = {"order": f"orders/{self.order.id}", "mail": f"mails/eff_{self.order.id}_mail_receipt"}
        return f"{self.url}/demo/{paths[page]}" if page in paths else f"{self.url}/demo"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenShop]:
    directory = tmp_path_factory.mktemp("shop")
    with running_shop(directory) as running:
        stage = stage_of(running, directory)
        item = {"price_data": {"currency": "eur", "unit_amount": 100, "product_data": {"name": WORD}}, "quantity": 1}
        order = stage.checkout("Ada", [item])
        stage.pay(order)
        stage.ends(order, "blocked", "receipt")
        with serving(Starlette(routes=storefront_of(running, stage).routes())) as url:
            yield OpenShop(url, stage, order)


@pytest.fixture(params=[(360, "light"), (360, "dark"), (1200, "light"), (1200, "dark")], ids=lambda p: f"{p[0]}-{p[1]}")
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width: int = request.param[0]
    scheme: Literal["light", "dark"] = request.param[1]
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", ["front", "order", "mail"])
def test_it_fits_can_be_read_loads_nothing_foreign_and_has_no_complaint(page: Page, shop: OpenShop, name: str) -> None:
    noticed = Noticed().on(page)

    page.goto(shop.path(name))
    page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true; })")
    shown, screen = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    lowest = page.evaluate(LOWEST_CONTRAST)

    assert shown <= screen
    assert lowest["count"] > 1
    assert lowest["ratio"] >= 4.5, f"{lowest['ratio']:.2f} for {lowest['text']!r}"
    assert noticed.complaints == []
    assert [url for url in noticed.requests if not url.startswith(f"{shop.url}/demo")] == []


def test_a_mail_is_shown_as_a_mail_program_shows_it(browser: Browser, shop: OpenShop) -> None:
    page = browser.new_page()
    page.goto(shop.path("mail"))

    heading = page.frame_locator("iframe").get_by_role("heading", level=1)

    assert heading.is_visible()
    assert heading.evaluate("each => getComputedStyle(each).fontFamily") != page.get_by_role(
        "heading", level=1
    ).evaluate("each => getComputedStyle(each).fontFamily"), "it has a style of its own"
    page.close()


def test_a_visitor_buys_looks_again_and_reads_the_story_without_a_script(browser: Browser, shop: OpenShop) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{shop.url}/demo#orders")

    page.get_by_role("button", name="Buy Sample lesson").click()
    page.wait_for_url("**/c/pay/*")
    bought = Order(as_session(page.url.rpartition("/")[2]), "Ada")
    page.goto(f"{shop.url}/demo#orders")
    shop.stage.pay(bought, by="free")
    shop.stage.ends(bought, "blocked", "receipt")
    page.get_by_role("link", name="Refresh").click()
    page.get_by_role("link", name="Sample lesson").click()

    assert page.get_by_text("The receipt was sent").is_visible()
    page.get_by_role("link", name="Thank you for your order: here is your receipt").click()
    page.get_by_text("As plain text").click()
    assert page.locator("pre").is_visible()
    context.close()
