"""Daily sales: what was paid for, by the shop's day of the payment, currency and product.

Amounts are integers of the currency's smallest unit, as Stripe reports them for each line. In every row, `paid` is
gross - discounts + shipping + tax_exclusive, and `tax` is tax_inclusive + tax_exclusive.
"""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from application.reading.projection import Add, Change, Column, Projection, Table, Update, topics
from domain.checkout import LineItem
from domain.event import Event
from domain.fulfillment import Fulfillment

SHIPPING = "shipping"
UNKNOWN = "unknown"


def _fold(event: Event, zone: ZoneInfo) -> Iterable[Change]:
    if not isinstance(event, Fulfillment.Requested):
        return
    day = event.paid_at.astimezone(zone).date().isoformat()
    for line in event.plan:
        key = {"day": day, "currency": event.currency, "product": line.item.product or UNKNOWN}
        yield Add(key, _amounts(line.item))
        if line.item.product:
            yield Update(key, {"name": line.title})
    rest = _beside_the_lines(event)
    if any(rest.values()):
        yield Add({"day": day, "currency": event.currency, "product": SHIPPING}, rest)


def _amounts(item: LineItem) -> dict[str, int]:
    return {
        "gross": item.amount_subtotal,
        "discounts": item.amount_discount,
        "units": item.quantity,
        **_paid(item.amount_total, item.amount_tax, before_tax=item.amount_subtotal - item.amount_discount),
    }


def _beside_the_lines(event: Fulfillment.Requested) -> dict[str, int]:
    """Return the amounts that belong to no line: shipping and the tax on it."""
    items = [line.item for line in event.plan]
    tax = event.amount_tax - sum(item.amount_tax for item in items)
    if event.amount_total is None:  # in older logs; tax on shipping then counts as exclusive, which it nearly always is
        paid = event.amount_shipping + tax
    else:
        paid = event.amount_total - sum(item.amount_total for item in items)
    return {"shipping": event.amount_shipping, **_paid(paid, tax, before_tax=event.amount_shipping)}


def _paid(paid: int, tax: int, *, before_tax: int) -> dict[str, int]:
    """Return what was paid, and its tax. Tax beyond the price was added to it; the rest is included."""
    exclusive = paid - before_tax
    return {"tax": tax, "paid": paid, "tax_inclusive": tax - exclusive, "tax_exclusive": exclusive}


_TABLE = Table(
    columns={
        "day": Column.TEXT,
        "currency": Column.TEXT,
        "product": Column.TEXT,
        "gross": Column.INTEGER,
        "discounts": Column.INTEGER,
        "tax": Column.INTEGER,
        "shipping": Column.INTEGER,
        "units": Column.INTEGER,
        "name": Column.TEXT,
        "paid": Column.INTEGER,
        "tax_inclusive": Column.INTEGER,
        "tax_exclusive": Column.INTEGER,
    },
    key=("day", "currency", "product"),
)


def daily_sales(zone: ZoneInfo) -> Projection:
    """Return the view with the days of this time zone."""
    return Projection(
        name="daily_sales",
        version=2,
        table=_TABLE,
        reads=topics(Fulfillment.Requested),
        fold=lambda event, _position: _fold(event, zone),
        variant=zone.key,
    )


DAILY_SALES = daily_sales(ZoneInfo("UTC"))
