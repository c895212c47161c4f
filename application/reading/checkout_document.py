"""Everything about one checkout as of a moment: what `fulfill checkout` prints, and other programs rely on.

The shape may grow; what is in it never changes its meaning.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from application.reading.checkout_state import CheckoutState, checkout_state
from application.reading.projection import rfc3339
from application.reading.story import reason_given, sentence
from application.reading.wording import Titles, titles
from application.reason_wording import in_words
from domain.checkout import LineItem
from domain.checkout_session import CheckoutSession, CheckoutSessionFact
from domain.effect import Effect, EffectFact
from domain.event import Event
from domain.fulfillment import Fulfillment, FulfillmentFact
from domain.identifiers import fulfillment_id, is_livemode
from domain.ids import SessionId
from domain.line import Line, LineState
from domain.mail import MailKind
from domain.order_number import OrderNumber, order_number
from domain.reasons import Reason
from domain.step import MailStep


class MailState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItemEntry:
    id: str
    price: str | None
    product: str | None
    description: str
    quantity: int
    delivery: str | None
    """Nothing as long as it is not planned."""
    state: LineState
    detail: str | None
    """Why it is blocked, or what was noted of its delivery."""
    why: Reason | None
    """The same as a code, if it is blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailEntry:
    kind: MailKind
    state: MailState
    occasion: str | None
    """What distinguishes several of one kind: the number of a parcel, or a line."""
    detail: str | None
    """Why it failed."""
    why: Reason | None
    """The same as a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEntry:
    position: int
    stream: str
    type: str
    """`Aggregate.Event`."""
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    cause: str | None
    reason: str | None
    text: str
    why: Reason | None
    """The reason of the event, which `text` contains as a sentence."""
    is_routine: bool
    """Whether it is about a scheduled retrieval before the latest one: it found what was known already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutDocument:
    """Amounts are integers of the currency's smallest unit; null until Stripe was asked."""

    session_id: SessionId
    order_number: OrderNumber
    state: CheckoutState
    payment_status: str | None
    livemode: bool
    amount_total: int | None
    currency: str | None
    line_items: tuple[LineItemEntry, ...]
    emails: tuple[EmailEntry, ...]
    story: tuple[StoryEntry, ...]


def checkout_document(session_id: SessionId, events: Sequence[tuple[int, Event]]) -> CheckoutDocument | None:
    """The document from the session's events with their positions, in log order; None without any."""
    if not events:
        return None
    session, fulfillment, effects = _replay(session_id, [event for _, event in events])
    checkout, completed = session.checkout, session.completed
    names, routine = titles(session, fulfillment), _routine(effects)
    return CheckoutDocument(
        session_id=session_id,
        order_number=order_number(session_id),
        state=checkout_state(session, fulfillment),
        payment_status=checkout.payment_status if checkout else completed.payment_status if completed else None,
        livemode=checkout.livemode if checkout else is_livemode(session_id),
        amount_total=checkout.amount_total if checkout else None,
        currency=checkout.currency if checkout else None,
        line_items=tuple(_line_items(session, fulfillment)),
        emails=tuple(_emails(effects)),
        story=tuple(
            _entry(position, event, names, is_routine=event.originator_id in routine) for position, event in events
        ),
    )


def as_json(document: CheckoutDocument) -> dict[str, object]:
    """The document as other programs get it: times as RFC 3339 in UTC with microseconds."""
    story = [
        {**asdict(entry), "occurred_at": rfc3339(entry.occurred_at), "recorded_at": rfc3339(entry.recorded_at)}
        for entry in document.story
    ]
    return {**asdict(document), "story": story}


def _replay(session_id: SessionId, events: Iterable[Event]) -> tuple[CheckoutSession, Fulfillment, list[Effect]]:
    session, fulfillment = CheckoutSession(id=session_id), Fulfillment(id=fulfillment_id(session_id))
    effects: dict[str, Effect] = {}
    for event in events:
        if isinstance(event, CheckoutSessionFact):
            session = session.evolve(event)
        elif isinstance(event, FulfillmentFact):
            fulfillment = fulfillment.evolve(event)
        elif isinstance(event, EffectFact):
            id = event.originator_id
            effects[id] = effects.get(id, Effect(id=id)).evolve(event)
    return session, fulfillment, list(effects.values())


def _line_items(session: CheckoutSession, fulfillment: Fulfillment) -> Iterator[LineItemEntry]:
    """The planned lines; before the plan, the line items that Stripe lists."""
    for line in fulfillment.lines.values():
        yield _line_item(line.plan.item, line)
    for item in session.checkout.line_items if session.checkout and not fulfillment.requested else ():
        yield _line_item(item, None)


def _line_item(item: LineItem, line: Line | None) -> LineItemEntry:
    why = line.why if line else None
    return LineItemEntry(
        id=item.id,
        price=item.price,
        product=item.product,
        description=item.description,
        quantity=item.quantity,
        delivery=line.plan.delivery if line else None,
        state=line.state if line else LineState.PENDING,
        detail=in_words(why) if why else line.note if line else None,
        why=why,
    )


def _emails(effects: Iterable[Effect]) -> Iterator[EmailEntry]:
    """Sent, queued and failed mails. Withdrawn ones appear only in the story."""
    for effect in effects:
        requested = effect.requested
        if requested and requested.mail and not effect.withdrawn:
            step = requested.parsed_step
            occasion = step.occasion if isinstance(step, MailStep) else None
            state = MailState.SENT if effect.is_done else MailState.FAILED if effect.given_up else MailState.QUEUED
            why = effect.given_up
            detail = in_words(why) if why else None
            yield EmailEntry(kind=requested.mail.kind, state=state, occasion=occasion, detail=detail, why=why)


def _routine(effects: Iterable[Effect]) -> Set[str]:
    """The streams of the scheduled retrievals that a person need not read about."""
    scheduled = [effect for effect in effects if effect.is_scheduled]
    return {effect.id for effect in scheduled[:-1] if not effect.given_up}


def _entry(position: int, event: Event, names: Titles, *, is_routine: bool) -> StoryEntry:
    return StoryEntry(
        position=position,
        stream=event.originator_id,
        type=event.TOPIC,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        actor=event.actor,
        cause=event.cause,
        reason=event.reason.text if event.reason else None,
        text=sentence(event, names),
        why=reason_given(event),
        is_routine=is_routine,
    )
