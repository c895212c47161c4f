"""Disputes: a customer's bank asks about a payment, or takes the money back."""

from dataclasses import replace
from typing import Final

from interfaces.sandbox.model.errors import invalid_parameter, invalid_state
from interfaces.sandbox.model.intents import refunded_amount
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.payment_values import Dispute, DisputeStatus, PaymentIntent
from interfaces.sandbox.model.values import Money

_CLOSED_BY_EVIDENCE: Final[dict[str, DisputeStatus]] = {"winning_evidence": "won", "losing_evidence": "lost"}
"""Stripe's texts for trials: as `evidence[uncategorized_text]` they decide the dispute."""


def new_dispute(intent: PaymentIntent, making: Making, *, amount: int | None = None, is_inquiry: bool) -> Dispute:
    """Dispute `amount` of the payment, or all of it that was not refunded; in the currency's smallest unit.

    Raises:
        StripeError: less than that is left, or the payment is disputed already.
    """
    left = intent.money.amount - refunded_amount(making.state, intent) if intent.status == "succeeded" else 0
    asked = left if amount is None else amount
    if not 0 < asked <= left:
        raise invalid_parameter("amount", f"Of this payment {left} can be disputed, and not {asked}.")
    if any(known.intent_id == intent.id for known in making.state.disputes.values()):
        raise invalid_state("This payment is disputed already.")
    return Dispute(
        id=making.ids.object("du"),
        created=making.now,
        intent_id=intent.id,
        money=Money(amount=asked, currency=intent.money.currency),
        status="warning_needs_response" if is_inquiry else "needs_response",
        evidence=None,
        metadata={},
    )


def changed_dispute(dispute: Dispute, params: Params) -> Dispute:
    """Evidence of a trial decides it at once; any other is kept."""
    params.allow_only(("evidence", "expand", "metadata", "submit"))
    evidence = params.child("evidence").text("uncategorized_text")
    changed = replace(
        dispute,
        metadata=params.merged("metadata", dispute.metadata),
        evidence=evidence or dispute.evidence,
    )
    verdict = _CLOSED_BY_EVIDENCE.get(evidence or "")
    return changed if verdict is None else closed_dispute(changed, verdict)


def closed_dispute(dispute: Dispute, verdict: DisputeStatus = "lost") -> Dispute:
    """Return the dispute as closed. An inquiry costs nothing, however it ends.

    Raises:
        StripeError: it is closed already.
    """
    if not dispute.is_open:
        raise invalid_state(f"This dispute is already closed: it has a status of {dispute.status}.")
    return replace(dispute, status="warning_closed" if dispute.is_inquiry else verdict)
