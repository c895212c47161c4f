"""Daily sales: what was paid for, by the UTC day of the payment, currency and product.

Amounts are integers of the currency's smallest unit, as Stripe reports them for each line: gross is before discounts,
and tax is beside it or within it, depending on the price.
"""

from collections.abc import Iterable
from datetime import UTC

from application.reading.projection import Add, Change, Column, Projection, Table, topics
from domain.event import Event
from domain.fulfillment import Fulfillment

SHIPPING = "shipping"
UNKNOWN = "unknown"


def fold(event: Event, position: int) -> Iterable[Change]:  # noqa: ARG001 - every fold has the same shape
    if not isinstance(event, Fulfillment.Requested):
        return
    day = event.paid_at.astimezone(UTC).date().isoformat()
    for line in event.plan:
        item = line.item
        yield Add(
            {"day": day, "currency": event.currency, "product": item.product or UNKNOWN},
            {
                "gross": item.amount_subtotal,
                "discounts": item.amount_discount,
                "tax": item.amount_tax,
                "units": item.quantity,
            },
        )
    tax = event.amount_tax - sum(line.item.amount_tax for line in event.plan)
    if event.amount_shipping or tax:
        key = {"day": day, "currency": event.currency, "product": SHIPPING}
        yield Add(key, {"shipping": event.amount_shipping, "tax": tax})


DAILY_SALES = Projection(
    name="daily_sales",
    version=1,
    table=Table(
        columns={
            "day": Column.TEXT,
            "currency": Column.TEXT,
            "product": Column.TEXT,
            "gross": Column.INTEGER,
            "discounts": Column.INTEGER,
            "tax": Column.INTEGER,
            "shipping": Column.INTEGER,
            "units": Column.INTEGER,
        },
        key=("day", "currency", "product"),
    ),
    reads=topics(Fulfillment.Requested),
    fold=fold,
)
