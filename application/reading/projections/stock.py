"""Stock: what is on each shelf (one row without a session), and what each line was promised or waits for."""

from collections.abc import Iterable
from typing import assert_never, get_args

from application.reading.projection import Add, Change, Column, Projection, Put, Remove, Table, topics
from domain.event import Event
from domain.identifiers import sku_of_stream
from domain.stock_item import StockItem, StockItemFact


def fold(event: Event, position: int) -> Iterable[Change]:  # noqa: ARG001 - every fold has the same shape
    return _changes(event) if isinstance(event, StockItemFact) else []


def _changes(event: StockItemFact) -> Iterable[Change]:
    sku = sku_of_stream(event.originator_id)
    shelf = {"sku": sku, "session_id": "", "line_item": ""}
    if isinstance(event, StockItem.Counted):
        return [Put({**shelf, "on_hand": event.on_hand, "reserved": 0, "backordered": 0})]
    claim = {"sku": sku, "session_id": event.session_id or "", "line_item": event.line_item}
    match event:
        case StockItem.Reserved():
            return [Put({**claim, "on_hand": 0, "reserved": event.quantity, "backordered": 0})]
        case StockItem.Backordered():
            return [Put({**claim, "on_hand": 0, "reserved": 0, "backordered": event.quantity})]
        case StockItem.Released():
            return [Remove(claim)]
        case StockItem.Dispatched():
            return [Remove(claim), Add(shelf, {"on_hand": -event.quantity})]
        case StockItem.Returned():
            return [Add(shelf, {"on_hand": event.quantity})]
        case _:
            assert_never(event)


STOCK = Projection(
    name="stock",
    version=1,
    table=Table(
        columns={
            "sku": Column.TEXT,
            "session_id": Column.TEXT,
            "line_item": Column.TEXT,
            "on_hand": Column.INTEGER,
            "reserved": Column.INTEGER,
            "backordered": Column.INTEGER,
        },
        key=("sku", "session_id", "line_item"),
    ),
    reads=topics(*get_args(StockItemFact)),
    fold=fold,
)
