"""Mails and pages in every language as a browser shows them: on a phone, and from right to left too."""

from collections.abc import Iterator

import pytest
from browsing import LOWEST_CONTRAST, a_browser, serving
from customer_language import SHOP, SHOP_TEXTS
from customer_samples import LANGUAGES, sample_mails, sample_pages
from landing_samples import app_of
from playwright.sync_api import Browser, Locator
from pseudo_language import from_right_to_left

from infrastructure.customer_texts.customer_texts import CustomerTexts

pytestmark = pytest.mark.browser

WIDTHS = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"


def texts_of(language: str) -> CustomerTexts:
    return from_right_to_left(SHOP) if language == "he" else SHOP_TEXTS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits_a_phone_and_can_be_read(browser: Browser, language: str) -> None:
    shown = sample_pages(language, texts_of(language))
    page = browser.new_page(viewport={"width": 360, "height": 800}, reduced_motion="reduce")

    with serving(app_of(shown, texts_of(language))) as url:
        for name in shown:
            page.goto(f"{url}/{name}")

            width, screen = page.evaluate(WIDTHS)
            assert width <= screen, name
            assert page.evaluate(LOWEST_CONTRAST)["ratio"] >= 4.5, name
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_fits_a_phone_and_can_be_read(browser: Browser, language: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})

    for name, mail in sample_mails(language, texts_of(language)).items():
        page.set_content(mail.html)

        width, screen = page.evaluate(WIDTHS)
        assert width <= screen, name
        assert page.evaluate(LOWEST_CONTRAST)["ratio"] >= 4.5, name
    page.close()


def left(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["x"]


@pytest.mark.parametrize(("language", "is_mirrored"), [("de", False), ("he", True)])
def test_what_is_written_from_right_to_left_is_laid_out_so(browser: Browser, language: str, is_mirrored: bool) -> None:
    texts = texts_of(language)
    page = browser.new_page(viewport={"width": 360, "height": 800})

    page.set_content(sample_mails(language, texts)["receipt"].html)
    amount, title = page.locator("td.amount").first, page.get_by_text("Mug, blue")
    assert (left(amount) < left(title)) is is_mirrored

    with serving(app_of(sample_pages(language, texts), texts)) as url:
        page.goto(f"{url}/mixed")
        assert (left(page.get_by_role("link").last) < left(page.get_by_text("Bread course").first)) is is_mirrored
        assert left(page.get_by_text("PRO-0001")) < 60, "a key reads from the left, whatever stands around it"
    page.close()
