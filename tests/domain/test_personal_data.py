"""Personal data is marked, and shows nowhere by accident."""

import pytest
from builders import CUSTOMER, a_checkout

from domain.checkout_session import CheckoutSession
from domain.personal import Personal, personal
from domain.source import Source


def test_personal_data_never_shows_in_a_repr() -> None:
    fact = CheckoutSession.Retrieved(checkout=a_checkout(), source=Source.WEBHOOK)

    assert CUSTOMER.email is not None
    assert CUSTOMER.email.text not in repr(fact)
    assert repr(CUSTOMER.email) == "Personal(…)"


@pytest.mark.parametrize("text", [None, ""])
def test_nothing_stays_nothing(text: str | None) -> None:
    assert personal(text) is None


def test_the_same_text_is_the_same() -> None:
    assert personal("Ada") == Personal("Ada")
    assert len({personal("Ada"), personal("Ada"), personal("Bob")}) == 2
