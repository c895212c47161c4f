"""Refunds: money given back by the merchant, never more than was paid."""

from dataclasses import replace
from typing import Final

from interfaces.sandbox.model.errors import (
    StripeError,
    invalid_parameter,
    invalid_state,
    missing_parameter,
    missing_resource,
)
from interfaces.sandbox.model.intents import AMOUNT_MAX, disputed_amount, intent_of_charge, refunded_amount
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.payment_values import PaymentIntent, Refund
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import Money

_NAMES: Final = (
    *("amount", "charge", "expand", "instructions_email", "metadata", "payment_intent", "reason"),
    *("refund_application_fee", "reverse_transfer"),
)
_REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")


def new_refund(params: Params, making: Making) -> Refund:
    """Refund a payment, in whole or in part.

    Raises:
        StripeError: nothing was paid, or less than the amount is left.
    """
    params.allow_only(_NAMES)
    intent = _refunded_intent(params, making.state)
    left = _refundable(intent, making.state)
    amount = params.integer("amount", minimum=1, maximum=AMOUNT_MAX) or left
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid_parameter("amount", message)
    return Refund(
        id=making.ids.object("re" if intent.method == "card" else "pyr"),
        created=making.now,
        intent_id=intent.id,
        money=Money(amount=amount, currency=intent.money.currency),
        reason=params.choice("reason", _REASONS),
        metadata=params.pairs("metadata"),
    )


def changed_refund(refund: Refund, params: Params) -> Refund:
    params.allow_only(("expand", "metadata"))
    return replace(refund, metadata=params.merged("metadata", refund.metadata))


def _refunded_intent(params: Params, state: State) -> PaymentIntent:
    charge_id, intent_id = params.text("charge"), params.text("payment_intent")
    if charge_id is None and intent_id is None:
        raise missing_parameter("payment_intent")
    if charge_id is None or intent_id is not None:
        return state.payment_intent(params.required("payment_intent"), param="payment_intent")
    intent = intent_of_charge(state, charge_id)
    if intent is None:
        raise missing_resource("charge", charge_id, param="charge")
    return intent


def _refundable(intent: PaymentIntent, state: State) -> int:
    """What can still be given back, at least 1."""
    if intent.status != "succeeded":
        raise _without_payment(intent)
    if disputed_amount(state, intent):
        message = f"Charge {intent.charge_id} has been charged back; cannot issue a refund."
        raise invalid_state(message, code="charge_disputed")
    left = intent.money.amount - refunded_amount(state, intent)
    if left == 0:
        message = f"Charge {intent.charge_id} has already been refunded."
        raise invalid_state(message, code="charge_already_refunded")
    return left


def _without_payment(intent: PaymentIntent) -> StripeError:
    message = f"This PaymentIntent ({intent.id}) does not have a successful charge to refund."
    return StripeError(message, param="payment_intent", code="payment_intent_unexpected_state")
