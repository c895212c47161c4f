"""What the control page shows, ready for the template."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final, Literal, TypeVar

from interfaces.sandbox.faults.weather import CORRUPTIONS, Mishap
from interfaces.sandbox.model.books import BookEntry, Books, books_of
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import DeliveryAttempt, Endpoint, Event, Session, WebhookDelivery
from interfaces.sandbox.pages.money import shown_money
from interfaces.sandbox.sandbox import Sandbox

_SESSIONS_MAX: Final = 20
_EVENTS_MAX: Final = 40
_KINDS: Final = ("paid", "refunded", "pending", "failed", "expired", "open")

MISHAPS: Final[dict[Mishap, str]] = {
    "dropped": "dropped on its way",
    "delayed": "delayed",
    "reordered": "held back for the next",
    "doubled": "sent twice",
    "lost": "lost on its way",
    "answer_lost": "its answer lost",
    "altered": "altered after signing",
    "truncated": "cut off",
    "wrong_signature": "wrong signature",
    "old_signature": "old signature",
    "resent": "sent by hand",
}

Kept = TypeVar("Kept")
Tone = Literal["good", "bad", "waiting", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtotal:
    count: int
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyRow:
    currency: str
    sums: dict[str, Subtotal]
    """By `paid`, `refunded`, `pending`, `failed`, `expired`, `open`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    id: str
    amount: str
    state: str
    tone: Tone
    at: str
    is_open: bool
    has_debit: bool
    is_authorized: bool
    is_refundable: bool
    refunded: str
    """What was given back; empty if nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    at: str
    answer: str
    tone: Tone
    mishaps: str
    is_fooled: bool
    """Whether the endpoint believed what was not genuine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    url: str
    state: str
    tone: Tone
    mishaps: str
    attempts: Sequence[AttemptRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    id: str
    type: str
    object_id: str
    at: str
    deliveries: Sequence[DeliveryRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveContent:
    """What changes by itself."""

    now: str
    books: Sequence[CurrencyRow]
    sessions: Sequence[SessionRow]
    sessions_total: int
    events: Sequence[EventRow]
    events_total: int


def live_content(sandbox: Sandbox) -> LiveContent:
    with sandbox.reading() as state:
        entries, events = books_of(state), [event for event in state.events.values() if event.endpoint_ids]
        return LiveContent(
            now=shown_moment(sandbox.clock.now()),
            books=_currencies(entries),
            sessions=[_session_row(session, entries) for session in _latest(state.sessions.values(), _SESSIONS_MAX)],
            sessions_total=len(state.sessions),
            events=[_event_row(event, state) for event in _latest(events, _EVENTS_MAX)],
            events_total=len(events),
        )


def shown_moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%-d %B %Y, %H:%M UTC")


def _latest(kept: Iterable[Kept], count: int) -> Iterator[Kept]:
    return islice(reversed(list(kept)), count)


def _currencies(books: Books) -> list[CurrencyRow]:
    sums: dict[str, dict[str, list[int]]] = {}
    for entry in books.entries.values():
        if entry.total is not None:
            found = sums.setdefault(entry.total.currency, {kind: [] for kind in _KINDS})
            found[_kind(entry)].append(entry.total.amount)
    for payment in books.payments.values():
        if payment.refunded.amount:
            found = sums.setdefault(payment.refunded.currency, {kind: [] for kind in _KINDS})
            found["refunded"].append(payment.refunded.amount)
    return [_currency(currency, kinds) for currency, kinds in sorted(sums.items())]


def _currency(currency: str, kinds: dict[str, list[int]]) -> CurrencyRow:
    sums = {kind: Subtotal(count=len(found), amount=shown_money(sum(found), currency)) for kind, found in kinds.items()}
    return CurrencyRow(currency=currency.upper(), sums=sums)


def _kind(entry: BookEntry) -> str:
    if entry.is_to_fulfill:
        return "paid"
    if entry.status == "complete":
        return "pending" if entry.is_debit_pending or entry.is_authorized else "failed"
    return entry.status


def _session_row(session: Session, books: Books) -> SessionRow:
    entry, payment = books.of(session.id), books.payment_of(session.id)
    state, tone = _state_of(session, entry)
    refunded = payment.refunded.amount if payment else 0
    return SessionRow(
        id=session.id,
        amount=shown_money(session.amount_total, session.currency) or "Nothing to pay",
        state=state,
        tone=tone,
        at=_clock(session.created),
        is_open=session.status == "open",
        has_debit=session.debit is not None,
        is_authorized=entry.is_authorized,
        is_refundable=payment is not None and refunded + payment.disputed.amount < payment.paid.amount,
        refunded=shown_money(refunded, session.currency) if refunded else "",
    )


def _state_of(session: Session, entry: BookEntry) -> tuple[str, Tone]:
    if entry.is_authorized:
        return "authorized", "waiting"
    if session.status == "open":
        return "open", "plain"
    if session.status == "expired":
        return "expired", "plain"
    if session.payment_status == "no_payment_required":
        return "complete, nothing due", "good"
    if session.payment_status == "paid":
        return "paid", "good"
    return ("debit under way", "waiting") if session.debit else ("payment failed", "bad")


def _event_row(event: Event, state: State) -> EventRow:
    deliveries = state.deliveries_of(event)
    return EventRow(
        id=event.id,
        type=event.type,
        object_id=event.object_id,
        at=_clock(event.created),
        deliveries=[_delivery_row(each, state.endpoints.get(each.endpoint_id)) for each in deliveries],
    )


def _delivery_row(delivery: WebhookDelivery, endpoint: Endpoint | None) -> DeliveryRow:
    state, tone = _STATES[delivery.state]
    return DeliveryRow(
        url=endpoint.url if endpoint else "an endpoint that is deleted",
        state=state,
        tone=tone,
        mishaps=_labels(delivery.fate.mishaps) if not delivery.attempts else "",
        attempts=[_attempt_row(attempt) for attempt in delivery.attempts],
    )


_STATES: Final[dict[str, tuple[str, Tone]]] = {
    "pending": ("on its way", "waiting"),
    "delivered": ("delivered", "good"),
    "given_up": ("given up", "bad"),
    "dropped": ("dropped", "bad"),
}


def _attempt_row(attempt: DeliveryAttempt) -> AttemptRow:
    is_corrupt = any(mishap in CORRUPTIONS for mishap in attempt.mishaps)
    is_right = attempt.has_succeeded != is_corrupt
    return AttemptRow(
        at=_clock(attempt.at),
        answer=_answer(attempt),
        tone="good" if is_right else "bad",
        mishaps=_labels(attempt.mishaps),
        is_fooled=is_corrupt and attempt.has_succeeded,
    )


def _answer(attempt: DeliveryAttempt) -> str:
    if attempt.status is not None:
        return str(attempt.status)
    return "timed out" if attempt.error == "timed out" else "no answer"


def _labels(mishaps: Sequence[Mishap]) -> str:
    return ", ".join(MISHAPS[mishap] for mishap in mishaps)


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")
