"""Money is an integer of the smallest unit, which is not always a hundredth."""

from decimal import Decimal

import pytest

from domain.money import THREE_DECIMAL, ZERO_DECIMAL, decimals, major_units, plain


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1999, "usd", "19.99 USD"),
        (1999, "EUR", "19.99 EUR"),
        (500, "jpy", "500 JPY"),
        (1000, "kwd", "1.000 KWD"),
        (0, "usd", "0.00 USD"),
        (5, "usd", "0.05 USD"),
        (-250, "usd", "-2.50 USD"),
        (100, "isk", "1.00 ISK"),
        (100, "ugx", "1.00 UGX"),
        (10**15, "usd", "10000000000000.00 USD"),
    ],
)
def test_an_amount_reads_as_stripe_counts_it(amount: int, currency: str, text: str) -> None:
    assert plain(amount, currency) == text


def test_an_amount_loses_nothing_on_its_way() -> None:
    assert major_units(123456789012345678, "usd") == Decimal("1234567890123456.78")


@pytest.mark.parametrize(
    ("places", "currencies"),
    [
        (0, "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"),
        (2, "EUR HUF ISK TWD UGX USD"),
        (3, "BHD JOD KWD OMR TND"),
    ],
)
def test_a_currency_has_the_decimal_places_of_stripes_table(places: int, currencies: str) -> None:
    assert {decimals(currency) for currency in currencies.split()} == {places}


def test_a_currency_has_no_two_decimals() -> None:
    assert not ZERO_DECIMAL & THREE_DECIMAL
    assert {decimals(currency) for currency in ZERO_DECIMAL} == {0}
    assert {decimals(currency) for currency in THREE_DECIMAL} == {3}
    assert decimals("a currency of the future") == 2
