from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from following import Counting, Process
from read_side import ReadSide, open_read_side


@pytest.fixture
def read_side(tmp_path: Path) -> Iterator[ReadSide]:
    with open_read_side(tmp_path) as opened:
        yield opened


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def open_process(database: Path) -> Iterator[Callable[..., Process]]:
    opened: list[Process] = []

    def open_process(*policies: Counting, held: dict[str, object] | None = None) -> Process:
        opened.append(Process(database, *policies, held=held))
        return opened[-1]

    yield open_process
    for process in opened:
        process.log.close()
