"""The texts of the landing page: a headline, a message, and a heading for each part."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from application.reading.checkout_state import CheckoutState
from application.reading.parts import Part
from domain.payment_wait import PaymentWait
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.translations import gettext_noop


@dataclass(frozen=True, slots=True)
class PageText:
    mark: str
    """The sign beside the headline: `done`, `waiting`, `looking` or `stopped`."""
    headline: str
    message: str


_HAVE_IT = gettext_noop("Thank you, we have your order")
_UNPAID: Mapping[PaymentWait, PageText] = {
    PaymentWait.BANK: PageText(
        "waiting",
        _HAVE_IT,
        gettext_noop(
            "Your bank has not confirmed your payment yet. This can take a few days. There is nothing you need to do."
        ),
    ),
    PaymentWait.CUSTOMER: PageText(
        "waiting",
        _HAVE_IT,
        gettext_noop(
            "We have not received your payment yet. Please pay with the payment instructions that you received. If you "
            "have already paid, there is nothing more you need to do."
        ),
    ),
    PaymentWait.CAPTURE: PageText(
        "waiting",
        _HAVE_IT,
        gettext_noop("Your payment is authorized and has not been charged yet. There is nothing you need to do."),
    ),
    PaymentWait.UNKNOWN: PageText(
        "waiting",
        _HAVE_IT,
        gettext_noop(
            "We have not received your payment yet. Some payment methods take a few days. If you received payment "
            "instructions, please follow them. Otherwise there is nothing you need to do."
        ),
    ),
}
_CANCELED = gettext_noop("Your order has been canceled")
_DO_NOT_PAY = PageText(
    "stopped",
    _CANCELED,
    gettext_noop("Nothing will be sent. If you have received payment instructions, please do not pay."),
)
_CANCELED_UNPAID: Mapping[PaymentWait, PageText] = {
    PaymentWait.BANK: PageText(
        "stopped",
        _CANCELED,
        gettext_noop("Nothing will be sent. Your bank account may still be debited. If it is, please contact us."),
    ),
    PaymentWait.CUSTOMER: _DO_NOT_PAY,
    PaymentWait.CAPTURE: PageText(
        "stopped",
        _CANCELED,
        gettext_noop("Nothing will be sent. If you have questions about your payment, please contact us."),
    ),
    PaymentWait.UNKNOWN: _DO_NOT_PAY,
}
_GETTING_READY = PageText(
    "waiting",
    gettext_noop("Thank you for your order"),
    gettext_noop("We are getting it ready. This only takes a moment."),
)
_NOT_FOUND = PageText(
    "looking",
    gettext_noop("We could not find this order"),
    gettext_noop(
        "Please open the link exactly as you received it. If you have paid, your order is safe: it does not depend on "
        "this page."
    ),
)
_TEXTS: Mapping[CheckoutState, PageText] = {
    CheckoutState.OPEN: PageText(
        "waiting",
        gettext_noop("Your order is not complete yet"),
        gettext_noop(
            "If you have just paid, the confirmation is on its way, so please do not pay again. If you left the "
            "payment page before paying, please go back and finish there."
        ),
    ),
    CheckoutState.AWAITING_PAYMENT: _UNPAID[PaymentWait.UNKNOWN],
    CheckoutState.FULFILLING: _GETTING_READY,
    CheckoutState.FULFILLED: PageText(
        "done",
        gettext_noop("Thank you, your order is complete"),
        gettext_noop("Everything is ready or on its way."),
    ),
    CheckoutState.PARTIALLY_FULFILLED: PageText(
        "done",
        gettext_noop("Thank you for your order"),
        gettext_noop("Part of it is ready. We are taking care of the rest, and there is nothing you need to do."),
    ),
    CheckoutState.BLOCKED: PageText(
        "looking",
        gettext_noop("Thank you, we have your order"),
        gettext_noop("We are taking care of it. There is nothing you need to do."),
    ),
    CheckoutState.PARKED: PageText(
        "looking",
        gettext_noop("We are looking into your order"),
        gettext_noop("Our team is checking it. There is nothing you need to do, and please do not pay again."),
    ),
    CheckoutState.OTHER_APPLICATION: _NOT_FOUND,
    CheckoutState.PAYMENT_FAILED: PageText(
        "stopped",
        gettext_noop("Your payment did not go through"),
        gettext_noop(
            "We did not receive a payment for this order, and nothing will be sent. If you would still like your "
            "items, please order again."
        ),
    ),
    CheckoutState.EXPIRED: PageText(
        "stopped",
        gettext_noop("Your order was not completed in time"),
        gettext_noop(
            "The payment page has expired, and you were not charged. If you would still like your items, please "
            "order again."
        ),
    ),
    CheckoutState.CANCELED: _CANCELED_UNPAID[PaymentWait.UNKNOWN],
    CheckoutState.NOTHING_TO_FULFILL: PageText(
        "done",
        gettext_noop("Thank you, you are all set"),
        gettext_noop("There is nothing to send for this order, and nothing you need to do."),
    ),
}
_PAID_AND_CANCELED = PageText(
    "stopped",
    _CANCELED,
    gettext_noop("Nothing will be sent. If you have questions about your order or your payment, please contact us."),
)
_CANCELED_AND_OVER = _PAID_AND_CANCELED
"""It asks the same of a customer whose payment failed after the cancellation: nothing."""
_CANCELED_IN_PART = PageText(
    "done",
    gettext_noop("Thank you, your order is complete"),
    gettext_noop("Part of it was canceled. Everything else is ready or on its way."),
)
_REVOKED_IN_PART = PageText(
    "done",
    gettext_noop("Thank you for your order"),
    gettext_noop("Part of it is no longer available. Everything else is ready or on its way."),
)
_KEYS_REVOKED = PageText(
    "stopped",
    gettext_noop("Your license keys are no longer valid"),
    gettext_noop("Nothing more will be sent for this order. If you have questions, please contact us."),
)
_OPEN_AND_CANCELED = PageText(
    "looking",
    _HAVE_IT,
    gettext_noop(
        "Part of it was canceled. We are taking care of everything else, and there is nothing you need to do."
    ),
)
_OPEN_AND_REVOKED = PageText(
    "looking",
    _HAVE_IT,
    gettext_noop(
        "Part of it is no longer available. We are taking care of everything else, and there is nothing you need to do."
    ),
)
_READY_AND_CANCELED = PageText(
    "done",
    gettext_noop("Thank you for your order"),
    gettext_noop(
        "Part of it is ready, and part of it was canceled. We are taking care of everything else, and there is nothing "
        "you need to do."
    ),
)
_READY_AND_REVOKED = PageText(
    "done",
    gettext_noop("Thank you for your order"),
    gettext_noop(
        "Part of it is ready, and part of it is no longer available. We are taking care of everything else, and there "
        "is nothing you need to do."
    ),
)
_CONFIRMING = PageText(
    "waiting",
    gettext_noop("We are confirming your payment"),
    gettext_noop("This can take a few minutes. If you have paid, your order is safe: please do not pay again."),
)
_TO_BE_PACKED = PageText(
    "done",
    gettext_noop("Thank you for your order"),
    gettext_noop("We are getting your parcel ready. There is nothing you need to do."),
)
_TOO_MANY = PageText(
    "waiting",
    gettext_noop("One moment, please"),
    gettext_noop(
        "This page has been opened very often in a short time. Please try again in half a minute. Your order does not "
        "depend on this page."
    ),
)
_UNAVAILABLE = PageText(
    "waiting",
    gettext_noop("One moment, please"),
    gettext_noop(
        "We could not look up your order. Please try again in half a minute. Your order is safe: it does not depend on "
        "this page."
    ),
)
_PARTS: Mapping[Part, tuple[str, str]] = {
    Part.READY: (gettext_noop("Ready for you"), ""),
    Part.PACKING: (gettext_noop("Being packed"), gettext_noop("You can follow it here once it is on its way.")),
    Part.WORKING: (gettext_noop("In preparation"), gettext_noop("This only takes a moment.")),
    Part.BACKORDERED: (
        gettext_noop("Takes a little longer"),
        gettext_noop("Out of stock. You will get it as soon as it is back."),
    ),
    Part.KEYS_AWAITED: (
        gettext_noop("Takes a little longer"),
        gettext_noop("We are getting new license keys. You will get yours as soon as they are here."),
    ),
    Part.BY_HAND: (
        gettext_noop("Prepared by our team"),
        gettext_noop("We are taking care of it. There is nothing you need to do."),
    ),
    Part.UNDECIDED: (
        gettext_noop("Being checked"),
        gettext_noop("Our team is looking into it. There is nothing you need to do."),
    ),
    Part.CANCELED: (gettext_noop("Canceled"), gettext_noop("This will not be delivered.")),
    Part.KEYS_REVOKED: (gettext_noop("No longer valid"), gettext_noop("These license keys can no longer be used.")),
    Part.ORDERED: (gettext_noop("Your order"), ""),
}


_NOT_AVAILABLE = frozenset({Part.CANCELED, Part.KEYS_REVOKED})


def page_text(
    state: CheckoutState,
    language: Language,
    *,
    parts: Set[Part],
    is_unpaid: bool,
    payment_wait: PaymentWait,
    is_payment_over: bool = False,
) -> PageText:
    """`parts`: the parts of the order; none as long as it is not planned.

    `is_unpaid`: Stripe reports that the order is not paid. A payment that is merely unknown to us is another case.

    `payment_wait`: what it waits for if it awaits its payment, or was canceled before it; `is_payment_over`: that
    payment failed or was canceled.
    """
    if parts:
        return _in(language, _planned(parts))
    if state is CheckoutState.AWAITING_PAYMENT:
        return _in(language, _UNPAID[payment_wait])
    if state is CheckoutState.CANCELED:
        return _in(language, _CANCELED_AND_OVER if is_payment_over else _CANCELED_UNPAID[payment_wait])
    if state is CheckoutState.OPEN and not is_unpaid:
        return _in(language, _CONFIRMING)
    return _in(language, _TEXTS[state])


def _planned(parts: Set[Part]) -> PageText:
    """Return the text of a planned order, which is true of each of its parts. What is planned is paid, or free."""
    if Part.UNDECIDED in parts:
        return _TEXTS[CheckoutState.PARKED]
    is_ready, missing = Part.READY in parts, parts & _NOT_AVAILABLE
    to_come = parts - _NOT_AVAILABLE - {Part.READY}
    if to_come == {Part.WORKING}:
        return _GETTING_READY
    if Part.PACKING in to_come:
        return _TO_BE_PACKED
    match is_ready, bool(to_come):
        case True, True if Part.KEYS_REVOKED in missing:
            return _READY_AND_REVOKED
        case True, True:
            return _READY_AND_CANCELED if missing else _TEXTS[CheckoutState.PARTIALLY_FULFILLED]
        case False, True if Part.KEYS_REVOKED in missing:
            return _OPEN_AND_REVOKED
        case False, True:
            return _OPEN_AND_CANCELED if missing else _TEXTS[CheckoutState.BLOCKED]
        case True, False if Part.KEYS_REVOKED in missing:
            return _REVOKED_IN_PART
        case True, False:
            return _CANCELED_IN_PART if missing else _TEXTS[CheckoutState.FULFILLED]
        case _:
            return _KEYS_REVOKED if Part.KEYS_REVOKED in missing else _PAID_AND_CANCELED


def payment_page_label(language: Language, *, is_expired: bool) -> str:
    """Return what the link to Stripe's page is called: it continues this order, or begins another one like it."""
    return language.gettext("Order again") if is_expired else language.gettext("Go to the payment page")


def not_found_text(language: Language) -> PageText:
    """Return the one text for every page that is not found, so that it does not reveal why."""
    return _in(language, _NOT_FOUND)


def too_many_text(language: Language) -> PageText:
    return _in(language, _TOO_MANY)


def unavailable_text(language: Language) -> PageText:
    return _in(language, _UNAVAILABLE)


def part_text(part: Part, language: Language) -> tuple[str, str]:
    """Return the heading of a part of the order, and a sentence, which may be empty."""
    heading, text = _PARTS[part]
    return language.gettext(heading), language.gettext(text) if text else ""


def parcel_heading(number: int, parcels: int, language: Language) -> str:
    if parcels == 1:
        return language.gettext("On its way to you")
    return language.gettext("Parcel %(number)s of %(parcels)s is on its way", number=number, parcels=parcels)


def _in(language: Language, text: PageText) -> PageText:
    return PageText(text.mark, language.gettext(text.headline), language.gettext(text.message))
