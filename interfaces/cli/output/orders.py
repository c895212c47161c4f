"""Orders in lists: whose each is, and of what."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from domain.checkout import Checkout

_LINES_SHOWN_MAX = 3


def customer_of(order: "Checkout | None") -> str:
    customer = (order.contact.name or order.contact.email) if order else None
    return customer.text if customer else ""


def bought(order: "Checkout | None") -> str:
    """The first items with their quantities: "2 x Mug, 1 x Plate, 5 more"."""
    items = [f"{line.quantity} x {line.description}" for line in order.line_items] if order else []
    more = len(items) - _LINES_SHOWN_MAX
    return ", ".join([*items[:_LINES_SHOWN_MAX], *([f"{more} more"] if more > 0 else [])])


def with_order(listed: "DataclassInstance", order: "Checkout | None", **more: object) -> dict[str, object]:
    """What is listed, with Stripe's copy of the order as `fulfill checkout` shows it, and where that has personal
    data."""
    from application.reading.marked_json import marked_json, values_of, values_of_order

    copy = order and {
        "amount_total": order.amount_total,
        "currency": order.currency,
        "line_items": order.line_items,
        **values_of_order(order),
    }
    plain, marks = marked_json({**dict(values_of(listed)), "order": copy})
    return {**plain, "personal": marks, **more}
