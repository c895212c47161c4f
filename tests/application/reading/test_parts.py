"""The part of an order that a customer sees each line in."""

from collections.abc import Sequence

import pytest
from kinds import LICENSE_KEY
from landing_orders import (
    COURSE,
    ENGRAVING,
    KEY,
    KEYS,
    MUG,
    PLATE,
    blocked,
    canceled,
    delivered,
    fulfillment,
    keys_awaited,
    keys_revoked,
    nothing_planned,
    shipped,
)
from scenario import planned
from typed_ids import as_sku

from application.reading.parts import Part, parts_of
from domain import reasons
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.personal import Personal
from domain.plan import PlannedLine

BOXED = planned("li_boxed", LICENSE_KEY, tracks=as_sku("box"))
HAS_KEYS = delivered(KEY, keys=KEYS)


@pytest.mark.parametrize(
    ("line", "facts", "part"),
    [
        pytest.param(COURSE, [], Part.WORKING, id="pending"),
        pytest.param(MUG, [], Part.PACKING, id="to pack"),
        pytest.param(MUG, shipped(1, MUG), Part.READY, id="shipped"),
        pytest.param(COURSE, [delivered(COURSE)], Part.READY, id="delivered"),
        pytest.param(PLATE, [blocked(PLATE, LineState.BACKORDERED)], Part.BACKORDERED, id="short of stock"),
        pytest.param(KEY, [blocked(KEY, LineState.BACKORDERED)], Part.KEYS_AWAITED, id="short of keys"),
        pytest.param(ENGRAVING, [blocked(ENGRAVING, LineState.MANUAL)], Part.BY_HAND, id="manual"),
        pytest.param(COURSE, [blocked(COURSE, LineState.GIVEN_UP)], Part.BY_HAND, id="given up"),
        pytest.param(
            MUG, [blocked(MUG, LineState.MANUAL, reasons.paid_twice("cs_test_1"))], Part.UNDECIDED, id="paid twice"
        ),
        pytest.param(
            MUG,
            [blocked(MUG, LineState.MANUAL, reasons.paid_after_cancellation())],
            Part.UNDECIDED,
            id="paid after it was canceled",
        ),
        pytest.param(MUG, [canceled(1, MUG)], Part.CANCELED, id="canceled"),
        pytest.param(KEY, [HAS_KEYS], Part.READY, id="with keys"),
        pytest.param(KEY, [HAS_KEYS, keys_revoked(KEY, 1)], Part.READY, id="one key left"),
        pytest.param(KEY, [HAS_KEYS, keys_revoked(KEY, 1, 2)], Part.KEYS_REVOKED, id="no key left"),
        pytest.param(
            KEY, [HAS_KEYS, keys_revoked(KEY, 1, 2), keys_awaited(KEY, 2)], Part.KEYS_AWAITED, id="new keys awaited"
        ),
        pytest.param(
            KEY, [HAS_KEYS, keys_revoked(KEY, 1), keys_awaited(KEY, 1)], Part.KEYS_AWAITED, id="one new key awaited"
        ),
        pytest.param(
            KEY,
            [
                HAS_KEYS,
                keys_revoked(KEY, 1, 2),
                keys_awaited(KEY, 2),
                Fulfillment.KeysReplaced(number=1, line_item=KEY.id, keys=(Personal("NEW-1"),)),
            ],
            Part.READY,
            id="new keys",
        ),
    ],
)
def test_the_part_of_a_line(line: PlannedLine, facts: Sequence[Event], part: Part) -> None:
    assert parts_of(fulfillment([line], *facts)) == {part}


def test_keys_that_wait_for_a_box_to_ship_them_in_are_out_of_stock() -> None:
    missing = Fulfillment.LineItemBlocked(
        line_item=BOXED.id,
        state=LineState.BACKORDERED,
        detail=reasons.not_enough_stock(as_sku("box")),
        is_stock_missing=True,
    )

    assert parts_of(fulfillment([BOXED], missing)) == {Part.BACKORDERED}


def test_an_order_that_is_not_planned_has_no_parts() -> None:
    assert parts_of(nothing_planned()) == frozenset()
