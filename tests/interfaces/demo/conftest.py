"""A stage for the demo's tests: the sandbox, and an engine behind its real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_shop import stage_of
from running import RunningShop, running_shop

from interfaces.demo.stage import Stage


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RunningShop]:
    """Its catalog is empty, so that nothing is delivered by itself."""
    with running_shop(tmp_path) as shop:
        yield shop


@pytest.fixture
def stage(shop: RunningShop, tmp_path: Path) -> Stage:
    return stage_of(shop, tmp_path)
