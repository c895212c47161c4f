"""Stripe's JSON of payment methods, payment intents, charges, refunds and disputes."""

from typing import Final

from interfaces.sandbox.model.intents import refunded_amount
from interfaces.sandbox.model.payment_values import Dispute, PaymentIntent, PaymentMethod, Refund
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import Customer
from interfaces.sandbox.stripe_json.shapes import NOTHING, Expand, Json, JsonObject, address_json

INTENT_EXPANDS: Final = ("latest_charge", "payment_method")
REVERSAL_EXPANDS: Final = ("charge", "payment_intent")
"""Those of what goes back: refunds and disputes."""
_EVIDENCE_SECONDS: Final = 7 * 24 * 3600
_ABSENT: Final = (
    *("application", "application_fee_amount", "customer", "on_behalf_of", "receipt_email", "review", "shipping"),
    *("source", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group"),
)
"""What payment intents and charges both have at Stripe, and neither here. Each is null, as the SDK wants to find it."""
_ABSENT_OF_INTENT: Final = (
    *("automatic_payment_methods", "customer_account", "next_action"),
    *("excluded_payment_method_types", "payment_method_configuration_details", "processing", "setup_future_usage"),
)
_ABSENT_OF_CHARGE: Final = (
    *("application_fee", "calculated_statement_descriptor", "failure_balance_transaction", "outcome"),
    *("receipt_number", "receipt_url", "source_transfer"),
)


class PaymentShapes:
    """Renders with access to the state, since a charge includes its refunds."""

    def __init__(self, state: State) -> None:
        self._state = state

    def intent(self, intent: PaymentIntent, expand: Expand = NOTHING) -> JsonObject:
        shown: JsonObject = {
            "id": intent.id,
            "object": "payment_intent",
            **_intent_amounts(intent),
            **_intent_settings(intent),
            "created": intent.created,
            "last_payment_error": _decline_json(intent),
            "latest_charge": intent.charge_id,
            "livemode": False,
            "payment_method": None if intent.is_declined else intent.method_id,
            "payment_method_types": [intent.method],
            "status": intent.status,
        }
        if expand.has("latest_charge") and intent.charge_id is not None:
            shown["latest_charge"] = self.charge(intent)
        method = self._state.payment_methods.get(intent.method_id or "")
        if expand.has("payment_method") and method is not None and not intent.is_declined:
            shown["payment_method"] = payment_method_json(method)
        return shown

    def charge(self, intent: PaymentIntent, expand: Expand = NOTHING) -> JsonObject:
        """The charge that was tried for the payment."""
        method = self._state.payment_methods.get(intent.method_id or "")
        shown: JsonObject = {
            "id": intent.charge_id,
            "object": "charge",
            **self._charge_amounts(intent),
            **_charge_outcome(intent),
            **dict.fromkeys((*_ABSENT, *_ABSENT_OF_CHARGE)),
            "billing_details": _billing_json(method.customer if method else None),
            "created": intent.created,
            "description": intent.description,
            "disputed": any(dispute.intent_id == intent.id for dispute in self._state.disputes.values()),
            "fraud_details": {},
            "livemode": False,
            "metadata": intent.metadata or {},
            "payment_intent": intent.id,
            "payment_method": intent.method_id,
            "payment_method_details": {"type": intent.method, intent.method: _details_json(method)},
        }
        if expand.has("payment_intent"):
            shown["payment_intent"] = self.intent(intent)
        return shown

    def refund(self, refund: Refund, expand: Expand = NOTHING) -> JsonObject:
        return {
            "id": refund.id,
            "object": "refund",
            "amount": refund.money.amount,
            "balance_transaction": None,
            "created": refund.created,
            "currency": refund.money.currency,
            "customer": None,
            "destination_details": None,
            "metadata": refund.metadata,
            "reason": refund.reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
            **self._reversed(refund.intent_id, expand),
        }

    def dispute(self, dispute: Dispute, expand: Expand = NOTHING) -> JsonObject:
        return {
            "id": dispute.id,
            "object": "dispute",
            "amount": dispute.money.amount,
            "balance_transactions": [],
            "created": dispute.created,
            "currency": dispute.money.currency,
            "enhanced_eligibility_types": [],
            "evidence": {"uncategorized_text": dispute.evidence},
            "evidence_details": {
                "due_by": dispute.created + _EVIDENCE_SECONDS,
                "enhanced_eligibility": {},
                "has_evidence": dispute.evidence is not None,
                "past_due": False,
                "submission_count": 0 if dispute.evidence is None else 1,
            },
            "is_charge_refundable": dispute.is_inquiry,
            "livemode": False,
            "metadata": dispute.metadata,
            "payment_method_details": {
                "card": {
                    "brand": "visa",
                    "case_type": "inquiry" if dispute.is_inquiry else "chargeback",
                    "network_reason_code": "10.4",
                },
                "type": "card",
            },
            "reason": "fraudulent",
            "status": dispute.status,
            **self._reversed(dispute.intent_id, expand),
        }

    def _charge_amounts(self, intent: PaymentIntent) -> JsonObject:
        paid = intent.money.amount if intent.status == "succeeded" else 0
        refunded = refunded_amount(self._state, intent)
        return {
            "amount": intent.money.amount,
            "amount_captured": paid,
            "amount_refunded": refunded,
            "balance_transaction": None,
            "captured": intent.status == "succeeded",
            "currency": intent.money.currency,
            "refunded": paid > 0 and refunded == paid,
        }

    def _reversed(self, intent_id: str, expand: Expand) -> JsonObject:
        intent = self._state.payment_intent(intent_id)
        return {
            "charge": self.charge(intent) if expand.has("charge") else intent.charge_id,
            "payment_intent": self.intent(intent) if expand.has("payment_intent") else intent.id,
        }


def payment_method_json(method: PaymentMethod) -> JsonObject:
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": _billing_json(method.customer),
        method.kind: _details_json(method),
        "created": method.created,
        "customer": None,
        "livemode": False,
        "metadata": method.metadata,
        "type": method.kind,
    }


