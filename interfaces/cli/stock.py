"""`fulfill stock`: list and count stock."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from interfaces.cli.arguments.new_names import New, check_name
from interfaces.cli.output.printing import page, print_json
from interfaces.cli.running.desk import by, open_desk
from interfaces.cli.running.read_side import is_complete, open_side
from interfaces.cli.usage import DONE, FAILED, Json, Sku, Who, Why, whole_number

LOW = "low"


def stock_list(*, json: Json = False) -> int:
    """List the stock of every SKU: on hand, reserved, available and backordered."""
    from application.reading.projections.stock import STOCK

    with open_side(warns_of_low_stock=True) as side:
        levels = side.queries.stock()
        is_whole = is_complete(side.queries, STOCK)
    if json:
        print_json([{**asdict(level), "is_complete": is_whole} for level in levels])
    elif levels:
        rows = [
            (each.sku, each.on_hand, each.reserved, each.available, each.backordered, LOW if each.is_low else "")
            for each in levels
        ]
        page().table(("sku", "on hand", "reserved", "available", "backordered", ""), rows)
    elif is_whole:
        page().say("No stock is tracked yet. Set it with `fulfill stock count SKU N`.")
    else:
        page().say("No stock found in the incomplete view.")
    return DONE if levels or is_whole else FAILED


def _pieces(_kind: object, number: int) -> None:
    if number < 0:
        raise ValueError("must be 0 or more")


def stock_count(
    sku: Sku,
    on_hand: Annotated[
        int,
        Parameter(
            name="N", converter=whole_number, validator=_pieces, help="Pieces on the shelf now, reserved ones included."
        ),
    ],
    /,
    *,
    as_: Who = None,
    reason: Why = "shelf counted",
    new: New = False,
    json: Json = False,
) -> int:
    """Set the number of pieces on the shelf. Backordered lines get the new stock, oldest first."""
    from application.reading.projections.stock import STOCK

    who = by(as_, reason)
    with open_desk() as desk:
        catalog, queries = desk.runtime.catalog, desk.runtime.queries
        check_name("SKU", sku, catalog, catalog.skus, lambda: {each.sku for each in queries.stock()}, is_new=new)
        desk.runtime.staff.count(sku, on_hand, who)
        is_followed = desk.follow()
        [level] = [each for each in desk.runtime.queries.stock() if each.sku == sku]
        is_whole = is_complete(desk.runtime.queries, STOCK)
    if json:
        print_json({**asdict(level), "is_complete": is_whole, "is_followed": is_followed})
    else:
        waiting = f", {level.backordered} backordered" if level.backordered else ""
        low = f" Stock is {LOW}." if level.is_low else ""
        counted = f"{level.on_hand} on hand, {level.reserved} reserved, {level.available} available{waiting}."
        page().say(f"{sku}: {counted}{low}")
    return DONE
