"""Checkouts: one row for each session, from its first event on, with its total."""

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
from domain.checkout_session import CheckoutSession, CheckoutSessionFact
from domain.event import Event


def fold(event: Event, position: int) -> Iterable[Change]:
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
        }
    )
    if isinstance(event, CheckoutSession.Retrieved):
        yield Update(key, {"amount_total": event.checkout.amount_total, "currency": event.checkout.currency})


CHECKOUTS = Projection(
    name="checkouts",
    version=1,
    table=Table(
        columns={
            "session_id": Column.TEXT,
            "position": Column.INTEGER,
            "recorded_at": Column.TEXT,
            "amount_total": Column.INTEGER,
            "currency": Column.TEXT,
        },
        key=("session_id",),
        indexes=(("position",),),
    ),
    reads=topics(*get_args(CheckoutSessionFact)),
    fold=fold,
)
