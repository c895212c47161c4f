"""In which language a customer reads."""

import pytest
from customer_language import TEXTS
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.customer_texts.customer_texts import CustomerTexts

STRIPES_LOCALES = (
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR "
    "ro ru sk sl sv th tr vi zh zh-HK zh-TW"
).split()
"""https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-locale"""
OURS = {"de", "en", "es", "fr", "it", "ja", "nl", "pt"}


@pytest.mark.parametrize(
    ("named", "translation", "tag"),
    [
        ("de", "de", "de"),
        ("de-AT", "de", "de-AT"),
        ("en-GB", "en", "en-GB"),
        ("es-419", "es", "es-419"),
        ("fr-CA", "fr", "fr-CA"),
        ("pt", "pt", "pt-PT"),
        ("pt-BR", "pt", "pt-BR"),
        ("pt_BR", "pt", "pt-BR"),
        ("ja", "ja", "ja"),
    ],
)
def test_the_locale_of_the_checkout_decides(named: str, translation: str, tag: str) -> None:
    language = TEXTS.language(named, accepted="it")

    assert (language.translation, language.tag, language.direction) == (translation, tag, "ltr")


@pytest.mark.parametrize("named", ["pl", "zh-HK", "fil", "nb", "hi-IN"])
def test_a_language_that_we_have_no_texts_in_is_english_as_a_whole(named: str) -> None:
    language = TEXTS.language(named, accepted="de")

    assert (language.translation, language.tag) == ("en", "en")


@pytest.mark.parametrize("named", [None, "", "auto", "xx", "../../etc/passwd", "e" * 1000, "de\n", "日本"])
def test_a_checkout_that_names_no_language_leaves_it_to_the_browser(named: str | None) -> None:
    assert TEXTS.language(named, accepted="pl, fr-CH;q=0.9, de;q=0.8").tag == "fr-CH"


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("", "en"),
        ("pl", "en"),
        ("*", "en"),
        ("de;q=0, it;q=0.1", "it"),
        ("it;q=0.1, de;q=0.9", "de"),
        ("nl-BE", "nl-BE"),
        (";;;,,=", "en"),
        ("de;q=much, es;q=0.5", "es"),
    ],
)
def test_the_browsers_languages_are_taken_in_their_order(accepted: str, tag: str) -> None:
    assert TEXTS.language(None, accepted=accepted).tag == tag


def test_customers_of_whom_nothing_is_known_read_the_merchants_language() -> None:
    texts = CustomerTexts(default="de-CH")

    assert texts.language(None).tag == "de-CH"
    assert texts.language("auto", accepted="pl").tag == "de-CH"
    assert texts.language("pl").tag == "en", "a customer who asked for another language knows English more likely"


@pytest.mark.parametrize("default", ["pl", "xx", "deutsch"])
def test_a_default_without_texts_is_refused_with_those_that_there_are(default: str) -> None:
    with pytest.raises(LookupError, match=f"must be one of de, en, es, fr, it, ja, nl, pt .got .{default}"):
        CustomerTexts(default=default)


@pytest.mark.parametrize("named", STRIPES_LOCALES)
def test_every_locale_of_stripes_has_a_language(named: str) -> None:
    language = TEXTS.language(named)

    assert language.translation in OURS
    assert language.locale.language == language.translation


@given(named=st.none() | st.text(max_size=20), accepted=st.text(max_size=80))
def test_no_name_of_a_language_fails(named: str | None, accepted: str) -> None:
    assert TEXTS.language(named, accepted=accepted).translation in OURS


def test_of_a_header_of_any_length_only_the_beginning_counts() -> None:
    assert TEXTS.language(None, accepted="pl, " * 10 + "de").tag == "de"
    assert TEXTS.language(None, accepted="pl, " * 100_000 + "de").tag == "en"


def test_a_text_has_its_values_and_the_form_that_goes_with_the_number() -> None:
    german = TEXTS.language("de")

    assert german.gettext("Hello %(name)s,", name="100 % <b>") == "Guten Tag 100 % <b>,"
    assert german.ngettext("Your license key:", "Your license keys:", 1) == "Ihr Lizenzschlüssel:"
    assert german.ngettext("Your license key:", "Your license keys:", 3) == "Ihre Lizenzschlüssel:"
    assert TEXTS.language("fr").ngettext("Your license key:", "Your license keys:", 0) == "Votre clé de licence\u00a0:"
    assert TEXTS.language("en").ngettext("Your license key:", "Your license keys:", 3) == "Your license keys:"


def test_a_text_without_a_translation_is_english() -> None:
    assert TEXTS.language("ja").gettext("Not a text of ours") == "Not a text of ours"
