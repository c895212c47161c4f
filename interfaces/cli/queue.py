"""`fulfill queue`: what waits for staff, and the commands that resolve it."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from domain import identifiers
from domain.identifiers import is_stripe_event
from interfaces.cli.arguments.naming import pasted_id, session_of, stripe_event_of
from interfaces.cli.arguments.times import printed_moment
from interfaces.cli.choices import Task, skus
from interfaces.cli.output.orders import customer_of, line_of, with_order
from interfaces.cli.output.pasting import name_of, pasted
from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.output.redacting import paged_for, print_json_for, talk_for
from interfaces.cli.output.tasks import about_in_words, ordered_in_words, task_fields
from interfaces.cli.output.text import exact, label, to_the_second
from interfaces.cli.running.read_side import is_complete, open_side
from interfaces.cli.usage import (
    DONE,
    Json,
    Redact,
    SettingsSource,
    UsageError,
    duration,
    shown,
    sku_of,
    whole_number,
)

if TYPE_CHECKING:
    from application.reading.answers import NamedCheckout, WorkItem, WorkPage, WorkPlace
    from application.reading.checkout_state import CheckoutState, Situation
    from application.reading.queries import Queries
    from application.reading.work import WorkKind

_ITEMS_MAX = 1000
_EMPTY = "The queue is empty."
_COLUMNS = ("since", "subject", "task", "item", "customer", "order", "detail")


def _detail(item: "WorkItem") -> str:
    return item.detail if item.retry_at is None else f"{item.detail}. Next try: {to_the_second(item.retry_at)}"


def _at_most(_kind: object, number: int) -> None:
    if not 0 < number <= _ITEMS_MAX:
        raise ValueError(f"must be 1 to {_ITEMS_MAX}")


def queue(
    *,
    kind: Annotated[
        tuple[Task, ...],
        Parameter("--kind", negative=(), show_default=False, help="Only this kind of task. May be repeated."),
    ] = (),
    order: Annotated[
        str | None, Parameter(help="Only tasks of this order, by any of its names, or of this Stripe event (evt_...).")
    ] = None,
    sku: Annotated[
        identifiers.Sku | None,
        Parameter(converter=sku_of, completer=skus, help="Only tasks of orders with this SKU, and of the SKU itself."),
    ] = None,
    older_than: Annotated[
        timedelta | None,
        Parameter(converter=duration, help="Only tasks that have waited at least this long, such as 45m, 12h or 3d."),
    ] = None,
    limit: Annotated[
        int, Parameter(converter=whole_number, validator=_at_most, help=f"Number of tasks, at most {_ITEMS_MAX}.")
    ] = _ITEMS_MAX,
    after: Annotated[
        str | None,
        Parameter(help="Only tasks after this one. For the next page, give the cursor of the last one shown."),
    ] = None,
    counts: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Show only the number of tasks of each kind.")
    ] = False,
    redact: Redact = False,
    json: Json = False,
) -> int:
    """List the tasks for staff, oldest first, with their orders and the commands that resolve them."""
    from application.reading.answers import ALL_WORK, WorkFilter
    from application.reading.projections.checkouts import CHECKOUTS
    from application.reading.projections.work_queue import WORK_QUEUE
    from application.reading.redacted import redacted

    place, kinds = None if after is None else _place(after), _kinds(kind)
    prefix = SettingsSource().order_prefix()
    with open_side(warns_of_low_stock=True, warns_of_shortcomings=True) as side:
        subject = None if order is None else _subject(side.queries, order, hides_personal=redact)
        until = None if older_than is None else datetime.now(UTC) - older_than
        of = WorkFilter(kinds=tuple(kinds), subject=subject, sku=sku, until=until)
        found = side.queries.work_page(limit, of, place and _resolved(side.queries, place))
        subjects = () if counts else tuple(item.subject for item in found.items)
        orders, situations = side.queries.orders(subjects), side.queries.situations(subjects)
        is_complete(side.queries, WORK_QUEUE, CHECKOUTS)
    if redact:
        orders = {session: redacted(order) for session, order in orders.items()}
    standing = ((each, orders.get(each.subject), situations.get(each.subject)) for each in found.items)
    if counts:
        _put_counts(found, as_json=json)
    elif json:
        documents = [_document(item, order, situation, prefix) for item, order, situation in standing]
        print_json_for(documents, hides_personal=redact)
    elif found.items:
        rows = [(_row(each, order, how, prefix), pasted(each, prefix)) for each, order, how in standing]
        with paged_for(hides_personal=redact) as page_:
            page_.tasks(_COLUMNS, rows)
    else:
        page().say(_EMPTY if of == ALL_WORK and place is None else "No such task is in the queue.")
    if found.left and not counts:
        talk_for(_about_more(found), hides_personal=redact)
    return DONE


def _kinds(given: Sequence[Task]) -> "list[WorkKind]":
    from application.reading.remedies import KINDS

    known: dict[str, WorkKind] = {kind.value: kind for kind in KINDS}
    return [known[each] for each in given]


def _subject(queries: "Queries", order: str, *, hides_personal: bool) -> str:
    order = pasted_id(order)
    if is_stripe_event(order):
        return stripe_event_of(order)
    return session_of(queries, order, hides_personal=hides_personal)


def _cursor(item: "WorkItem") -> str:
    place = item.place
    return "/".join((exact(place.since), place.kind, place.subject, place.item))


def _place(cursor: str) -> "WorkPlace":
    from application.reading.answers import WorkPlace
    from application.reading.remedies import KINDS

    match cursor.split("/", 3):
        case [since, kind, subject, item] if (at := printed_moment(since)) and kind in {each.value for each in KINDS}:
            return WorkPlace(at, kind, subject, item)
        case _:
            raise UsageError(
                "--after must be the cursor of a task, such as 2026-11-24T09:01:00.700033Z/manual_line/cs_.../li_... "
                f"(got {shown(cursor)}). `fulfill queue` prints the one for the next page; with --json each task has "
                "its own."
            )


def _resolved(queries: "Queries", place: "WorkPlace") -> "WorkPlace":
    """The place with the session's ID. A redacted cursor has the order number instead."""
    from domain.order_number import order_number, read_order_number

    number = read_order_number(place.subject)
    sessions = [each for each in queries.named(number) if order_number(each) == number] if number else []
    return replace(place, subject=sessions[0]) if len(sessions) == 1 else place


