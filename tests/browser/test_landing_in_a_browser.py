"""The landing page as a browser shows it: on a phone and on a desk, by day and by night."""

from collections.abc import Iterator
from typing import Literal

import pytest
from browsing import LOWEST_CONTRAST, Noticed, a_browser, serving
from landing_samples import SAMPLES, sample_app
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    with serving(sample_app()) as url:
        yield url


@pytest.fixture(params=[(360, "light"), (360, "dark"), (1200, "light"), (1200, "dark")], ids=lambda p: f"{p[0]}-{p[1]}")
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width: int = request.param[0]
    scheme: Literal["light", "dark"] = request.param[1]
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce", java_script_enabled=True
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_fits_can_be_read_loads_nothing_foreign_and_has_no_complaint(page: Page, shop: str, sample: str) -> None:
    noticed = Noticed().on(page)

    page.goto(f"{shop}/{sample}")
    page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true; })")
    shown, screen = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    lowest = page.evaluate(LOWEST_CONTRAST)

    assert shown <= screen
    assert lowest["count"] > 1
    assert lowest["ratio"] >= 4.5, f"{lowest['ratio']:.2f} for {lowest['text']!r}"
    assert noticed.complaints == []
    assert f"{shop}/static/landing.css" in noticed.requests
    assert [url for url in noticed.requests if not url.startswith(f"{shop}/")] == []


def test_a_long_order_unfolds_without_a_script(browser: Browser, shop: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{shop}/long")
    last = page.get_by_text("Postcard no. 120")
    assert not last.is_visible()

    page.get_by_text("54 more").last.click()

    assert last.is_visible()
    context.close()


def test_what_can_be_opened_is_reached_and_marked_with_the_keyboard(browser: Browser, shop: str) -> None:
    page = browser.new_page()
    page.goto(f"{shop}/whole")

    focused = []
    for _ in range(2):
        page.keyboard.press("Tab")
        focused.append(
            page.evaluate("() => [document.activeElement.href, getComputedStyle(document.activeElement).outlineStyle]")
        )

    assert focused == [["https://pottery.example/", "solid"], ["https://example.com/course", "solid"]]
    page.close()


def test_a_page_that_waits_looks_again_by_itself(browser: Browser, shop: str) -> None:
    page = browser.new_page()
    page.goto(f"{shop}/soon")

    with page.expect_navigation(url=f"{shop}/soon", timeout=10_000):
        assert page.get_by_role("heading", level=1).is_visible()
    page.close()
