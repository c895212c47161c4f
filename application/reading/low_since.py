"""The time since which a supply is low."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import assert_never

from application.log.log import Log
from application.reading.supply import LowSupply
from domain.errors import UnreadableEvent
from domain.event import Event
from domain.key_pool import KeyPool, KeyPoolFact
from domain.stock_item import StockItem, StockItemFact, StockItemOfLine

_EVENTS_MAX = 200
"""Few pieces are left to sell once a supply is low, so the event that made it so is near the end of its stream."""


def low_since(log: Log, low: LowSupply) -> datetime | None:
    """Return the time of the event that brought the supply down to its limit, or of the last count, if that left it
    low: a person has looked at it then. If neither is among the last 200 events, or an event before it can't be read,
    return the time of the oldest one that was looked at. None if there is no readable event.
    """
    events = list(_newest_first(log, low))
    left, since = low.left, None
    for number, event in enumerate(events):
        if left > low.limit:
            break
        since = event.recorded_at
        if isinstance(event, StockItem.Counted):
            break
        left -= _gained(event, events[number + 1 :])
    return since


def _newest_first(log: Log, low: LowSupply) -> Iterator[Event]:
    with suppress(UnreadableEvent):
        for stored in log.store.select_events(low.stream, desc=True, limit=_EVENTS_MAX):
            yield log.decode(stored)


def _gained(event: Event, before: Sequence[Event]) -> int:
    """The number of pieces or keys that this event made available; negative if it took some. `before` has the earlier
    events, the newest first."""
    if isinstance(event, StockItemFact):
        return _gained_pieces(event, before)
    return _gained_keys(event) if isinstance(event, KeyPoolFact) else 0


def _gained_pieces(event: StockItemFact, before: Sequence[Event]) -> int:
    """Returned pieces are promised to their line again in the same transaction, and help no other one."""
    match event:
        case StockItem.Reserved():
            return 0 if isinstance(_earlier(event, before), StockItem.Returned) else -event.quantity
        case StockItem.Released() | StockItem.Backordered():
            return event.quantity if _was_promised(event, before) else 0
        case StockItem.Dispatched():
            return 0 if _was_promised(event, before) else -event.quantity
        case StockItem.Returned() | StockItem.Counted():
            return 0
        case _:
            assert_never(event)


def _was_promised(event: StockItemOfLine, before: Sequence[Event]) -> bool:
    """True if the line had a promise until this event. A line without an earlier event here had most likely one, unless
    it is backordered only now."""
    earlier = _earlier(event, before)
    return not isinstance(event, StockItem.Backordered) if earlier is None else isinstance(earlier, StockItem.Reserved)


def _earlier(event: StockItemOfLine, before: Sequence[Event]) -> StockItemOfLine | None:
    """The event of the same line before this one."""
    of_lines = (each for each in before if isinstance(each, StockItemOfLine))
    return next((each for each in of_lines if _line(each) == _line(event)), None)


def _line(event: StockItemOfLine) -> tuple[str | None, str]:
    return event.session_id, event.line_item


def _gained_keys(event: KeyPoolFact) -> int:
    match event:
        case KeyPool.Imported() | KeyPool.Returned():
            return len(event.keys)
        case KeyPool.Assigned():
            return -len(event.keys)
        case KeyPool.Withdrawn():
            return -event.were_free
        case KeyPool.RanOut() | KeyPool.WaitEnded() | KeyPool.Revoked():
            return 0
        case _:
            assert_never(event)
