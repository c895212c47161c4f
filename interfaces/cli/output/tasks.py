"""Tasks of the queue, for programs and for people."""

from dataclasses import asdict
from typing import TYPE_CHECKING, assert_never

from application.text.english import counted
from interfaces.cli.output.orders import bought, line_of
from interfaces.cli.output.text import label

if TYPE_CHECKING:
    from application.reading.answers import NamedCheckout, WorkItem
    from application.reading.checkout_state import CheckoutState, Situation


def task_fields(item: "WorkItem") -> dict[str, object]:
    """Return the fields of a task, by the names that programs rely on."""
    return {
        "subject": item.subject,
        "kind": item.kind,
        "item": item.item,
        "detail": item.detail,
        "why": asdict(item.why),
        "since": item.since,
        "retry_at": item.retry_at,
    }


def about_in_words(item: "WorkItem", order: "NamedCheckout | None") -> str:
    """What people call the thing that a task is about. A line item has its ID with it, for the commands."""
    from application.reading.work import AboutCheckouts, AboutEffect, AboutEvent, AboutLine, AboutParking
    from application.text.wording import Titles, effect

    match about := item.about:
        case AboutLine(line_item=id):
            line = line_of(order, id)
            return f"{line.quantity} x {order.name(line)} ({id})" if order and line else id
        case AboutEffect(step=step):
            names = {str(line.id): f"“{order.name(line)}”" for line in order.checkout.line_items} if order else {}
            return effect(step, Titles(names)).removeprefix("the ")
        case AboutParking(why=why):
            return label(why)
        case AboutEvent():
            return f"event {about.position}, for the policy {about.policy}"
        case AboutCheckouts(sessions=sessions):
            return f"{counted(len(sessions), 'checkout')} to retrieve"
        case None:
            return ""
        case _:
            assert_never(about)


def ordered_in_words(order: "NamedCheckout | None", situation: "CheckoutState | Situation | None") -> str:
    """What was ordered. As long as no retrieval has shown it, what Stripe reported of the checkout."""
    from application.reading.checkout_state import Situation
    from application.reading.states_in_words import NOT_RETRIEVED, STATES

    if order is None and situation in {Situation.REPORTED_COMPLETE, Situation.REPORTED_PAID}:
        return f"{STATES[situation].short}, {NOT_RETRIEVED}"
    return bought(order)
