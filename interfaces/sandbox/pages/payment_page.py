"""What the payment page shows, ready for the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from babel import Locale

from interfaces.sandbox.model.payment_methods import CARD_NUMBERS
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import AdjustableQuantity, CustomField, LineItem, OptionalItem, Session
from interfaces.sandbox.pages.form import Filled, Problem
from interfaces.sandbox.pages.money import shown_money


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLine:
    id: str
    name: str
    quantity: int
    unit: str
    total: str
    adjustable: AdjustableQuantity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    price_id: str
    name: str
    unit: str
    chosen: int
    quantity: int
    """How many a tick adds, where the number is not free."""
    adjustable: AdjustableQuantity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    id: str
    name: str
    amount: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPage:
    session_id: str
    mode: str
    total: str
    discount: str | None
    """What the coupon takes off; shown where there is one."""
    is_free: bool
    lines: Sequence[PageLine]
    extras: Sequence[Extra]
    rates: Sequence[Rate]
    countries: Sequence[tuple[str, str]]
    """Code and name."""
    fields: Sequence[CustomField]
    has_phone: bool
    has_fixed_email: bool
    has_card: bool
    cards: Sequence[str]
    """The numbers of the test cards."""
    has_debit: bool
    cancel_url: str
    expires: str
    filled: Filled
    problems: Sequence[Problem]

    @property
    def has_choices(self) -> bool:
        """Whether the total depends on what is filled in."""
        return bool(self.extras or len(self.rates) > 1 or any(line.adjustable for line in self.lines))

    def is_wrong(self, field: str) -> bool:
        return any(problem.field == field for problem in self.problems)


def payment_page(
    session: Session, preview: Session, state: State, filled: Filled, problems: Sequence[Problem]
) -> PaymentPage:
    """The page of a session; the preview is the session with the quantities and extras chosen so far."""
    methods = session.wishes.payment_method_types
    own_lines = preview.line_items[: len(session.line_items)]
    return PaymentPage(
        session_id=session.id,
        mode=session.mode,
        total=shown_money(preview.amount_total, session.currency),
        discount=shown_money(-preview.amount_discount, session.currency) if preview.amount_discount else None,
        is_free=session.mode != "setup" and preview.amount_total == 0,
        lines=[_line(item) for item in own_lines],
        extras=[_extra(item, state, filled) for item in session.optional_items],
        rates=_rates(session, preview),
        countries=[(code, _country(code)) for code in session.wishes.shipping_countries],
        fields=session.wishes.custom_fields,
        has_phone=session.wishes.has_phone,
        has_fixed_email=session.customer_email is not None,
        has_card=not methods or "card" in methods,
        cards=tuple(CARD_NUMBERS),
        has_debit=session.mode != "setup" and (not methods or any(method != "card" for method in methods)),
        cancel_url=session.cancel_url or f"/c/pay/{session.id}/left",
        expires=shown_time(session.expires_at),
        filled=filled,
        problems=problems,
    )


def shown_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%-d %B %Y, %H:%M UTC")


def _country(code: str) -> str:
    return str(Locale("en").territories.get(code, code))


def _line(item: LineItem) -> PageLine:
    return PageLine(
        id=item.id,
        name=item.description,
        quantity=item.quantity,
        unit=shown_money(item.unit_amount, item.currency),
        total=shown_money(item.amount_subtotal, item.currency),
        adjustable=item.adjustable,
    )


def _extra(item: OptionalItem, state: State, filled: Filled) -> Extra:
    price = state.price(item.price_id)
    return Extra(
        price_id=price.id,
        name=state.product(price.product_id).name,
        unit=shown_money(price.unit_amount, price.currency),
        chosen=filled.additions.get(price.id, 0),
        quantity=item.quantity,
        adjustable=item.adjustable,
    )


def _rates(session: Session, preview: Session) -> list[Rate]:
    return [
        Rate(
            id=option.rate_id,
            name=option.name,
            amount=shown_money(option.amount, session.currency),
            is_chosen=option == preview.shipping,
        )
        for option in session.wishes.shipping_options
    ]
