"""Events as plain sentences, for the people who read the audit trail.

No e-mail address, name or licence key is in them; a person's note is, as it was written.
"""

from collections.abc import Iterable, Sequence
from typing import assert_never

from application.projections.projection import rfc3339
from application.projections.steps import effect_step
from domain.checkout_session import CheckoutSession, CheckoutSessionFact, Source
from domain.effect import Effect, EffectFact
from domain.event import Event
from domain.fulfillment import Fulfillment, FulfillmentFact, LineState
from domain.key_pool import KeyPool, KeyPoolFact
from domain.money import plain
from domain.stock_item import StockItem, StockItemFact
from domain.stripe_event import StripeEvent, StripeEventFact

AnyFact = StripeEventFact | CheckoutSessionFact | FulfillmentFact | StockItemFact | KeyPoolFact | EffectFact

_SOURCES = {
    Source.WEBHOOK: "after a webhook delivery",
    Source.LANDING_PAGE: "when the customer returned",
    Source.STAFF: "when staff asked for it",
}
_BLOCKED = {
    LineState.MANUAL: "waits for a person",
    LineState.BACKORDERED: "is backordered",
    LineState.GIVEN_UP: "was given up",
}


def sentence(event: Event) -> str:
    """What the event says."""
    if isinstance(event, StripeEventFact):
        return _of_stripe_event(event)
    if isinstance(event, CheckoutSessionFact):
        return _of_session(event)
    if isinstance(event, FulfillmentFact):
        return _of_fulfillment(event)
    if isinstance(event, StockItemFact):
        return _of_stock(event)
    if isinstance(event, KeyPoolFact):
        return _of_keys(event)
    if isinstance(event, EffectFact):
        return _of_effect(event)
    raise TypeError(f"there is no sentence for {event.TOPIC}")


def _of_stripe_event(event: StripeEventFact) -> str:
    match event:
        case StripeEvent.Received():
            return f"Stripe sent {event.type} ({event.originator_id})"
        case StripeEvent.Ignored():
            return f"{event.originator_id} was ignored: {event.why}"
        case StripeEvent.Failed():
            return f"{event.originator_id} could not be handled: {event.error}"
        case StripeEvent.RetryRequested():
            return f"{event.originator_id} was to be handled again"
        case _:
            assert_never(event)


def _of_session(event: CheckoutSessionFact) -> str:
    match event:
        case CheckoutSession.Completed():
            payment = f", payment {event.payment_status}" if event.payment_status else ""
            return f"Stripe reported the checkout completed{payment}"
        case CheckoutSession.AsyncPaymentSucceeded():
            return "Stripe reported that the delayed payment succeeded"
        case CheckoutSession.AsyncPaymentFailed():
            return "Stripe reported that the delayed payment failed"
        case CheckoutSession.Expired():
            return "Stripe reported that the checkout expired"
        case CheckoutSession.Retrieved():
            return _retrieved(event)
        case CheckoutSession.Paid():
            return _paid(event)
        case CheckoutSession.Contradicted():
            return f"Stripe contradicted itself: {_lower(event.what)}"
        case CheckoutSession.Parked():
            return f"Kept aside for a person: {_lower(event.detail)}"
        case CheckoutSession.RetryRequested():
            return "Whatever is stuck in this checkout was to be tried again"
        case CheckoutSession.Noted():
            return f"Note: {event.text.text}"
        case _:
            assert_never(event)


def _retrieved(event: CheckoutSession.Retrieved) -> str:
    checkout = event.checkout
    lines = _count(len(checkout.line_items), "line item")
    total = plain(checkout.amount_total, checkout.currency)
    return (
        f"Retrieved from Stripe {_SOURCES[event.source]}: {checkout.status}, payment {checkout.payment_status}, "
        f"{lines}, {total}"
    )


def _paid(event: CheckoutSession.Paid) -> str:
    if event.payment_status == "no_payment_required":
        return "Nothing had to be paid"
    return f"Paid: {plain(event.amount_total, event.currency)}"


