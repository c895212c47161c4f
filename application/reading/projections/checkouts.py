"""Checkouts: one row for each session, from its first event on, with its total, its state, the catalog's names of its
lines, and the places of Stripe's latest answer and of the latest correction of its shipping address.

The answer and the correction, with names and addresses, are only in the log: readers fetch them by their positions.
"""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import TypeAlias, assert_never, get_args

from application.reading.checkout_state import CheckoutState, Standing, situation, state_of_lines
from application.reading.projection import Column, Projection, Row, RowFold, Table, rfc3339, topics
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId
from domain.line import UNDECIDED, LineState
from domain.park_reason import ParkReason
from domain.plan import PlannedLine
from domain.reason import ReasonCode
from domain.refusal import Reported


class _Fact(StrEnum):
    """The state of a checkout follows from these until its lines are planned. A row keeps them as words."""

    COMPLETED = "completed"
    COMPLETED_PAID = "completed_paid"
    """The latest event about its completion reports it as paid."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    PAID = "paid"
    CANCELED = "canceled"
    PARKED = "parked"
    OTHER_APPLICATION = "other_application"
    SHOWN_BOUGHT = "shown_bought"
    """As the latest answer of Stripe's shows it, like the next three."""
    SHOWN_COMPLETE = "shown_complete"
    SHOWN_OVER = "shown_over"
    SHOWN_EXPIRED = "shown_expired"


_Facts = frozenset[_Fact]
_LinesChanged: TypeAlias = (
    Fulfillment.Requested
    | Fulfillment.Replanned
    | Fulfillment.LineItemReserved
    | Fulfillment.LineItemResumed
    | Fulfillment.LineItemBlocked
    | Fulfillment.LineItemDelivered
    | Fulfillment.Unshipped
    | Fulfillment.LineItemsCanceled
)

_SHOWN = frozenset({_Fact.SHOWN_BOUGHT, _Fact.SHOWN_COMPLETE, _Fact.SHOWN_OVER, _Fact.SHOWN_EXPIRED})
_PARKED = frozenset({_Fact.PARKED, _Fact.OTHER_APPLICATION})
_REPORTED_PAID = frozenset({_Fact.COMPLETED_PAID, _Fact.SUCCEEDED})
_REPORTED_COMPLETE = frozenset({_Fact.COMPLETED, _Fact.SUCCEEDED, _Fact.FAILED})
_DECIDED = frozenset({_Fact.PAID, _Fact.SUCCEEDED, _Fact.OTHER_APPLICATION})


@lru_cache  # like the two below: there are few combinations
def _read(words: str) -> _Facts:
    return frozenset(map(_Fact, words.split()))


@lru_cache
def _columns(facts: _Facts) -> Row:
    has_failed = _Fact.FAILED in facts or _Fact.SHOWN_OVER in facts
    has_expired = _Fact.EXPIRED in facts or _Fact.SHOWN_EXPIRED in facts
    standing = Standing(
        is_paid=_Fact.PAID in facts,
        has_bought=_Fact.SHOWN_BOUGHT in facts,
        is_parked=_Fact.PARKED in facts,
        is_of_other_application=_Fact.OTHER_APPLICATION in facts,
        is_canceled=_Fact.CANCELED in facts,
        is_payment_over=has_failed and facts.isdisjoint(_DECIDED),
        is_complete=_Fact.SHOWN_COMPLETE in facts,
        is_expired=has_expired and _Fact.COMPLETED not in facts,
    )
    state, facts_in_words = standing.state, " ".join(sorted(facts))
    staff_read = situation(state, (), reported=_reported(facts))
    return {"state": state.value, "situation": staff_read.value, "facts": facts_in_words}


def _reported(facts: _Facts) -> Reported | None:
    """As `CheckoutSession.reported`."""
    if _Fact.PAID in facts:
        return None
    if facts & _REPORTED_PAID:
        return Reported.PAID
    return Reported.COMPLETE if facts & _REPORTED_COMPLETE and _Fact.SHOWN_COMPLETE not in facts else None


@lru_cache
def _columns_of_lines(lines: frozenset[str]) -> Row:
    """`lines` has each state that a line has, with the reason of one of which a person still decides."""
    read = [line.split() for line in lines]
    state = state_of_lines([LineState(state) for state, *_ in read])
    staff_read = situation(state, ((LineState(state), ReasonCode(why[0]) if why else None) for state, *why in read))
    return {"state": state.value, "situation": staff_read.value}


def _fold(before: Row | None, event: Event, position: int) -> Row:
    if isinstance(event, CheckoutSessionFact):
        first = {} if before else _first(event, position)
        return {**first, **_of_answer(event, position), **_of_session(before or first, event)}
    if before and isinstance(event, _LinesChanged):
        return _of_lines(before, event)
    return {"ships_to_position": position} if before and isinstance(event, Fulfillment.ShippingCorrected) else {}


