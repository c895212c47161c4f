from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from application.reading.views import Views
from infrastructure.views.postgres import PostgresViews
from infrastructure.views.sqlite import SQLiteViews


@pytest.fixture
def open_sqlite_views(tmp_path: Path) -> Iterator[Callable[[], SQLiteViews]]:
    """Opens the same views as another process would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(SQLiteViews(tmp_path / "views.db")))


@pytest.fixture
def sqlite_views(open_sqlite_views: Callable[[], SQLiteViews]) -> SQLiteViews:
    return open_sqlite_views()


@pytest.fixture
def open_postgres_views(postgres_url: str) -> Iterator[Callable[[], PostgresViews]]:
    """Opens the same views as another process would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(PostgresViews(postgres_url)))


@pytest.fixture
def postgres_views(open_postgres_views: Callable[[], PostgresViews]) -> PostgresViews:
    return open_postgres_views()


@pytest.fixture(params=["sqlite", "postgres"])
def open_views(request: pytest.FixtureRequest) -> Callable[[], Views]:
    """The same views of one store or the other, as another process would open them."""
    opened: Callable[[], Views] = request.getfixturevalue(f"open_{request.param}_views")
    return opened


@pytest.fixture
def views(open_views: Callable[[], Views]) -> Views:
    return open_views()
