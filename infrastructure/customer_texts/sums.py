"""The sums below what was bought, as mails and pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from infrastructure.customer_texts.formatting import format_money
from infrastructure.customer_texts.language import Language


class Amounts(Protocol):
    """The amounts of an order, in the currency's smallest unit."""

    @property
    def currency(self) -> str: ...
    @property
    def amount_subtotal(self) -> int: ...
    @property
    def amount_discount(self) -> int: ...
    @property
    def amount_shipping(self) -> int: ...
    @property
    def amount_tax(self) -> int: ...
    @property
    def amount_total(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    label: str
    amount: str


def sums(order: Amounts, language: Language) -> tuple[Sum, ...]:
    """Return the parts of the total; none where it has only one."""
    parts = [
        (language.gettext("Discount"), -order.amount_discount),
        (language.gettext("Shipping"), order.amount_shipping),
        (_tax_label(order, language), order.amount_tax),
    ]
    shown = [Sum(label=label, amount=_money(order, amount, language)) for label, amount in parts if amount]
    subtotal = Sum(label=language.gettext("Subtotal"), amount=_money(order, order.amount_subtotal, language))
    return (subtotal, *shown) if shown else ()


def sums_note(order: Amounts, of_lines: Iterable[int], language: Language) -> str | None:
    """Return a note on what the amounts of the lines include; None if they add up to the subtotal. Stripe's amount
    of a line is what was paid for it, after discounts and with tax."""
    if sum(of_lines) == order.amount_subtotal:
        return None
    match order.amount_discount > 0, order.amount_tax > 0:
        case True, True:
            return language.gettext("Item amounts include discounts and tax.")
        case True, False:
            return language.gettext("Item amounts include discounts.")
        case False, True:
            return language.gettext("Item amounts include tax.")
        case _:
            return language.gettext("Item amounts are each item's share of the total.")


def _tax_label(order: Amounts, language: Language) -> str:
    """Prices can be with tax or without; only the sums of the amounts show which."""
    untaxed = order.amount_subtotal - order.amount_discount + order.amount_shipping
    if untaxed + order.amount_tax == order.amount_total:
        return language.gettext("Tax")
    return (
        language.gettext("Tax, included") if untaxed == order.amount_total else language.gettext("Tax, partly included")
    )


def _money(order: Amounts, amount: int, language: Language) -> str:
    return format_money(amount, order.currency, language.locale)
