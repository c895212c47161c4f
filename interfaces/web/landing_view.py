"""The landing page: what a customer sees of an order. No name, no address and no e-mail gets into it.

Everything on it that a person or Stripe typed is one line, escaped, and a link only if it leads to the web.
"""

from collections.abc import Set
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from application.checkout_state import CheckoutState
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from infrastructure.formatting import format_money
from interfaces.web.landing_lines import Section, is_working, ordered, planned
from interfaces.web.landing_words import KEYS_AT_THE_SHOP, KEYS_IN_MAIL, LOOKS_AGAIN, Words, words

KEYS_SHOWN_FOR = timedelta(hours=1)
"""How long after they are there licence keys are shown: the page's address may still lie around much later."""
_REFRESH_SECONDS_MAX = 600
_REFRESH_UNHEARD_SECONDS_MAX = 60
"""The customer may have come back this moment, however old the session is."""
_TEMPLATES = Path(__file__).parent / "templates"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingPage:
    state: CheckoutState
    words: Words
    sections: tuple[Section, ...]
    total: Total | None
    is_paid: bool
    refresh_seconds: int | None

    @property
    def is_refreshing(self) -> bool:
        return self.refresh_seconds is not None


def landing_page(
    session: CheckoutSession,
    fulfillment: Fulfillment,
    *,
    state: CheckoutState,
    now: datetime,
    refresh_seconds: int | None,
    mailed: Set[str],
) -> LandingPage:
    """`refresh_seconds` is how soon to look again at first; it is not done where only people can change anything.
    `mailed` are the lines whose license keys the customer has in a mail.
    """
    is_changing = fulfillment.requested is None or any(map(is_working, fulfillment.lines.values()))
    return LandingPage(
        state=state,
        words=words(
            state,
            is_working=is_changing,
            is_unpaid=_is_unpaid(session),
            is_authorized=session.checkout is not None and session.checkout.is_authorized,
        ),
        sections=_sections(session, fulfillment, state, now, mailed),
        total=_total(session, state),
        is_paid=session.is_paid,
        refresh_seconds=_later(refresh_seconds, session, now) if refresh_seconds and is_changing else None,
    )


def render(page: LandingPage) -> str:
    return _template("landing.html").render(
        page=page,
        keys_in_mail=KEYS_IN_MAIL,
        keys_at_the_shop=KEYS_AT_THE_SHOP,
        looks_again=LOOKS_AGAIN,
        items_unfolded=_ITEMS_UNFOLDED,
        keys_unfolded=_KEYS_UNFOLDED,
    )


def as_json(page: LandingPage) -> dict[str, Any]:
    return {
        "state": str(page.state),
        "headline": page.words.headline,
        "message": page.words.message,
        "refresh_seconds": page.refresh_seconds,
        "is_paid": page.is_paid,
        "total": asdict(page.total) if page.total else None,
        "sections": [asdict(section) for section in page.sections],
    }


def render_not_found() -> str:
    """One page for whatever is not there, so that it says nothing about why."""
    return _template("message.html").render(
        mark_kind="looking",
        headline="We did not find this order",
        message="Please open the link exactly as you got it. If you have paid, your order is safe: "
        "it does not depend on this page.",
    )


def render_too_many() -> str:
    return _template("message.html").render(
        mark_kind="waiting",
        headline="One moment, please",
        message="This page was opened very often just now. Please try again in half a minute. "
        "Your order does not depend on this page.",
    )


def render_unavailable() -> str:
    return _template("message.html").render(
        mark_kind="waiting",
        headline="One moment, please",
        message="We can't look up your order right now. Please try again in half a minute. "
        "Your order is safe: it does not depend on this page.",
    )


def _later(seconds: int, session: CheckoutSession, now: datetime) -> int:
    """When a third of the time that the customer has waited has gone by once more.

    The longer it has taken, the less is about to change, and whoever reads the page, or hears it read, is interrupted
    less and less often.
    """
    heard_at = session.paid_at or (session.completed.occurred_at if session.completed else None)
    begun_at = heard_at or (session.checkout.created if session.checkout else now)
    longest = _REFRESH_SECONDS_MAX if heard_at else _REFRESH_UNHEARD_SECONDS_MAX
    return max(seconds, min(int((now - begun_at).total_seconds()) // 3, longest))


def _sections(
    session: CheckoutSession, fulfillment: Fulfillment, state: CheckoutState, now: datetime, mailed: Set[str]
) -> tuple[Section, ...]:
    if fulfillment.requested:
        return tuple(planned(fulfillment, keys_since=now - KEYS_SHOWN_FOR, mailed=mailed))
    if session.checkout is None or state not in {CheckoutState.FULFILLING, CheckoutState.AWAITING_PAYMENT}:
        return ()
    return tuple(ordered(session.checkout))


def _is_unpaid(session: CheckoutSession) -> bool:
    return session.checkout is not None and session.checkout.status == "open" and not session.completed


def _total(session: CheckoutSession, state: CheckoutState) -> Total | None:
    """What was paid or is on its way; a session that only saves a payment method has no currency."""
    checkout = session.checkout
    is_due = session.is_paid or state is CheckoutState.AWAITING_PAYMENT
    if checkout is None or not checkout.currency or not is_due:
        return None
    shown = format_money(checkout.amount_total, checkout.currency, checkout.locale)
    own = checkout.presentment
    in_own = format_money(own.amount, own.currency, checkout.locale) if own else None
    return Total(amount=checkout.amount_total, currency=checkout.currency, shown=shown, in_own_currency=in_own)


def _template(name: str) -> Template:
    return _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
