"""What the landing page says first: a headline, and what the customer has to know or do."""

from dataclasses import dataclass

from application.checkout_state import CheckoutState


@dataclass(frozen=True, slots=True)
class Words:
    mark: str
    """The sign beside the headline: `done`, `waiting`, `looking` or `stopped`."""
    headline: str
    message: str


_WORDS = {
    CheckoutState.OPEN: Words(
        "waiting",
        "Your order is not completed yet",
        "If you have just paid, the confirmation is on its way: please do not pay again. If you left the payment page "
        "before you paid, go back to it and finish there.",
    ),
    CheckoutState.AWAITING_PAYMENT: Words(
        "waiting",
        "Thank you, we have your order",
        "Your payment has not reached us yet. Some payment methods take several days. If you received payment "
        "instructions, please follow them. Otherwise there is nothing you need to do.",
    ),
    CheckoutState.FULFILLED: Words(
        "done",
        "Thank you, your order is complete",
        "All of it is ready for you or on its way.",
    ),
    CheckoutState.PARTIALLY_FULFILLED: Words(
        "done",
        "Thank you for your order",
        "A part of it is ready. The rest follows, and you need not do anything for it.",
    ),
    CheckoutState.BLOCKED: Words(
        "looking",
        "Thank you, we have your order",
        "It does not go out all by itself, so we are looking into it. You need not do anything.",
    ),
    CheckoutState.PARKED: Words(
        "looking",
        "We are looking into your order",
        "Something about it needs a closer look by a person. You need not do anything, and please do not pay again.",
    ),
    CheckoutState.PAYMENT_FAILED: Words(
        "stopped",
        "Your payment was not completed",
        "We received no payment for this order, so you were not charged and nothing will be sent. "
        "If you would still like to have it, please order again.",
    ),
    CheckoutState.EXPIRED: Words(
        "stopped",
        "This order was not completed in time",
        "The payment page has expired, and nothing was charged. If you would still like to have it, "
        "please order again.",
    ),
    CheckoutState.NOTHING_TO_FULFILL: Words(
        "done", "Thank you, all is done", "There is nothing to send for this order. You need not do anything."
    ),
}
_CONFIRMING = Words(
    "waiting",
    "We are confirming your payment",
    "This can take a few minutes. If you have paid, your order is safe: please do not pay again.",
)
_AUTHORIZED = Words(
    "waiting",
    "Thank you, we have your order",
    "Your payment is authorized, and not charged yet. There is nothing you need to do.",
)
_GETTING_READY = Words("waiting", "Thank you for your order", "We are getting it ready. This takes a moment.")
_TO_BE_PACKED = Words("done", "Thank you for your order", "We are getting your parcel ready. You need not do anything.")

LOOKS_AGAIN = "This page looks again by itself."
KEYS_IN_MAIL = "Your license keys are in your mail."
KEYS_AT_THE_SHOP = "For your safety, your license keys are no longer shown here. Please contact us to get them."


def words(state: CheckoutState, *, is_working: bool, is_unpaid: bool, is_authorized: bool) -> Words:
    """`is_working`: something of the order is about to change without anybody's doing.

    `is_unpaid`: Stripe says that nobody has paid. That we did not hear of a payment is another thing.

    `is_authorized`: the merchant may take the money, and has not taken it yet.
    """
    if state is CheckoutState.AWAITING_PAYMENT and is_authorized:
        return _AUTHORIZED
    if state is CheckoutState.OPEN and not is_unpaid:
        return _CONFIRMING
    if state is CheckoutState.FULFILLING:
        return _GETTING_READY if is_working else _TO_BE_PACKED
    return _WORDS[state]
