"""Commands that only read: they need no setting but where the log is, and work beside a running server."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from interfaces.cli.printing import page, print_json, talk, tell_void
from interfaces.cli.text import money, to_the_second, words
from interfaces.cli.usage import DONE, FAILED, Json, Place, Session, moment

if TYPE_CHECKING:
    from interfaces.bootstrap import ReadSide

_HITS_MAX = 50

HELPS = {
    "parcel_to_pack": "ship",
    "manual_line": "complete, or replan",
    "backordered_line": "stock count, keys import",
    "given_up_line": "retry",
    "mail_failed": "retry",
    "mail_without_address": "note",
    "retrieval_failed": "retry, or run",
    "payment_overdue": "retry, or note",
    "contradicted": "note",
    "parked_session": "retry, or note",
    "failed_stripe_event": "retry",
    "parked_event": "retry",
}
"""The command that settles each kind of work."""


@contextmanager
def open_side(*, needs_views: bool = False) -> Iterator["ReadSide"]:
    """The read side. What is logged on the way is no part of an answer."""
    from infrastructure.logs import configure_logs
    from interfaces.bootstrap import open_read_side

    configure_logs(level=logging.CRITICAL)
    with open_read_side(Place().database(), needs_views=needs_views) as side:
        tell_void(side.void)
        if side.log.is_moved:
            talk("fulfill: This log was copied to another database, which goes on. This is how it was then.")
        if side.trouble:
            talk(f"fulfill: {side.trouble}. This answer is made afresh from the whole log, which takes longer.")
        yield side


def checkout(
    session: Session,
    /,
    *,
    as_of: Annotated[
        str | None, Parameter(help="As it was known at this moment: 2026-11-24T09:00:00Z, or a day's beginning.")
    ] = None,
    json: Json = False,
) -> int:
    """Tell the whole story of a checkout: what Stripe said, what was decided, done and sent, by whom and when."""
    from interfaces.cli.checkout_page import put_checkout, told_checkout

    then = None if as_of is None else moment(as_of)
    with open_side() as side:
        told = told_checkout(side, session, then)
    if json:
        print_json(told.as_json())
    else:
        put_checkout(told, page())
    return DONE


def search(
    words_: Annotated[tuple[str, ...], Parameter(name="WORDS", help="What to look for; every word must be found.")],
    /,
    *,
    json: Json = False,
) -> int:
    """Find checkouts by session, payment intent, e-mail, name, SKU, reference or Stripe event."""
    with open_side() as side:
        hits = side.queries.search(" ".join(words_), _HITS_MAX)
    if json:
        print_json([asdict(hit) for hit in hits])
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
        page().table(("session", "state", "amount", "first heard", "found as"), rows, wraps=("found as",))
    else:
        page().say("Nothing was found. Every word must occur, or begin one that does.")
    if len(hits) == _HITS_MAX:
        talk(f"fulfill: These are the newest {_HITS_MAX}; another word finds fewer.")
    return DONE if hits else FAILED


def queue(*, json: Json = False) -> int:
    """List what waits for a person, the longest first, and the command that settles it."""
    with open_side() as side:
        items = side.queries.work_queue()
    if json:
        print_json([asdict(item) for item in items])
    elif items:
        rows = [
            (to_the_second(i.since), i.subject, words(i.kind), i.item, i.detail, HELPS.get(i.kind, "")) for i in items
        ]
        wraps = ("detail", "what helps")
        page().table(("since", "of", "what waits", "item", "detail", "what helps"), rows, wraps=wraps)
    else:
        page().say("Nothing waits for a person.")
    return DONE


def stock_list(*, json: Json = False) -> int:
    """List every SKU: what is on the shelf, promised, free, and waited for."""
    with open_side() as side:
        levels = side.queries.stock()
    if json:
        print_json([asdict(level) for level in levels])
    elif levels:
        rows = [(each.sku, each.on_hand, each.reserved, each.available, each.backordered) for each in levels]
        page().table(("sku", "on hand", "reserved", "available", "backordered"), rows)
    else:
        page().say("No stock is tracked yet. `fulfill stock count SKU N` sets what is on the shelf.")
    return DONE
