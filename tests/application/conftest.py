from collections.abc import Callable, Iterator

import pytest
from following import Process
from read_side import ReadSide, open_read_side

from domain.policy import Policy


@pytest.fixture
def read_side(store_url: str) -> Iterator[ReadSide]:
    with open_read_side(store_url) as opened:
        yield opened


@pytest.fixture
def open_process(store_url: str) -> Iterator[Callable[..., Process]]:
    opened: list[Process] = []

    def open_process(*policies: Policy, held: dict[str, object] | None = None) -> Process:
        opened.append(Process(store_url, *policies, held=held))
        return opened[-1]

    yield open_process
    for process in opened:
        process.log.close()
