"""Handing a line over: its pieces leave the shelf in the transaction that delivers it, and only if they are its own.

The stream of the SKU knows which lines have a promise; a line learns of it from the inventory policy, a moment later.
So every decision that hands a line over asks the SKU first. Both streams are written together, so a count in between is
a conflict, and the decision is made again.
"""

from collections.abc import Sequence

from domain.catalog import PlannedLine
from domain.deliveries.kind import Way
from domain.effect import Effect
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.identifiers import effect_id, fulfillment_id, key_pool_id, stock_id
from domain.key_pool import KeyPool
from domain.line import Line, LineState
from domain.personal import Personal
from domain.policies.policy import Streams
from domain.stock_item import Claim, StockItem

_BY_A_PERSON = "A person delivers it"
_PLANNED_ANEW = "The line has been planned anew"


def tell_of_stock(session_id: str, line_item: str, stock: StockItem, do: Streams) -> None:
    """The line learns how it stands with its stock now. Before the payment there is no line to tell."""
    id, claim = fulfillment_id(session_id), Claim(session_id, line_item)
    line = do.load(Fulfillment, id).lines.get(line_item)
    if line is None or line.plan.stock_sku != stock.sku or line.state is LineState.DELIVERED:
        return
    need = stock.needs.get(claim)
    if need is None:
        return
    if need.is_promised:
        after = do.command(Fulfillment, id, Fulfillment.reserve, line_item)
        if after.lines[line_item].state is LineState.DELIVERED:
            do.command(StockItem, stock.id, StockItem.take, claim)
    else:
        detail = f"Not enough of {stock.sku} on the shelf"
        short = LineState.BACKORDERED
        do.command(Fulfillment, id, Fulfillment.block, line_item, short, detail, is_stock_missing=True)


def has_its_stock(session_id: str, line: Line, do: Streams) -> bool:
    """Whether the line needs no stock or its SKU promises it; a line that has not learned the latest learns it here."""
    if line.plan.stock_sku is None:
        return True
    tell_of_stock(session_id, line.plan.id, do.load(StockItem, stock_id(line.plan.stock_sku)), do)
    return do.load(Fulfillment, fulfillment_id(session_id)).lines[line.plan.id].is_ready


def deliver(
    session_id: str, line_item: str, do: Streams, *, keys: tuple[Personal, ...] = (), note: str | None = None
) -> None:
    """The line is handed over, and its pieces leave the shelf, even if a count took its promise back meanwhile."""
    after = do.command(Fulfillment, fulfillment_id(session_id), Fulfillment.deliver, line_item, keys=keys, note=note)
    line = after.lines.get(line_item)
    if line is not None and line.plan.stock_sku is not None:
        do.command(StockItem, stock_id(line.plan.stock_sku), StockItem.take, Claim(session_id, line_item))


def ship(session_id: str, line_items: Sequence[str], do: Streams, *, carrier: str, tracking: str | None) -> None:
    """A parcel left with these lines, or with every line that is ready to pack.

    Raises:
        Refused: as `Fulfillment.ship`, or a count took back what was promised to a line.
    """
    id = fulfillment_id(session_id)
    before = do.load(Fulfillment, id)
    after = do.command(Fulfillment, id, Fulfillment.ship, line_items, carrier=carrier, tracking=tracking)
    _dispatch_delivered(session_id, before, after, do)


def complete(session_id: str, line_items: Sequence[str], do: Streams) -> None:
    """A person handed these lines over, or every line that only a person delivers. From here on it is theirs alone.

    Raises:
        Refused: as `Fulfillment.complete`; a delivery of a line is under way; an import has just served a line; or a
            count took back what was promised to a line.
    """
    id = fulfillment_id(session_id)
    before = do.load(Fulfillment, id)
    keys: dict[str, tuple[Personal, ...]] = {}
    for line in before.lines.values():
        is_meant = line.plan.id in line_items or (not line_items and line.state is LineState.MANUAL)
        if is_meant and line.state is not LineState.DELIVERED:
            keys[line.plan.id] = _keys_of(session_id, line, do)
            _take_over(session_id, line, do)
    after = do.command(Fulfillment, id, Fulfillment.complete, line_items, keys=keys)
    _dispatch_delivered(session_id, before, after, do)


def replan(session_id: str, plan: Sequence[PlannedLine], catalog: str, do: Streams) -> None:
    """Plan the blocked lines anew. What their old plans had asked for ends here.

    Raises:
        Refused: as `Fulfillment.replan`; a delivery of a line is under way; or a line has keys that its new plan has no
            use for.
    """
    id = fulfillment_id(session_id)
    before = do.load(Fulfillment, id)
    after = do.command(Fulfillment, id, Fulfillment.replan, plan, catalog)
    for line in before.lines.values():
        new = after.lines[line.plan.id].plan
        if new == line.plan:
            continue
        do.command(Effect, effect_id(session_id, line.delivery_step), Effect.take_over, _PLANNED_ANEW)
        if new.key_pool != line.plan.key_pool and _keys_of(session_id, line, do):
            raise Refused(
                f"Line {line.plan.id} already has its keys and only waits for stock. Deliver it with them by `fulfill "
                "stock count` or `fulfill complete`."
            )


def _keys_of(session_id: str, line: Line, do: Streams) -> tuple[Personal, ...]:
    """The keys that the line has been given. A line that waits for some waits no more: the next import is for others.

    Raises:
        Refused: an import has just served the line, which is about to be delivered with its keys.
    """
    if line.plan.key_pool is None:
        return ()
    claim = Claim(session_id, line.plan.id)
    pool = do.command(KeyPool, key_pool_id(line.plan.key_pool), KeyPool.stop_waiting, claim)
    keys = pool.keys_of(claim)
    if keys and line.is_ready:
        raise Refused(f"Line {line.plan.id} has just received its keys from an import. They are on their way.")
    return keys


def _take_over(session_id: str, line: Line, do: Streams) -> None:
    """The delivery of this line is a person's now. One that has not been tried yet is left to the engine."""
    id = effect_id(session_id, line.delivery_step)
    is_pending = line.state is LineState.PENDING and line.plan.way is Way.BY_CODE_OUTSIDE
    if is_pending and do.load(Effect, id).attempt == 0:
        return
    do.command(Effect, id, Effect.take_over, _BY_A_PERSON)
    if is_pending:
        manual = LineState.MANUAL
        do.command(Fulfillment, fulfillment_id(session_id), Fulfillment.block, line.plan.id, manual, _BY_A_PERSON)


def _dispatch_delivered(session_id: str, before: Fulfillment, after: Fulfillment, do: Streams) -> None:
    """Take the pieces of the lines that were delivered in between off the shelf.

    Raises:
        Refused: a line counted on a promise that a count took back.
    """
    for line in before.lines.values():
        is_new = line.state is not after.lines[line.plan.id].state
        if line.plan.stock_sku is None or not is_new:
            continue
        claim, id = Claim(session_id, line.plan.id), stock_id(line.plan.stock_sku)
        need = do.load(StockItem, id).needs.get(claim)
        if line.is_ready and not (need and need.is_promised):
            raise Refused(
                f"Line {line.plan.id} no longer has its {line.plan.item.quantity} × {line.plan.stock_sku}: a count "
                "found too few on the shelf. Count again if they are there, or change its rule and replan it."
            )
        do.command(StockItem, id, StockItem.dispatch, claim)
