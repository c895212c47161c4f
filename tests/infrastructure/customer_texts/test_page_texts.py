"""The headline and message of a planned order are true of each of its lines, whatever situations these are in."""

from collections.abc import Callable, Iterator, Mapping, Set
from itertools import combinations

import pytest
from customer_language import ENGLISH

from application.reading.checkout_state import CheckoutState
from application.reading.parts import Part
from domain.payment_wait import PaymentWait
from infrastructure.customer_texts.page_texts import PageText, page_text

PLANNED = frozenset(Part) - {Part.ORDERED}
OVER = {Part.CANCELED, Part.KEYS_REVOKED}
"""What the customer gets nothing of."""
CLAIMS: Mapping[str, Callable[[Set[Part]], bool]] = {
    "order is complete": lambda parts: Part.READY in parts and parts <= {Part.READY, Part.CANCELED},
    "Everything is ready": lambda parts: parts == {Part.READY},
    "Everything else is ready": lambda parts: Part.READY in parts and parts <= {Part.READY, *OVER},
    "Part of it is ready": lambda parts: Part.READY in parts and parts != {Part.READY},
    "art of it is no longer available": lambda parts: Part.KEYS_REVOKED in parts and not parts <= OVER,
    "art of it was canceled": lambda parts: Part.CANCELED in parts and parts != {Part.CANCELED},
    "order has been canceled": lambda parts: parts == {Part.CANCELED},
    "keys are no longer valid": lambda parts: Part.KEYS_REVOKED in parts and parts <= OVER,
    "Nothing": lambda parts: parts <= OVER,
    "taking care of": lambda parts: bool(parts - OVER - {Part.READY}),
    "taking care of it": lambda parts: not parts & {Part.READY, *OVER},
    "looking into your order": lambda parts: Part.UNDECIDED in parts,
    "only takes a moment": lambda parts: Part.WORKING in parts and parts <= {Part.WORKING, Part.READY, *OVER},
    "getting your parcel ready": lambda parts: Part.PACKING in parts,
}
"""What is claimed, in the words of the text, and of which orders it is true."""


def every_order() -> Iterator[frozenset[Part]]:
    for number in range(1, len(PLANNED) + 1):
        yield from map(frozenset, combinations(sorted(PLANNED), number))


def read(parts: Set[Part]) -> str:
    text = text_of(parts)
    return f"{text.headline}. {text.message}"


def text_of(parts: Set[Part]) -> PageText:
    return page_text(CheckoutState.FULFILLED, ENGLISH, parts=parts, is_unpaid=False, payment_wait=PaymentWait.UNKNOWN)


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_is_claimed_of_an_order_is_true_of_its_lines(claim: str) -> None:
    claimed = [parts for parts in every_order() if claim in read(parts)]

    assert claimed, "no order reads so"
    assert [sorted(parts) for parts in claimed if not CLAIMS[claim](parts)] == []


def test_an_order_with_lines_to_come_says_that_something_comes() -> None:
    to_come = [parts for parts in every_order() if parts - OVER - {Part.READY}]

    silent = [parts for parts in to_come if not any(word in text_of(parts).message for word in ("We are", "Our team"))]

    assert silent == []


def test_an_order_that_no_person_has_decided_about_promises_nothing() -> None:
    undecided = [parts for parts in every_order() if Part.UNDECIDED in parts]

    assert {read(parts) for parts in undecided} == {
        "We are looking into your order. Our team is checking it. There is nothing you need to do, and please do not "
        "pay again."
    }


def test_an_order_that_was_paid_and_canceled_does_not_ask_the_customer_not_to_pay() -> None:
    assert read({Part.CANCELED}) == (
        "Your order has been canceled. Nothing will be sent. If you have questions about your order or your payment, "
        "please contact us."
    )


@pytest.mark.parametrize(
    ("wait", "message"),
    [
        (PaymentWait.BANK, "Your bank account may still be debited. If it is, please contact us."),
        (PaymentWait.CUSTOMER, "If you have received payment instructions, please do not pay."),
        (PaymentWait.CAPTURE, "If you have questions about your payment, please contact us."),
        (PaymentWait.UNKNOWN, "If you have received payment instructions, please do not pay."),
    ],
)
def test_an_order_that_was_canceled_before_it_was_paid_asks_not_to_pay_only_a_customer_who_still_can(
    wait: PaymentWait, message: str
) -> None:
    text = page_text(CheckoutState.CANCELED, ENGLISH, parts=frozenset(), is_unpaid=False, payment_wait=wait)

    assert (text.headline, text.message) == ("Your order has been canceled", f"Nothing will be sent. {message}")


@pytest.mark.parametrize("wait", PaymentWait)
def test_an_order_whose_payment_failed_after_it_was_canceled_is_not_said_to_be_debited_yet(wait: PaymentWait) -> None:
    text = page_text(
        CheckoutState.CANCELED,
        ENGLISH,
        parts=frozenset(),
        is_unpaid=False,
        payment_wait=wait,
        is_payment_over=True,
    )

    assert text.message == (
        "Nothing will be sent. If you have questions about your order or your payment, please contact us."
    )


def test_an_order_with_lines_that_do_not_come_says_so_or_shows_what_is_being_done() -> None:
    shown = {Part.WORKING, Part.PACKING, Part.UNDECIDED}
    over = [parts for parts in every_order() if parts & OVER and not parts & shown]
    words = ("no longer", "canceled", "Nothing")

    assert [parts for parts in over if not any(word in text_of(parts).message for word in words)] == []
