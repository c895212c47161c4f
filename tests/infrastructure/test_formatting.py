"""Exact money in the customer's locale: Stripe's decimals, not CLDR's."""

from datetime import UTC, datetime

import pytest

from infrastructure.formatting import format_date, format_money


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
    assert format_money(amount, currency, locale) == written


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        (None, "€19.99"),
        ("auto", "€19.99"),
        ("xx", "€19.99"),
        ("../../etc", "€19.99"),
        ("e" * 1000, "€19.99"),
        ("en-GB", "€19.99"),
        ("es-419", "EUR\u00a019.99"),
        ("zh-HK", "€19.99"),
        ("nb", "19,99\u00a0€"),
        ("pt-BR", "€\u00a019,99"),
    ],
)
def test_a_locale_of_stripes_is_found_or_english_serves(locale: str | None, written: str) -> None:
    assert format_money(1999, "eur", locale) == written


def test_formatting_one_amount_leaves_the_next_as_it_is() -> None:
    assert format_money(525, "isk", "en") == "ISK\u00a05.25"
    assert format_money(500, "isk", "en") == "ISK\u00a05"
    assert format_money(1999, "usd", "en") == "$19.99"


def test_a_moment_says_that_it_is_utc() -> None:
    moment = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)

    assert format_date(moment, "en").endswith("UTC")
    assert "24. November 2026" in format_date(moment, "de")
