"""The states of checkouts and lines in words for staff. `--json` has the states themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from application.reading.checkout_document import CheckoutDocument, LineItemEntry
from application.reading.checkout_state import CheckoutState, Situation
from domain.deliveries.kind import built_in, is_parcel
from domain.line import LineState


@dataclass(frozen=True, slots=True)
class Words:
    short: str
    """In lists."""
    meaning: str

    def __str__(self) -> str:
        return f"{self.short}: {self.meaning}"


TO_PACK, BY_HAND, NOT_PAID, NOT_RETRIEVED = "to pack", "to do by hand", "not paid", "not retrieved yet"
"""States of lines as staff read them, where the state itself says less."""

STATES: Mapping[CheckoutState | Situation, Words] = {
    CheckoutState.OPEN: Words("open", "the customer has not completed it, as far as Stripe has reported"),
    CheckoutState.AWAITING_PAYMENT: Words("awaiting payment", "completed but not paid yet"),
    CheckoutState.FULFILLING: Words("fulfilling", "the engine is delivering it"),
    CheckoutState.FULFILLED: Words("fulfilled", "everything is delivered"),
    CheckoutState.PARTIALLY_FULFILLED: Words(
        "partially fulfilled", "some lines are delivered, the others need a person"
    ),
    CheckoutState.BLOCKED: Words("blocked", "nothing is delivered yet, and every line needs a person"),
    CheckoutState.PAYMENT_FAILED: Words(
        "payment failed", "the payment failed or was canceled, and nothing is delivered"
    ),
    CheckoutState.EXPIRED: Words("expired", "the customer never completed it"),
    CheckoutState.CANCELED: Words("canceled", "the undelivered items will not be delivered"),
    CheckoutState.NOTHING_TO_FULFILL: Words("nothing to fulfill", "the checkout has nothing to deliver"),
    CheckoutState.PARKED: Words("parked", "needs a person; the story has the reason"),
    CheckoutState.OTHER_APPLICATION: Words(
        "other application", "the catalog leaves it to another one in the Stripe account"
    ),
    Situation.TO_DO_BY_HAND: Words(BY_HAND, "every line waits for the person who delivers it"),
    Situation.BACKORDERED: Words("backordered", "it waits for stock or license keys"),
    Situation.REPORTED_COMPLETE: Words(
        "reported as complete",
        "Stripe reported that the customer completed it, and it waits for its retrieval from Stripe",
    ),
    Situation.REPORTED_PAID: Words(
        "reported as paid", "Stripe reported the payment, which counts once it is retrieved from Stripe"
    ),
    Situation.PAID_AFTER_CANCELLATION: Words("paid after it was canceled", "a person has to decide: deliver or refund"),
    Situation.PAID_TWICE: Words("possibly paid twice", "a person has to decide whether this one is delivered too"),
}
"""Everything that `fulfill checkout list`, `fulfill checkout` and the demo shop show as a state."""
_IN_A_SENTENCE = {
    CheckoutState.PAYMENT_FAILED: "has a failed payment",
    CheckoutState.NOTHING_TO_FULFILL: "has nothing to fulfill",
    CheckoutState.OTHER_APPLICATION: "belongs to another application",
    Situation.PAID_AFTER_CANCELLATION: "was paid after it was canceled",
}
"""States that do not fit after "is"."""


def checkout_in_words(document: CheckoutDocument) -> str:
    """Return how a checkout stands, and whether staff have to act."""
    lines = [line for line in document.line_items if line.quantity > 0]
    states, words = {line.state for line in lines}, STATES[document.situation]
    if document.situation is CheckoutState.FULFILLED:
        words = replace(words, meaning=_fulfilled(words.meaning, lines))
    if document.situation is CheckoutState.FULFILLING:
        is_to_pack, waits = any(map(_is_to_pack, lines)), any(state.needs_a_person for state in states)
        words = replace(words, meaning=_fulfilling(words.meaning, is_to_pack=is_to_pack, waits=waits))
    return str(words)


def _fulfilled(whole: str, lines: Sequence[LineItemEntry]) -> str:
    if any(line.keys_awaited for line in lines):
        return "everything was delivered, and a line waits for new license keys"
    if any(map(_has_lost_its_keys, lines)):
        return "everything was delivered, and all license keys of a line are revoked"
    if any(line.state is LineState.CANCELED for line in lines):
        return "everything that was not canceled is delivered"
    return whole


def _fulfilling(by_itself: str, *, is_to_pack: bool, waits: bool) -> str:
    match is_to_pack, waits:
        case True, True:
            return "a parcel is to be packed, and a line needs a person"
        case True, False:
            return "a parcel is to be packed"
        case False, True:
            return f"{by_itself}, and a line needs a person"
        case _:
            return by_itself


def line_in_words(line: LineItemEntry, situation: CheckoutState | Situation) -> str:
    """`situation` is that of its checkout."""
    if line.delivery is None:
        return _not_planned(situation)
    match line.state:
        case LineState.PENDING:
            return TO_PACK if _is_to_pack(line) else "pending"
        case LineState.MANUAL:
            return BY_HAND
        case LineState.DELIVERED if line.keys_awaited:
            return "waits for new keys"
        case LineState.DELIVERED if _has_lost_its_keys(line):
            return "keys revoked"
        case LineState.DELIVERED | LineState.BACKORDERED | LineState.GIVEN_UP | LineState.CANCELED:
            return line.state.replace("_", " ")
        case _:
            assert_never(line.state)


def _not_planned(situation: CheckoutState | Situation) -> str:
    match situation:
        case CheckoutState.OPEN | CheckoutState.AWAITING_PAYMENT:
            return NOT_PAID
        case Situation.REPORTED_COMPLETE | Situation.REPORTED_PAID:
            return NOT_RETRIEVED
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
            | Situation.TO_DO_BY_HAND
            | Situation.BACKORDERED
            | Situation.PAID_AFTER_CANCELLATION
            | Situation.PAID_TWICE
        ):
            return "not planned"
        case _:
            assert_never(situation)


def _is_to_pack(line: LineItemEntry) -> bool:
    """A pending parcel has its stock, or needs none; one without is backordered."""
    is_pending = line.state is LineState.PENDING
    return is_pending and line.delivery is not None and is_parcel(built_in(line.delivery))


def _has_lost_its_keys(line: LineItemEntry) -> bool:
    return line.keys_revoked > 0 and not (line.keys_valid or line.keys_awaited)


def in_a_sentence(situation: CheckoutState | Situation) -> str:
    """Return what follows the name of a checkout in a sentence: "is fulfilled", "has nothing to fulfill"."""
    return _IN_A_SENTENCE.get(situation, f"is {STATES[situation].short}")
