"""Since when a supply is low: a task of the queue that waits for days grows old, however much is sold meanwhile."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from log_parts import BEGINNING, LogWriter
from read_side import ReadSide
from typed_ids import as_line, as_session, as_sku, as_stream

from application.reading.queries import Queries
from domain.catalog import LowStock
from domain.identifiers import pool_name
from domain.key_pool import KeyPool
from domain.personal import Personal
from domain.stock_item import StockItem, StockItemFact

SHOP = as_session("cs_test_low")


def counted(on_hand: int) -> StockItemFact:
    return StockItem.Counted(on_hand=on_hand)


def reserved(line: str, quantity: int) -> StockItemFact:
    return StockItem.Reserved(line_item=as_line(line), quantity=quantity)


def backordered(line: str, quantity: int) -> StockItemFact:
    return StockItem.Backordered(line_item=as_line(line), quantity=quantity)


def released(line: str, quantity: int) -> StockItemFact:
    return StockItem.Released(line_item=as_line(line), quantity=quantity)


def dispatched(line: str, quantity: int) -> StockItemFact:
    return StockItem.Dispatched(line_item=as_line(line), quantity=quantity)


def returned(line: str, quantity: int) -> StockItemFact:
    return StockItem.Returned(line_item=as_line(line), quantity=quantity)


@pytest.mark.parametrize(
    ("facts", "number"),
    [
        pytest.param([counted(9), reserved("a", 4), reserved("b", 2), reserved("c", 1)], 2, id="by a sale"),
        pytest.param([counted(5), reserved("a", 2), dispatched("a", 2), reserved("b", 1)], 1, id="before a dispatch"),
        pytest.param(
            [counted(5), reserved("a", 3), released("a", 3), reserved("b", 2), reserved("c", 1)], 3, id="again"
        ),
        pytest.param(
            [counted(5), reserved("a", 2), backordered("b", 9), released("b", 9)], 1, id="with a waiting line"
        ),
        pytest.param([counted(2), counted(1), reserved("a", 1)], 1, id="by a count"),
        pytest.param(
            [counted(4), reserved("a", 3), dispatched("a", 3), returned("a", 3), reserved("a", 3)], 1, id="back again"
        ),
        pytest.param([counted(4), reserved("a", 4), counted(3), backordered("a", 4), reserved("b", 1)], 2, id="taken"),
        pytest.param(
            [counted(5), reserved("a", 2), *(each for n in range(150) for each in (backordered(f"w{n}", 9),))],
            1,
            id="with many waiting lines",
        ),
    ],
)
def test_a_sku_is_low_since_its_last_pieces_were_promised(
    read_side: ReadSide, facts: Sequence[StockItemFact], number: int
) -> None:
    log = LogWriter()
    log.add(as_stream("sku_mug"), *facts, session_id=SHOP)
    read_side.append(log.events)

    [item] = with_limits(read_side, LowStock(skus={as_sku("mug"): 3})).work_queue()

    assert item.since == log.events[number].recorded_at


def test_a_pool_is_low_since_its_last_keys_were_given_away(read_side: ReadSide) -> None:
    log = LogWriter()
    facts = [
        KeyPool.Imported(keys=tuple(Personal(f"KEY-{number}") for number in range(6))),
        KeyPool.Assigned(line_item=as_line("li_a"), keys=(Personal("KEY-0"), Personal("KEY-1"))),
        KeyPool.Withdrawn(keys=(Personal("KEY-2"),), were_free=1),
        KeyPool.Revoked(line_item=as_line("li_a"), keys=(Personal("KEY-0"),)),
        KeyPool.Assigned(line_item=as_line("li_b"), keys=(Personal("KEY-3"),)),
    ]
    log.add(as_stream("keys_pro"), *facts, session_id=SHOP)
    read_side.append(log.events)

    [item] = with_limits(read_side, LowStock(pools={pool_name("pro"): 3})).work_queue()

    assert item.since == log.events[2].recorded_at


def test_a_supply_without_an_event_is_low_since_the_log_began(read_side: ReadSide) -> None:
    log = LogWriter()
    log.add(as_stream("sku_other"), counted(9), counted(8))
    read_side.append(log.events)
    low = LowStock(skus={as_sku("mug"): 3}, pools={pool_name("pro"): 0})

    items = with_limits(read_side, low).work_queue()

    assert [(item.subject, item.since) for item in items] == [
        ("pro", log.events[0].recorded_at),
        ("mug", log.events[0].recorded_at),
    ]


def with_limits(read_side: ReadSide, low: LowStock) -> Queries:
    def clock() -> datetime:
        return BEGINNING + timedelta(days=9)

    return Queries(read_side.log, read_side.views, read_side.projector, clock, low)
