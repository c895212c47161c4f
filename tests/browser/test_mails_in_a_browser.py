"""The HTML part of every mail, as a reader shows it: on a phone and on a desk, by day and by night."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest
from browsing import LOWEST_CONTRAST, Noticed, a_browser
from customer_language import TEXTS
from log_parts import COURSE, KEY, MUG, WRAP, mail
from playwright.sync_api import Browser, Page

from domain.checkout import Address
from domain.mail import MailKind
from domain.personal import Personal
from infrastructure.mail.render import render

pytestmark = pytest.mark.browser

WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
ADDRESS = Address(line1=Personal("1 Example Road"), city=Personal(WORD), country=Personal("DE"))


def html(kind: MailKind, *, long: bool = False) -> str:
    """A mail with everything in it that its kind can have, in words of usual length or without a place to break."""
    plain = mail(kind, MUG, COURSE, KEY, WRAP)
    title, key = (WORD, Personal("K" * 300)) if long else ("Mug, blue", Personal("PRO-0001-ABCD"))
    line = replace(plain.lines[0], title=title, quantity=1000, keys=(key, key), link="https://example.com/course")
    full = replace(
        plain,
        lines=(line, *plain.lines[1:]),
        name=Personal(title),
        reference=Personal(title),
        carrier=title,
        tracking=Personal("1Z" * 90 if long else "https://track.example/1"),
        ship_to=ADDRESS,
    )
    return render(full, TEXTS, shop=title, is_answered=True).html


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


@pytest.fixture(params=[(360, "light"), (360, "dark"), (800, "light"), (800, "dark")], ids=lambda p: f"{p[0]}-{p[1]}")
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width: int = request.param[0]
    scheme: Literal["light", "dark"] = request.param[1]
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("kind", list(MailKind))
@pytest.mark.parametrize("long", [False, True], ids=["usual", "long"])
def test_it_fits_can_be_read_and_loads_nothing(page: Page, kind: MailKind, long: bool) -> None:
    noticed = Noticed().on(page)

    page.set_content(html(kind, long=long))
    shown, screen = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    lowest = page.evaluate(LOWEST_CONTRAST)

    assert shown <= screen
    assert lowest["count"] > 5
    assert lowest["ratio"] >= 4.5, f"{lowest['ratio']:.2f} for {lowest['text']!r}"
    assert (noticed.requests, noticed.complaints) == ([], [])


def test_it_stands_in_the_middle_of_a_wide_screen(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})

    page.set_content(html(MailKind.RECEIPT))

    card = page.locator(".card").bounding_box()
    assert card is not None
    assert card["x"] == pytest.approx(1200 - card["x"] - card["width"], abs=1)
    page.close()


@pytest.mark.parametrize("kind", list(MailKind))
def test_a_reader_that_drops_the_style_sheet_still_shows_what_can_be_read(browser: Browser, kind: MailKind) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})

    page.set_content(re.sub(r"<style>.*?</style>", "", html(kind), flags=re.DOTALL))

    assert page.evaluate(LOWEST_CONTRAST)["ratio"] >= 4.5
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    page.close()
