"""The supplies: the pieces of each SKU and the keys of each pool, and which of them run low."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from application.reading.answers import KeyPoolLevel, StockLevel
from application.reading.projection import Projection
from application.reading.projections.key_pools import KEY_POOLS
from application.reading.projections.stock import STOCK
from application.reading.views import Selection, Views
from application.reading.work import OtherWork
from domain import reasons
from domain.catalog import LowStock
from domain.identifiers import Sku, StreamId, key_pool_id, pool_name, stock_id
from domain.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LowSupply:
    """A SKU or a pool that is so low that the catalog asks for a warning."""

    name: str
    kind: OtherWork
    stream: StreamId
    left: int
    """The number of available pieces or free keys."""
    limit: int
    why: Reason


def stock_levels(views: Views, low: LowStock) -> list[StockLevel]:
    """Return every SKU that was ever counted or asked for, in the order of their names."""
    sums = _sums(views, STOCK, "sku", ("on_hand", "reserved", "backordered"))
    return [_stock_level(Sku(sku), *of_sku, low=low) for sku, of_sku in sums.items()]


def _stock_level(sku: Sku, on_hand: int, reserved: int, backordered: int, *, low: LowStock) -> StockLevel:
    available = on_hand - reserved
    return StockLevel(
        sku=sku,
        on_hand=on_hand,
        reserved=reserved,
        available=available,
        backordered=backordered,
        is_low=available <= low.skus.get(sku, -1),
    )


def pool_levels(views: Views, low: LowStock) -> list[KeyPoolLevel]:
    """Return every pool that was ever filled or asked for, in the order of their names."""
    sums = _sums(views, KEY_POOLS, "pool", ("free", "given", "revoked", "withdrawn", "waiting"))
    return [
        KeyPoolLevel(
            pool=(pool := pool_name(name)),
            free=free,
            given=given,
            revoked=revoked,
            withdrawn=withdrawn,
            waiting=waiting,
            is_low=free <= low.pools.get(pool, -1),
        )
        for name, (free, given, revoked, withdrawn, waiting) in sums.items()
    ]


def low_supplies(views: Views, low: LowStock) -> Iterator[LowSupply]:
    """Yield low supplies, including SKUs and pools of the catalog that were never counted or filled."""
    pieces = {level.sku: level.available for level in stock_levels(views, low)} if low.skus else {}
    for sku, limit in low.skus.items():
        if (available := pieces.get(sku, 0)) <= limit:
            why = reasons.low_stock(available, limit)
            yield LowSupply(
                name=sku, kind=OtherWork.LOW_STOCK, stream=stock_id(sku), left=available, limit=limit, why=why
            )
    keys = {level.pool: level.free for level in pool_levels(views, low)} if low.pools else {}
    for pool, limit in low.pools.items():
        if (free := keys.get(pool, 0)) <= limit:
            why = reasons.low_keys(free, limit)
            yield LowSupply(
                name=pool, kind=OtherWork.LOW_KEYS, stream=key_pool_id(pool), left=free, limit=limit, why=why
            )


def _sums(views: Views, projection: Projection, name: str, columns: Sequence[str]) -> Mapping[str, list[int]]:
    """Return the sums of these columns over all rows of each name."""
    sums: dict[str, list[int]] = {}
    for row in views.select(Selection(projection=projection, order_by=[name])):
        of_name = sums.setdefault(str(row[name]), [0] * len(columns))
        for number, column in enumerate(columns):
            of_name[number] += int(row[column] or 0)
    return sums
