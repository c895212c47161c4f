"""Logs: one JSON object a line, our own and those of libraries in one stream, without secrets or personal data."""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO, cast

import structlog
from structlog.types import EventDict, ExcInfo, Processor, WrappedLogger

from infrastructure.redaction import Redaction

LINE_BYTES_MAX = 64 * 1024

_SHORT_MAX = 40
_FRAMES_MAX = 20
_TRACEBACK_LINES_MAX = 60
_SESSION = re.compile(r"cs_(?:test|live)_[A-Za-z0-9]{1,200}")
_ORDER = ("time", "level", "event", "session_id", "logger")
_QUIET = ("httpx2", "httpcore2", "stripe", "uvicorn.access", "asyncio")
"""Libraries that say at INFO what we say ourselves, and with whole URLs."""


def configure_logs(
    stream: TextIO | None = None, level: int | str = logging.INFO, *, secrets: Collection[str] = ()
) -> None:
    """Send everything that is logged in this process to `stream` (standard error), from now on.

    `secrets` are settings that nothing else would give away as secret, like `FULFILL_SECRET_KEY`. Calling it again
    replaces what was configured before.
    """
    lines, render = _Lines(stream if stream is not None else sys.stderr), _Render(Redaction(secrets))
    structlog.configure(
        processors=[*_common(), render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda name="": _Logger(name, lines),
        cache_logger_on_first_use=False,
    )
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(allow={"session_id"}), *_common()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    _replace_handlers(lines, level)


def _common() -> list[Processor]:
    """What is done to every record, our own or a library's."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.ExceptionRenderer(_traceback),
    ]


def _replace_handlers(handler: logging.Handler, level: int | str) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", *_QUIET):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


class _Lines(logging.StreamHandler[TextIO]):
    """A record that can't be written is named, without the arguments that the standard handler would print."""

    def write(self, line: str) -> None:
        with suppress(OSError, ValueError), cast(threading.RLock, self.lock):  # the stream may be gone
            self.stream.write(line + self.terminator)
            self.flush()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        line = {"time": _now(), "level": "error", "event": "a log record could not be written", "logger": record.name}
        self.write(json.dumps(line))


class _Logger:
    """What our own loggers end in: one write, without a way through the standard library's records."""

    def __init__(self, name: str, lines: _Lines) -> None:
        self.name = name
        self.debug = self.info = self.warning = self.error = self.critical = lines.write


class _Render:
    """The last step: what is left of a record, redacted, as one bounded line of JSON."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._known = lru_cache(maxsize=1024)(redaction.text)
        """Names of fields and loggers, and what happened, are the same few again and again."""

    def __call__(self, _logger: WrappedLogger, _method: str, event_dict: EventDict) -> str:
        record = {"time": _now(), **self._redacted(event_dict)}
        line = _json(record)
        if len(line) > LINE_BYTES_MAX:
            kept = {key: value for key, value in record.items() if key in _ORDER}
            line = _json({**kept, "shortened": True})
        return line

    def _redacted(self, event_dict: Mapping[str, Any]) -> dict[str, object]:
        record = {self._known(str(key)): self._value(key, value) for key, value in event_dict.items()}
        for key in ("exception", "stack"):
            if isinstance(event_dict.get(key), str):
                record[key] = self._lines(event_dict[key])
        return record

    def _value(self, key: str, value: object) -> object:
        if isinstance(value, str):
            if key == "session_id" and _SESSION.fullmatch(value):
                return value
            if len(value) <= _SHORT_MAX:
                return self._known(value)
        return self._redaction.value(value)

    def _lines(self, text: str) -> str:
        """The end of a traceback is where the error is, and each of its lines may be long."""
        return "\n".join(self._redaction.text(line) for line in text.splitlines()[-_TRACEBACK_LINES_MAX:])


def _json(record: Mapping[str, object]) -> str:
    ordered = {key: record[key] for key in _ORDER if key in record} | dict(record)
    return json.dumps(ordered)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _traceback(exc_info: ExcInfo) -> str:
    """Where it went wrong, without the values of variables."""
    return "".join(traceback.format_exception(*exc_info, limit=-_FRAMES_MAX)).rstrip()
