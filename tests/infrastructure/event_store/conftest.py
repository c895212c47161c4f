from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from application.log import Log
from infrastructure.event_store.sqlite import sqlite_environment


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[Callable[[], Log]]:
    """Opens one and the same log as another process would."""
    with ExitStack() as stack:

        def opened() -> Log:
            log = Log(dict(sqlite_environment(tmp_path / "log.db", create_tables=True)))
            stack.callback(log.close)
            return log

        yield opened


@pytest.fixture
def log(open_log: Callable[[], Log]) -> Log:
    return open_log()
