"""Amounts and dates as the customer's locale writes them. The one place that knows CLDR."""

import re
from copy import copy
from datetime import UTC, datetime
from functools import lru_cache

from babel import dates, numbers
from babel.core import Locale, UnknownLocaleError

from domain.money import decimals, major_units

_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
_FALLBACK = "en"
_LETTER_NEXT_TO_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
"""CLDR parts a currency's letters from the digits (`ISK 5`), which Babel's patterns leave out."""


def format_money(amount: int, currency: str, locale: str | None) -> str:
    """An amount of Stripe's, exactly, as the locale writes it: 1999 `usd` is `$19.99`, 500 `jpy` is `¥500`.

    Where a currency has no minor unit in use any more, and Stripe counts it in hundredths all the same (ISK, UGX),
    hundredths are shown only if there are any.
    """
    places, code = decimals(currency), currency.upper()
    if numbers.get_currency_precision(code) == 0 and amount % 10**places == 0:
        places = 0
    spoken = _negotiated(locale)
    pattern = copy(spoken.currency_formats["standard"])
    pattern.frac_prec = (places, places)
    written = str(pattern.apply(major_units(amount, currency), spoken, currency=code, currency_digits=False))
    return _LETTER_NEXT_TO_DIGIT.sub("\u00a0", written)


def format_date(moment: datetime, locale: str | None) -> str:
    """Day and time in UTC, and says so: `November 24, 2026, 8:30 AM UTC`. `moment` has a zone."""
    spoken, utc = _negotiated(locale), moment.astimezone(UTC)
    day = dates.format_date(utc, "long", locale=spoken)
    time = dates.format_time(utc, "short", tzinfo=UTC, locale=spoken)
    return f"{day}, {time} UTC"


@lru_cache(maxsize=128)
def _negotiated(locale: str | None) -> Locale:
    """The locale that Stripe names, or the nearest that is known; English for `auto`, for none and for unknown ones."""
    if locale is None or not _LOCALE.fullmatch(locale):
        return Locale.parse(_FALLBACK)
    parts = locale.replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        try:
            return Locale.parse("-".join(parts[:length]), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(_FALLBACK)
