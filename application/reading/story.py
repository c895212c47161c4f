"""Events as plain sentences, for people who read the audit trail.

The sentences contain no email address, name or license key. A person's note and a tracking number are quoted as they
were written.
"""

from collections.abc import Iterable
from typing import assert_never

from application.reading.steps import parsed_step, step_text
from application.text import wording
from application.text.english import counted, inside, listed
from application.text.reason_wording import in_words
from application.text.wording import Titles
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.effect import Effect
from domain.effect_events import EffectFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.fulfillment_events import FulfillmentFact
from domain.identifiers import pool_of_stream, sku_of_stream
from domain.key_pool import KeyPool, KeyPoolFact
from domain.money import plain
from domain.park_reason import ParkReason
from domain.payment import Payment, PaymentFact
from domain.plan import PlannedLine
from domain.reason import Reason
from domain.reference import Reference, ReferenceFact
from domain.step import MailStep
from domain.stock_item import StockItem, StockItemFact
from domain.stripe_event import StripeEvent, StripeEventFact


def sentence(event: Event, names: Titles) -> str:
    """Return the event as one sentence without a period. `names` are the titles of its session's line items.

    Raises:
        TypeError: the class of the event has no sentence.
    """
    if isinstance(event, StripeEventFact):
        return _of_stripe_event(event)
    if isinstance(event, CheckoutSessionFact):
        return _of_session(event, names)
    if isinstance(event, PaymentFact):
        return _of_payment(event)
    if isinstance(event, ReferenceFact):
        return _of_reference(event)
    if isinstance(event, FulfillmentFact):
        return _of_fulfillment(event, names)
    if isinstance(event, StockItemFact):
        return _of_stock(event, names)
    if isinstance(event, KeyPoolFact):
        return _of_keys(event, names)
    if isinstance(event, EffectFact):
        return _of_effect(event, names)
    raise TypeError(f"{event.TOPIC} has no sentence. Add one to application/reading/story.py.")


def reason_given(event: Event) -> Reason | None:
    """Return the reason of the event, if it has one. The event's sentence contains it."""
    match event:
        case StripeEvent.Ignored() | Effect.Withdrawn():
            return event.why
        case StripeEvent.Failed() | Effect.AttemptFailed() | Effect.GivenUp():
            return event.error
        case CheckoutSession.Contradicted():
            return event.what
        case CheckoutSession.Parked() | Fulfillment.LineItemBlocked() | Fulfillment.KeysAwaited():
            return event.detail
        case Effect.Succeeded():
            return event.found
        case _:
            return None


def quotes_personal_data(event: Event) -> bool:
    """True if the event's sentence contains a text that is marked as personal."""
    match event:
        case CheckoutSession.Noted():
            return True
        case Fulfillment.Shipped() | Fulfillment.ParcelCorrected():
            return event.tracking is not None
        case _:
            return False


def _of_stripe_event(event: StripeEventFact) -> str:
    match event:
        case StripeEvent.Received():
            return f"Stripe sent {event.type}"
        case StripeEvent.Ignored():
            return f"Ignored the Stripe event: {inside(in_words(event.why))}"
        case StripeEvent.Failed():
            return f"The Stripe event could not be handled: {_joined(event.error)}"
        case StripeEvent.RetryRequested():
            return "Requested a retry of the Stripe event"
        case StripeEvent.Dismissed():
            return "Dismissed the failed Stripe event from the queue"
        case _:
            assert_never(event)


def _of_session(event: CheckoutSessionFact, names: Titles) -> str:  # noqa: C901 - a sentence for each event
    match event:
        case CheckoutSession.Completed():
            payment = f": {wording.payment(event.payment_status)}" if event.payment_status else ""
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
            return f"Contradiction: {inside(in_words(event.what))}"
        case CheckoutSession.Parked():
            is_for_person = event.why is not ParkReason.OTHER_APPLICATION
            return f"Parked for a person: {inside(in_words(event.detail))}" if is_for_person else in_words(event.detail)
        case CheckoutSession.RetryRequested():
            return "Requested a retry of everything stuck in this checkout"
        case CheckoutSession.Readdressed():
            return "Changed the address for mails of this checkout"
        case CheckoutSession.ResendRequested():
            where = " to another address" if event.to else ""
            return f"Requested to send {wording.effect(event.step, names)} again{where}"
        case CheckoutSession.Dismissed():
            return "Dismissed this checkout from the queue"
        case CheckoutSession.Canceled():
            return f"Canceled this checkout before its payment{_notified(notifies=event.notifies)}"
        case CheckoutSession.Noted():
            return f"Note: {event.text.text}"
        case _:
            assert_never(event)


