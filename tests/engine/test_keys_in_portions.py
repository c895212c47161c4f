"""Many keys are imported a thousand at a time, so that other writers get their turn, and a rest can be added later."""

from pathlib import Path

import pytest
from fakes.crash import Crash
from fakes.outside import Outside
from shop import Shop, shop_store

from application.staff import By
from domain.key_pool import KeyPool

BY = By(name="kim", reason="bought many")
KEYS = [f"KEY-{number}" for number in range(2500)]


def test_an_import_that_was_interrupted_is_completed_by_the_same_command(tmp_path: Path, store_url: str) -> None:
    outside, store = Outside(), shop_store(store_url)
    shop = Shop(directory=tmp_path, store=store, outside=outside)
    outside.points.at = (len(outside.points.reached) + 4,)
    with pytest.raises(Crash):
        shop.runtime.staff.import_keys("pro", KEYS, BY)
    shop.kill()

    shop = Shop(directory=tmp_path, store=store, outside=outside)
    added = shop.runtime.staff.import_keys("pro", KEYS, BY)

    assert 0 < added < len(KEYS)
    assert [len(event.keys) for event in shop.events_of(KeyPool.Imported)] == [1000, 1000, 500]
    assert [key.text for key in shop.runtime.log.get(KeyPool, "keys_pro").free] == KEYS
    shop.kill()
