"""Work queue: one row for each task of a person. The event that settles the task removes the row.

The row of a parcel exists from the plan on, since only the plan knows that a line is a parcel; `is_open` shows whether
it can be packed already. The rows of a delayed payment and of a failing effect exist from the start too, with `since`
in the future: no event reports that nothing happened, so readers leave such a row out until then.

The reason of a task is a code with parameters, a JSON object of texts. A sentence is made of it when a person reads.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import assert_never, get_args

from application.reading.projection import (
    Change,
    Column,
    Keep,
    Projection,
    Put,
    Remove,
    Row,
    Table,
    Update,
    rfc3339,
    topics,
)
from application.reading.steps import parsed_step, step_text
from application.reading.work import Work
from application.text.stored_reason import parameters_as_text
from domain import reasons
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.deliveries.kind import is_parcel
from domain.effect import Effect
from domain.effect_events import EffectFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.fulfillment_events import FulfillmentFact
from domain.identifiers import LineItemId, SessionId
from domain.line import LineState
from domain.park_reason import FOREIGN, ParkReason
from domain.plan import PlannedLine
from domain.reason import Reason, ReasonCode
from domain.step import MailStep, RetrieveStep
from domain.stripe_event import StripeEvent, StripeEventFact

PAYMENT_OVERDUE_AFTER = timedelta(days=14)
"""The time after which a delayed payment is overdue: its events may be lost, and then its stock stays reserved. Most
payments take a few days. A SEPA debit may take 14 business days (https://docs.stripe.com/payments/sepa-debit), which
the person who looks can judge."""
LASTING_AFTER = timedelta(minutes=5)
"""An effect that has failed for so long needs a person's attention, although retries continue. Most failures end
earlier."""
_WITHOUT_ANSWER = (ReasonCode.NO_ANSWER, ReasonCode.TIMED_OUT)
"""An effect that failed for one of these reasons shows at once: its attempts alone take a while."""
_OVERDUE = reasons.payment_overdue(PAYMENT_OVERDUE_AFTER.days)
_OF_LINES = (Work.MANUAL_LINE, Work.BACKORDERED_LINE, Work.GIVEN_UP_LINE)
_LATER = (Work.PAYMENT_OVERDUE, Work.FAILING_EFFECT)
"""Their `since` may be in the future."""
_BEFORE_PAYMENT = (
    *(Work.PAYMENT_OVERDUE, Work.PAYMENT_TO_CAPTURE),
    *(Work.FAILING_EFFECT, Work.STRIPE_KEY_REFUSED),
)
"""The payment ends these: until then a checkout has no effects but retrievals and mails about the pending payment."""
_ONLY_TO_BE_SEEN = (Work.CONTRADICTED, Work.MAIL_WITHOUT_ADDRESS)
"""The engine has nothing left to do here: a person's note settles these."""
_DISMISSED = (
    *(Work.CONTRADICTED, Work.PARKED_SESSION, Work.RETRIEVAL_FAILED),
    *(Work.MAIL_FAILED, Work.MAIL_WITHOUT_ADDRESS, Work.PAYMENT_TO_CAPTURE),
)
"""Everything about a checkout except what its customer has paid for, which is delivered or canceled."""
_NOT_OURS = (*FOREIGN, ParkReason.UNKNOWN_TO_STRIPE)
"""A session that is parked for one of these reasons can't be fulfilled here, so a note settles it too."""


def fold(event: Event, position: int) -> Iterable[Change]:  # noqa: ARG001 - every fold has the same shape
    if isinstance(event, FulfillmentFact):
        return _of_fulfillment(event)
    if isinstance(event, EffectFact):
        return _of_effect(event)
    if isinstance(event, CheckoutSessionFact):
        return _of_session(event)
    if isinstance(event, StripeEventFact):
        return _of_stripe_event(event)
    return []


def _of_fulfillment(event: FulfillmentFact) -> Iterator[Change]:  # noqa: C901 - a case for each event
    session = event.session
    match event:
        case Fulfillment.Requested():
            yield from _parcels(event, event.plan)
            yield from _paid_twice(event)
        case Fulfillment.Unshipped():
            yield from _parcels(event, event.lines)
        case Fulfillment.Replanned():
            yield Remove({"subject": session, "kind": Work.PAID_TWICE.value})
            for line in event.replaced:
                yield Remove({"subject": session, "item": line.id})
            yield from _parcels(event, event.lines)
        case Fulfillment.LineItemReserved():
            yield from _unblocked(session, event.line_item)
            yield _parcel(event, event.line_item, is_open=True)
        case Fulfillment.LineItemBlocked():
            yield from _unblocked(session, event.line_item)
            yield _parcel(event, event.line_item, is_open=False)
            if (work := _of_line(event.state)) and event.detail.code is not ReasonCode.PAID_TWICE:
                yield _open(event, session, work, event.line_item, event.detail)
        case Fulfillment.LineItemResumed():
            yield from _unblocked(session, event.line_item)
            yield _parcel(event, event.line_item, is_open=True)
        case Fulfillment.LineItemDelivered():
            yield Remove({"subject": session, "item": event.line_item})
        case Fulfillment.LineItemsCanceled():
            for id in event.lines:
                yield Remove({"subject": session, "item": id})
        case Fulfillment.KeysAwaited():
            yield _open(event, session, Work.AWAITED_KEYS, event.line_item, event.detail)
        case Fulfillment.KeysWaitEnded() | Fulfillment.KeysReplaced():
            yield Remove({"subject": session, "kind": Work.AWAITED_KEYS.value, "item": event.line_item})
        case (
            Fulfillment.StockHeld()
            | Fulfillment.HoldReleased()
            | Fulfillment.Shipped()
            | Fulfillment.ParcelCorrected()
            | Fulfillment.ShippingCorrected()
            | Fulfillment.KeysShown()
            | Fulfillment.KeysRevoked()
        ):
            pass
        case Fulfillment.Completed():
            yield Remove({"subject": session, "kind": Work.PAID_TWICE.value})
        case _:
            assert_never(event)


def _parcels(event: Event, plan: Iterable[PlannedLine]) -> Iterator[Change]:
    for line in plan:
        if is_parcel(line.kind):
            why = reasons.ready_to_pack(line.item.quantity, line.title)
            put = _open(event, event.session_id or "", Work.PARCEL_TO_PACK, line.id, why)
            yield Put({**put.row, "is_open": int(line.stock_sku is None)})


def _paid_twice(event: Fulfillment.Requested) -> Iterator[Change]:
    """One row for all lines, since a person decides about the order: it goes with the plan, or with the last line."""
    for line in event.plan[:1]:
        if line.remark and line.remark.code is ReasonCode.PAID_TWICE:
            yield _open(event, event.session, Work.PAID_TWICE, "", line.remark)


def _parcel(event: Event, line_item: LineItemId, *, is_open: bool) -> Change:
    """Return the change of a parcel's row. A line that is no parcel has no such row, so nothing changes."""
    key = {"subject": event.session_id or "", "kind": Work.PARCEL_TO_PACK.value, "item": line_item}
    return Update(key, {"is_open": int(is_open), "since": rfc3339(event.recorded_at)})


def _of_line(state: LineState) -> Work | None:
    match state:
        case LineState.MANUAL:
            return Work.MANUAL_LINE
        case LineState.BACKORDERED:
            return Work.BACKORDERED_LINE
        case LineState.GIVEN_UP:
            return Work.GIVEN_UP_LINE
        case LineState.PENDING | LineState.DELIVERED | LineState.CANCELED:
            return None
        case _:
            assert_never(state)


def _unblocked(session: SessionId, line_item: LineItemId) -> Iterator[Change]:
    for kind in _OF_LINES:
        yield Remove({"subject": session, "kind": kind.value, "item": line_item})


def _of_effect(event: EffectFact) -> Iterator[Change]:
    """The tasks for effects that keep failing, and for mails and retrievals that were given up. A delivery that was
    given up shows as its line."""
    session, step, what = event.session_id or "", step_text(event), parsed_step(event)
    match event:
        case Effect.AttemptFailed():
            yield from _failing(event, session, step)
        case Effect.GivenUp():
            yield Remove({"subject": session, "item": step})
            if isinstance(what, MailStep):
                kind = Work.MAIL_WITHOUT_ADDRESS if event.error.code is ReasonCode.NO_ADDRESS else Work.MAIL_FAILED
                yield _open(event, session, kind, step, event.error)
            elif isinstance(what, RetrieveStep):
                yield _open(event, session, Work.RETRIEVAL_FAILED, step, event.error)
        case Effect.RetryRequested() | Effect.Withdrawn():
            yield Remove({"subject": session, "item": step})
        case Effect.Succeeded():
            yield Remove({"subject": session, "item": step})
            if isinstance(what, RetrieveStep):
                yield Remove({"subject": session, "kind": Work.RETRIEVAL_FAILED.value})
        case Effect.Requested() | Effect.AttemptStarted() | Effect.AttemptOrphaned() | Effect.AttemptReleased():
            pass
        case _:
            assert_never(event)


def _failing(event: Effect.AttemptFailed, session: str, step: str) -> Iterator[Change]:
    """Return the row of a failing effect. A refused key shows at once: no attempt works until an operator has fixed
    it."""
    lasts = timedelta(0) if event.error.code in _WITHOUT_ANSWER else LASTING_AFTER
    kind, other, begins_at = Work.FAILING_EFFECT, Work.STRIPE_KEY_REFUSED, event.recorded_at + lasts
    if event.error.code is ReasonCode.STRIPE_KEY_REFUSED:
        kind, other, begins_at = other, kind, event.recorded_at
    row = {**_open(event, session, kind, step, event.error).row, "retry_at": rfc3339(event.retry_at)}
    yield Remove({"subject": session, "kind": other.value, "item": step})
    yield Keep({**row, "since": rfc3339(begins_at)})
    latest = {name: row[name] for name in ("code", "parameters", "retry_at")}
    yield Update({"subject": session, "kind": kind.value, "item": step}, latest)


def _of_session(event: CheckoutSessionFact) -> Iterator[Change]:  # noqa: C901 - a case for each event
    session = event.session
    match event:
        case CheckoutSession.Contradicted():
            yield _open(event, session, Work.CONTRADICTED, "", event.what)
        case CheckoutSession.Parked():
            if event.why is ParkReason.OTHER_APPLICATION:
                yield Remove({"subject": session})
            else:
                yield from _answered(session)
                yield _open(event, session, Work.PARKED_SESSION, event.why.value, event.detail)
        case CheckoutSession.Retrieved():
            yield from _answered(session)
            yield from _unpaid(event)
        case CheckoutSession.Paid():
            yield from _answered(session)
            for kind in _BEFORE_PAYMENT:
                yield Remove({"subject": session, "kind": kind.value})
        case CheckoutSession.AsyncPaymentFailed() | CheckoutSession.AsyncPaymentSucceeded():
            yield from _no_longer_due(event)
        case CheckoutSession.RetryRequested():
            yield Remove({"subject": session, "kind": Work.RETRIEVAL_FAILED.value})
        case CheckoutSession.Noted():
            for kind in _ONLY_TO_BE_SEEN:
                yield Remove({"subject": session, "kind": kind.value})
            for why in _NOT_OURS:
                yield Remove({"subject": session, "kind": Work.PARKED_SESSION.value, "item": why.value})
            yield _overdue_later(event)
        case CheckoutSession.Dismissed():
            for kind in _DISMISSED:
                yield Remove({"subject": session, "kind": kind.value})
            yield _overdue_later(event)
        case CheckoutSession.Canceled():
            for kind in _DISMISSED:
                yield Remove({"subject": session, "kind": kind.value})
            yield from _no_longer_due(event)
        case (
            CheckoutSession.Completed()
            | CheckoutSession.Expired()
            | CheckoutSession.Readdressed()
            | CheckoutSession.ResendRequested()
        ):
            pass
        case _:
            assert_never(event)


def _answered(session: SessionId) -> Iterator[Change]:
    yield Remove({"subject": session, "kind": Work.PARKED_SESSION.value})
    yield Remove({"subject": session, "kind": Work.RETRIEVAL_FAILED.value})


def _unpaid(event: CheckoutSession.Retrieved) -> Iterator[Change]:
    if event.checkout.is_payment_over:
        yield from _no_longer_due(event)
    elif event.checkout.is_complete and event.checkout.payment_status == "unpaid":
        yield Keep(_overdue(event, event.session).row)
        if event.checkout.is_authorized:
            yield Keep(_to_capture(event, event.checkout.payment_intent or "").row)
        else:
            yield Remove({"subject": event.session, "kind": Work.PAYMENT_TO_CAPTURE.value})


def _to_capture(event: CheckoutSessionFact, payment: str) -> Put:
    """Return the row of an authorized payment, which shows at once: nothing but the shop can end the wait, and the
    authorization expires, usually after 7 days
    (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method). The row of a shop whose own program captures
    is gone with the capture."""
    return _open(event, event.session, Work.PAYMENT_TO_CAPTURE, "", reasons.awaits_capture(payment))


def _overdue(event: Event, session: SessionId) -> Put:
    return Put({**_open(event, session, Work.PAYMENT_OVERDUE, "", _OVERDUE).row, "since": _overdue_at(event)})


def _overdue_later(event: CheckoutSessionFact) -> Update:
    return Update(
        {"subject": event.session, "kind": Work.PAYMENT_OVERDUE.value, "item": ""}, {"since": _overdue_at(event)}
    )


def _no_longer_due(event: CheckoutSessionFact) -> Iterator[Put]:
    """Close the rows instead of removing them: an answer that shows the payment pending may be recorded after Stripe
    reported how the payment ended."""
    for each in (_overdue(event, event.session), _to_capture(event, "")):
        yield Put({**each.row, "is_open": 0})


def _overdue_at(event: Event) -> str:
    return rfc3339(event.recorded_at + PAYMENT_OVERDUE_AFTER)


def _of_stripe_event(event: StripeEventFact) -> Iterator[Change]:
    match event:
        case StripeEvent.Failed():
            yield _open(event, event.originator_id, Work.FAILED_STRIPE_EVENT, "", event.error)
        case StripeEvent.Ignored() | StripeEvent.RetryRequested() | StripeEvent.Dismissed():
            yield Remove({"subject": event.originator_id})
        case StripeEvent.Received():
            pass
        case _:
            assert_never(event)


def _open(event: Event, subject: str, kind: Work, item: str, why: Reason) -> Put:
    return Put(
        {
            "subject": subject,
            "kind": kind.value,
            "item": item,
            "code": why.code.value,
            "parameters": parameters_as_text(why),
            "since": rfc3339(event.recorded_at),
            "is_open": 1,
            "retry_at": None,
        }
    )


def is_due(row: Row, now: datetime) -> bool:
    """Return True if the task is due by now."""
    return row["kind"] not in _LATER or str(row["since"]) <= rfc3339(now)


WORK_QUEUE = Projection(
    name="work_queue",
    version=8,
    table=Table(
        columns={
            "subject": Column.TEXT,
            "kind": Column.TEXT,
            "item": Column.TEXT,
            "code": Column.TEXT,
            "parameters": Column.TEXT,
            "since": Column.TEXT,
            "is_open": Column.INTEGER,
            "retry_at": Column.TEXT,
        },
        key=("subject", "kind", "item"),
        indexes=(("is_open", "since"),),
    ),
    reads=topics(
        *get_args(FulfillmentFact), *get_args(EffectFact), *get_args(CheckoutSessionFact), *get_args(StripeEventFact)
    ),
    fold=fold,
)
