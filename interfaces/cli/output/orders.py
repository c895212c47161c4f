"""Orders in lists: whose each is, and of what."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from application.reading.answers import NamedCheckout
    from domain.checkout import LineItem

_LINES_SHOWN_MAX = 3


def customer_of(order: "NamedCheckout | None") -> str:
    customer = (order.checkout.contact.name or order.checkout.contact.email) if order else None
    return customer.text if customer else ""


def bought(order: "NamedCheckout | None") -> str:
    """The first items with their quantities: "2 x Mug, 1 x Plate, 5 more"."""
    items = [f"{line.quantity} x {order.name(line)}" for line in order.checkout.line_items] if order else []
    more = len(items) - _LINES_SHOWN_MAX
    return ", ".join([*items[:_LINES_SHOWN_MAX], *([f"{more} more"] if more > 0 else [])])


def line_of(order: "NamedCheckout | None", id: str) -> "LineItem | None":
    """The line item with this ID, if the order has it."""
    return next((line for line in order.checkout.line_items if line.id == id), None) if order else None


def with_order(listed: Mapping[str, object], order: "NamedCheckout | None", **more: object) -> dict[str, object]:
    """The fields of what is listed, with the order as `fulfill checkout` shows it, and where that has personal data."""
    from application.reading.marked_json import marked_json, values_of, values_of_order

    copy = order and {
        "amount_total": order.checkout.amount_total,
        "currency": order.checkout.currency,
        "line_items": tuple({**dict(values_of(each)), "name": order.name(each)} for each in order.checkout.line_items),
        **values_of_order(order.checkout),
    }
    plain, marks = marked_json({**listed, "order": copy})
    return {**plain, "personal": marks, **more}