def _of_fulfillment(event: FulfillmentFact) -> str:
    match event:
        case Fulfillment.StockHeld():
            return f"Asked for the stock of {_names(line.id for line in event.lines)} while the payment is on its way"
        case Fulfillment.HoldReleased():
            return f"Let go of the stock of {_names(line.id for line in event.lines)}: the payment failed"
        case Fulfillment.Requested():
            return f"Planned: {_plan([(line.id, line.delivery) for line in event.plan])}"
        case Fulfillment.Replanned():
            return f"Planned anew: {_plan([(line.id, line.delivery) for line in event.lines])}"
        case Fulfillment.LineItemReserved():
            return f"The stock of line {event.line_item} is promised to it"
        case Fulfillment.LineItemBlocked():
            return f"Line {event.line_item} {_BLOCKED.get(event.state, event.state.value)}: {event.detail}"
        case Fulfillment.LineItemResumed():
            return f"The delivery of line {event.line_item} is tried again"
        case Fulfillment.LineItemDelivered():
            return _delivered(event)
        case Fulfillment.Shipped():
            tracking = f", tracking {event.tracking}" if event.tracking else ""
            return f"Parcel {event.number} left by {event.carrier}{tracking}, with {_names(event.lines)}"
        case Fulfillment.Completed():
            return "Every line is delivered"
        case _:
            assert_never(event)


def _delivered(event: Fulfillment.LineItemDelivered) -> str:
    keys = f", with {_count(len(event.keys), 'licence key')}" if event.keys else ""
    note = f" ({event.note})" if event.note else ""
    return f"Line {event.line_item} is delivered{keys}{note}"


def _of_stock(event: StockItemFact) -> str:
    sku = event.originator_id.removeprefix("sku_")
    match event:
        case StockItem.Counted():
            return f"Counted {event.on_hand} of {sku} on the shelf"
        case StockItem.Reserved():
            return f"Reserved {event.quantity} of {sku} for line {event.line_item}"
        case StockItem.Backordered():
            return f"Not enough of {sku} for line {event.line_item}, which waits for {event.quantity}"
        case StockItem.Released():
            return f"Line {event.line_item} wants its {event.quantity} of {sku} no more"
        case StockItem.Dispatched():
            return f"{event.quantity} of {sku} left the shelf for line {event.line_item}"
        case _:
            assert_never(event)


def _of_keys(event: KeyPoolFact) -> str:
    pool = event.originator_id.removeprefix("keys_")
    match event:
        case KeyPool.Imported():
            return f"Imported {_count(len(event.keys), 'licence key')} into the pool {pool}"
        case KeyPool.Assigned():
            return f"Line {event.line_item} got {_count(len(event.keys), 'licence key')} of the pool {pool}"
        case KeyPool.RanOut():
            return f"The pool {pool} has not enough keys for line {event.line_item}, which waits for {event.quantity}"
        case KeyPool.WaitEnded():
            return f"Line {event.line_item} needs no keys of the pool {pool} any more"
        case _:
            assert_never(event)


def _of_effect(event: EffectFact) -> str:
    step = effect_step(event)
    match event:
        case Effect.Requested():
            return f"Asked for {step}"
        case Effect.AttemptStarted():
            return f"Attempt {event.number} of {step} began on worker {event.worker}"
        case Effect.AttemptFailed():
            again = f"next attempt at {rfc3339(event.retry_at)}"
            return f"Attempt {event.number} of {step} failed: {event.error}; {again}"
        case Effect.Succeeded():
            note = f" ({event.note})" if event.note else ""
            return f"Attempt {event.number} of {step} succeeded{note}"
        case Effect.GivenUp():
            return f"Gave up on {step}: {event.error}"
        case Effect.Withdrawn():
            return f"{step} is not wanted any more: {_lower(event.why)}"
        case Effect.RetryRequested():
            return f"{step} was to be tried again"
        case _:
            assert_never(event)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _names(lines: Iterable[str]) -> str:
    return ", ".join(f"line {line}" for line in lines)


def _plan(lines: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"line {line} by {delivery}" for line, delivery in lines) or "nothing was bought"


def _lower(text: str) -> str:
    """A sentence as part of another one."""
    return text if text.startswith("Stripe") else text[:1].lower() + text[1:]