def _retrieved(event: CheckoutSession.Retrieved) -> str:
    checkout = event.checkout
    found = (
        checkout.status,
        wording.payment(checkout.payment_status, checkout.intent_status),
        counted(len(checkout.line_items), "line item"),
        plain(checkout.amount_total, checkout.currency),
    )
    return f"Retrieved from Stripe {wording.source(event.source)}: {', '.join(found)}"


def _paid(event: CheckoutSession.Paid) -> str:
    if event.payment_status == "no_payment_required":
        return "No payment was needed"
    return f"Paid: {plain(event.amount_total, event.currency)}"


def _of_payment(event: PaymentFact) -> str:
    match event:
        case Payment.Reported():
            return f"Stripe reported that the payment {wording.reported(event.type)}"
        case Payment.BelongsTo():
            return "Linked the payment to this checkout"
        case _:
            assert_never(event)


def _of_reference(event: ReferenceFact) -> str:
    match event:
        case Reference.Paid():
            return "Noted the payment under the reference of this checkout"
        case _:
            assert_never(event)


def _of_fulfillment(event: FulfillmentFact, names: Titles) -> str:  # noqa: C901 - a case for each event
    match event:
        case Fulfillment.StockHeld():
            return f"Requested stock for {_all(event.lines, names)} while the payment is pending"
        case Fulfillment.HoldReleased():
            return f"Released the stock for {_all(event.lines, names)}: no payment is waited for"
        case Fulfillment.Requested():
            return f"Planned: {_plan(event.plan, names)}"
        case Fulfillment.Replanned():
            return f"Replanned: {_plan(event.lines, names)}"
        case Fulfillment.LineItemReserved():
            return f"Stock is reserved for {names.line(event.line_item)}"
        case Fulfillment.LineItemBlocked():
            why = inside(in_words(event.detail))
            return _begun(f"{names.line(event.line_item)} {wording.blocked(event.state)}: {why}")
        case Fulfillment.LineItemResumed():
            return f"Resumed the delivery of {names.line(event.line_item)}"
        case Fulfillment.LineItemDelivered():
            return _delivered(event, names)
        case Fulfillment.Shipped():
            return f"Shipped parcel {event.number} with {_label(event)}: {names.lines(event.lines)}"
        case Fulfillment.ParcelCorrected():
            notified = _notified(notifies=event.notifies)
            return f"Corrected parcel {event.number}: it left with {_label(event)}{notified}"
        case Fulfillment.Unshipped():
            pieces = "back on the shelf" if event.is_restocked else "lost"
            return f"Took {_all(event.lines, names)} out of parcel {event.number}: {pieces}"
        case Fulfillment.LineItemsCanceled():
            return f"Canceled {names.lines(event.lines)}{_notified(notifies=event.notifies)}"
        case Fulfillment.ShippingCorrected():
            return "Corrected the shipping address"
        case Fulfillment.KeysShown():
            return f"Showed the license keys of {names.lines(event.lines)} to staff"
        case Fulfillment.KeysRevoked():
            return f"Revoked {counted(len(event.numbers), 'license key')} of {names.line(event.line_item)}"
        case Fulfillment.KeysAwaited():
            keys, why = counted(event.quantity, "new license key"), inside(in_words(event.detail))
            return _begun(f"{names.line(event.line_item)} waits for {keys}: {why}")
        case Fulfillment.KeysWaitEnded():
            return _begun(f"{names.line(event.line_item)} no longer waits for new license keys")
        case Fulfillment.KeysReplaced():
            keys = counted(len(event.keys), "new license key")
            return f"Gave {names.line(event.line_item)} {keys} in the place of revoked ones"
        case Fulfillment.Completed():
            return "Nothing is left to deliver"
        case _:
            assert_never(event)


def _label(event: Fulfillment.Shipped | Fulfillment.ParcelCorrected) -> str:
    return f"{event.carrier}, tracking {event.tracking.text}" if event.tracking else event.carrier


