"""What holds for every test."""

import logging

import pytest
import structlog

pytest.register_assert_rewrite("scenario")  # so that a failure shows both lists of facts


def pytest_configure() -> None:
    """Nothing here logs: what a test wants to see of the logs it configures itself."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
