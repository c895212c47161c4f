"""Unpaid is not one thing: a debit confirms by itself, a voucher waits for the customer, a capture for the shop."""

from dataclasses import replace

import pytest
from builders import a_checkout

from domain.payment_wait import PaymentWait

BANK, CUSTOMER, UNKNOWN = PaymentWait.BANK, PaymentWait.CUSTOMER, PaymentWait.UNKNOWN


@pytest.mark.parametrize(
    ("method", "wait"),
    [
        *((method, BANK) for method in ("sepa_debit", "bacs_debit", "au_becs_debit", "acss_debit", "us_bank_account")),
        *((method, CUSTOMER) for method in ("multibanco", "boleto", "oxxo", "konbini", "customer_balance")),
        ("of_tomorrow", UNKNOWN),
        ("", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_the_payment_method_says_who_has_to_act(method: str | None, wait: PaymentWait) -> None:
    unpaid = a_checkout(payment_status="unpaid", payment_method_type=method)

    assert unpaid.payment_wait is wait


@pytest.mark.parametrize(
    ("offered", "wait"),
    [(("multibanco",), CUSTOMER), (("card", "multibanco"), UNKNOWN), (("sepa_debit", "multibanco"), UNKNOWN)],
)
def test_without_a_named_method_a_single_offered_one_counts(offered: tuple[str, ...], wait: PaymentWait) -> None:
    unpaid = a_checkout(payment_status="unpaid", payment_method_type=None, payment_method_types=offered)

    assert unpaid.payment_wait is wait
    assert replace(unpaid, payment_method_type="sepa_debit").payment_wait is BANK


def test_an_authorized_payment_waits_for_the_shop() -> None:
    authorized = a_checkout(payment_status="unpaid", intent_status="requires_capture", payment_method_type="card")

    assert authorized.payment_wait is PaymentWait.CAPTURE
