"""Many keys are imported a thousand at a time, so that other writers get their turn, and a rest can be added later."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.crash import Crash
from fakes.outside import Outside
from refusing import expect_refusal
from shop import Shop, shop_store
from typed_ids import as_line, as_pool, as_session

from application.staff.by import By
from application.writing.unit_of_work import Stamp, stamped
from domain.key_decisions import Withdrawal
from domain.key_pool import KeyPool
from domain.stock_item import LineRef

pytestmark = pytest.mark.every_store

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
BY = By(name="kim", reason="bought many")
KEYS = [f"KEY-{number}" for number in range(2500)]


def test_an_import_that_was_interrupted_is_completed_by_the_same_command(tmp_path: Path, store_url: str) -> None:
    outside, store = Outside(), shop_store(store_url)
    shop = Shop(directory=tmp_path, store=store, outside=outside)
    outside.points.at = (len(outside.points.reached) + 4,)
    with pytest.raises(Crash):
        shop.runtime.staff.import_keys(as_pool("pro"), KEYS, BY)
    shop.kill()

    shop = Shop(directory=tmp_path, store=store, outside=outside)
    added = shop.runtime.staff.import_keys(as_pool("pro"), KEYS, BY)

    assert 0 < added < len(KEYS)
    assert [len(event.keys) for event in shop.events_of(KeyPool.Imported)] == [1000, 1000, 500]
    assert [key.text for key in shop.runtime.log.get(KeyPool, "keys_pro").free] == KEYS
    shop.kill()


def test_many_keys_are_withdrawn_and_none_of_them_if_a_customer_has_the_last(tmp_path: Path, store_url: str) -> None:
    shop = Shop(directory=tmp_path, store=shop_store(store_url), outside=Outside())
    staff = shop.runtime.staff
    given, free = KEYS[0], KEYS[1:]
    staff.import_keys(as_pool("pro"), KEYS, BY)
    pool = shop.runtime.log.get(KeyPool, "keys_pro")
    [assigned] = pool.assign(LineRef(as_session("cs_test_ann"), as_line("li_1")), 1)
    stamp = Stamp(actor="policy:fulfillment", now=NOW)
    shop.runtime.log.append([stamped(assigned, stamp, pool.id, pool.version + 1)])

    with expect_refusal(rf"by position: {len(KEYS)}\)"):
        staff.withdraw_keys(as_pool("pro"), [*free, given], BY)
    assert not shop.events_of(KeyPool.Withdrawn)
    done, again = (staff.withdraw_keys(as_pool("pro"), [*free, "UNKNOWN-1"], BY) for _ in range(2))

    assert (done, again) == (Withdrawal(withdrawn=len(KEYS), unknown=1), Withdrawal(withdrawn=0, unknown=0))
    assert [len(event.keys) for event in shop.events_of(KeyPool.Withdrawn)] == [1000, 1000, 500]
    assert staff.import_keys(as_pool("pro"), [*KEYS, "UNKNOWN-1", "NEW-1"], BY) == 1
    assert [key.text for key in shop.runtime.log.get(KeyPool, "keys_pro").free] == ["NEW-1"]
    shop.kill()
