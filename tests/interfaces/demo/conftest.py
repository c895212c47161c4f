"""A stage for the demo's tests: the sandbox, and an engine behind its real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from running import RunningShop, running_shop

from interfaces.demo.engine_process import EngineProcess
from interfaces.demo.goods import stocked
from interfaces.demo.stage import Stage


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RunningShop]:
    """Its catalog is empty, so that nothing is delivered by itself."""
    with running_shop(tmp_path) as shop:
        yield shop


@pytest.fixture
def stage(shop: RunningShop, tmp_path: Path) -> Stage:
    return Stage(
        sandbox=shop.sandbox,
        engine=EngineProcess(tmp_path, int(shop.url.rpartition(":")[2]), {}),
        goods=stocked(shop.sandbox),
        database=tmp_path / "fulfillment.db",
        outbox=tmp_path / "outbox",
    )
