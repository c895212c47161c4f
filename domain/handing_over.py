"""Delivers lines with stock: the pieces leave the shelf in the transaction that delivers the line, and only if they are
promised to it.

The stream of the SKU has the promises; the inventory policy updates a line a moment later. So every decision that
delivers a line loads the SKU first. Both streams are written in one transaction: a count in between is a conflict, and
the decision is repeated.
"""

from domain import reasons
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId, SessionId, fulfillment_id, stock_id
from domain.line import Line, LineState
from domain.personal import Personal
from domain.stock_item import LineRef, StockItem
from domain.streams import Streams


def update_from_stock(session_id: SessionId, line_item: LineItemId, stock: StockItem, do: Streams) -> None:
    """Update the line from its SKU. Before the payment there is no line yet."""
    id, ref = fulfillment_id(session_id), LineRef(session_id, line_item)
    line = do.load(Fulfillment, id).lines.get(line_item)
    if line is None or line.plan.stock_sku != stock.sku or line.state.is_finished:
        return
    need = stock.needs.get(ref)
    if need is None:
        return
    if need.is_promised:
        do.command(Fulfillment, id, Fulfillment.reserve, line_item)
    else:
        detail = reasons.not_enough_stock(stock.sku)
        short = LineState.BACKORDERED
        do.command(Fulfillment, id, Fulfillment.block, line_item, short, detail, is_stock_missing=True)


def has_its_stock(session_id: SessionId, line: Line, do: Streams) -> bool:
    """Return whether the line needs no stock, or its SKU promises it. A line that is behind its SKU is updated here."""
    if line.plan.stock_sku is None:
        return True
    update_from_stock(session_id, line.plan.id, do.load(StockItem, stock_id(line.plan.stock_sku)), do)
    return do.load(Fulfillment, fulfillment_id(session_id)).lines[line.plan.id].is_ready


def deliver(
    session_id: SessionId,
    line_item: LineItemId,
    do: Streams,
    *,
    keys: tuple[Personal, ...] = (),
    link: str | None = None,
    note: str | None = None,
) -> None:
    """Deliver the line, and dispatch its pieces even if a count took its promise back meanwhile."""
    id = fulfillment_id(session_id)
    line = do.command(Fulfillment, id, Fulfillment.deliver, line_item, keys=keys, link=link, note=note).lines.get(
        line_item
    )
    if line is not None and line.state.is_delivered and line.plan.stock_sku is not None:
        do.command(StockItem, stock_id(line.plan.stock_sku), StockItem.take, LineRef(session_id, line_item))
