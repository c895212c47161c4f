"""Identifiers of tests as the types that the engine takes, whatever their shape."""

from domain.identifiers import EffectId, LineItemId, PoolName, SessionId, Sku, StreamId, StripeEventId


def as_stream(text: str) -> StreamId:
    return StreamId(text)


def as_session(text: str) -> SessionId:
    return SessionId(StreamId(text))


def as_event(text: str) -> StripeEventId:
    return StripeEventId(StreamId(text))


def as_effect(text: str) -> EffectId:
    return EffectId(StreamId(text))


def as_sku(text: str) -> Sku:
    return Sku(text)


def as_pool(text: str) -> PoolName:
    return PoolName(text)


def as_line(text: str) -> LineItemId:
    return LineItemId(text)
