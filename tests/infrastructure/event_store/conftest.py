from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from application.log.log import Log
from infrastructure.database import parse_database
from infrastructure.stores import stores


@pytest.fixture
def open_log(store_url: str) -> Iterator[Callable[[], Log]]:
    """Opens one and the same log as another process would."""
    kept = stores(parse_database(store_url))
    with ExitStack() as stack:

        def opened() -> Log:
            if not kept.is_shared:
                kept.migrate()
            log = kept.open_log()
            stack.callback(log.close)
            return log

        yield opened


@pytest.fixture
def log(open_log: Callable[[], Log]) -> Log:
    return open_log()
