"""The sandbox's own books: what was really paid and went back, for comparing with what a merchant's system believes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from interfaces.sandbox.model.payment_values import PaymentIntent
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import Mode, Money, PaymentStatus, Session, SessionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedLine:
    id: str
    price_id: str
    product_id: str
    description: str
    quantity: int
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEntry:
    """One session as the sandbox knows it, whatever the API is set to pretend."""

    session_id: str
    mode: Mode
    status: SessionStatus
    payment_status: PaymentStatus
    total: Money | None
    paid: Money | None
    """The money that arrived; None where none is due or none came."""
    is_debit_pending: bool
    is_authorized: bool
    """Whether a card was authorized, and the merchant has neither captured nor canceled the payment."""
    payment_intent_id: str | None
    payment_link_id: str | None
    email: str | None
    line_items: tuple[BookedLine, ...]
    event_ids: tuple[str, ...]
    """The events about this session, oldest first."""

    @property
    def is_to_fulfill(self) -> bool:
        return self.status == "complete" and self.payment_status != "unpaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedPayment:
    """One payment, made in a session or not. What went back is never more than what was paid."""

    payment_intent_id: str
    session_id: str | None
    paid: Money
    """The money that arrived: 0 until it has."""
    refunded: Money
    """What the merchant gave back."""
    disputed: Money
    """What the customer's bank took back: disputes that are open or lost. An inquiry takes nothing."""


@dataclass(frozen=True, slots=True)
class Books:
    """All sessions and all payments by ID, oldest first."""

    entries: Mapping[str, BookEntry]
    payments: Mapping[str, BookedPayment]

    def of(self, session_id: str) -> BookEntry:
        return self.entries[session_id]

    def payment_of(self, session_id: str) -> BookedPayment | None:
        """None for a session without a payment intent: one that took no money, or that of a subscription."""
        return self.payments.get(self.of(session_id).payment_intent_id or "")

    def to_fulfill(self) -> tuple[BookEntry, ...]:
        return tuple(entry for entry in self.entries.values() if entry.is_to_fulfill)

    def taken(self) -> dict[str, Money]:
        """The money that arrived, by currency."""
        sums: dict[str, int] = {}
        for entry in self.entries.values():
            if entry.paid is not None:
                sums[entry.paid.currency] = sums.get(entry.paid.currency, 0) + entry.paid.amount
        return {currency: Money(amount=amount, currency=currency) for currency, amount in sums.items()}


def books_of(state: State) -> Books:
    event_ids: dict[str, list[str]] = {}
    for event in state.events.values():
        event_ids.setdefault(event.object_id, []).append(event.id)
    sessions = state.sessions.values()
    entries = {session.id: _entry(session, state, event_ids.get(session.id, ())) for session in sessions}
    return Books(entries, _payments(state))


def _entry(session: Session, state: State, event_ids: Iterable[str]) -> BookEntry:
    total = None
    if session.currency is not None:
        total = Money(amount=session.amount_total, currency=session.currency)
    return BookEntry(
        session_id=session.id,
        mode=session.mode,
        status=session.status,
        payment_status=session.payment_status,
        total=total,
        paid=total if session.payment_status == "paid" else None,
        is_debit_pending=session.debit is not None,
        is_authorized=_is_authorized(session, state),
        payment_intent_id=session.payment_intent_id,
        payment_link_id=session.payment_link_id,
        email=session.customer.email if session.customer else session.customer_email,
        line_items=_lines(session, state),
        event_ids=tuple(event_ids),
    )


def _is_authorized(session: Session, state: State) -> bool:
    intent = state.payment_intents.get(session.payment_intent_id or "")
    return intent is not None and intent.status == "requires_capture"


def _payments(state: State) -> dict[str, BookedPayment]:
    refunded: Counter[str] = Counter()
    for refund in state.refunds.values():
        refunded[refund.intent_id] += refund.money.amount
    disputed: Counter[str] = Counter()
    for dispute in state.disputes.values():
        disputed[dispute.intent_id] += dispute.money.amount if dispute.has_taken_money else 0
    intents = state.payment_intents.values()
    return {intent.id: _payment(intent, refunded[intent.id], disputed[intent.id]) for intent in intents}


def _payment(intent: PaymentIntent, refunded: int, disputed: int) -> BookedPayment:
    money = intent.money
    return BookedPayment(
        payment_intent_id=intent.id,
        session_id=intent.session_id,
        paid=money if intent.status == "succeeded" else replace(money, amount=0),
        refunded=replace(money, amount=refunded),
        disputed=replace(money, amount=disputed),
    )


def _lines(session: Session, state: State) -> tuple[BookedLine, ...]:
    return tuple(
        BookedLine(
            id=item.id,
            price_id=item.price_id,
            product_id=state.prices[item.price_id].product_id,
            description=item.description,
            quantity=item.quantity,
            total=Money(amount=item.amount_total, currency=item.currency),
        )
        for item in session.line_items
    )
