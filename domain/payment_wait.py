"""What an unpaid checkout waits for. Only this module interprets Stripe's open enum of payment method types."""

from collections.abc import Collection
from enum import StrEnum


class PaymentWait(StrEnum):
    BANK = "bank"
    """The payment confirms by itself: the customer has done everything."""
    CUSTOMER = "customer"
    """The customer has a voucher, or the details of a bank transfer, and still has to pay."""
    CAPTURE = "capture"
    """The money is authorized, and the shop has not captured it."""
    UNKNOWN = "unknown"
    """Stripe does not name the payment method, or this version does not know it."""


_BY_BANK = frozenset({"acss_debit", "au_becs_debit", "bacs_debit", "nz_bank_account", "sepa_debit", "us_bank_account"})
"""https://docs.stripe.com/payments/bank-debits"""
_BY_CUSTOMER = frozenset({"boleto", "customer_balance", "konbini", "multibanco", "oxxo"})
"""https://docs.stripe.com/payments/vouchers and https://docs.stripe.com/payments/bank-transfers"""


def wait_of(method: str | None, offered: Collection[str]) -> PaymentWait:
    """Return what a payment waits for. `method` is the type of the payment method in use, if Stripe names it. `offered`
    are those that the customer could choose; a single one must be the choice."""
    if method is None:
        method = next(iter(offered)) if len(offered) == 1 else ""
    if method in _BY_BANK:
        return PaymentWait.BANK
    return PaymentWait.CUSTOMER if method in _BY_CUSTOMER else PaymentWait.UNKNOWN
