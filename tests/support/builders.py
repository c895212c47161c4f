"""Valid, complete objects of Stripe's, in which a test names only the fields that it is about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from typed_ids import as_line

from domain.checkout import Address, Checkout, Contact, LineItem
from domain.personal import Personal

CREATED = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
ADDRESS = Address(
    line1=Personal("1 Example Road"), city=Personal("Exampleton"), postal_code=Personal("12345"), country=Personal("DE")
)
CUSTOMER = Contact(name=Personal("Ada Example"), email=Personal("ada@example.com"), address=ADDRESS)


def a_line_item(id: str = "li_1", *, quantity: int = 1, amount_total: int = 1000, **changes: Any) -> LineItem:
    """A line item of a price and a product named after it."""
    item = LineItem(
        id=as_line(id),
        price=f"price_{id}",
        product=f"prod_{id}",
        description=f"Product of {id}",
        quantity=quantity,
        currency="eur",
        amount_subtotal=amount_total,
        amount_discount=0,
        amount_tax=0,
        amount_total=amount_total,
    )
    return replace(item, **changes)


def a_checkout(*, line_items: Sequence[LineItem] | None = None, **changes: Any) -> Checkout:
    """A complete and paid session in test mode, with one line item."""
    items = (a_line_item(),) if line_items is None else tuple(line_items)
    total = sum(item.amount_total for item in items)
    checkout = Checkout(
        mode="payment",
        status="complete",
        payment_status="paid",
        livemode=False,
        created=CREATED,
        currency="eur",
        amount_subtotal=total,
        amount_discount=0,
        amount_shipping=0,
        amount_tax=0,
        amount_total=total,
        line_items=items,
        payment_intent="pi_1",
        payment_method_types=("card",),
        contact=CUSTOMER,
        locale="en",
    )
    return replace(checkout, **changes)
