"""Commands that only read: they need no setting but where the log is, and work beside a running server."""

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from interfaces.cli.printing import exact, money, print_json, say, table
from interfaces.cli.usage import Json, Place, Session, moment

if TYPE_CHECKING:
    from application.checkout_document import CheckoutDocument

_FAILED = 1


def checkout(
    session: Session,
    /,
    *,
    as_of: Annotated[
        str | None, Parameter(help="As it was known at this moment: 2026-11-24T09:00:00Z, or a day.")
    ] = None,
    json: Json = False,
) -> int:
    """Tell the whole story of a checkout: what Stripe said, what was decided, done and sent, by whom and when."""
    from application.checkout_document import as_json
    from application.errors import NotFound
    from domain.identifiers import session_id
    from interfaces.bootstrap import open_read_side

    id, then = session_id(session), moment(as_of) if as_of else None
    with open_read_side(Place().database()) as side:
        document = side.queries.checkout(id, then)
    if document is None:
        when = f" at {exact(then)}" if then else ""
        raise NotFound(f"The log knows no checkout {session}{when}. `fulfill run` asks Stripe for one.")
    if json:
        print_json(as_json(document))
    else:
        _print_checkout(document, then)
    return 0


def _print_checkout(document: "CheckoutDocument", then: datetime | None) -> None:
    mode = "live" if document.livemode else "test"
    say(f"{document.session_id} ({mode} mode)")
    if then:
        say(f"as it was known at {exact(then)}; it may be different now")
    say(f"State     {str(document.state).replace('_', ' ')}")
    say(f"Payment   {document.payment_status or 'not known yet'}  {money(document.amount_total, document.currency)}")
    if document.line_items:
        say()
        rows = [(i.id, i.quantity, i.description, i.delivery, i.state, i.detail) for i in document.line_items]
        table(("line item", "qty", "what", "delivery", "state", "detail"), rows)
    if document.emails:
        say()
        table(
            ("e-mail", "state", "about", "detail"), [(m.kind, m.state, m.occasion, m.detail) for m in document.emails]
        )
    say()
    places = _places(document)
    for entry in document.story:
        say(f"{exact(entry.recorded_at)}  {entry.text}")
        said = "" if entry.occurred_at == entry.recorded_at else f", happened {exact(entry.occurred_at)}"
        because = f", because of {places.get(entry.cause, entry.cause)}" if entry.cause else ""
        say(f"{'':26}#{entry.position} {entry.type} by {entry.actor}{said}{because}")
        if entry.reason:
            say(f"{'':26}reason: {entry.reason}")


def _places(document: "CheckoutDocument") -> dict[str, str]:
    """Where in this story a cause stands. Streams of stock and keys belong to many stories, so theirs stay."""
    versions: Counter[str] = Counter()
    places = {}
    for entry in document.story:
        versions[entry.stream] += 1
        if not entry.stream.startswith(("sku_", "keys_")):
            places[f"{entry.stream}@{versions[entry.stream]}"] = f"#{entry.position}"
    return places


def search(words: Annotated[tuple[str, ...], Parameter(help="What to look for.")], /, *, json: Json = False) -> int:
    """Find checkouts by session, payment intent, e-mail, name, SKU, reference or Stripe event."""
    from interfaces.bootstrap import open_read_side

    with open_read_side(Place().database()) as side:
        hits = side.queries.search(" ".join(words))
    if json:
        print_json([asdict(hit) for hit in hits])
    elif hits:
        rows = [
            (h.session_id, h.state, money(h.amount_total, h.currency), exact(h.recorded_at), ", ".join(h.matched))
            for h in hits
        ]
        table(("session", "state", "amount", "first heard", "found as"), rows)
    else:
        say("Nothing was found. Every word must occur, or begin one that does.")
    return 0 if hits else _FAILED


def queue(*, json: Json = False) -> int:
    """List what waits for a person, the longest first."""
    from interfaces.bootstrap import open_read_side

    with open_read_side(Place().database()) as side:
        items = side.queries.work_queue()
    if json:
        print_json([asdict(item) for item in items])
    elif items:
        rows = [(exact(i.since), i.subject, i.kind.replace("_", " "), i.item, i.detail) for i in items]
        table(("since", "checkout", "what", "item", "detail"), rows)
    else:
        say("Nothing waits for a person.")
    return 0


def stock_list(*, json: Json = False) -> int:
    """List every SKU: what is on the shelf, promised, free, and waited for."""
    from interfaces.bootstrap import open_read_side

    with open_read_side(Place().database()) as side:
        levels = side.queries.stock()
    if json:
        print_json([asdict(level) for level in levels])
    elif levels:
        rows = [(each.sku, each.on_hand, each.reserved, each.available, each.backordered) for each in levels]
        table(("sku", "on hand", "reserved", "available", "backordered"), rows)
    else:
        say("No stock is tracked yet. `fulfill stock count SKU N` sets what is on the shelf.")
    return 0
