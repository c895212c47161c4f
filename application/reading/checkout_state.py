"""The state of a checkout, as one word."""

from enum import StrEnum
from typing import assert_never

from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.line import LineState


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


def checkout_state(session: CheckoutSession, fulfillment: Fulfillment) -> CheckoutState:
    """Return the state of the checkout. The state of a planned checkout depends on its lines alone."""
    if fulfillment.requested:
        return _state_of_lines([line.state for line in fulfillment.lines.values()])
    if session.is_paid:
        return CheckoutState.FULFILLING if _has_bought(session) else CheckoutState.NOTHING_TO_FULFILL
    if session.is_others:
        return CheckoutState.OTHER_APPLICATION
    if session.is_canceled:
        return CheckoutState.CANCELED
    if session.park_reason:
        return CheckoutState.PARKED
    if session.is_payment_over:
        return CheckoutState.PAYMENT_FAILED
    if session.checkout and session.checkout.is_complete:
        return CheckoutState.AWAITING_PAYMENT
    is_expired = session.expired or (session.checkout is not None and session.checkout.status == "expired")
    return CheckoutState.EXPIRED if is_expired and not session.completed else CheckoutState.OPEN


def _has_bought(session: CheckoutSession) -> bool:
    return session.checkout is not None and any(item.quantity > 0 for item in session.checkout.line_items)


def _state_of_lines(states: list[LineState]) -> CheckoutState:
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
