"""A cancellation moves no money, and says exactly how much of what was paid the canceled lines come to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from kinds import ACCESS
from typed_ids import as_line, as_session

from application.reading.canceled_amounts import canceled_amounts
from domain.checkout import Checkout, Presentment
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import fulfillment_id
from domain.plan import PlannedLine
from interfaces.cli.lines import about_the_money

Fulfill = Callable[..., Any]
ORDER = "cs_test_a1Q7xK2mVd"
BY = ("--as", "kim")
ID = as_session("cs_test_a1")
ITEMS = [a_line_item(f"li_{name}", amount_total=amount) for name, amount in (("a", 1000), ("b", 250), ("c", 3))]


@pytest.mark.usefixtures("small_shop")
def test_each_cancellation_names_what_its_lines_come_to_and_what_the_others_do(fulfill: Fulfill) -> None:
    first = fulfill("cancel", ORDER, "--line", "li_mug", *BY)
    rest = fulfill("cancel", ORDER, *BY)

    assert (
        "fulfill: No money was moved. 115.00 EUR was paid: the lines canceled now come to 24.00 EUR, the delivered "
        "ones to 39.00 EUR and those still to be delivered to 52.00 EUR, with their discounts and taxes. Refund what "
        "is due in Stripe's Dashboard.\n"
    ) in first.err
    assert (
        "115.00 EUR was paid: the lines canceled now come to 52.00 EUR, those canceled before to 24.00 EUR and the "
        "delivered ones to 39.00 EUR, with their discounts and taxes. Refund what is due in Stripe's Dashboard.\n"
    ) in rest.err


def said(checkout: Checkout, *canceled: str, delivered: tuple[str, ...] = (), is_paid: bool = True) -> str:
    paid_at = datetime(2026, 11, 24, tzinfo=UTC) if is_paid else None
    session = CheckoutSession(id=ID, checkout=checkout, paid_at=paid_at)
    plan = tuple(PlannedLine(item=item, delivery=ACCESS) for item in checkout.line_items)
    requested = Fulfillment.Requested(
        plan=plan,
        catalog="c0ffee",
        currency=checkout.currency,
        amount_shipping=0,
        amount_tax=0,
        paid_at=checkout.created,
    )
    before = after_all(
        Fulfillment(id=fulfillment_id(ID)),
        requested,
        *(Fulfillment.LineItemDelivered(line_item=as_line(id)) for id in delivered),
    )
    cancellation = Fulfillment.LineItemsCanceled(number=1, lines=tuple(map(as_line, canceled)), notifies=False)
    return about_the_money(session, canceled_amounts(session, before, after_all(before, cancellation)))


def after_all(fulfillment: Fulfillment, *facts: Event) -> Fulfillment:
    for fact in facts:
        fulfillment = fulfillment.evolve(replace(fact, originator_version=fulfillment.version + 1))  # type: ignore[arg-type]
    return fulfillment


@pytest.mark.parametrize(
    ("changes", "canceled", "delivered", "sentence"),
    [
        ({}, ("li_a", "li_b", "li_c"), (), "12.53 EUR was paid: the lines canceled now come to 12.53 EUR, with"),
        (
            {"amount_total": 1743, "amount_shipping": 490},
            ("li_b", "li_c"),
            ("li_a",),
            "17.43 EUR was paid: the lines canceled now come to 2.53 EUR, the delivered ones to 10.00 EUR and shipping "
            "to 4.90 EUR, with",
        ),
        (
            {"amount_total": 1836, "amount_shipping": 490},
            ("li_b",),
            ("li_a",),
            "the delivered ones to 10.00 EUR, those still to be delivered to 0.03 EUR and everything else, such as "
            "shipping and its tax, to 5.83 EUR, with",
        ),
        ({"currency": "jpy"}, ("li_b", "li_c"), ("li_a",), "1253 JPY was paid: the lines canceled now come to 253 JPY"),
        (
            {"presentment": Presentment(amount=1181, currency="chf")},
            ("li_b", "li_c"),
            ("li_a",),
            "12.53 EUR was paid (11.81 CHF by the customer): ",
        ),
        (
            {"amount_total": 1000},
            ("li_b", "li_c"),
            ("li_a",),
            "10.00 EUR was paid. The lines come to 12.53 EUR, so it is not known how much of it each of them cost.",
        ),
    ],
)
def test_what_was_paid_is_divided_exactly_as_far_as_it_is_known(
    changes: dict[str, Any], canceled: tuple[str, ...], delivered: tuple[str, ...], sentence: str
) -> None:
    checkout = replace(a_checkout(line_items=ITEMS), **{"amount_total": 1253, "amount_shipping": 0, **changes})

    answer = said(checkout, *canceled, delivered=delivered)

    assert f"No money was moved. {sentence}" in answer or sentence in answer
    assert answer.endswith(f" Refund {'what is due' if delivered else 'the payment'} in Stripe's Dashboard.")


@pytest.mark.parametrize(
    ("status", "is_paid"), [("unpaid", False), ("no_payment_required", True)], ids=["not paid", "nothing to pay"]
)
def test_no_amount_is_named_where_nothing_was_paid(status: str, is_paid: bool) -> None:
    answer = said(a_checkout(line_items=ITEMS, payment_status=status), "li_a", "li_b", "li_c", is_paid=is_paid)

    assert "EUR" not in answer
    assert answer.startswith("No money was moved")
