"""Payment methods: Stripe's test cards by their tokens, and its test bank accounts."""

from typing import Final

from interfaces.sandbox.model.errors import invalid_parameter, missing_parameter, missing_resource
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.payment_values import MethodKind, Outcome, PaymentMethod
from interfaces.sandbox.model.values import Address, Customer, PayBy

_NAMES: Final = ("billing_details", "card", "expand", "metadata", "sepa_debit", "type")
_CARDS: Final[dict[str, tuple[Outcome, str]]] = {
    "visa": ("succeeds", "4242"),
    "mastercard": ("succeeds", "4444"),
    "chargeDeclined": ("fails", "0002"),
    "visa_chargeDeclined": ("fails", "0002"),
    "chargeDeclinedInsufficientFunds": ("fails", "9995"),
    "visa_chargeDeclinedInsufficientFunds": ("fails", "9995"),
    "createDispute": ("is_disputed", "0259"),
    "createDisputeInquiry": ("is_inquired", "1976"),
}
"""What comes of paying with it, and its last digits: of `tok_visa` and `pm_card_visa`."""
TEST_CARD_NUMBER: Final = "4242 4242 4242 4242"
CARD_NUMBERS: Final = {
    TEST_CARD_NUMBER: "visa",
    "5555 5555 5555 4444": "mastercard",
    "4000 0000 0000 0002": "chargeDeclined",
    "4000 0000 0000 9995": "chargeDeclinedInsufficientFunds",
    "4000 0000 0000 0259": "createDispute",
    "4000 0000 0000 1976": "createDisputeInquiry",
}
"""Stripe's test cards as a person types them, and their names: https://docs.stripe.com/testing."""
_REFUSED_IBANS: Final = frozenset({"AT861904300235473202", "IT60X0542811101000000123456"})
"""The accounts for trials whose bank refuses the debit; the second is the one that the Stripe CLI uses."""
_TEST_CARD: Final = "pm_card_"


def new_payment_method(params: Params, making: Making) -> PaymentMethod:
    params.allow_only(_NAMES)
    params.required("type")
    if params.choice("type", ("card", "sepa_debit")) == "card":
        kind: MethodKind = "card"
        outcome, last4 = _card(params.child("card"))
    else:
        kind = "sepa_debit"
        outcome, last4 = _account(params.child("sepa_debit"))
    customer = _customer(params.child("billing_details"))
    return _kept(making, kind, outcome, last4, customer=customer, metadata=params.pairs("metadata"))


def method_named(identifier: str, making: Making, *, param: str) -> PaymentMethod:
    """Return the method of this ID; a test card such as `pm_card_visa` becomes a new method each time.

    Raises:
        StripeError: there is no such method.
    """
    known = making.state.payment_methods.get(identifier)
    if known is not None:
        return known
    card = _CARDS.get(identifier.removeprefix(_TEST_CARD)) if identifier.startswith(_TEST_CARD) else None
    if card is None:
        raise missing_resource("PaymentMethod", identifier, param=param)
    return _kept(making, "card", *card, customer=Customer(email=None), metadata={})


def method_filled_in(by: PayBy, card: str, customer: Customer, making: Making) -> PaymentMethod:
    """What the customer has filled in on the payment page.

    Raises:
        StripeError: the card is none of the test cards.
    """
    if by == "card":
        return _kept(making, "card", *_card_of(card), customer=customer, metadata={})
    outcome: Outcome = "fails" if by == "debit_fails" else "succeeds"
    return _kept(making, "sepa_debit", outcome, "3000", customer=customer, metadata={})


def _kept(
    making: Making, kind: MethodKind, outcome: Outcome, last4: str, *, customer: Customer, metadata: dict[str, str]
) -> PaymentMethod:
    method = PaymentMethod(
        id=making.ids.object("pm"),
        created=making.now,
        kind=kind,
        outcome=outcome,
        last4=last4,
        customer=customer,
        metadata=metadata,
    )
    making.state.payment_methods[method.id] = method
    return method


def is_declined(card: str) -> bool:
    """Whether the bank declines this card, by its number.

    Raises:
        StripeError: it is none of the test cards.
    """
    outcome, _ = _card_of(card)
    return outcome == "fails"


def _card_of(number: str) -> tuple[Outcome, str]:
    digits = "".join(number.split())
    for known, name in CARD_NUMBERS.items():
        if digits == known.replace(" ", ""):
            return _CARDS[name]
    message = f"That is none of the sandbox's test cards. Use {TEST_CARD_NUMBER}, and never a real card."
    raise invalid_parameter("card", message, code="incorrect_number")


def _card(params: Params) -> tuple[Outcome, str]:
    if not params.has("token"):
        message = "The sandbox takes no card numbers: use a test token such as tok_visa."
        raise invalid_parameter(params.named("token"), message)
    token = params.required("token")
    card = _CARDS.get(token.removeprefix("tok_")) if token.startswith("tok_") else None
    if card is None:
        raise missing_resource("token", token, param=params.named("token"))
    return card


def _account(params: Params) -> tuple[Outcome, str]:
    if not params.has("iban"):
        raise missing_parameter(params.named("iban"))
    iban = params.required("iban").replace(" ", "")
    return "fails" if iban in _REFUSED_IBANS else "succeeds", iban[-4:]


def _customer(details: Params) -> Customer:
    address = details.child("address")
    names = ("line1", "line2", "postal_code", "city", "state", "country")
    return Customer(
        email=details.text("email"),
        name=details.text("name"),
        phone=details.text("phone"),
        address=Address(**{name: address.text(name) for name in names}) if details.has("address") else None,
    )
