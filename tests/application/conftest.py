from collections.abc import Iterator
from pathlib import Path

import pytest
from read_side import ReadSide, open_read_side


@pytest.fixture
def read_side(tmp_path: Path) -> Iterator[ReadSide]:
    with open_read_side(tmp_path) as opened:
        yield opened
