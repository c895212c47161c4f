"""The work for a checkout grows with its lines, not with their square."""

import sys
from pathlib import Path
from types import FrameType

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, Shop, SQLiteStore
from typed_ids import as_event, as_pool, as_session, as_sku

from application.reading.checkout_state import CheckoutState
from application.staff.by import By

BY = By(name="kim", reason="enough for all")
FEW, MANY = 30, 120
SHIPMENT = 'delivery = "shipment"\nsku = "mug"\ntrack_stock = true'
KEYS = 'delivery = "license_key"\npool = "pro"'
ACCESS = 'delivery = "access"\nlink = "https://example.com/course"'


@pytest.mark.parametrize("rule", [SHIPMENT, KEYS, ACCESS])
@pytest.mark.parametrize("is_there", [True, False])
def test_four_times_the_lines_are_about_four_times_the_work(tmp_path: Path, rule: str, is_there: bool) -> None:
    few, many = (calls_for(tmp_path, rule, lines, is_there=is_there) for lines in (FEW, MANY))

    assert many < few * MANY / FEW * 1.05


def calls_for(directory: Path, rule: str, lines: int, *, is_there: bool) -> int:
    """How many functions are called until a paid checkout of so many lines is at rest, and after a retry of it."""
    ids = [f"li_{number}" for number in range(lines)]
    catalog = "\n".join(f"[products.prod_{id}]\n{rule}" for id in ids)
    outside, store = Outside(), SQLiteStore()
    shop = Shop(directory=directory, store=store, outside=outside, catalog=catalog)
    outside.checkouts["cs_test_a"] = a_checkout(line_items=[a_line_item(id) for id in ids])
    if is_there:
        shop.runtime.staff.count(as_sku("mug"), lines, BY)
        shop.runtime.staff.import_keys(as_pool("pro"), ids, BY)
    shop.hear(COMPLETED, as_session("cs_test_a"), id=as_event("evt_1"), payment_status="paid")
    calls = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        shop.rest()
        shop.runtime.staff.retry("cs_test_a", BY)
        shop.rest()
    finally:
        sys.setprofile(None)
    assert shop.state(as_session("cs_test_a")) not in {CheckoutState.OPEN, CheckoutState.PARKED}
    shop.kill()
    store.close()
    return calls