def _intent_amounts(intent: PaymentIntent) -> JsonObject:
    return {
        "amount": intent.money.amount,
        "amount_capturable": intent.money.amount if intent.status == "requires_capture" else 0,
        "amount_details": {"tip": {}},
        "amount_received": intent.money.amount if intent.status == "succeeded" else 0,
        "currency": intent.money.currency,
    }


def _intent_settings(intent: PaymentIntent) -> JsonObject:
    return {
        **dict.fromkeys((*_ABSENT, *_ABSENT_OF_INTENT)),
        "capture_method": intent.capture_method,
        "canceled_at": intent.canceled_at,
        "cancellation_reason": intent.cancellation_reason,
        "client_secret": f"{intent.id}_secret_{intent.id[-10:]}",
        "confirmation_method": "automatic",
        "description": intent.description,
        "metadata": intent.metadata or {},
        "payment_method_options": {},
    }


def _decline_json(intent: PaymentIntent) -> JsonObject | None:
    if not intent.is_declined:
        return None
    if intent.method == "card":
        return {"code": "card_declined", "message": "Your card was declined.", "type": "card_error"}
    return {
        "code": "payment_intent_payment_attempt_failed",
        "message": "The customer's bank refused the debit.",
        "type": "invalid_request_error",
    }


def _charge_outcome(intent: PaymentIntent) -> JsonObject:
    decline = _decline_json(intent) or {}
    succeeded = intent.status in ("requires_capture", "succeeded", "canceled")
    return {
        "failure_code": decline.get("code"),
        "failure_message": decline.get("message"),
        "paid": succeeded,
        "status": "succeeded" if succeeded else "failed" if decline else "pending",
    }


def _details_json(method: PaymentMethod | None) -> JsonObject:
    if method is None:
        return {}
    if method.kind == "sepa_debit":
        return {"bank_code": None, "branch_code": None, "country": "AT", "fingerprint": None, "last4": method.last4}
    details: dict[str, Json] = {"brand": "mastercard" if method.last4 == "4444" else "visa", "country": "US"}
    return {
        **details,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": None,
        "funding": "credit",
        "last4": method.last4,
    }


def _billing_json(customer: Customer | None) -> JsonObject:
    known = customer or Customer(email=None)
    return {"address": address_json(known.address), "email": known.email, "name": known.name, "phone": known.phone}