def _first(event: CheckoutSessionFact, position: int) -> Row:
    return {
        "session_id": event.originator_id,
        "position": position,
        "recorded_at": rfc3339(event.recorded_at),
        "amount_total": None,
        "currency": None,
        "retrieved_position": None,
        "ships_to_position": None,
        "names": "{}",
        "state": CheckoutState.OPEN.value,
        "situation": CheckoutState.OPEN.value,
        "facts": "",
        "lines": None,
    }


def _of_answer(event: CheckoutSessionFact, position: int) -> Row:
    if not isinstance(event, CheckoutSession.Retrieved):
        return {}
    checkout = event.checkout
    return {"amount_total": checkout.amount_total, "currency": checkout.currency, "retrieved_position": position}


def _of_session(row: Row, event: CheckoutSessionFact) -> Row:
    return _columns(_with(_read(str(row["facts"])), event)) if row["lines"] is None else {}


def _of_lines(row: Row, event: _LinesChanged) -> Row:
    lines = {**json.loads(str(row["lines"] or "{}")), **_changed(event)}
    return {**_renamed(row, event), **_columns_of_lines(frozenset(lines.values())), "lines": json.dumps(lines)}


def _renamed(row: Row, event: _LinesChanged) -> Row:
    if isinstance(event, Fulfillment.Requested):
        return {"names": _names({}, event.plan)}
    if isinstance(event, Fulfillment.Replanned):
        return {"names": _names(json.loads(str(row["names"])), event.lines)}
    return {}


def _names(before: Mapping[str, str], planned: Iterable[PlannedLine]) -> str:
    """Return the names of the catalog, as a JSON object by line."""
    names: dict[str, str | None] = {**before, **{line.id: line.name for line in planned}}
    return json.dumps({id: name for id, name in names.items() if name}, ensure_ascii=False)


def _with(facts: _Facts, event: CheckoutSessionFact) -> _Facts:
    match event:
        case CheckoutSession.Completed(payment_status="paid"):
            return facts | {_Fact.COMPLETED, _Fact.COMPLETED_PAID}
        case CheckoutSession.Completed():
            return facts - {_Fact.COMPLETED_PAID} | {_Fact.COMPLETED}
        case CheckoutSession.AsyncPaymentSucceeded():
            return facts | {_Fact.SUCCEEDED}
        case CheckoutSession.AsyncPaymentFailed():
            return facts | {_Fact.FAILED}
        case CheckoutSession.Expired():
            return facts | {_Fact.EXPIRED}
        case CheckoutSession.Retrieved(checkout=checkout):
            shown = {
                _Fact.SHOWN_BOUGHT: any(item.quantity > 0 for item in checkout.line_items),
                _Fact.SHOWN_COMPLETE: checkout.is_complete,
                _Fact.SHOWN_OVER: checkout.is_payment_over,
                _Fact.SHOWN_EXPIRED: checkout.is_expired,
            }
            return facts - _SHOWN - _PARKED | {fact for fact, is_so in shown.items() if is_so}
        case CheckoutSession.Paid():
            return facts - _PARKED | {_Fact.PAID}
        case CheckoutSession.Parked():
            is_other = event.why is ParkReason.OTHER_APPLICATION
            return facts - _PARKED | {_Fact.OTHER_APPLICATION if is_other else _Fact.PARKED}
        case CheckoutSession.Canceled():
            return facts | {_Fact.CANCELED}
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


def _changed(event: _LinesChanged) -> Mapping[LineItemId, str]:
    match event:
        case Fulfillment.Requested():
            return {line.id: LineState.PENDING for line in event.plan}
        case Fulfillment.Replanned():
            return {line.id: LineState.PENDING for line in event.lines}
        case Fulfillment.LineItemReserved() | Fulfillment.LineItemResumed():
            return {event.line_item: LineState.PENDING}
        case Fulfillment.LineItemBlocked():
            why = event.detail.code
            return {event.line_item: f"{event.state} {why}" if why in UNDECIDED else event.state}
        case Fulfillment.LineItemDelivered():
            return {event.line_item: LineState.DELIVERED}
        case Fulfillment.Unshipped():
            return {plan.id: LineState.PENDING for plan in event.lines}
        case Fulfillment.LineItemsCanceled():
            return dict.fromkeys(event.lines, LineState.CANCELED)
        case _:
            assert_never(event)


CHECKOUTS = Projection(
    name="checkouts",
    version=8,
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
            "lines": Column.TEXT,
        },
        key=("session_id",),
        indexes=(
            ("recorded_at", "position"),
            ("state", "recorded_at", "position"),
            ("situation", "recorded_at", "position"),
            ("currency", "amount_total", "recorded_at", "position"),
        ),
    ),
    reads=topics(*get_args(CheckoutSessionFact), *get_args(_LinesChanged), Fulfillment.ShippingCorrected),
    fold=RowFold(key_of=attrgetter("session_id"), fold=_fold),
)
