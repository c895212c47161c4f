"""The states of checkouts and lines in words for staff. `--json` has the states themselves."""

from collections.abc import Sequence
from typing import assert_never

from application.reading.checkout_document import CheckoutDocument, LineItemEntry
from application.reading.checkout_state import CheckoutState
from domain.deliveries.kind import DeliveryKind
from domain.line import LineState
from domain.reason import ReasonCode
from interfaces.cli.output.text import label

STATES = {
    CheckoutState.OPEN: "open: not completed yet, or not retrieved from Stripe yet",
    CheckoutState.AWAITING_PAYMENT: "awaiting payment: completed but not paid yet",
    CheckoutState.FULFILLING: "fulfilling: the engine is delivering it",
    CheckoutState.FULFILLED: "fulfilled: everything is delivered",
    CheckoutState.PARTIALLY_FULFILLED: "partially fulfilled: some lines are delivered, the others need a person",
    CheckoutState.BLOCKED: "blocked: nothing is delivered yet, and every line needs a person",
    CheckoutState.PAYMENT_FAILED: "payment failed: the payment failed or was canceled, and nothing is delivered",
    CheckoutState.EXPIRED: "expired: the customer never completed it",
    CheckoutState.CANCELED: "canceled: the undelivered items will not be delivered",
    CheckoutState.NOTHING_TO_FULFILL: "nothing to fulfill: the checkout has nothing to deliver",
    CheckoutState.PARKED: "parked: needs a person; the story has the reason",
    CheckoutState.OTHER_APPLICATION: "other application: the catalog leaves it to another one in the Stripe account",
}
_HAS = {
    CheckoutState.PAYMENT_FAILED: "has a failed payment",
    CheckoutState.NOTHING_TO_FULFILL: "has nothing to fulfill",
    CheckoutState.OTHER_APPLICATION: "belongs to another application",
}
"""States that do not fit after "is"."""


def checkout_in_words(document: CheckoutDocument) -> str:
    """Return how a checkout stands, and whether staff have to act."""
    lines = [line for line in document.line_items if line.quantity > 0]
    states = {line.state for line in lines}
    if any(line.why and line.why.code is ReasonCode.PAID_AFTER_CANCELLATION for line in lines):
        return "paid after it was canceled: a person has to decide what becomes of it"
    if any(line.why and line.why.code is ReasonCode.PAID_TWICE for line in lines):
        return "possibly paid twice: a person has to decide whether this one is delivered too"
    unfinished = {state for state in states if not state.is_finished}
    if document.state is CheckoutState.BLOCKED and unfinished == {LineState.MANUAL}:
        return "to do by hand: every line waits for the person who delivers it"
    if document.state is CheckoutState.FULFILLED:
        return _fulfilled(lines)
    if document.state is CheckoutState.FULFILLING:
        return _fulfilling(is_to_pack=any(map(_is_to_pack, lines)), waits=any(state.needs_a_person for state in states))
    return STATES[document.state]


def _fulfilled(lines: Sequence[LineItemEntry]) -> str:
    if any(line.keys_awaited for line in lines):
        return "fulfilled: everything was delivered, and a line waits for new license keys"
    if any(map(_has_lost_its_keys, lines)):
        return "fulfilled: everything was delivered, and all license keys of a line are revoked"
    if any(line.state is LineState.CANCELED for line in lines):
        return "fulfilled: everything that was not canceled is delivered"
    return STATES[CheckoutState.FULFILLED]


def _fulfilling(*, is_to_pack: bool, waits: bool) -> str:
    match is_to_pack, waits:
        case True, True:
            return "fulfilling: a parcel is to be packed, and a line needs a person"
        case True, False:
            return "fulfilling: a parcel is to be packed"
        case False, True:
            return "fulfilling: the engine is delivering it, and a line needs a person"
        case _:
            return STATES[CheckoutState.FULFILLING]


def line_in_words(line: LineItemEntry, state: CheckoutState) -> str:
    """`state` is that of its checkout."""
    if line.delivery is None:
        return _not_planned(state)
    match line.state:
        case LineState.PENDING:
            return "to pack" if _is_to_pack(line) else "pending"
        case LineState.MANUAL:
            return "to do by hand"
        case LineState.DELIVERED if line.keys_awaited:
            return "waits for new keys"
        case LineState.DELIVERED if _has_lost_its_keys(line):
            return "keys revoked"
        case LineState.DELIVERED | LineState.BACKORDERED | LineState.GIVEN_UP | LineState.CANCELED:
            return label(line.state)
        case _:
            assert_never(line.state)


def _not_planned(state: CheckoutState) -> str:
    match state:
        case CheckoutState.OPEN | CheckoutState.AWAITING_PAYMENT:
            return "not paid"
        case (
            CheckoutState.PAYMENT_FAILED
            | CheckoutState.EXPIRED
            | CheckoutState.CANCELED
            | CheckoutState.OTHER_APPLICATION
            | CheckoutState.NOTHING_TO_FULFILL
        ):
            return "not to deliver"
        case (
            CheckoutState.PARKED
            | CheckoutState.FULFILLING
            | CheckoutState.FULFILLED
            | CheckoutState.PARTIALLY_FULFILLED
            | CheckoutState.BLOCKED
        ):
            return "not planned"
        case _:
            assert_never(state)


def _is_to_pack(line: LineItemEntry) -> bool:
    """A pending parcel has its stock, or needs none; one without is backordered."""
    return line.state is LineState.PENDING and line.delivery == DeliveryKind.SHIPMENT


def _has_lost_its_keys(line: LineItemEntry) -> bool:
    return line.keys_revoked > 0 and not (line.keys_valid or line.keys_awaited)


def in_a_sentence(state: CheckoutState) -> str:
    """Return what follows the ID of a checkout in a sentence: "is fulfilled", "has nothing to fulfill"."""
    return _HAS.get(state, f"is {label(state)}")
