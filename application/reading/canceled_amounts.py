"""What a cancellation is about in money: how much of what was paid the lines come to, by what became of them."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from domain.checkout import Presentment
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.line import Line, LineState


@dataclass(frozen=True, slots=True, kw_only=True)
class CanceledAmounts:
    """Integers of the currency's smallest unit. Those of lines are Stripe's own totals of them, so their discounts are
    off and their taxes are in."""

    currency: str
    paid: int
    canceled: int
    """Of the lines that were canceled now."""
    canceled_before: int
    delivered: int
    to_deliver: int
    beside: int
    """What was paid beside the lines, such as shipping; negative if the lines come to more than was paid, as with a
    credit of the customer's."""
    shipping: int
    """The shipping costs, before a tax on them."""
    presentment: Presentment | None
    """What the customer saw and paid, if that was in another currency."""

    @property
    def is_whole(self) -> bool:
        """True if all that was bought was canceled now."""
        return not (self.canceled_before or self.delivered or self.to_deliver)


def canceled_amounts(session: CheckoutSession, before: Fulfillment, after: Fulfillment) -> CanceledAmounts | None:
    """Return the amounts of a cancellation, with the fulfillment as it was before and is after it; None if nothing was
    paid, or no line is planned."""
    checkout = session.checkout
    if not session.is_paid or checkout is None or not checkout.is_payment_required or after.requested is None:
        return None
    was_canceled = {id for id, line in before.lines.items() if line.state is LineState.CANCELED}
    sums = dict.fromkeys(_Outcome, 0)
    for id, line in after.lines.items():
        sums[_outcome(line, was_canceled=id in was_canceled)] += line.plan.item.amount_total
    return CanceledAmounts(
        currency=checkout.currency,
        paid=checkout.amount_total,
        canceled=sums[_Outcome.CANCELED],
        canceled_before=sums[_Outcome.CANCELED_BEFORE],
        delivered=sums[_Outcome.DELIVERED],
        to_deliver=sums[_Outcome.TO_DELIVER],
        beside=checkout.amount_total - sum(sums.values()),
        shipping=checkout.amount_shipping,
        presentment=checkout.presentment,
    )


class _Outcome(Enum):
    CANCELED = auto()
    CANCELED_BEFORE = auto()
    DELIVERED = auto()
    TO_DELIVER = auto()


def _outcome(line: Line, *, was_canceled: bool) -> _Outcome:
    match line.state:
        case LineState.CANCELED:
            return _Outcome.CANCELED_BEFORE if was_canceled else _Outcome.CANCELED
        case LineState.DELIVERED:
            return _Outcome.DELIVERED
        case LineState.PENDING | LineState.BACKORDERED | LineState.MANUAL | LineState.GIVEN_UP:
            return _Outcome.TO_DELIVER
        case _:
            assert_never(line.state)
