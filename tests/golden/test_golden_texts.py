"""What customers read stays as it was reviewed, in every language."""

import re
from html import unescape

import pytest
from customer_language import SHOP_TEXTS
from customer_samples import LANGUAGES, sample_mails, sample_pages
from golden.customer_texts import HERE, htmls, written_down

from infrastructure.customer_texts.translations import Translations, shipped_texts

LOOK = "Look at the difference, then: PYTHONPATH=tests:tests/support .venv/bin/python -m golden.customer_texts"
VALUE = re.compile(r"%\(\w+\)s")
EXAMPLES = ("en", "ja")
"""`make test` renders these, `make check` all."""


def test_every_language_is_kept() -> None:
    assert {folder.name for folder in HERE.iterdir()} == set(LANGUAGES) == {*Translations().names, "he"}


@pytest.mark.parametrize(
    "language", [each if each in EXAMPLES else pytest.param(each, marks=pytest.mark.long) for each in LANGUAGES]
)
def test_mails_and_pages_read_as_they_are_kept(language: str) -> None:
    written = written_down(language)

    assert {path.name for path in (HERE / language).iterdir()} == set(written)
    for name, text in written.items():
        assert (HERE / language / name).read_text() == text, LOOK


def markup(html: str) -> list[str]:
    """Return the tags of a page, without what is in words."""
    return re.findall(r"<[^>]*>", re.sub(r'(lang|aria-label)="[^"]*"', r"\1", html))


@pytest.fixture(scope="module")
def english() -> dict[str, dict[str, str]]:
    return htmls("en")


@pytest.mark.parametrize(
    "language",
    [each if each in EXAMPLES else pytest.param(each, marks=pytest.mark.long) for each in LANGUAGES if each != "he"],
)
def test_the_markup_is_the_same_in_every_language(language: str, english: dict[str, dict[str, str]]) -> None:
    for what, all in htmls(language).items():
        for name, html in all.items():
            if not name.startswith("shipped"):  # where the address has as many lines as its country writes
                assert markup(html) == markup(english[what][name]), name


def test_every_text_is_in_a_mail_or_on_a_page_that_is_kept() -> None:
    shown = [unescape(html) for html in sample_pages("en", SHOP_TEXTS).values()]
    shown += [
        part
        for mail in sample_mails("en", SHOP_TEXTS).values()
        for part in (mail.subject, mail.text, unescape(mail.html))
    ]
    read = " ".join(" ".join(shown).split())

    for message in shipped_texts():
        for text in [message.id] if isinstance(message.id, str) else list(message.id):
            pattern = ".+".join(map(re.escape, VALUE.split(text)))
            assert re.search(pattern, read), f"no sample shows {text!r}"
