"""Whenever lines need stock, it is promised to them or they wait; whenever they don't, it is free again."""

from domain.catalog import PlannedLine
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import fulfillment_id, stock_id
from domain.line import LineState
from domain.policies.policy import Streams
from domain.stock_item import Claim, StockItem


class InventoryPolicy:
    name = "inventory"
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
            case StockItem.Reserved() | StockItem.Backordered():
                _tell(event.session, event.line_item, do.load(StockItem, event.originator_id), do)
            case _:
                pass


def _reserve(session_id: str, line: PlannedLine, do: Streams) -> None:
    if line.stock_sku is not None:
        claim = Claim(session_id, line.id)
        stock = do.command(StockItem, stock_id(line.stock_sku), StockItem.reserve, claim, line.item.quantity)
        _tell(session_id, line.id, stock, do)


def _release(session_id: str, line: PlannedLine, do: Streams) -> None:
    if line.stock_sku is not None:
        do.command(StockItem, stock_id(line.stock_sku), StockItem.release, Claim(session_id, line.id))


def _change(session_id: str, before: tuple[PlannedLine, ...], after: tuple[PlannedLine, ...], do: Streams) -> None:
    """Let go of what another plan had asked for, and ask for what this one needs."""
    needed = {(line.id, line.stock_sku) for line in after}
    for line in before:
        if (line.id, line.stock_sku) not in needed:
            _release(session_id, line, do)
    for line in after:
        _reserve(session_id, line, do)


def _dispatch(event: Fulfillment.LineItemDelivered, do: Streams) -> None:
    plan = do.load(Fulfillment, event.originator_id).lines[event.line_item].plan
    if plan.stock_sku is not None:
        claim = Claim(event.session, event.line_item)
        do.command(StockItem, stock_id(plan.stock_sku), StockItem.dispatch, claim)


def _tell(session_id: str, line_item: str, stock: StockItem, do: Streams) -> None:
    """The line learns how it stands with its stock now. Before the payment there is no line to tell."""
    id, claim = fulfillment_id(session_id), Claim(session_id, line_item)
    line = do.load(Fulfillment, id).lines.get(line_item)
    if line is None or line.plan.stock_sku != stock.sku:
        return
    need = stock.needs.get(claim)
    if need is None:
        return
    if need.is_promised:
        do.command(Fulfillment, id, Fulfillment.reserve, line_item)
    else:
        detail = f"Not enough of {stock.sku} on the shelf"
        short = LineState.BACKORDERED
        do.command(Fulfillment, id, Fulfillment.block, line_item, short, detail, is_stock_missing=True)
