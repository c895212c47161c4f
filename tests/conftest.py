"""Nothing here logs: what a test wants to see of the logs it configures itself."""

import logging

import structlog


def pytest_configure() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
