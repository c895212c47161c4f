"""What the landing page shows of a checkout: no name, no address, no e-mail, and keys for an hour only."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from application.checkout_state import CheckoutState
from domain.catalog import SHIPMENT
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.line import Line, LineState, Parcel
from infrastructure.formatting import format_money
from infrastructure.safe_text import one_line, web_link

KEYS_SHOWN_FOR = timedelta(hours=1)
_TEMPLATES = Path(__file__).parent / "templates"

_WORDS = {
    CheckoutState.OPEN: ("Your order is not complete yet", "We have not heard from the payment. Did you finish it?"),
    CheckoutState.AWAITING_PAYMENT: (
        "Thank you, we have your order",
        "Your bank is still confirming the payment. That can take some days; we write to you as soon as we know. "
        "You need not do anything.",
    ),
    CheckoutState.FULFILLING: ("Thank you for your order", "Your payment has arrived."),
    CheckoutState.FULFILLED: ("Thank you for your order", "Your payment has arrived, and everything is yours."),
    CheckoutState.PARTIALLY_FULFILLED: (
        "Thank you for your order",
        "Your payment has arrived. A part of your order needs a little more time; we take care of it.",
    ),
    CheckoutState.BLOCKED: (
        "Thank you for your order",
        "Your payment has arrived. Your order needs a little more time; we take care of it.",
    ),
    CheckoutState.PAYMENT_FAILED: (
        "Your payment did not go through",
        "Nothing was charged, and nothing will be sent. If you would still like to have it, please order again.",
    ),
    CheckoutState.EXPIRED: ("This order has expired", "It was not paid in time, so nothing was charged."),
    CheckoutState.NOTHING_TO_FULFILL: ("Thank you", "Everything is done. There is nothing to wait for."),
    CheckoutState.PARKED: ("Thank you for your order", "We are looking into it. You need not do anything."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    title: str
    quantity: int
    state: str
    """`ready`, `on_its_way`, `being_packed`, `in_preparation`, `waiting` or `ordered`."""
    words: str
    link: str | None
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelView:
    number: int
    carrier: str
    tracking: str | None
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingPage:
    state: str
    title: str
    words: str
    total: str | None
    lines: tuple[LineView, ...]
    parcels: tuple[ParcelView, ...]
    refresh_seconds: int | None


def landing_page(
    session: CheckoutSession,
    fulfillment: Fulfillment,
    *,
    state: CheckoutState,
    now: datetime,
    refresh_seconds: int | None,
) -> LandingPage:
    title, words = _WORDS[state]
    checkout = session.checkout
    is_complete = checkout is not None and checkout.is_complete and state is not CheckoutState.PARKED
    total = (
        format_money(checkout.amount_total, checkout.currency, checkout.locale)
        if checkout and is_complete and checkout.currency
        else None
    )
    are_keys_shown = session.paid_at is not None and now - session.paid_at < KEYS_SHOWN_FOR
    return LandingPage(
        state=str(state),
        title=title,
        words=words,
        total=total,
        lines=tuple(_lines(session, fulfillment, are_keys_shown=are_keys_shown)) if is_complete else (),
        parcels=tuple(_parcel(parcel, fulfillment) for parcel in fulfillment.parcels),
        refresh_seconds=None if _waits_for_people_only(fulfillment) else refresh_seconds,
    )


def _waits_for_people_only(fulfillment: Fulfillment) -> bool:
    """Packing takes hours: a page that is left open should not ask all the while."""
    pending = [line for line in fulfillment.lines.values() if line.state is LineState.PENDING]
    return fulfillment.is_settled and all(line.plan.delivery == SHIPMENT for line in pending)


def _lines(session: CheckoutSession, fulfillment: Fulfillment, *, are_keys_shown: bool) -> Iterable[LineView]:
    on_its_way = {id for parcel in fulfillment.parcels for id in parcel.lines}
    for line in fulfillment.lines.values():
        state, words = _line_state(line, is_shipped=line.plan.id in on_its_way)
        if line.keys and not are_keys_shown:
            words = "Your key is in the mail that we sent you."
        yield LineView(
            title=one_line(line.plan.title),
            quantity=line.plan.item.quantity,
            state=state,
            words=words,
            link=web_link(line.link),
            keys=tuple(one_line(key.text, 1000) for key in line.keys) if are_keys_shown else (),
        )
    if not fulfillment.lines and session.checkout is not None:
        for item in session.checkout.line_items:
            yield LineView(
                title=one_line(item.description), quantity=item.quantity, state="ordered", words="", link=None, keys=()
            )


def _line_state(line: Line, *, is_shipped: bool) -> tuple[str, str]:
    match line.state:
        case LineState.DELIVERED:
            return ("on_its_way", "On its way to you.") if is_shipped else ("ready", "Ready for you.")
        case LineState.BACKORDERED:
            return "waiting", "Not here at this moment. It comes to you as soon as it is."
        case LineState.PENDING if line.plan.delivery == SHIPMENT:
            return "being_packed", "We pack it and write to you when it leaves."
        case LineState.PENDING:
            return "in_preparation", "Ready in a moment."
        case _:
            return "in_preparation", "A person prepares it for you."


def _parcel(parcel: Parcel, fulfillment: Fulfillment) -> ParcelView:
    return ParcelView(
        number=parcel.number,
        carrier=one_line(parcel.carrier),
        tracking=one_line(parcel.tracking) if parcel.tracking else None,
        titles=tuple(one_line(fulfillment.lines[id].plan.title) for id in parcel.lines),
    )


def as_json(page: LandingPage) -> dict[str, object]:
    return asdict(page)


def render(page: LandingPage) -> str:
    return _render("landing.html", page=page)


def render_not_found() -> str:
    return _render(
        "message.html",
        title="We can't find this order",
        words="Please follow the whole link, or look into your mail.",
    )


def render_too_many() -> str:
    return _render("message.html", title="One moment, please", words="Please try again in half a minute.")


def _render(name: str, **values: object) -> str:
    return _environment().get_template(name).render(values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
