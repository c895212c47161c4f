"""Fixtures for a shop's own tests; pytest finds them by itself where this distribution is installed.

Nothing but pytest is imported before a test asks for the sandbox: other tests must not become slower by it.
"""

import zlib
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from interfaces.sandbox.testing import StripeSandbox

_OPTION = "--stripe-sandbox-seed"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("stripe-sandbox")
    group.addoption(_OPTION, type=int, default=None, help="The seed of `stripe_sandbox`, to repeat a failure.")


@pytest.fixture
def stripe_sandbox_seed(request: pytest.FixtureRequest) -> int:
    """A number that belongs to the test, the same in every run; or the one on the command line."""
    chosen: int | None = request.config.getoption(_OPTION)
    return zlib.crc32(request.node.nodeid.encode()) % 1_000_000 if chosen is None else chosen


@pytest.fixture
def stripe_sandbox(stripe_sandbox_seed: int) -> "Iterator[StripeSandbox]":
    """A stand-in for Stripe on this machine, for one test."""
    from interfaces.sandbox.testing import StripeSandbox

    with StripeSandbox(stripe_sandbox_seed) as sandbox:
        yield sandbox


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure reports how to repeat it, and what was delivered."""
    report = yield
    sandbox: StripeSandbox | None = getattr(item, "funcargs", {}).get("stripe_sandbox")
    if sandbox is not None and report.failed:
        again = f"To repeat it: {_OPTION}={sandbox.seed}"
        report.sections.append(("Stripe sandbox", f"{again}\n{sandbox.story()}"))
    return report
