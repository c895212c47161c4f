from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.outside import Outside
from shop import Shop, SQLiteStore


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def open_shop(tmp_path: Path, outside: Outside) -> Iterator[Callable[..., Shop]]:
    """Opens shops over one store and one world outside."""
    store = SQLiteStore(tmp_path)
    opened: list[Shop] = []

    def open_shop(**options: Any) -> Shop:
        opened.append(Shop(directory=tmp_path, store=store, outside=outside, **options))
        return opened[-1]

    yield open_shop
    for shop in opened:
        shop.kill()
    store.close()
