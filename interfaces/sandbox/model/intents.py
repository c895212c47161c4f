"""Payment intents from their parameters, and the money that has gone back from one."""

from dataclasses import replace
from typing import Final

from interfaces.sandbox.model.catalog import currency_of
from interfaces.sandbox.model.errors import StripeError, invalid_parameter, invalid_state, missing_parameter
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.payment_values import CAPTURE_METHODS, IntentStatus, PaymentIntent, PaymentMethod
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import Money

_NAMES: Final = (
    *("amount", "automatic_payment_methods", "capture_method", "confirm", "currency", "description"),
    *("error_on_requires_action", "expand", "metadata", "off_session", "payment_method"),
    *("payment_method_options", "payment_method_types", "receipt_email", "return_url", "setup_future_usage"),
    *("shipping", "statement_descriptor", "statement_descriptor_suffix"),
)
AMOUNT_MAX: Final = 99_999_999
_CANCELABLE: Final = ("requires_payment_method", "requires_capture", "requires_confirmation")
_CANCELLATION_REASONS: Final = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")


def new_intent(params: Params, making: Making) -> PaymentIntent:
    """Create a payment intent, unconfirmed whatever the parameters are.

    Raises:
        StripeError: a parameter is missing or invalid.
    """
    params.allow_only(_NAMES)
    chosen = params.choice("capture_method", CAPTURE_METHODS)
    amount = params.integer("amount", minimum=1, maximum=AMOUNT_MAX)
    if amount is None:
        raise missing_parameter("amount")
    return PaymentIntent(
        id=making.ids.payment_intent(),
        created=making.now,
        session_id=None,
        money=Money(amount=amount, currency=currency_of(params)),
        status="requires_payment_method",
        method="card",
        description=params.text("description"),
        metadata=params.pairs("metadata"),
        capture_method=next((method for method in CAPTURE_METHODS if method == chosen), "automatic_async"),
    )


def with_method(intent: PaymentIntent, method: PaymentMethod) -> PaymentIntent:
    """Return the payment intent with a payment method, ready to be confirmed.

    Raises:
        StripeError: its status does not allow that, or the method is no card.
    """
    if intent.status not in ("requires_confirmation", "requires_payment_method") or intent.session_id is not None:
        message = f"This PaymentIntent's payment method could not be updated: it has a status of {intent.status}."
        raise invalid_state(message, code="payment_intent_unexpected_state")
    if method.kind != "card":
        raise invalid_parameter("payment_method", "The sandbox takes bank debits in Checkout Sessions only.")
    return replace(intent, status="requires_confirmation", method=method.kind, method_id=method.id, is_declined=False)


def tried(intent: PaymentIntent, method: PaymentMethod) -> PaymentIntent:
    """As the bank has answered."""
    is_declined = method.outcome == "fails"
    accepted: IntentStatus = "requires_capture" if intent.capture_method == "manual" else "succeeded"
    return replace(intent, status="requires_payment_method" if is_declined else accepted, is_declined=is_declined)


def captured(intent: PaymentIntent, params: Params) -> PaymentIntent:
    """Return the payment intent after the merchant captured the authorized money.

    Raises:
        StripeError: there is nothing to capture, or only a part is asked for.
    """
    params.allow_only(("amount_to_capture", "expand", "metadata"))
    if intent.status != "requires_capture":
        raise _unexpected(intent, "captured", "requires_capture")
    if params.integer("amount_to_capture", minimum=1) not in (None, intent.money.amount):
        raise invalid_parameter("amount_to_capture", "The sandbox captures the whole amount, or cancels it.")
    return replace(intent, status="succeeded", metadata=params.merged("metadata", intent.metadata or {}))


def canceled(intent: PaymentIntent, params: Params, making: Making) -> PaymentIntent:
    """Return the payment intent as canceled.

    Raises:
        StripeError: its status does not allow that.
    """
    params.allow_only(("cancellation_reason", "expand"))
    if intent.status not in _CANCELABLE:
        raise _unexpected(intent, "canceled", ", ".join(_CANCELABLE))
    return replace(
        intent,
        status="canceled",
        method_id=intent.method_id if intent.charge_id else None,
        is_declined=False,
        canceled_at=making.now,
        cancellation_reason=params.choice("cancellation_reason", _CANCELLATION_REASONS),
    )


def _unexpected(intent: PaymentIntent, what: str, expected: str) -> StripeError:
    message = (
        f"This PaymentIntent could not be {what} because it has a status of {intent.status}. "
        f"Only a PaymentIntent with one of the following statuses may be {what}: {expected}."
    )
    return invalid_state(message, code="payment_intent_unexpected_state")


def intent_of_charge(state: State, charge_id: str) -> PaymentIntent | None:
    """A charge's ID is that of its payment intent with another beginning."""
    intent = state.payment_intents.get(f"pi_{charge_id[3:]}")
    return intent if intent is not None and intent.charge_id == charge_id else None


def refunded_amount(state: State, intent: PaymentIntent) -> int:
    return sum(refund.money.amount for refund in state.refunds.values() if refund.intent_id == intent.id)


def disputed_amount(state: State, intent: PaymentIntent) -> int:
    """What the customer's bank has taken back, for good or for now."""
    taken = (dispute for dispute in state.disputes.values() if dispute.has_taken_money)
    return sum(dispute.money.amount for dispute in taken if dispute.intent_id == intent.id)