def _put_counts(found: "WorkPage", *, as_json: bool) -> None:
    ordered = sorted(found.counts.items(), key=lambda each: (-each[1], each[0]))
    if as_json:
        print_json([{"kind": kind, "count": count} for kind, count in ordered])
    elif ordered:
        page().table(("task", "count", "list"), [(label(k), n, f"fulfill queue --kind {k}") for k, n in ordered])
    else:
        page().say(_EMPTY)
    if not found.is_whole:
        talk("fulfill: There are more tasks than were counted.")


def _about_more(found: "WorkPage") -> str:
    more = f"{found.left} more" if found.is_whole else f"more than {found.left} more"
    kinds = ", ".join(
        f"{count} {label(kind)}" for kind, count in sorted(found.counts.items(), key=lambda each: -each[1])
    )
    last = shlex.quote(_cursor(found.items[-1]))
    return f"fulfill: {more} ({kinds} in all). For the next ones, add --after {last}."


def _document(
    item: "WorkItem",
    order: "NamedCheckout | None",
    situation: "CheckoutState | Situation | None",
    order_prefix: str | None,
) -> dict[str, object]:
    from application.reading.work import AboutCheckouts
    from domain.order_number import order_number

    session_id, line, about = item.session_id, line_of(order, item.item), item.about
    return with_order(
        task_fields(item),
        order,
        item_name=order.name(line) if order and line else None,
        item_quantity=line.quantity if line else None,
        order_number=order_number(session_id) if session_id else None,
        order_numbers=[order_number(each) for each in about.sessions] if isinstance(about, AboutCheckouts) else None,
        situation=situation,
        commands=[each.text for each in pasted(item, order_prefix)],
        cursor=_cursor(item),
    )


def _row(
    item: "WorkItem",
    order: "NamedCheckout | None",
    situation: "CheckoutState | Situation | None",
    order_prefix: str | None,
) -> tuple[str, ...]:
    return (
        to_the_second(item.since),
        name_of(item, order_prefix),
        label(item.kind),
        about_in_words(item, order),
        customer_of(order),
        ordered_in_words(order, situation),
        _detail(item),
    )
