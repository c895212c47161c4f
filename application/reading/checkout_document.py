"""The document of one checkout as of a moment, which `fulfill checkout` prints and other programs rely on.

Its shape may grow; the meaning of its fields never changes.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from application.reading.checkout_state import CheckoutState, Situation, checkout_state, situation
from application.reading.marked_json import marked_json, values_of, values_of_order
from application.reading.redacted import redacted
from application.reading.story import quotes_personal_data, reason_given, sentence
from application.text.english import counted
from application.text.reason_wording import in_words
from application.text.wording import Titles, titles
from domain.checkout import Checkout, LineItem
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.effect import Effect
from domain.effect_events import EffectFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.fulfillment_events import FulfillmentFact
from domain.identifiers import SessionId, fulfillment_id, is_livemode
from domain.line import Line, LineState, Parcel
from domain.mail import MailKind
from domain.order_number import OrderNumber, order_number
from domain.personal import Personal
from domain.reason import Reason
from domain.refusal import Reported
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
    """Its name at Stripe."""
    name: str
    """The merchant's own name for it, if there is one, or else that at Stripe."""
    sku: str | None
    quantity: int
    amount_total: int
    delivery: str | None
    """None until it is planned."""
    state: LineState
    detail: str | None
    """The reason for which it is blocked, or the remark on its delivery."""
    why: Reason | None
    """The same as a code, if it is blocked."""
    link: str | None
    """The link under which the customer finds it; None without one."""
    keys_valid: int = 0
    """How many license keys the customer has that are valid."""
    keys_revoked: int = 0
    keys_awaited: int = 0
    """How many new keys it waits for, in the place of revoked ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailEntry:
    kind: MailKind
    state: MailState
    occasion: str | None
    """What distinguishes several of one kind: the number of a parcel, or a line."""
    to: Personal | None
    """The address that it goes to, or went to."""
    subject: Personal | None
    """The subject as it was sent. None for a mail that was not sent, or that an early version sent."""
    text: Personal | None
    """The text part as it was sent, likewise. The HTML part has the same content."""
    detail: str | None
    """The reason for which it failed."""
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
    reason: Personal | None
    text: str
    is_personal: bool
    """True if the text quotes personal data."""
    why: Reason | None
    """The reason of the event, which `text` contains as a sentence."""
    is_routine: bool
    """True if it is about a scheduled retrieval before the latest one, which found nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutDocument:
    """Amounts are integers of the currency's smallest unit; null until Stripe was asked."""

    session_id: SessionId
    order_number: OrderNumber
    state: CheckoutState
    payment_status: str | None
    reported: Reported | None
    """What only events of Stripe's report, so that it does not count yet."""
    livemode: bool
    amount_total: int | None
    currency: str | None
    checkout: Checkout | None
    """Stripe's copy of the order, with the shipping address as staff corrected it; None until Stripe was asked."""
    mails_to: Personal | None
    """The address of its mails: what staff set, or else the customer's."""
    line_items: tuple[LineItemEntry, ...]
    parcels: tuple[Parcel, ...]
    emails: tuple[EmailEntry, ...]
    story: tuple[StoryEntry, ...]

    @property
    def situation(self) -> CheckoutState | Situation:
        """The state as staff read it."""
        lines = (line for line in self.line_items if line.delivery is not None)
        waits = ((line.state, line.why.code if line.why else None) for line in lines)
        return situation(self.state, waits, reported=self.reported)


