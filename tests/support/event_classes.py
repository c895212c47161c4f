"""The aggregates, and the event classes of each."""

from typing import Any

from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.event import Aggregate, Event
from domain.fulfillment import Fulfillment
from domain.key_pool import KeyPool
from domain.payment import Payment
from domain.reference import Reference
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent

AGGREGATES: list[type[Aggregate[Any]]] = [
    *(StripeEvent, CheckoutSession, Payment, Fulfillment),
    *(StockItem, KeyPool, Effect, Reference),
]


def event_classes(aggregate: type[Aggregate[Any]]) -> list[type[Event]]:
    """Those that the class itself has, and those that it inherits from its module of events."""
    return [
        each
        for kind in aggregate.__mro__
        for each in vars(kind).values()
        if isinstance(each, type) and issubclass(each, Event)
    ]
