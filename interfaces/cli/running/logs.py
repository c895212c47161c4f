"""The log of a command, by --quiet and --verbose."""

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

from infrastructure.log_format import LogFormat
from interfaces.cli.usage import COMMON, Verbosity

if TYPE_CHECKING:
    from infrastructure.settings import Settings

_OF_THE_ENGINE = {
    Verbosity.QUIET: logging.WARNING,
    Verbosity.NORMAL: logging.INFO,
    Verbosity.VERBOSE: logging.DEBUG,
}


def configure_engine_logs(format: LogFormat, settings: "Settings") -> None:
    """For a command that runs until it is stopped: its log is what it has to say."""
    from infrastructure.logs import configure_logs

    configure_logs(
        level=_OF_THE_ENGINE[COMMON.get().verbosity],
        secrets=settings.secrets,
        format=format,
        order_prefix=settings.shop.order_prefix,
        zone=settings.time_zone,
    )


def configure_command_logs(*, secrets: Collection[str] = ()) -> None:
    """For a command that gives an answer: it prints what the person must know, and logs only if asked to."""
    from infrastructure.logs import configure_logs

    level = logging.INFO if COMMON.get().verbosity is Verbosity.VERBOSE else logging.CRITICAL
    configure_logs(level=level, secrets=secrets, format=LogFormat.TEXT)
