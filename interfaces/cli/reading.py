"""Commands that only read: they need no setting but where the log is, and work beside a running server."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.reading.english import counted
from interfaces.cli.output.printing import page, print_json, report_void, talk
from interfaces.cli.output.text import money, to_the_second, words
from interfaces.cli.usage import DONE, FAILED, Json, Place, Session, moment

if TYPE_CHECKING:
    from application.reading.projection import Projection
    from application.reading.queries import Queries
    from interfaces.databases import ReadSide

_HITS_MAX = 50
_ITEMS_MAX = 1000

HELPS = {
    "parcel_to_pack": "ship",
    "manual_line": "complete or replan",
    "backordered_line": "stock count or keys import",
    "given_up_line": "retry",
    "mail_failed": "retry or readdress",
    "mail_without_address": "readdress or note",
    "retrieval_failed": "retry or run",
    "payment_overdue": "retry or note",
    "contradicted": "note",
    "parked_session": "retry or note",
    "failed_stripe_event": "retry",
    "parked_event": "retry",
    "incomplete_view": "projections rebuild",
    "waiting_effect": "serve or worker",
}
"""The commands that resolve each kind of work."""
RETRIED = tuple(kind for kind, command in HELPS.items() if command.partition(" ")[0] == "retry")
"""The kinds of work that `fulfill retry` resolves in the first place."""


@contextmanager
def open_side(*, needs_views: bool = False) -> Iterator["ReadSide"]:
    """The read side. What is logged on the way is no part of an answer."""
    from infrastructure.logs import configure_logs
    from interfaces.databases import open_read_side

    configure_logs(level=logging.CRITICAL)
    with open_read_side(Place().database(), needs_views=needs_views) as side:
        report_void(side.void)
        if side.log.is_moved:
            talk("fulfill: A copy in another database has replaced this log. This answer shows the log as it was then.")
        if side.problem:
            talk(f"fulfill: {side.problem}. This answer is computed from the whole log, which takes longer.")
        yield side


def is_complete(queries: "Queries", *projections: "Projection") -> bool:
    """Whether the views behind an answer, or all views, lack no event. If one does, stderr says so."""
    incomplete = queries.incomplete(*projections)
    for view in incomplete:
        events = counted(view.left_out, "event")
        talk(f"fulfill: The view {view.name} lacks {events}, so this answer may be incomplete. See `fulfill queue`.")
    return not incomplete


def checkout(
    session: Session,
    /,
    *,
    as_of: Annotated[
        str | None,
        Parameter(help="Show what was known at this time: 2026-11-24T09:00:00Z, or 2026-11-24 (start of day)."),
    ] = None,
    json: Json = False,
) -> int:
    """Show a checkout: its state, line items, emails, and every event with its actor, time and cause."""
    from interfaces.cli.output.checkout_page import put_checkout, shown_checkout

    then = None if as_of is None else moment(as_of)
    with open_side() as side:
        shown = shown_checkout(side, session, then)
    if json:
        print_json(shown.as_json())
    else:
        put_checkout(shown, page())
    if not shown.is_complete:
        talk("fulfill: The log has unreadable events that may belong to any checkout. See `fulfill queue`.")
    return DONE


def search(
    words_: Annotated[tuple[str, ...], Parameter(name="WORDS", help="Search words. All must match.")],
    /,
    *,
    json: Json = False,
) -> int:
    """Find checkouts by session, payment intent, email, name, SKU, reference or Stripe event."""
    from application.reading.projections.checkouts import CHECKOUTS
    from application.reading.projections.search import SEARCH

    with open_side() as side:
        hits = side.queries.search(" ".join(words_), _HITS_MAX)
        is_whole = is_complete(side.queries, SEARCH, CHECKOUTS)
    if json:
        print_json([{**asdict(hit), "is_complete": is_whole} for hit in hits])
    elif hits:
        rows = [
            (
                hit.session_id,
                words(hit.state),
                money(hit.amount_total, hit.currency),
                to_the_second(hit.recorded_at),
                ", ".join(map(words, hit.matched)),
            )
            for hit in hits
        ]
        page().table(("session", "state", "amount", "first seen", "match"), rows, wraps=("match",))
    elif is_whole:
        page().say("No checkouts found. Each search word must be a word of the checkout, or the start of one.")
    else:
        page().say("No checkouts found in the incomplete views.")
    if len(hits) == _HITS_MAX:
        talk(f"fulfill: Showing the newest {_HITS_MAX}. Add a word to narrow the search.")
    return DONE if hits else FAILED


def queue(*, json: Json = False) -> int:
    """List the tasks for staff, oldest first, with the commands that resolve them."""
    from application.reading.projections.work_queue import WORK_QUEUE

    with open_side() as side:
        items = side.queries.work_queue(_ITEMS_MAX)
        is_complete(side.queries, WORK_QUEUE)
    if json:
        print_json([asdict(item) for item in items])
    elif items:
        rows = [
            (to_the_second(i.since), i.subject, words(i.kind), i.item, i.detail, HELPS.get(i.kind, "")) for i in items
        ]
        wraps = ("detail", "resolve with")
        page().table(("since", "subject", "task", "item", "detail", "resolve with"), rows, wraps=wraps)
    else:
        page().say("The queue is empty.")
    if len(items) >= _ITEMS_MAX:
        talk(f"fulfill: Showing the first {_ITEMS_MAX}. There may be more.")
    return DONE
