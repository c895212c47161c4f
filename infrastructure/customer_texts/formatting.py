"""Amounts, numbers and dates as a locale writes them."""

import re
from copy import copy
from datetime import UTC, datetime

from babel import dates, numbers
from babel.core import Locale

from domain.money import decimals, major_units

_LETTER_NEXT_TO_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
"""CLDR parts a currency's letters from the digits (`ISK 5`), which Babel's patterns leave out."""


def format_money(amount: int, currency: str, locale: Locale) -> str:
    """Return an amount of Stripe's, exactly, as the locale writes it: 1999 `usd` is `$19.99`, 500 `jpy` is `¥500`.

    Stripe counts some currencies in hundredths although these are no longer in use (ISK, UGX). Their hundredths are
    shown only if they are not 0.
    """
    places, code = decimals(currency), currency.upper()
    if numbers.get_currency_precision(code) == 0 and amount % 10**places == 0:
        places = 0
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (places, places)
    written = str(pattern.apply(major_units(amount, currency), locale, currency=code, currency_digits=False))
    return _LETTER_NEXT_TO_DIGIT.sub("\u00a0", written)


def currencies() -> frozenset[str]:
    """Return the code of every currency, in capital letters as ISO 4217 has it."""
    return frozenset(Locale("en").currencies)


def format_number(number: int, locale: Locale) -> str:
    return str(numbers.format_decimal(number, locale=locale))


def format_date(moment: datetime, locale: Locale) -> str:
    """Return day and time in UTC, with the zone's name: `November 24, 2026, 8:30 AM UTC`. `moment` has a zone."""
    utc = moment.astimezone(UTC)
    day = dates.format_date(utc, "long", locale=locale)
    time = dates.format_time(utc, "short", tzinfo=UTC, locale=locale)
    both = str(dates.get_datetime_format("medium", locale=locale))
    return f"{both.replace('{1}', day).replace('{0}', time)} UTC"


def english() -> Locale:
    """Return the locale of pages that are always in English."""
    return Locale.parse("en")
