"""The landing page: what a customer sees of an order. No name, no address and no e-mail gets into it.

Everything on it that a person or Stripe typed is one line, escaped, and a link only if it leads to the web.
"""

from collections.abc import Set
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from application.reading.checkout_state import CheckoutState
from application.reading.parts import parts_of
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId
from domain.order_number import OrderNumber, order_number
from domain.payment_wait import PaymentWait
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.formatting import format_money
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.page_texts import PageText, page_text, payment_page_label
from infrastructure.customer_texts.shop import Shop
from infrastructure.customer_texts.sums import Sum, sums, sums_note
from infrastructure.safe_text import web_link
from interfaces.web.landing_lines import Section, ordered, planned

KEYS_SHOWN_FOR = timedelta(hours=1)
"""How long after they are there license keys are shown: the page's address may still lie around much later."""
_REFRESH_SECONDS_MAX = 600
_REFRESH_UNHEARD_SECONDS_MAX = 60
"""The customer may have come back this moment, however old the session is."""
_ITEMS_UNFOLDED = 6
_KEYS_UNFOLDED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    amount: int
    """In the currency's smallest unit."""
    currency: str
    shown: str
    in_own_currency: str | None = None
    """As the customer saw and paid it, where that is in another currency than the shop's."""
    is_paid: bool = False
    """False if it is still to come, if the order is free, and in a trial."""
    sums: tuple[Sum, ...] = ()
    """The parts of the total; empty where the items already show them."""
    sums_note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPaymentPage:
    """Where the customer can still pay."""

    url: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingPage:
    language: Language
    state: CheckoutState
    order_number: OrderNumber
    words: PageText
    sections: tuple[Section, ...]
    total: Total | None
    is_paid: bool
    refresh_seconds: int | None
    payment_page: ToPaymentPage | None = None

    @property
    def is_refreshing(self) -> bool:
        return self.refresh_seconds is not None


def landing_page(
    session: CheckoutSession,
    fulfillment: Fulfillment,
    language: Language,
    *,
    state: CheckoutState,
    now: datetime,
    refresh_seconds: int | None,
    mailed: Set[LineItemId],
) -> LandingPage:
    """`refresh_seconds` is how soon to look again at first; it is not done where only people can change anything.
    `mailed` are the lines whose license keys the customer has in a mail.
    """
    is_changing = fulfillment.requested is None or any(line.is_working for line in fulfillment.lines.values())
    return LandingPage(
        language=language,
        state=state,
        order_number=order_number(session.id),
        words=page_text(
            state,
            language,
            parts=parts_of(fulfillment),
            is_unpaid=session.is_reported_open,
            payment_wait=session.checkout.payment_wait if session.checkout else PaymentWait.UNKNOWN,
            is_payment_over=session.is_payment_over,
        ),
        sections=_sections(session, fulfillment, language, state=state, now=now, mailed=mailed),
        total=_total(session, state, language),
        is_paid=session.is_paid,
        refresh_seconds=_later(refresh_seconds, session, now) if refresh_seconds and is_changing else None,
        payment_page=_payment_page(session, state, language, now),
    )


def render(page: LandingPage, texts: CustomerTexts) -> str:
    return texts.render("pages/landing.html", page.language, **filled_with(page))


def filled_with(page: LandingPage) -> dict[str, object]:
    """Return what the page's template can name."""
    return {"page": page, "items_unfolded": _ITEMS_UNFOLDED, "keys_unfolded": _KEYS_UNFOLDED}


def as_json(page: LandingPage, shop: Shop) -> dict[str, Any]:
    return {
        "shop": {"name": shop.name, "url": shop.url, "email": shop.email, "phone": shop.phone},
        "state": str(page.state),
        "order_number": page.order_number,
        "headline": page.words.headline,
        "message": page.words.message,
        "refresh_seconds": page.refresh_seconds,
        "is_paid": page.is_paid,
        "payment_page": asdict(page.payment_page) if page.payment_page else None,
        "total": asdict(page.total) if page.total else None,
        "sections": [asdict(section) for section in page.sections],
    }


def render_message(text: PageText, language: Language, texts: CustomerTexts) -> str:
    """A page that is about no order."""
    return texts.render("pages/message.html", language, words=text)


def _later(seconds: int, session: CheckoutSession, now: datetime) -> int:
    """When a third of the time that the customer has waited has gone by once more.

    The longer it has taken, the less is about to change, and the page interrupts its reader, or a screen reader,
    less and less often.
    """
    heard_at = session.paid_at or (session.completed.occurred_at if session.completed else None)
    begun_at = heard_at or (session.checkout.created if session.checkout else now)
    longest = _REFRESH_SECONDS_MAX if heard_at else _REFRESH_UNHEARD_SECONDS_MAX
    return max(seconds, min(int((now - begun_at).total_seconds()) // 3, longest))


def _sections(
    session: CheckoutSession,
    fulfillment: Fulfillment,
    language: Language,
    *,
    state: CheckoutState,
    now: datetime,
    mailed: Set[LineItemId],
) -> tuple[Section, ...]:
    if fulfillment.requested:
        return tuple(planned(fulfillment, language, keys_since=now - KEYS_SHOWN_FOR, mailed=mailed))
    if session.checkout is None or state not in {CheckoutState.FULFILLING, CheckoutState.AWAITING_PAYMENT}:
        return ()
    return tuple(ordered(session.checkout, language))


def _payment_page(
    session: CheckoutSession, state: CheckoutState, language: Language, now: datetime
) -> ToPaymentPage | None:
    """Only where it is certain that nothing was paid: no one shall pay twice."""
    checkout = session.checkout
    if checkout is None:
        return None
    is_over = state is CheckoutState.EXPIRED and checkout.is_expired
    is_unfinished = state is CheckoutState.OPEN and session.is_reported_open
    page = checkout.payment_page_at(now) if is_over or is_unfinished else None
    url = web_link(page.url.text) if page else None
    label = payment_page_label(language, is_expired=state is CheckoutState.EXPIRED)
    return ToPaymentPage(url=url, label=label) if url else None


def _total(session: CheckoutSession, state: CheckoutState, language: Language) -> Total | None:
    """What was paid or is on its way; a session that only saves a payment method has no currency."""
    checkout = session.checkout
    is_due = session.is_paid or state is CheckoutState.AWAITING_PAYMENT
    if checkout is None or not checkout.currency or not is_due:
        return None
    shown = format_money(checkout.amount_total, checkout.currency, language.locale)
    own = checkout.presentment
    in_own = format_money(own.amount, own.currency, language.locale) if own else None
    bought = (item.amount_total for item in checkout.line_items if item.quantity > 0)
    return Total(
        amount=checkout.amount_total,
        currency=checkout.currency,
        shown=shown,
        in_own_currency=in_own,
        is_paid=session.is_paid and checkout.is_payment_required and checkout.amount_total > 0,
        sums=sums(checkout, language),
        sums_note=sums_note(checkout, bought, language),
    )
