import pytest
from log_parts import LogWriter
from read_side import ReadSide
from sample_log import SHOP, sample_log
from typed_ids import as_line, as_session, as_sku, as_stream

from application.reading.answers import StockLevel
from application.reading.projections.stock import STOCK
from domain.stock_item import StockItem

pytestmark = pytest.mark.every_store


def test_the_stock_is_what_the_aggregate_says(read_side: ReadSide) -> None:
    log = LogWriter()
    log.add(as_stream("sku_mug"), StockItem.Counted(on_hand=5))
    log.add(
        as_stream("sku_mug"), StockItem.Reserved(line_item=as_line("li_1"), quantity=2), session_id=as_session(SHOP)
    )
    log.add(
        as_stream("sku_mug"), StockItem.Backordered(line_item=as_line("li_2"), quantity=4), session_id=as_session(SHOP)
    )
    log.add(
        as_stream("sku_mug"), StockItem.Backordered(line_item=as_line("li_3"), quantity=9), session_id=as_session(SHOP)
    )
    log.add(
        as_stream("sku_mug"), StockItem.Released(line_item=as_line("li_3"), quantity=9), session_id=as_session(SHOP)
    )
    log.add(
        as_stream("sku_mug"),
        StockItem.Counted(on_hand=7),
        StockItem.Reserved(line_item=as_line("li_2"), quantity=4),
        session_id=as_session(SHOP),
    )
    log.add(
        as_stream("sku_mug"), StockItem.Dispatched(line_item=as_line("li_1"), quantity=2), session_id=as_session(SHOP)
    )
    item = StockItem(id=as_stream("sku_mug"))
    for event in log.events:
        item = item.evolve(event)  # type: ignore[arg-type]

    read_side.append(log.events)

    assert item.available == 1
    assert read_side.queries.stock() == [
        StockLevel(sku=as_sku("mug"), on_hand=item.on_hand, reserved=4, available=item.available, backordered=0)
    ]


def test_a_shelf_is_one_row_and_every_open_claim_another(read_side: ReadSide) -> None:
    rows = read_side.fold(STOCK, sample_log())

    assert [list(row.values()) for row in rows] == [["mug-blue", "", "", 3, 0, 0]]
