"""What a command of staff has recorded about the lines of a checkout, and what follows, in sentences.

Another process may have planned or changed the checkout between the readings before and after a command. So a line may
be missing before it, and what it recorded may be changed again already.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from application.text.english import listed

_NOTIFIED = " The customer gets a mail about it."

if TYPE_CHECKING:
    from domain.checkout_session import CheckoutSession
    from domain.fulfillment import Fulfillment
    from domain.line import Line


def completed(before: "Fulfillment", after: "Fulfillment") -> str:
    lines = [line for line in after.lines.values() if line.state.is_delivered and _is_new(line, before)]
    return f"Recorded as delivered by hand: {_titles(lines)}."


def shipped(before: "Fulfillment", after: "Fulfillment", *, notifies: bool) -> str:
    parcels = (*after.parcels, *after.undone_parcels)
    parcel = next(each for each in parcels if each.number > before.shipments)
    titles = f": {_titles(after.lines[id] for id in parcel.lines)}" if parcel.lines else ""
    return f"Recorded parcel {parcel.number} with {parcel.carrier}{titles}.{_NOTIFIED if notifies else ''}"


def unshipped(before: "Fulfillment", after: "Fulfillment") -> str:
    left = {id: parcel.number for parcel in before.parcels for id in parcel.lines}
    still = {id for parcel in after.parcels for id in parcel.lines}
    lines = [after.lines[id] for id in left if id not in still]
    if not lines:
        return "Undid a parcel that another process has changed at the same time. The customer gets no mail about it."
    to_pack, waiting = [each for each in lines if each.is_to_pack], [each for each in lines if not each.is_to_pack]
    follows = f" To be packed again: {_titles(to_pack)}." if to_pack else ""
    follows += f" Waiting for stock: {_titles(waiting)}." if waiting else ""
    number = left[lines[0].plan.id]
    is_kept = any(each.number == number for each in after.parcels)
    what = "Took lines out of" if is_kept else "Undid"
    return f"{what} parcel {number}.{follows} The customer gets no mail about it."


def canceled(before: "Fulfillment", after: "Fulfillment", *, notifies: bool) -> str:
    """Without lines, the checkout was not planned yet."""
    from domain.line import LineState

    lines = [line for line in after.lines.values() if _is_new(line, before) and line.state is LineState.CANCELED]
    what = f"Canceled: {_titles(lines)}." if lines else "Canceled the whole checkout."
    return f"{what}{_NOTIFIED if notifies else ''}"


def replanned(before: "Fulfillment", after: "Fulfillment") -> str:
    from application.text.wording import delivery

    plans = {id: line.plans for id, line in before.lines.items()}
    lines = [line for id, line in after.lines.items() if line.plans > plans.get(id, 0)]
    planned = listed(f"{_title(each)} {delivery(each.plan.delivery)}" for each in lines)
    return f"Planned again from the catalog: {planned}."


def retried(session: "CheckoutSession") -> str:
    what = "retrieval from Stripe" if session.may_have_news else "try of what is stuck"
    return f"Requested another {what}, which a running server or worker makes at once."


def _is_new(line: "Line", before: "Fulfillment") -> bool:
    return line != before.lines.get(line.plan.id)


def _titles(lines: "Iterable[Line]") -> str:
    return listed(map(_title, lines))


def _title(line: "Line") -> str:
    return f"{line.plan.item.quantity} x {line.plan.title} ({line.plan.id})"
