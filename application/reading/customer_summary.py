"""What a customer may know of their own order: how it stands, and what happened to it, in their words.

It has no names of staff, no notes, no reasons, no attempts and no IDs of ours, and no name or address at all: the
person who asks may be another than the one who bought. License keys are in `fulfill keys show`, which records who
looked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import assert_never

from application.reading.checkout_document import replayed
from application.reading.checkout_state import CheckoutState, checkout_state
from application.reading.marked_json import marked_json, values_of
from application.reading.parts import Part, part_of
from application.reading.redacted import redacted
from application.reading.steps import parsed_step, step_text
from application.text import wording
from application.text.wording import Titles
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.effect import Effect
from domain.effect_events import EffectFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.fulfillment_events import FulfillmentFact
from domain.identifiers import LineItemId, SessionId
from domain.line import LineState
from domain.money import plain
from domain.order_number import OrderNumber, order_number
from domain.payment_wait import PaymentWait
from domain.personal import Personal
from domain.reason import ReasonCode
from domain.step import MailStep


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedItem:
    title: str
    quantity: int
    part: Part | None
    """The distinct parts of its items; empty until the checkout is planned."""
    is_shipped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SentParcel:
    number: int
    items: tuple[str, ...]
    """Their titles."""
    carrier: str
    tracking: Personal | None
    shipped_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMoment:
    at: datetime
    """By Stripe's clock or the actor's."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSummary:
    """An amount is an integer of the currency's smallest unit; null until Stripe was asked."""

    order_number: OrderNumber
    state: CheckoutState
    amount_total: int | None
    currency: str | None
    is_paid: bool
    is_unpaid: bool
    """Stripe reports that it is not paid. A payment that is merely unknown to us is another case."""
    payment_wait: PaymentWait
    is_payment_over: bool
    """The payment failed or was canceled."""
    items: tuple[OrderedItem, ...]
    parcels: tuple[SentParcel, ...]
    moments: tuple[CustomerMoment, ...]
    """By their time: Stripe may report late what happened before what is recorded already."""

    @property
    def parts(self) -> Set[Part]:
        """The distinct parts of its items; empty until the checkout is planned."""
        return frozenset(item.part for item in self.items if item.part is not None)


def customer_summary(
    session_id: SessionId, events: Sequence[tuple[int, Event]], *, hides_personal: bool = False
) -> CustomerSummary | None:
    """Return the summary from the session's events with their positions, in log order; None without events."""
    if not events:
        return None
    of_session = [redacted(event) if hides_personal else event for _, event in events]
    session, fulfillment, _ = replayed(session_id, of_session)
    ever_shipped = {id for event in of_session if isinstance(event, Fulfillment.Shipped) for id in event.lines}
    checkout, shipped = session.checkout, {id for parcel in fulfillment.parcels for id in parcel.lines}
    titles = _titles(session, fulfillment, of_session)
    return CustomerSummary(
        order_number=order_number(session_id),
        state=checkout_state(session, fulfillment),
        amount_total=checkout.amount_total if checkout else None,
        currency=checkout.currency if checkout else None,
        is_paid=session.is_paid,
        is_unpaid=session.is_reported_open,
        payment_wait=checkout.payment_wait if checkout else PaymentWait.UNKNOWN,
        is_payment_over=session.is_payment_over,
        items=tuple(_items(session, fulfillment, titles, shipped)),
        parcels=tuple(_parcels(fulfillment)),
        moments=tuple(sorted(_moments(of_session, _quoted(titles), ever_shipped), key=attrgetter("at"))),
    )


def as_json(summary: CustomerSummary) -> dict[str, object]:
    """Return the summary for other programs, with `personal` as in a checkout's document."""
    plain, marks = marked_json(dict(values_of(summary)))
    return {**plain, "personal": marks}


def _items(
    session: CheckoutSession, fulfillment: Fulfillment, titles: Mapping[LineItemId, str], shipped: Set[str]
) -> Iterator[OrderedItem]:
    for id, line in fulfillment.lines.items():
        yield OrderedItem(
            title=line.plan.title,
            quantity=line.plan.item.quantity,
            part=part_of(line),
            is_shipped=id in shipped,
        )
    for item in session.checkout.line_items if session.checkout and not fulfillment.requested else ():
        if item.quantity > 0:
            yield OrderedItem(title=titles[item.id], quantity=item.quantity, part=None, is_shipped=False)


def _parcels(fulfillment: Fulfillment) -> Iterator[SentParcel]:
    for parcel in fulfillment.parcels:
        yield SentParcel(
            number=parcel.number,
            items=tuple(fulfillment.lines[id].plan.title for id in parcel.lines),
            carrier=parcel.carrier,
            tracking=parcel.tracking,
            shipped_at=parcel.shipped_at,
        )


