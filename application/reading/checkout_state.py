"""The state of a checkout, as one word."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId
from domain.line import UNDECIDED, LineState
from domain.reason import ReasonCode
from domain.refusal import Reported


class CheckoutState(StrEnum):
    OPEN = "open"
    AWAITING_PAYMENT = "awaiting_payment"
    FULFILLING = "fulfilling"
    FULFILLED = "fulfilled"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    BLOCKED = "blocked"
    PAYMENT_FAILED = "payment_failed"
    EXPIRED = "expired"
    CANCELED = "canceled"
    NOTHING_TO_FULFILL = "nothing_to_fulfill"
    PARKED = "parked"
    OTHER_APPLICATION = "other_application"


class Situation(StrEnum):
    """What a state alone does not say, and staff have to know."""

    TO_DO_BY_HAND = "to_do_by_hand"
    """It is blocked, and every line waits for the person who delivers it: the daily work of a shop."""
    BACKORDERED = "backordered"
    """It is blocked, and waits for stock or license keys, and maybe for the person who delivers another line."""
    REPORTED_COMPLETE = "reported_complete"
    """An event of Stripe's reports that the customer finished, and no retrieval has shown it."""
    REPORTED_PAID = "reported_paid"
    """An event of Stripe's reports the payment, which counts only when a retrieval shows it."""
    # Each reason in `UNDECIDED` has a situation of the same name.
    PAID_AFTER_CANCELLATION = "paid_after_cancellation"
    PAID_TWICE = "paid_twice"


def read_situation(text: str) -> CheckoutState | Situation:
    return Situation(text) if text in {*Situation} else CheckoutState(text)


_UNDECIDED = {why: Situation(why.value) for why in UNDECIDED}


def situation(
    state: CheckoutState,
    lines: Iterable[tuple[LineState, ReasonCode | None]],
    *,
    reported: Reported | None = None,
) -> CheckoutState | Situation:
    """Return the state as staff read it everywhere. `lines` have the reasons for which they wait, if any; `reported` is
    what only events of Stripe's report."""
    if reported is not None:
        return _of_reported(state, reported)
    unfinished = [(line, why) for line, why in lines if not line.is_finished]
    for why, found in _UNDECIDED.items():
        if any(each == why for _, each in unfinished):
            return found
    waits = {line for line, _ in unfinished}
    if state is not CheckoutState.BLOCKED or not waits <= {LineState.MANUAL, LineState.BACKORDERED}:
        return state
    return Situation.BACKORDERED if LineState.BACKORDERED in waits else Situation.TO_DO_BY_HAND


def _of_reported(state: CheckoutState, reported: Reported) -> CheckoutState | Situation:
    match state:
        case CheckoutState.OPEN | CheckoutState.AWAITING_PAYMENT | CheckoutState.EXPIRED | CheckoutState.CANCELED:
            return _reported(state, reported)
        case (
            CheckoutState.PARKED
            | CheckoutState.OTHER_APPLICATION
            | CheckoutState.PAYMENT_FAILED
            | CheckoutState.FULFILLING
            | CheckoutState.FULFILLED
            | CheckoutState.PARTIALLY_FULFILLED
            | CheckoutState.BLOCKED
            | CheckoutState.NOTHING_TO_FULFILL
        ):
            return state
        case _:
            assert_never(state)


def _reported(state: CheckoutState, reported: Reported) -> CheckoutState | Situation:
    match reported:
        case Reported.PAID:
            return Situation.REPORTED_PAID
        case Reported.COMPLETE:
            return Situation.REPORTED_COMPLETE if state is CheckoutState.OPEN else state
        case _:
            assert_never(reported)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The facts that determine the state of a checkout."""

    lines: Mapping[LineItemId, LineState] | None = None
    """None as long as it is not planned."""
    is_paid: bool = False
    has_bought: bool = False
    is_parked: bool = False
    is_of_other_application: bool = False
    is_canceled: bool = False
    is_payment_over: bool = False
    is_complete: bool = False
    is_expired: bool = False

    @property
    def state(self) -> CheckoutState:
        """The state. Once the checkout is paid, its lines alone determine it."""
        if self.lines is not None:
            return state_of_lines(self.lines.values())
        if self.is_paid:
            return CheckoutState.FULFILLING if self.has_bought else CheckoutState.NOTHING_TO_FULFILL
        if self.is_of_other_application:
            return CheckoutState.OTHER_APPLICATION
        if self.is_canceled:
            return CheckoutState.CANCELED
        if self.is_parked:
            return CheckoutState.PARKED
        if self.is_payment_over:
            return CheckoutState.PAYMENT_FAILED
        if self.is_complete:
            return CheckoutState.AWAITING_PAYMENT
        return CheckoutState.EXPIRED if self.is_expired else CheckoutState.OPEN


def checkout_state(session: CheckoutSession, fulfillment: Fulfillment) -> CheckoutState:
    """Return the state of the checkout, from those of its session and its fulfillment."""
    checkout, lines = session.checkout, fulfillment.lines
    has_expired = session.expired or (checkout is not None and checkout.is_expired)
    return Standing(
        lines={id: line.state for id, line in lines.items()} if fulfillment.requested else None,
        is_paid=session.is_paid,
        has_bought=_has_bought(session),
        is_parked=session.park_reason is not None,
        is_of_other_application=session.is_others,
        is_canceled=session.is_canceled,
        is_payment_over=session.is_payment_over,
        is_complete=checkout is not None and checkout.is_complete,
        is_expired=has_expired and not session.completed,
    ).state


def _has_bought(session: CheckoutSession) -> bool:
    return session.checkout is not None and any(item.quantity > 0 for item in session.checkout.line_items)


def state_of_lines(states: Collection[LineState]) -> CheckoutState:
    """Return the state of a planned checkout whose lines have these states."""
    if not states:
        return CheckoutState.NOTHING_TO_FULFILL
    delivered = waiting = 0
    for state in states:
        match state:
            case LineState.PENDING:
                return CheckoutState.FULFILLING
            case LineState.DELIVERED:
                delivered += 1
            case LineState.CANCELED:
                pass
            case LineState.BACKORDERED | LineState.MANUAL | LineState.GIVEN_UP:
                waiting += 1
            case _:
                assert_never(state)
    if not waiting:
        return CheckoutState.FULFILLED if delivered else CheckoutState.CANCELED
    return CheckoutState.PARTIALLY_FULFILLED if delivered else CheckoutState.BLOCKED
