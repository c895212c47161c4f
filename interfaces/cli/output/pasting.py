"""Remedies as commands to paste: complete, but for what only a person knows.

`...` stands for that. It has no letter or digit, so every command refuses it: a command that is pasted as it is does
what it shows, or nothing.
"""

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from application.reading.answers import WorkItem
    from application.reading.remedies import Remedy

TO_FILL_IN = "..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    verb: str
    """The command without its arguments."""
    text: str
    """The whole line."""


def pasted(item: "WorkItem", order_prefix: str | None) -> tuple[Pasted, ...]:
    """Return the commands that resolve this item, the usual one first."""
    from application.reading.remedies import remedies_of

    return tuple(_command(each, item, order_prefix) for each in remedies_of(item))


def name_of(item: "WorkItem", order_prefix: str | None) -> str:
    """What people call the subject: the number of the order, if it is one."""
    from domain.order_number import order_number, with_prefix

    return item.subject if item.session_id is None else with_prefix(order_number(item.session_id), order_prefix)


def _command(remedy: "Remedy", item: "WorkItem", order_prefix: str | None) -> Pasted:  # noqa: C901 - a table
    from application.reading.remedies import Remedy

    subject = name_of(item, order_prefix)
    match remedy:
        case Remedy.SHIP:
            return _line("ship", subject, "--line", item.item, "--carrier", TO_FILL_IN, "--tracking", TO_FILL_IN)
        case Remedy.COMPLETE:
            return _line("complete", subject, "--line", item.item)
        case Remedy.CANCEL_LINE:
            return _line("cancel", subject, "--line", item.item)
        case Remedy.CANCEL:
            return _line("cancel", subject)
        case Remedy.REPLAN:
            return _line("replan", subject)
        case Remedy.SUPPLY:
            return _supply(item)
        case Remedy.REVOKE_KEYS:
            return _line("keys revoke", subject, "--line", item.item, "--reason", TO_FILL_IN)
        case Remedy.RETRY:
            return _line("retry", subject)
        case Remedy.RETRY_ALL:
            return _line("retry", "--all", "--kind", item.kind)
        case Remedy.LIST_CHECKOUTS:
            return _line("queue", "--kind", item.kind)
        case Remedy.RETRIEVE:
            return _line("run", subject)
        case Remedy.READDRESS:
            return _line("readdress", subject, "--to", TO_FILL_IN)
        case Remedy.DISMISS:
            return _line("dismiss", subject, "--reason", TO_FILL_IN)
        case Remedy.REBUILD:
            return _line("projections rebuild", subject)
        case Remedy.START_SERVER:
            return _line("serve")
        case Remedy.START_WORKER:
            return _line("worker")
        case Remedy.LIST_POLICIES:
            return _line("policies list")
        case _:
            assert_never(remedy)


def _supply(item: "WorkItem") -> Pasted:
    """Reasons of early versions do not name the SKU or the pool; the list shows what is waited for."""
    from application.reading.work import OtherWork
    from domain.reason import ReasonCode

    if item.kind is OtherWork.LOW_STOCK:
        return _line("stock count", item.subject, TO_FILL_IN)
    if item.kind is OtherWork.LOW_KEYS:
        return _line("keys import", item.subject, TO_FILL_IN)
    match item.why.code:
        case ReasonCode.NOT_ENOUGH_STOCK:
            return _line("stock count", item.why.parameters["sku"], TO_FILL_IN)
        case ReasonCode.NOT_ENOUGH_KEYS:
            return _line("keys import", item.why.parameters["pool"], TO_FILL_IN)
        case _:
            return _line("stock list")


def _line(verb: str, *arguments: str) -> Pasted:
    return Pasted(verb=verb, text=" ".join(("fulfill", verb, *map(shlex.quote, arguments))))
