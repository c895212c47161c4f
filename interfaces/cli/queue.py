"""`fulfill queue`: what waits for staff, and the commands that resolve it."""

from dataclasses import asdict

from interfaces.cli.output.printing import page, print_json, talk
from interfaces.cli.output.text import label, to_the_second
from interfaces.cli.read_side import is_complete, open_side
from interfaces.cli.usage import DONE, Json

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
            (to_the_second(i.since), i.subject, label(i.kind), i.item, i.detail, HELPS.get(i.kind, "")) for i in items
        ]
        wraps = ("detail", "resolve with")
        page().table(("since", "subject", "task", "item", "detail", "resolve with"), rows, wraps=wraps)
    else:
        page().say("The queue is empty.")
    if len(items) >= _ITEMS_MAX:
        talk(f"fulfill: Showing the first {_ITEMS_MAX}. There may be more.")
    return DONE
