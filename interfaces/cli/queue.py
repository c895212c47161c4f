"""`fulfill queue`: what waits for staff, and the commands that resolve it."""

from typing import TYPE_CHECKING

from interfaces.cli.output.orders import bought, customer_of, with_order
from interfaces.cli.output.pager import paged
from interfaces.cli.output.pasting import name_of, pasted
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.output.text import label, to_the_second
from interfaces.cli.read_side import is_complete, open_side
from interfaces.cli.usage import DONE, Json, Redact, SettingsSource

if TYPE_CHECKING:
    from application.reading.answers import WorkItem
    from domain.checkout import Checkout

_ITEMS_MAX = 1000
_COLUMNS = ("since", "subject", "task", "item", "customer", "order", "detail")


def _detail(item: "WorkItem") -> str:
    return item.detail if item.retry_at is None else f"{item.detail}. Next try: {to_the_second(item.retry_at)}"


def queue(*, redact: Redact = False, json: Json = False) -> int:
    """List the tasks for staff, oldest first, with their orders and the commands that resolve them."""
    from application.reading.projections.checkouts import CHECKOUTS
    from application.reading.projections.work_queue import WORK_QUEUE
    from application.reading.redacted import redacted

    prefix = SettingsSource().order_prefix()
    with open_side(warns_of_low_stock=True, warns_of_shortcomings=True) as side:
        items = side.queries.work_queue(_ITEMS_MAX)
        orders = side.queries.orders(item.subject for item in items)
        is_complete(side.queries, WORK_QUEUE, CHECKOUTS)
    if redact:
        orders = {session: redacted(order) for session, order in orders.items()}
    if json:
        print_json([_document(item, orders.get(item.subject), prefix) for item in items])
    elif items:
        rows = [(_row(item, orders.get(item.subject), prefix), pasted(item, prefix)) for item in items]
        with paged() as page_:
            page_.tasks(_COLUMNS, rows)
    else:
        page().say("The queue is empty.")
    if len(items) >= _ITEMS_MAX:
        talk(f"fulfill: Showing the first {_ITEMS_MAX}. There may be more.")
    return DONE


def _document(item: "WorkItem", order: "Checkout | None", order_prefix: str | None) -> dict[str, object]:
    from domain.order_number import order_number

    session_id = item.session_id
    return with_order(
        item,
        order,
        order_number=order_number(session_id) if session_id else None,
        commands=[each.text for each in pasted(item, order_prefix)],
    )


def _row(item: "WorkItem", order: "Checkout | None", order_prefix: str | None) -> tuple[str, ...]:
    return (
        to_the_second(item.since),
        name_of(item, order_prefix),
        label(item.kind),
        item.item,
        customer_of(order),
        bought(order),
        _detail(item),
    )