def _delivered(event: Fulfillment.LineItemDelivered, names: Titles) -> str:
    keys = f", with {counted(len(event.keys), 'license key')}" if event.keys else ""
    return _begun(f"{names.line(event.line_item)} is delivered{keys}{_noted(event.note)}")


def _of_stock(event: StockItemFact, names: Titles) -> str:
    sku = sku_of_stream(event.originator_id)
    match event:
        case StockItem.Counted():
            return f"Counted {event.on_hand} × {sku} on the shelf"
        case StockItem.Reserved():
            return f"Reserved {event.quantity} × {sku} for {names.line(event.line_item)}"
        case StockItem.Backordered():
            return f"Backordered {event.quantity} × {sku} for {names.line(event.line_item)}"
        case StockItem.Released():
            return f"Released {event.quantity} × {sku} from {names.line(event.line_item)}"
        case StockItem.Dispatched():
            return f"Took {event.quantity} × {sku} off the shelf for {names.line(event.line_item)}"
        case StockItem.Returned():
            return f"Put {event.quantity} × {sku} of {names.line(event.line_item)} back on the shelf"
        case _:
            assert_never(event)


def _of_keys(event: KeyPoolFact, names: Titles) -> str:
    pool = pool_of_stream(event.originator_id)
    match event:
        case KeyPool.Imported():
            return f"Imported {counted(len(event.keys), 'license key')} into pool {pool}"
        case KeyPool.Assigned():
            keys = counted(len(event.keys), "license key")
            return f"Assigned {keys} from pool {pool} to {names.line(event.line_item)}"
        case KeyPool.RanOut():
            keys = counted(event.quantity, "license key")
            return f"Backordered {keys} from pool {pool} for {names.line(event.line_item)}"
        case KeyPool.WaitEnded():
            return _begun(f"{names.line(event.line_item)} no longer waits for keys from pool {pool}")
        case KeyPool.Returned():
            keys = counted(len(event.keys), "license key")
            return f"Returned {keys} of {names.line(event.line_item)} to pool {pool}"
        case KeyPool.Revoked():
            keys = counted(len(event.keys), "license key")
            return f"Took {keys} of {names.line(event.line_item)} out of pool {pool} for good"
        case KeyPool.Withdrawn():
            return f"Withdrew {counted(len(event.keys), 'license key')} from pool {pool}"
        case _:
            assert_never(event)


def _of_effect(event: EffectFact, names: Titles) -> str:
    what = wording.effect(step_text(event), names)
    match event:
        case Effect.Requested():
            when = f", due at {wording.moment(event.not_before)}" if event.not_before else ""
            return f"Requested {what}{when}"
        case Effect.AttemptStarted():
            return f"Started attempt {event.number} of {what}"
        case Effect.AttemptFailed():
            again = f"next attempt at {wording.moment(event.retry_at)}"
            return f"Attempt {event.number} of {what} failed: {_joined(event.error)}; {again}"
        case Effect.AttemptOrphaned():
            again = f"next attempt at {wording.moment(event.retry_at)}"
            return f"The process ended during attempt {event.number} of {what}; {again}"
        case Effect.AttemptReleased():
            return f"The worker stopped before attempt {event.number} of {what}"
        case Effect.Succeeded():
            went = "was sent" if isinstance(parsed_step(event), MailStep) else "succeeded"
            which = f" on attempt {event.number}" if event.number > 1 else ""
            found = in_words(event.found) if event.found else event.note
            return _begun(f"{what} {went}{which}{_noted(found)}")
        case Effect.GivenUp():
            return f"Gave up on {what}: {_joined(event.error)}"
        case Effect.Withdrawn():
            return f"Canceled {what}: {inside(in_words(event.why))}"
        case Effect.RetryRequested():
            return f"Requested a retry of {what}"
        case _:
            assert_never(event)


def _joined(why: Reason) -> str:
    """Return a reason as part of a sentence. A text from outside may end with a period."""
    return inside(in_words(why)).rstrip(".")


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _noted(note: str | None) -> str:
    return f" ({note})" if note else ""


def _notified(*, notifies: bool) -> str:
    return ", and notified the customer" if notifies else ""


def _all(lines: Iterable[PlannedLine], names: Titles) -> str:
    return names.lines(line.id for line in lines)


def _plan(lines: Iterable[PlannedLine], names: Titles) -> str:
    planned = [f"{names.line(line.id)} {wording.delivery(line.delivery)}" for line in lines]
    return listed(planned) if planned else "no line items"
