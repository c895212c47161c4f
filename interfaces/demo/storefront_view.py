"""What the shop's pages show of an order, ready for their templates."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.checkout_document import CheckoutDocument
from application.checkout_state import CheckoutState
from infrastructure.formatting import format_money

_MOODS = {
    CheckoutState.FULFILLED: "good",
    CheckoutState.PARTIALLY_FULFILLED: "busy",
    CheckoutState.FULFILLING: "busy",
    CheckoutState.AWAITING_PAYMENT: "busy",
    CheckoutState.OPEN: "busy",
    CheckoutState.BLOCKED: "bad",
    CheckoutState.PAYMENT_FAILED: "bad",
    CheckoutState.PARKED: "bad",
    CheckoutState.EXPIRED: "over",
    CheckoutState.NOTHING_TO_FULFILL: "over",
}
"""How a state is coloured; the word says it too."""
_BY_ITSELF = frozenset({CheckoutState.OPEN, CheckoutState.AWAITING_PAYMENT, CheckoutState.FULFILLING})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    session_id: str
    title: str
    state: str
    mood: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    title: str
    quantity: int
    delivery: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    clock: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    row: OrderRow
    lines: Sequence[LineRow]
    story: Sequence[Told]
    has_landing_page: bool
    is_changing: bool
    """Whether it will change without anybody's doing, so that it is worth looking again."""


def order_row(document: CheckoutDocument) -> OrderRow:
    amount, currency = document.amount_total, document.currency
    return OrderRow(
        session_id=document.session_id,
        title=_title(document),
        state=_words(document.state),
        mood=_MOODS[document.state],
        amount=format_money(amount, currency, "en") if amount is not None and currency else "",
    )


def order_page(document: CheckoutDocument) -> OrderPage:
    return OrderPage(
        row=order_row(document),
        lines=[
            LineRow(
                title=line.description,
                quantity=line.quantity,
                delivery=_words(line.delivery or ""),
                state=_words(line.state),
                detail=line.detail or "",
            )
            for line in document.line_items
        ],
        story=[Told(clock=f"{entry.recorded_at:%H:%M:%S}", text=entry.text) for entry in document.story],
        has_landing_page=document.state != CheckoutState.EXPIRED,
        is_changing=document.state in _BY_ITSELF,
    )


def _title(document: CheckoutDocument) -> str:
    if not document.line_items:
        return f"Checkout {document.session_id[:16]}…"
    first, *others = document.line_items
    return f"{first.description} and {len(others)} more" if others else first.description


def _words(name: str) -> str:
    return name.replace("_", " ")