def checkout_document(
    session_id: SessionId, events: Sequence[tuple[int, Event]], *, hides_personal: bool = False
) -> CheckoutDocument | None:
    """Return the document from the session's events with their positions, in log order; None without events."""
    if not events:
        return None
    if hides_personal:
        events = [(position, redacted(event)) for position, event in events]
    session, fulfillment, effects = replayed(session_id, [event for _, event in events])
    checkout, completed = session.checkout, session.completed
    if checkout is not None:
        checkout = replace(checkout, shipping=fulfillment.shipping_contact(checkout))
    names, routine = titles(session, fulfillment), _routine(effects)
    return CheckoutDocument(
        session_id=session_id,
        order_number=order_number(session_id),
        state=checkout_state(session, fulfillment),
        payment_status=checkout.payment_status if checkout else completed.payment_status if completed else None,
        reported=session.reported,
        livemode=checkout.livemode if checkout else is_livemode(session_id),
        amount_total=checkout.amount_total if checkout else None,
        currency=checkout.currency if checkout else None,
        checkout=checkout,
        mails_to=session.mail_address,
        line_items=tuple(_line_items(session, fulfillment)),
        parcels=fulfillment.parcels,
        emails=tuple(_emails(effects)),
        story=tuple(
            _entry(position, event, names, is_routine=event.originator_id in routine) for position, event in events
        ),
    )


def known_by(events: Sequence[tuple[int, Event]], moment: datetime) -> Sequence[tuple[int, Event]]:
    """Return the events that were in the log at this moment: all up to the last one recorded by then.

    Clocks may differ a little between processes; an event never stands there without those it follows from.
    """
    recorded = (number for number, (_, event) in enumerate(events, 1) if event.recorded_at <= moment)
    return events[: max(recorded, default=0)]


def as_json(document: CheckoutDocument) -> dict[str, object]:
    """Return the document for other programs: times are RFC 3339 in UTC with microseconds.

    `personal` has a JSON Pointer (RFC 6901) to each text with personal data. Stripe's copy of the order is beside the
    rest, where its total always was.
    """
    shown = {name: value for name, value in values_of(document) if name != "checkout"}
    shown["situation"] = document.situation
    plain, marks = marked_json(shown | values_of_order(document.checkout))
    story = (f"/story/{number}/text" for number, entry in enumerate(document.story) if entry.is_personal)
    return {**plain, "personal": sorted([*marks, *story])}


def replayed(session_id: SessionId, events: Iterable[Event]) -> tuple[CheckoutSession, Fulfillment, list[Effect]]:
    """Return the states that the session's events lead to."""
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
    """Return the planned lines; before the plan, the line items that Stripe lists."""
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
        name=line.plan.title if line else item.description,
        sku=line.plan.sku if line else None,
        quantity=item.quantity,
        amount_total=item.amount_total,
        delivery=line.plan.delivery if line else None,
        state=line.state if line else LineState.PENDING,
        detail=in_words(why) if why else _remark(line) if line else None,
        why=why,
        link=line.customers_link if line else None,
        keys_valid=len(line.customers_keys) if line else 0,
        keys_revoked=len(line.revoked_keys) if line else 0,
        keys_awaited=line.keys_awaited if line else 0,
    )


def _remark(line: Line) -> str | None:
    """What was noted of the delivery, and what became of its license keys since."""
    revoked = f"Revoked {counted(len(line.revoked_keys), 'license key')}" if line.revoked_keys else None
    awaited = f"waits for {counted(line.keys_awaited, 'new license key')}" if line.keys_awaited else None
    return "; ".join(filter(None, (line.note, revoked, awaited))) or None


def _emails(effects: Iterable[Effect]) -> Iterator[EmailEntry]:
    """Return sent, queued and failed mails. Withdrawn ones appear only in the story."""
    for effect in effects:
        requested = effect.requested
        if requested and requested.mail and not effect.withdrawn:
            step = requested.parsed_step
            occasion = step.occasion if isinstance(step, MailStep) else None
            state = MailState.SENT if effect.is_done else MailState.FAILED if effect.given_up else MailState.QUEUED
            why = effect.given_up
            detail = in_words(why) if why else None
            mail, sent = requested.mail, effect.sent
            yield EmailEntry(
                kind=mail.kind,
                state=state,
                occasion=occasion,
                to=mail.to,
                subject=sent.subject if sent else None,
                text=sent.text if sent else None,
                detail=detail,
                why=why,
            )


def _routine(effects: Iterable[Effect]) -> Set[str]:
    """Return the streams of the scheduled retrievals that found nothing new."""
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
        reason=event.reason,
        text=sentence(event, names),
        is_personal=quotes_personal_data(event),
        why=reason_given(event),
        is_routine=is_routine,
    )
