"""Exact money in the customer's locale: Stripe's decimals, not CLDR's."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from babel.core import Locale
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.customer_texts.formatting import format_date, format_money
from infrastructure.customer_texts.locales import cldr_locale

STRIPES_LOCALES = (
    "bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk "
    "sl sv th tr vi zh zh-HK zh-TW"
).split()
"""https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-locale, less `auto`."""


def locale_of(tag: str) -> Locale:
    locale = cldr_locale(tag)
    assert locale is not None
    return locale


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        (1999, "usd", "en", "$19.99"),
        (0, "usd", "en", "$0.00"),
        (-500, "usd", "en", "-$5.00"),
        (123456789012345, "usd", "en", "$1,234,567,890,123.45"),
        (1999, "eur", "de", "19,99\u00a0€"),
        (500, "jpy", "en", "¥500"),
        (500, "jpy", "ja", "￥500"),
        (1000, "kwd", "en", "KWD\u00a01.000"),
        (1005, "kwd", "en", "KWD\u00a01.005"),
        (500, "isk", "en", "ISK\u00a05"),
        (525, "isk", "en", "ISK\u00a05.25"),
        (500, "ugx", "en", "UGX\u00a05"),
        (150000, "huf", "en", "HUF\u00a01,500.00"),
        (1999, "xof", "en", "F\u202fCFA\u00a01,999"),
    ],
)
def test_an_amount_is_written_exactly(amount: int, currency: str, locale: str, written: str) -> None:
    assert format_money(amount, currency, locale_of(locale)) == written


@given(
    amount=st.integers(min_value=0, max_value=10**14),
    currency=st.sampled_from("usd eur gbp chf huf twd jpy krw clp vnd xof kwd bhd tnd isk ugx".split()),
    locale=st.sampled_from(STRIPES_LOCALES),
)
def test_no_digit_is_lost_or_made_up_in_any_currency_and_language(amount: int, currency: str, locale: str) -> None:
    digits = "".join(letter for letter in format_money(amount, currency, locale_of(locale)) if letter.isdigit())

    hundredths_left_out = currency in {"isk", "ugx"} and amount % 100 == 0
    assert int(digits) == (amount // 100 if hundredths_left_out else amount)


@pytest.mark.parametrize("locale", STRIPES_LOCALES)
def test_every_language_of_stripes_checkout_has_a_date_and_says_utc(locale: str) -> None:
    written = format_date(datetime(2026, 11, 24, 20, 30, tzinfo=UTC), locale_of(locale))

    assert "2026" in written
    assert "24" in written
    assert written.endswith(" UTC")


def test_a_moment_of_another_zone_is_reported_in_utc() -> None:
    in_tokyo = datetime(2026, 11, 25, 5, 30, tzinfo=timezone(timedelta(hours=9)))

    assert format_date(in_tokyo, locale_of("en-GB")) == "24 November 2026, 20:30 UTC"


def test_formatting_one_amount_leaves_the_next_as_it_is() -> None:
    assert format_money(525, "isk", locale_of("en")) == "ISK\u00a05.25"
    assert format_money(500, "isk", locale_of("en")) == "ISK\u00a05"
    assert format_money(1999, "usd", locale_of("en")) == "$19.99"


def test_a_moment_says_that_it_is_utc() -> None:
    moment = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)

    assert format_date(moment, locale_of("en")).endswith("UTC")
    assert "24. November 2026" in format_date(moment, locale_of("de"))
