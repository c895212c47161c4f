"""What the sandbox keeps of payments, and of the money that goes back: plain frozen values, as in `values`."""

from dataclasses import dataclass
from typing import Final, Literal

from interfaces.sandbox.model.values import Customer, Money, PayBy

IntentStatus = Literal[
    "canceled", "processing", "requires_capture", "requires_confirmation", "requires_payment_method", "succeeded"
]
CaptureMethod = Literal["automatic", "automatic_async", "manual"]
CAPTURE_METHODS: Final[tuple[CaptureMethod, ...]] = ("automatic", "automatic_async", "manual")
MethodKind = Literal["card", "sepa_debit"]
Outcome = Literal["succeeds", "fails", "is_disputed", "is_inquired"]
"""What becomes of a payment: a dispute takes the money back at once, an inquiry only asks."""
DisputeStatus = Literal["needs_response", "won", "lost", "warning_needs_response", "warning_closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    """A card or a bank account. What comes of paying with it is settled beforehand, as with Stripe's test cards."""

    id: str
    created: int
    kind: MethodKind
    outcome: Outcome
    last4: str
    customer: Customer
    metadata: dict[str, str]

    @property
    def by(self) -> PayBy:
        if self.kind == "card":
            return "card"
        return "debit_fails" if self.outcome == "fails" else "debit_succeeds"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentIntent:
    """A payment, with the charge that was tried for it: the sandbox tries each one once."""

    id: str
    created: int
    session_id: str | None
    """None where no Checkout Session has made it."""
    money: Money
    status: IntentStatus
    method: MethodKind
    is_declined: bool = False
    method_id: str | None = None
    description: str | None = None
    metadata: dict[str, str] | None = None
    capture_method: CaptureMethod = "automatic_async"
    canceled_at: int | None = None
    cancellation_reason: str | None = None

    @property
    def charge_id(self) -> str | None:
        """None until a payment was tried. One that was canceled before has no payment method any more."""
        is_untried = self.status in ("requires_confirmation", "requires_payment_method") and not self.is_declined
        if is_untried or (self.status == "canceled" and self.method_id is None):
            return None
        return f"{'ch' if self.method == 'card' else 'py'}_{self.id[3:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    id: str
    created: int
    intent_id: str
    money: Money
    reason: str | None
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    id: str
    created: int
    intent_id: str
    money: Money
    status: DisputeStatus
    evidence: str | None
    metadata: dict[str, str]

    @property
    def is_inquiry(self) -> bool:
        return self.status in ("warning_needs_response", "warning_closed")

    @property
    def is_open(self) -> bool:
        return self.status in ("needs_response", "warning_needs_response")

    @property
    def has_taken_money(self) -> bool:
        return self.status in ("needs_response", "lost")
