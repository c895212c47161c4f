"""The words for `--state`, as literals: the states themselves load aggregates, for which no help should wait."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from cyclopts import Token

from interfaces.cli.choices import one_of

if TYPE_CHECKING:
    from application.reading.checkout_state import CheckoutState, Situation

StateWord = Literal[
    "open",
    "awaiting_payment",
    "fulfilling",
    "fulfilled",
    "partially_fulfilled",
    "blocked",
    "payment_failed",
    "expired",
    "canceled",
    "nothing_to_fulfill",
    "parked",
    "other_application",
    "to_do_by_hand",
    "backordered",
    "reported_complete",
    "reported_paid",
    "paid_after_cancellation",
    "paid_twice",
]


def state_of(_kind: object, tokens: Sequence[Token]) -> "CheckoutState | Situation":
    """The state with this name, or the one that lists and pages call so.

    Raises:
        ValueError: there is none.
    """
    from application.reading.checkout_state import CheckoutState, Situation
    from application.reading.states_in_words import STATES

    states: tuple[CheckoutState | Situation, ...] = (*CheckoutState, *Situation)
    [token] = tokens
    given = " ".join(token.value.replace("_", " ").split()).casefold()
    for state in states:
        if given in {state.value.replace("_", " "), STATES[state].short}:
            return state
    raise ValueError(one_of(states))
