"""Checkouts: one row for each session, from its first event on, with its total, its state, the catalog's names of its
lines, and the places of Stripe's latest answer and of the latest correction of its shipping address.

The answer and the correction, with names and addresses, are only in the log: readers fetch them by their positions.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import assert_never, get_args

from application.reading.checkout_state import CheckoutState, Situation, Standing, situation
from application.reading.projection import Column, Projection, Row, RowFold, Table, rfc3339, topics
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.fulfillment_events import FulfillmentFact
from domain.ids import LineItemId
from domain.line import UNDECIDED, LineState
from domain.park_reason import ParkReason
from domain.plan import PlannedLine
from domain.reason import ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What the state follows from, as far as events reported it. A row keeps it as JSON, without what is not so."""

    lines: Mapping[LineItemId, str] | None = None
    """The states of the lines by ID; None as long as they are not planned."""
    undecided: Mapping[LineItemId, str] | None = None
    """The reasons of lines of which a person still decides whether they are delivered at all."""
    is_paid: bool = False
    has_bought: bool = False
    park_reason: str | None = None
    is_canceled: bool = False
    has_failed: bool = False
    has_succeeded: bool = False
    has_completed: bool = False
    has_expired: bool = False
    is_complete: bool = False
    """As the latest answer of Stripe's shows it, like the next two."""
    is_over: bool = False
    is_expired: bool = False

    @classmethod
    def read(cls, text: str) -> "_Facts":
        return cls(**json.loads(text))

    def written(self) -> str:
        there = {each.name: value for each in fields(self) if (value := getattr(self, each.name)) not in (None, False)}
        return json.dumps(there, separators=(",", ":"))

    def with_lines(self, lines: Mapping[LineItemId, LineState]) -> "_Facts":
        undecided = {id: why for id, why in (self.undecided or {}).items() if id not in lines}
        return replace(self, lines={**(self.lines or {}), **lines}, undecided=undecided or None)

    def blocked(self, event: Fulfillment.LineItemBlocked) -> "_Facts":
        facts = self.with_lines({event.line_item: event.state})
        if event.detail.code not in UNDECIDED:
            return facts
        return replace(facts, undecided={**(facts.undecided or {}), event.line_item: event.detail.code.value})

    @property
    def situation(self) -> CheckoutState | Situation:
        lines = ((LineState(state), (self.undecided or {}).get(id)) for id, state in (self.lines or {}).items())
        return situation(self.state, ((state, ReasonCode(why) if why else None) for state, why in lines))

    @property
    def state(self) -> CheckoutState:
        is_undecided = not (self.is_paid or self.has_succeeded or self.park_reason == ParkReason.OTHER_APPLICATION)
        return Standing(
            lines=None if self.lines is None else {id: LineState(state) for id, state in self.lines.items()},
            is_paid=self.is_paid,
            has_bought=self.has_bought,
            park_reason=self.park_reason,
            is_canceled=self.is_canceled,
            is_payment_over=(self.has_failed or self.is_over) and is_undecided,
            is_complete=self.is_complete,
            is_expired=(self.has_expired or self.is_expired) and not self.has_completed,
        ).state


def _key_of(event: Event) -> str | None:
    return event.session_id if isinstance(event, CheckoutSessionFact | FulfillmentFact) else None


def _fold(before: Row | None, event: Event, position: int) -> Row | None:
    if isinstance(event, FulfillmentFact):
        if before is None:
            return None
        row = before
        if isinstance(event, Fulfillment.ShippingCorrected):
            row = {**before, "ships_to_position": position}
        elif isinstance(event, Fulfillment.Requested):
            row = {**before, "names": _names({}, event.plan)}
        elif isinstance(event, Fulfillment.Replanned):
            row = {**before, "names": _names(json.loads(str(before["names"])), event.lines)}
        return _with(row, _of_fulfillment(_Facts.read(str(before["facts"])), event))
    if not isinstance(event, CheckoutSessionFact):
        return before
    row = before or {
        "session_id": event.originator_id,
        "position": position,
        "recorded_at": rfc3339(event.recorded_at),
        "amount_total": None,
        "currency": None,
        "retrieved_position": None,
        "ships_to_position": None,
        "names": "{}",
        "facts": "{}",
    }
    if isinstance(event, CheckoutSession.Retrieved):
        total, currency = event.checkout.amount_total, event.checkout.currency
        row = {**row, "amount_total": total, "currency": currency, "retrieved_position": position}
    return _with(row, _of_session(_Facts.read(str(row["facts"])), event))


