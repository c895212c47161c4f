"""When the copy of a session counts as complete, as paid and as understood."""

import pytest
from builders import a_checkout


@pytest.mark.parametrize(
    ("status", "payment_status", "is_paid"),
    [
        ("complete", "paid", True),
        ("complete", "no_payment_required", True),
        ("complete", "unpaid", False),
        ("complete", "half_paid", False),
        ("open", "paid", False),
        ("open", "no_payment_required", False),
        ("expired", "unpaid", False),
        ("a_status_of_the_future", "paid", False),
    ],
)
def test_a_session_is_paid_when_it_is_complete_and_nothing_is_left_to_pay(
    status: str, payment_status: str, is_paid: bool
) -> None:
    assert a_checkout(status=status, payment_status=payment_status).is_paid is is_paid


@pytest.mark.parametrize(
    ("payment_status", "is_understood"),
    [("paid", True), ("no_payment_required", True), ("unpaid", True), ("half_paid", False), ("", False)],
)
def test_a_payment_status_that_stripe_does_not_document_is_not_understood(
    payment_status: str, is_understood: bool
) -> None:
    assert a_checkout(payment_status=payment_status).is_understood is is_understood
