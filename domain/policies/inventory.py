"""Whenever lines need stock, it is promised to them or they wait; whenever they don't, it is free again."""

from collections.abc import Iterable, Mapping

from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.handing_over import update_from_stock
from domain.identifiers import SessionId, fulfillment_id, stock_id
from domain.plan import PlannedLine
from domain.policy import Begin
from domain.stock_item import LineRef, StockItem
from domain.streams import Streams

_FURTHER: Mapping[type[Event], Begin] = {Fulfillment.LineItemsCanceled: Begin.AT_THE_BEGINNING}


class InventoryPolicy:
    name = "inventory"
    begins = Begin.AT_THE_BEGINNING
    reads = frozenset(
        {
            Fulfillment.HoldReleased,
            Fulfillment.LineItemDelivered,
            Fulfillment.Replanned,
            Fulfillment.Requested,
            Fulfillment.StockHeld,
            StockItem.Backordered,
            StockItem.Reserved,
        }
    )
    further = _FURTHER

    def likely(self, event: Event) -> Iterable[str]:
        return (fulfillment_id(event.session_id),) if event.session_id else ()

    def decide(self, event: Event, do: Streams) -> None:
        match event:
            case Fulfillment.StockHeld():
                for line in event.lines:
                    _reserve(event.session, line, do)
            case Fulfillment.HoldReleased():
                for line in event.lines:
                    _release(event.session, line, do)
            case Fulfillment.Requested():
                held = do.load(Fulfillment, event.originator_id).held
                _change(event.session, held, event.plan, do)
            case Fulfillment.Replanned():
                _change(event.session, event.replaced, event.lines, do)
            case Fulfillment.LineItemDelivered():
                _dispatch(event, do)
            case Fulfillment.LineItemsCanceled():
                _release_canceled(event, do)
            case StockItem.Reserved() | StockItem.Backordered():
                update_from_stock(event.session, event.line_item, do.load(StockItem, event.originator_id), do)
            case _:
                pass


def _reserve(session_id: SessionId, line: PlannedLine, do: Streams) -> None:
    if line.stock_sku is not None and _is_wanted(session_id, line, do):
        ref = LineRef(session_id, line.id)
        stock = do.command(StockItem, stock_id(line.stock_sku), StockItem.reserve, ref, line.item.quantity)
        update_from_stock(session_id, line.id, stock, do)


def _is_wanted(session_id: SessionId, plan: PlannedLine, do: Streams) -> bool:
    """True if the line still needs this stock. It may have been replanned or finished since."""
    line = do.load(Fulfillment, fulfillment_id(session_id)).lines.get(plan.id)
    return line is None or (not line.state.is_finished and line.plan.stock_sku == plan.stock_sku)


def _release(session_id: SessionId, line: PlannedLine, do: Streams) -> None:
    if line.stock_sku is not None:
        do.command(StockItem, stock_id(line.stock_sku), StockItem.release, LineRef(session_id, line.id))


def _release_canceled(event: Fulfillment.LineItemsCanceled, do: Streams) -> None:
    """Release the stock of canceled lines again. The decision has released it, but another process may have reserved it
    at the same moment, from an earlier state of the line."""
    lines = do.load(Fulfillment, event.originator_id).lines
    for id in event.lines:
        _release(event.session, lines[id].plan, do)


def _change(
    session_id: SessionId, before: tuple[PlannedLine, ...], after: tuple[PlannedLine, ...], do: Streams
) -> None:
    """Release the stock of earlier plans, and request the stock that this plan needs."""
    needed = {(line.id, line.stock_sku) for line in after}
    for line in before:
        if (line.id, line.stock_sku) not in needed:
            _release(session_id, line, do)
    for line in after:
        _reserve(session_id, line, do)


def _dispatch(event: Fulfillment.LineItemDelivered, do: Streams) -> None:
    """Dispatch the pieces of a delivered line. The decision that delivers a line has done so; in logs of earlier
    versions this policy does. A line that was taken out of its parcel since needs its stock again."""
    line = do.load(Fulfillment, event.originator_id).lines[event.line_item]
    if line.plan.stock_sku is not None and line.state.is_delivered:
        ref = LineRef(event.session, event.line_item)
        do.command(StockItem, stock_id(line.plan.stock_sku), StockItem.dispatch, ref)
