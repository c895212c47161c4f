"""`fulfill queue`: what waits for staff, and the commands that resolve it."""

from typing import TYPE_CHECKING, assert_never

from application.reading.work import OtherWork, Work, WorkKind
from interfaces.cli.output.orders import bought, customer_of, with_order
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.output.text import label, to_the_second
from interfaces.cli.read_side import is_complete, open_side
from interfaces.cli.usage import DONE, Json, Redact

if TYPE_CHECKING:
    from application.reading.answers import WorkItem
    from domain.checkout import Checkout

_ITEMS_MAX = 1000


def resolving(kind: WorkKind) -> tuple[str, ...]:  # noqa: C901 - a table with a line for each kind
    """Return the commands that resolve work of this kind, the usual one first."""
    match kind:
        case Work.PARCEL_TO_PACK:
            return ("ship", "cancel")
        case Work.MANUAL_LINE:
            return ("complete", "replan", "cancel")
        case Work.BACKORDERED_LINE:
            return ("stock count", "keys import", "cancel")
        case Work.MAIL_FAILED:
            return ("retry", "readdress", "dismiss")
        case Work.MAIL_WITHOUT_ADDRESS:
            return ("readdress", "dismiss")
        case Work.RETRIEVAL_FAILED:
            return ("retry", "run", "dismiss")
        case Work.PAYMENT_OVERDUE:
            return ("retry", "cancel", "dismiss")
        case Work.PARKED_SESSION:
            return ("retry", "dismiss")
        case Work.CONTRADICTED:
            return ("dismiss",)
        case Work.FAILED_STRIPE_EVENT | OtherWork.PARKED_EVENT:
            return ("retry", "dismiss")
        case Work.GIVEN_UP_LINE:
            return ("retry", "complete", "cancel")
        case Work.FAILING_EFFECT | Work.STRIPE_KEY_REFUSED:
            return ("retry",)
        case OtherWork.INCOMPLETE_VIEW:
            return ("projections rebuild",)
        case OtherWork.WAITING_EFFECT:
            return ("serve", "worker")
        case OtherWork.LOW_STOCK:
            return ("stock count",)
        case OtherWork.LOW_KEYS:
            return ("keys import",)
        case _:
            assert_never(kind)


def _detail(item: "WorkItem") -> str:
    return item.detail if item.retry_at is None else f"{item.detail}. Next try: {to_the_second(item.retry_at)}"


KINDS: tuple[WorkKind, ...] = (*Work, *OtherWork)
RETRIED = tuple(kind for kind in KINDS if resolving(kind)[0] == "retry")
"""The kinds of work that `fulfill retry` resolves in the first place."""


def queue(*, redact: Redact = False, json: Json = False) -> int:
    """List the tasks for staff, oldest first, with their orders and the commands that resolve them."""
    from application.reading.projections.checkouts import CHECKOUTS
    from application.reading.projections.work_queue import WORK_QUEUE
    from application.reading.redacted import redacted

    with open_side(warns_of_low_stock=True, warns_of_shortcomings=True) as side:
        items = side.queries.work_queue(_ITEMS_MAX)
        orders = side.queries.orders(item.subject for item in items)
        is_complete(side.queries, WORK_QUEUE, CHECKOUTS)
    if redact:
        orders = {session: redacted(order) for session, order in orders.items()}
    if json:
        print_json([with_order(item, orders.get(item.subject)) for item in items])
    elif items:
        columns = ("since", "subject", "task", "item", "customer", "order", "detail", "resolve with")
        rows = [_row(item, orders.get(item.subject)) for item in items]
        page().table(columns, rows, wraps=("customer", "order", "detail", "resolve with"))
    else:
        page().say("The queue is empty.")
    if len(items) >= _ITEMS_MAX:
        talk(f"fulfill: Showing the first {_ITEMS_MAX}. There may be more.")
    return DONE


def _row(item: "WorkItem", order: "Checkout | None") -> tuple[str, ...]:
    return (
        to_the_second(item.since),
        item.subject,
        label(item.kind),
        item.item,
        customer_of(order),
        bought(order),
        _detail(item),
        " or ".join(resolving(item.kind)),
    )
