"""Checkouts: one row for each session from its first event on, with its total and the positions of Stripe's latest
answer and of the latest correction of its shipping address.

Both, with names and addresses, are only in the log: readers fetch them by their positions.
"""

from collections.abc import Iterable
from typing import get_args

from application.reading.projection import (
    Change,
    Column,
    Keep,
    Projection,
    Table,
    Update,
    rfc3339,
    topics,
)
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.event import Event
from domain.fulfillment import Fulfillment


def fold(event: Event, position: int) -> Iterable[Change]:
    if isinstance(event, Fulfillment.ShippingCorrected):
        yield Update({"session_id": event.session}, {"ships_to_position": position})
    if not isinstance(event, CheckoutSessionFact):
        return
    key = {"session_id": event.originator_id}
    yield Keep(
        {
            "session_id": event.originator_id,
            "position": position,
            "recorded_at": rfc3339(event.recorded_at),
            "amount_total": None,
            "currency": None,
            "retrieved_position": None,
            "ships_to_position": None,
        }
    )
    if isinstance(event, CheckoutSession.Retrieved):
        total, currency = event.checkout.amount_total, event.checkout.currency
        yield Update(key, {"amount_total": total, "currency": currency, "retrieved_position": position})


CHECKOUTS = Projection(
    name="checkouts",
    version=3,
    table=Table(
        columns={
            "session_id": Column.TEXT,
            "position": Column.INTEGER,
            "recorded_at": Column.TEXT,
            "amount_total": Column.INTEGER,
            "currency": Column.TEXT,
            "retrieved_position": Column.INTEGER,
            "ships_to_position": Column.INTEGER,
        },
        key=("session_id",),
        indexes=(("position",),),
    ),
    reads=topics(*get_args(CheckoutSessionFact), Fulfillment.ShippingCorrected),
    fold=fold,
)
