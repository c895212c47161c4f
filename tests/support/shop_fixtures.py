"""The fixtures of tests that play a whole shop: its store, the world outside, and what opens it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fakes.outside import Outside
from postgres_databases import Databases
from shop import Shop, Store, shop_store

from infrastructure.database import parse_database
from interfaces.databases import migrate


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Copies of one in which every view is begun, as `fulfill migrate` leaves it: a shop would begin them each time."""
    made = Databases(prepare=lambda url: migrate(parse_database(url)))
    yield made
    made.close()


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
