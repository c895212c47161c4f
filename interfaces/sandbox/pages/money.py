"""Amounts as people read them."""

from decimal import Decimal
from typing import Final

from babel.numbers import format_currency

_ZERO_DECIMALS: Final = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
_THREE_DECIMALS: Final = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))


def shown_money(amount: int, currency: str | None) -> str:
    """`€12.00` for 1200 and `eur`. How many decimals an amount has is Stripe's rule, not the currency's."""
    if currency is None:
        return ""
    return format_currency(Decimal(amount).scaleb(-decimals_of(currency)), currency.upper(), locale="en_US")


def decimals_of(currency: str) -> int:
    return 0 if currency in _ZERO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
