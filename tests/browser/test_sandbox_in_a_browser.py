"""The sandbox's control page as a browser shows it: on a phone and on a desk, by day and by night, by keyboard."""

from collections.abc import Iterator
from typing import Literal

import pytest
from browsing import LOWEST_CONTRAST, Noticed, a_browser
from playwright.sync_api import Browser, Page, expect

from interfaces.sandbox.faults.requests import Fault
from interfaces.sandbox.faults.weather import CALM, STORM, Weather
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.webhooks.courier import Pace
from interfaces.sandbox.webhooks.inbox import Inbox

pytestmark = pytest.mark.browser

WAIT_MS = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(seed=1, pace=Pace(retry_first_seconds=0.01, attempts_max=3))) as server:
        yield server


def sold(sandbox: Sandbox, amount: int) -> str:
    price = {"currency": "eur", "unit_amount": amount, "product_data": {"name": "Mug"}}
    items = [{"price_data": price, "quantity": 1}]
    return sandbox.create_session({"mode": "payment", "success_url": "http://localhost/x", "line_items": items}).id


def full(sandbox: Sandbox, url: str) -> None:
    """Something in every part of the page."""
    sandbox.hold_clock()
    endpoint = sandbox.add_webhook(url)
    sandbox.roll_secret(endpoint.id)
    sandbox.add_webhook("http://localhost:1/a/long/path/that/has/no/end/and/no/room/webhook", is_thin=True)
    sandbox.change_weather(Weather(corrupt=1, double=1, delay=1, delay_seconds=0))
    sandbox.pay(sold(sandbox, 500))
    sandbox.pay(sold(sandbox, 99_999_999), by="debit_succeeds")
    sandbox.fail(sandbox.pay(sold(sandbox, 100), by="debit_fails").id)
    sandbox.expire(sold(sandbox, 200))
    sold(sandbox, 300)
    sandbox.faults.add_chance(Fault(status=None, dribble_seconds=3, path="/v1/checkout"), 0.2)
    sandbox.fail_next_requests(3)
    assert sandbox.wait_for_deliveries()
    sandbox.pause_deliveries()


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("is_full", [True, False], ids=["full", "empty"])
def test_it_fits_can_be_read_loads_nothing_foreign_and_has_no_complaint(
    browser: Browser, server: SandboxServer, width: int, scheme: Literal["light", "dark"], is_full: bool
) -> None:
    with Inbox() as inbox:
        if is_full:
            full(server.sandbox, inbox.url)
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        noticed = Noticed().on(page)

        page.goto(server.url)
        page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true; })")
        shown, screen = page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        lowest = page.evaluate(LOWEST_CONTRAST)
        context.close()

    assert shown <= screen
    assert lowest["count"] > 1
    assert lowest["ratio"] >= 4.5, f"{lowest['ratio']:.2f} for {lowest['text']!r}"
    assert noticed.complaints == []
    assert [url for url in noticed.requests if not url.startswith(server.url)] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_a_person_sells_something_pays_by_card_and_refunds_it_without_a_script(
    browser: Browser, server: SandboxServer, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(server.url)
    page.get_by_role("button", name="Open the checkout").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Name", exact=True).fill("Ada Example")
    page.get_by_label("Number of a test card").fill("4000 0000 0000 0002")
    page.get_by_role("button", name="Pay €12.00").click()
    expect(page.get_by_role("alert")).to_contain_text("Your card was declined.")

    page.get_by_label("Number of a test card").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay €12.00").click()
    expect(page.get_by_role("heading", name="Sandbox for Stripe Checkout")).to_be_visible()
    page.get_by_role("button", name="Refund", exact=True).click()

    expect(page.locator("#sessions")).to_contain_text("€12.00 refunded")
    expect(page.locator("#books")).to_contain_text("€12.00")
    context.close()


def test_a_person_makes_weather_and_calms_it_without_a_script(browser: Browser, server: SandboxServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.url)

    page.get_by_role("button", name="Storm").click()
    assert server.sandbox.post_office.skies.weather()[None] == STORM
    page.get_by_text("Mix your own").click()
    page.get_by_label("Corrupted").fill("40")
    page.get_by_role("button", name="Start the storm").click()
    assert server.sandbox.post_office.skies.weather()[None].corrupt == 0.4
    page.get_by_role("button", name="Calm").click()

    assert server.sandbox.post_office.skies.weather() == {None: CALM}
    context.close()


def test_everything_is_reached_and_done_by_keyboard(browser: Browser, server: SandboxServer) -> None:
    page = browser.new_page()
    page.goto(server.url)
    page.get_by_role("button", name="Hold").focus()

    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Release")).to_be_visible(timeout=WAIT_MS)
    assert server.sandbox.clock.is_held
    page.close()


def test_what_happens_meanwhile_appears_by_itself_and_the_focus_stays(browser: Browser, server: SandboxServer) -> None:
    with Inbox() as inbox:
        server.sandbox.add_webhook(inbox.url)
        first = sold(server.sandbox, 500)
        page = browser.new_page()
        page.goto(server.url)
        button = page.locator(f"#pay-{first}")
        button.focus()

        server.sandbox.pay(sold(server.sandbox, 700))

        delivered = page.locator("#events").get_by_text("delivered", exact=True)
        expect(delivered).to_be_visible(timeout=WAIT_MS)
        expect(button).to_be_focused()
        page.close()


def test_a_page_of_another_site_can_not_control_it(browser: Browser, server: SandboxServer) -> None:
    page: Page = browser.new_page()
    page.set_content(
        f'<form method="post" action="{server.url}/controls/clock"><button name="held" value="true">Win</button></form>'
    )

    page.get_by_role("button", name="Win").click()

    expect(page.get_by_text("Only the sandbox's own page can do this.")).to_be_visible(timeout=WAIT_MS)
    assert not server.sandbox.clock.is_held
    page.close()