def _titles(session: CheckoutSession, fulfillment: Fulfillment, events: Iterable[Event]) -> Mapping[LineItemId, str]:
    """The names by which the customer knows the items: before an order is planned, those of its mails are the
    catalog's."""
    items = session.checkout.line_items if session.checkout else ()
    found = {item.id: item.description for item in items}
    for event in events:
        if isinstance(event, Effect.Requested) and event.mail is not None:
            found |= {line.id: line.title for line in event.mail.lines}
    return {**found, **{id: line.plan.title for id, line in fulfillment.lines.items()}}


def _quoted(titles: Mapping[LineItemId, str]) -> Titles:
    """Without the IDs of lines, which distinguish equal titles for staff."""
    return Titles({id: f"“{title}”" for id, title in titles.items()})


def _moments(events: Sequence[Event], names: Titles, shipped: Set[str]) -> Iterator[CustomerMoment]:
    for event in events:
        text = _sentence(event, names, shipped)
        if text is not None:
            yield CustomerMoment(at=event.occurred_at, text=f"{text[:1].upper()}{text[1:]}")


def _sentence(event: Event, names: Titles, shipped: Set[str]) -> str | None:
    """Return None for what is no news to a customer, or none of theirs: all that happens inside the engine."""
    if isinstance(event, CheckoutSessionFact):
        return _of_session(event)
    if isinstance(event, FulfillmentFact):
        return _of_fulfillment(event, names, shipped)
    return _of_mail(event, names) if isinstance(event, EffectFact) else None


def _of_session(event: CheckoutSessionFact) -> str | None:
    match event:
        case CheckoutSession.Completed():
            return "Order placed"
        case CheckoutSession.AsyncPaymentFailed():
            return "The payment failed"
        case CheckoutSession.Expired():
            return "The payment page expired"
        case CheckoutSession.Paid(payment_status="no_payment_required"):
            return "No payment was needed"
        case CheckoutSession.Paid():
            return f"Payment received: {plain(event.amount_total, event.currency)}"
        case CheckoutSession.Canceled():
            return "The order was canceled"
        case (
            CheckoutSession.AsyncPaymentSucceeded()
            | CheckoutSession.Retrieved()
            | CheckoutSession.Contradicted()
            | CheckoutSession.Parked()
            | CheckoutSession.RetryRequested()
            | CheckoutSession.Noted()
            | CheckoutSession.Readdressed()
            | CheckoutSession.ResendRequested()
            | CheckoutSession.Dismissed()
        ):
            return None
        case _:
            assert_never(event)


def _of_fulfillment(event: FulfillmentFact, names: Titles, shipped: Set[str]) -> str | None:  # noqa: C901 - a case for each event
    match event:
        case Fulfillment.LineItemBlocked(state=LineState.BACKORDERED):
            is_about_keys = event.detail.code is ReasonCode.NOT_ENOUGH_KEYS
            return f"{names.line(event.line_item)} {'waits for license keys' if is_about_keys else 'is out of stock'}"
        case Fulfillment.LineItemDelivered():
            return None if event.line_item in shipped else f"{names.line(event.line_item)} is ready"
        case Fulfillment.Shipped():
            return f"Parcel {event.number} left with {event.carrier}: {names.lines(event.lines)}"
        case Fulfillment.ParcelCorrected():
            return f"The carrier or tracking number of parcel {event.number} was corrected"
        case Fulfillment.Unshipped():
            return f"Being prepared again: {names.lines(line.id for line in event.lines)}"
        case Fulfillment.LineItemsCanceled():
            return f"Canceled: {names.lines(event.lines)}"
        case Fulfillment.ShippingCorrected():
            return "The shipping address was corrected"
        case Fulfillment.KeysRevoked():
            return f"License keys are no longer valid: {names.line(event.line_item)}"
        case Fulfillment.KeysAwaited():
            return f"New license keys will follow: {names.line(event.line_item)}"
        case Fulfillment.KeysReplaced():
            return f"New license keys are ready: {names.line(event.line_item)}"
        case Fulfillment.KeysWaitEnded():
            return f"No new license keys will follow: {names.line(event.line_item)}"
        case (
            Fulfillment.LineItemBlocked()
            | Fulfillment.StockHeld()
            | Fulfillment.HoldReleased()
            | Fulfillment.Requested()
            | Fulfillment.Replanned()
            | Fulfillment.LineItemReserved()
            | Fulfillment.LineItemResumed()
            | Fulfillment.KeysShown()
            | Fulfillment.Completed()
        ):
            return None
        case _:
            assert_never(event)


def _of_mail(event: EffectFact, names: Titles) -> str | None:
    if not isinstance(parsed_step(event), MailStep):
        return None
    what = wording.effect(step_text(event), names)
    match event:
        case Effect.Succeeded():
            return f"{what} was sent"
        case Effect.GivenUp():
            return f"{what} could not be sent"
        case (
            Effect.Requested()
            | Effect.AttemptStarted()
            | Effect.AttemptFailed()
            | Effect.AttemptOrphaned()
            | Effect.AttemptReleased()
            | Effect.Withdrawn()
            | Effect.RetryRequested()
        ):
            return None
        case _:
            assert_never(event)
