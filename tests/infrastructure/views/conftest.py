from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from infrastructure.views.sqlite import SQLiteViews


@pytest.fixture
def open_views(tmp_path: Path) -> Iterator[Callable[[], SQLiteViews]]:
    """Opens the same views as another process would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(SQLiteViews(tmp_path / "views.db")))


@pytest.fixture
def views(open_views: Callable[[], SQLiteViews]) -> SQLiteViews:
    return open_views()
