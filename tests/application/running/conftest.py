from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fakes.outside import Outside
from shop import Shop, Store, shop_store


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    with closing(shop_store(store_url)) as store:
        yield store


@pytest.fixture
def open_shop(store: Store, tmp_path: Path, outside: Outside) -> Iterator[Callable[..., Shop]]:
    """Opens shops over one store and one world outside."""
    opened: list[Shop] = []

    def open_shop(**options: Any) -> Shop:
        opened.append(Shop(**{"directory": tmp_path, "store": store, "outside": outside, **options}))
        return opened[-1]

    yield open_shop
    for shop in opened:
        shop.kill()
