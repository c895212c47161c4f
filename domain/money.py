"""Money: an integer of the currency's smallest unit, as Stripe counts it, beside its currency."""

from decimal import Decimal

# Stripe's own table, not CLDR's: ISK and UGX have no minor unit any more, and Stripe still counts them in hundredths.
# https://docs.stripe.com/currencies#zero-decimal
ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())


def decimals(currency: str) -> int:
    """Return the number of decimal places of Stripe's integer amounts in this currency: 0, 2 or 3."""
    code = currency.lower()
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


def major_units(amount: int, currency: str) -> Decimal:
    """Return the amount in whole units: 1999 `usd` is 19.99, 500 `jpy` is 500, 1000 `kwd` is 1.000."""
    return Decimal(amount).scaleb(-decimals(currency))


def plain(amount: int, currency: str) -> str:
    """Return the amount for logs and the audit trail, the same in every locale: `19.99 USD`."""
    return f"{major_units(amount, currency)} {currency.upper()}"