def _names(before: Mapping[str, str], planned: Iterable[PlannedLine]) -> str:
    """Return the names of the catalog, as a JSON object by line."""
    names: dict[str, str | None] = {**before, **{line.id: line.name for line in planned}}
    return json.dumps({id: name for id, name in names.items() if name}, ensure_ascii=False, separators=(",", ":"))


def _with(row: Row, facts: _Facts) -> Row:
    return {**row, "state": facts.state.value, "situation": facts.situation.value, "facts": facts.written()}


def _of_session(facts: _Facts, event: CheckoutSessionFact) -> _Facts:
    match event:
        case CheckoutSession.Completed():
            return replace(facts, has_completed=True)
        case CheckoutSession.AsyncPaymentSucceeded():
            return replace(facts, has_succeeded=True)
        case CheckoutSession.AsyncPaymentFailed():
            return replace(facts, has_failed=True)
        case CheckoutSession.Expired():
            return replace(facts, has_expired=True)
        case CheckoutSession.Retrieved(checkout=checkout):
            return replace(
                facts,
                has_bought=any(item.quantity > 0 for item in checkout.line_items),
                park_reason=None,
                is_complete=checkout.is_complete,
                is_over=checkout.is_payment_over,
                is_expired=checkout.status == "expired",
            )
        case CheckoutSession.Paid():
            return replace(facts, is_paid=True, park_reason=None)
        case CheckoutSession.Parked():
            return replace(facts, park_reason=event.why.value)
        case CheckoutSession.Canceled():
            return replace(facts, is_canceled=True)
        case (
            CheckoutSession.Contradicted()
            | CheckoutSession.RetryRequested()
            | CheckoutSession.Noted()
            | CheckoutSession.Readdressed()
            | CheckoutSession.ResendRequested()
            | CheckoutSession.Dismissed()
        ):
            return facts
        case _:
            assert_never(event)


def _of_fulfillment(facts: _Facts, event: FulfillmentFact) -> _Facts:
    match event:
        case Fulfillment.Requested():
            return facts.with_lines({line.id: LineState.PENDING for line in event.plan})
        case Fulfillment.Replanned():
            return facts.with_lines({line.id: LineState.PENDING for line in event.lines})
        case Fulfillment.LineItemReserved() | Fulfillment.LineItemResumed():
            return facts.with_lines({event.line_item: LineState.PENDING})
        case Fulfillment.LineItemBlocked():
            return facts.blocked(event)
        case Fulfillment.LineItemDelivered():
            return facts.with_lines({event.line_item: LineState.DELIVERED})
        case Fulfillment.Unshipped():
            return facts.with_lines({plan.id: LineState.PENDING for plan in event.lines})
        case Fulfillment.LineItemsCanceled():
            return facts.with_lines(dict.fromkeys(event.lines, LineState.CANCELED))
        case (
            Fulfillment.StockHeld()
            | Fulfillment.HoldReleased()
            | Fulfillment.Shipped()
            | Fulfillment.ParcelCorrected()
            | Fulfillment.ShippingCorrected()
            | Fulfillment.KeysShown()
            | Fulfillment.KeysRevoked()
            | Fulfillment.KeysAwaited()
            | Fulfillment.KeysWaitEnded()
            | Fulfillment.KeysReplaced()
            | Fulfillment.Completed()
        ):
            return facts
        case _:
            assert_never(event)


CHECKOUTS = Projection(
    name="checkouts",
    version=5,
    table=Table(
        columns={
            "session_id": Column.TEXT,
            "position": Column.INTEGER,
            "recorded_at": Column.TEXT,
            "amount_total": Column.INTEGER,
            "currency": Column.TEXT,
            "retrieved_position": Column.INTEGER,
            "ships_to_position": Column.INTEGER,
            "names": Column.TEXT,
            "state": Column.TEXT,
            "situation": Column.TEXT,
            "facts": Column.TEXT,
        },
        key=("session_id",),
        indexes=(("position",), ("state", "position")),
    ),
    reads=topics(*get_args(CheckoutSessionFact), *get_args(FulfillmentFact)),
    fold=RowFold(key_of=_key_of, fold=_fold),
)
