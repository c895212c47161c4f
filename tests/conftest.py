"""What holds for every test."""

import gc
import logging
from collections.abc import Iterator
from pathlib import Path

import fixed_ports
import hypothesis
import memory
import pytest
import structlog
from every_store import STORES, is_left_to_the_long_tests, new_store
from postgres_databases import Databases, ServerOfTheRun

from infrastructure.database import parse_database
from infrastructure.stores import stores

pytest.register_assert_rewrite("scenario")  # so that a failure shows both lists of facts

hypothesis.settings.register_profile("any machine", deadline=None)  # no test depends on how long something takes
hypothesis.settings.load_profile("any machine")

_server = ServerOfTheRun()
_GARBAGE_THRESHOLD = 20_000
"""Python's own lets the collector run for about a tenth of the time. `fulfill` raises it likewise."""


def pytest_configure(config: pytest.Config) -> None:
    """Nothing here logs: what a test wants to see of the logs it configures itself."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    fixed_ports.forbid()
    gc.set_threshold(_GARBAGE_THRESHOLD)
    if not hasattr(config, "workerinput"):
        memory.keep_temporary_files()
        _server.start()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if is_left_to_the_long_tests(item):
            item.add_marker(pytest.mark.long)


def pytest_collection_finish() -> None:
    """What thousands of collected tests are made of lives until the end: the collector need not walk it again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _server.stop()


@pytest.fixture(autouse=True)
def no_fixed_port() -> Iterator[None]:
    """`make test` passes while a shop runs on this machine, and sends nothing to it."""
    yield
    assert not (touched := fixed_ports.touched()), "\n".join(touched)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Databases of this process, copies of one with every table in it."""
    made = Databases(prepare=lambda url: stores(parse_database(url)).migrate())
    yield made
    made.close()


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    """A PostgreSQL database of this test's own, with every table in it."""
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture(params=STORES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind; tests of one kind alone have that one here."""
    return new_store(request, tmp_path)
