"""Logs: one line for each record, our own and those of libraries in one stream, without secrets or personal data.

Programs read JSON; a person at a terminal reads sentences (`infrastructure.log_lines`).
"""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, tzinfo
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, TextIO

import msgspec
import structlog
from structlog.types import EventDict, ExcInfo, Processor, WrappedLogger

from infrastructure.log_format import LogFormat
from infrastructure.redaction import Redaction, session_shortened

if TYPE_CHECKING:
    from infrastructure.log_lines import LinesForAPerson

LINE_BYTES_MAX = 64 * 1024

_FRAMES_MAX = 20
_TRACEBACK_LINES_MAX = 60
_SESSION = re.compile(r"cs_(?:test|live)_[A-Za-z0-9]{1,200}")
_LONG = ("exception", "stack")
_ORDER = ("time", "level", "event", "session_id", "logger")
_SENTENCES = "sentences"
"""A field with a function that returns what a person reads of a record: pairs of what it is about (the ID of a session,
or another) and a sentence. JSON has the record's other fields."""
_encode: Final = msgspec.json.Encoder().encode
_QUIET = ("httpx2", "httpcore2", "stripe", "uvicorn.access", "asyncio")
"""Libraries that log at INFO what we log ourselves, with whole URLs."""


def configure_logs(
    stream: TextIO | None = None,
    level: int | str = logging.INFO,
    *,
    secrets: Collection[str] = (),
    format: LogFormat = LogFormat.JSON,
    order_prefix: str | None = None,
    zone: tzinfo = UTC,
) -> None:
    """Send everything that is logged in this process to `stream` (standard error), from now on.

    `secrets` are settings that nothing else would give away as secret, like `FULFILL_SECRET_KEY`. A person reads times
    in `zone`, and order numbers with `order_prefix`. Calling it again replaces what was configured before.
    """
    lines = _Lines(stream if stream is not None else sys.stderr)
    render = _Render(secrets) if format is LogFormat.JSON else _RenderText(secrets, order_prefix, zone)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_common(),
            render,
        ],
        wrapper_class=_BoundLogger,
        logger_factory=lru_cache(lambda name="root": _Logger(name, lines)),
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
    """The processors of every record, our own or a library's."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.StackInfoRenderer(additional_ignores=[__name__]),
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
    """Where lines are written, one at a time, whichever thread and library they come from."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.write_line(self.format(record))
        except Exception:  # noqa: BLE001 - as the handlers of the standard library do
            self.handleError(record)

    def write_line(self, line: str) -> None:
        """An empty line is one that says nothing to its reader."""
        if not line:
            return
        with self.lock or nullcontext():
            self.stream.write(line + self.terminator)
            self.stream.flush()

    def write_failure(self, name: str) -> None:
        """A record that can't be written is named, without the arguments that the standard handler would print."""
        with suppress(Exception):  # the stream itself may be gone
            what = "a log record could not be written"
            self.write_line(_json({"time": _now(), "level": "error", "event": what, "logger": name}))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        self.write_failure(record.name)


class _Logger:
    """As much of a logger as structlog asks for: our own lines go past the standard library, which costs too much."""

    disabled = False
    getEffectiveLevel = staticmethod(logging.root.getEffectiveLevel)  # noqa: N815 - the name is logging's

    def __init__(self, name: str, lines: _Lines) -> None:
        self.name, self.lines = name, lines


class _BoundLogger(structlog.stdlib.BoundLogger):
    """A log line that can't be made or written does not break the code that logs it."""

    _logger: Any
    """A `_Logger`."""

    def _proxy_to_logger(self, method_name: str, event: str | None = None, *event_args: Any, **event_kw: Any) -> None:
        if event_args:
            event_kw["positional_args"] = event_args
        try:
            (line,), _ = self._process_event(method_name, event, event_kw)
            self._logger.lines.write_line(line)
        except structlog.DropEvent:
            return
        except Exception:  # noqa: BLE001 - whatever stands in it, whatever became of the stream
            self._logger.lines.write_failure(self._logger.name)


class _Render:
    """The last step: what is left of a record, redacted, as one bounded line of JSON."""

    def __init__(self, secrets: Collection[str], without_sessions: Callable[[str], str] | None = None) -> None:
        self._redaction = Redaction(secrets, without_sessions)

    def __call__(self, _logger: WrappedLogger, _method: str, event_dict: EventDict) -> str:
        raw = dict(event_dict)
        event_dict.pop(_SENTENCES, None)
        record = self._redacted(event_dict)
        line = self._written(record, raw)
        if len(line) > LINE_BYTES_MAX:
            kept = {key: value for key, value in record.items() if key in _ORDER}
            line = self._written({**kept, "shortened": True}, {**kept, "event": raw.get("event")})
        return line

    def _written(self, record: Mapping[str, object], _raw: Mapping[str, object]) -> str:
        return _json(record)

    def _redacted(self, event_dict: Mapping[str, Any]) -> dict[str, object]:
        text, value = self._redaction.text, self._redaction.value
        record = {"time": _now()} | {text(key): value(each) for key, each in event_dict.items()}
        session_id = event_dict.get("session_id")
        if record.get("session_id") != session_id and isinstance(session_id, str) and _SESSION.fullmatch(session_id):
            record["session_id"] = session_shortened(str.__str__(session_id))  # should its digits look like a card's
        for key in _LONG:
            if key in event_dict and isinstance(event_dict[key], str):
                record[key] = self._lines(event_dict[key])
        return {key: record[key] for key in _ORDER if key in record} | record

    def _lines(self, text: str) -> str:
        """The end of a traceback is where the error is, and each of its lines may be long."""
        return "\n".join(self._redaction.text(line) for line in text.splitlines()[-_TRACEBACK_LINES_MAX:])


class _RenderText(_Render):
    """The last step for a person: lines of text, or none."""

    def __init__(self, secrets: Collection[str], order_prefix: str | None, zone: tzinfo) -> None:
        super().__init__(secrets, self._with_orders)
        self._order_prefix, self._zone = order_prefix, zone

    @cached_property
    def _for_a_person(self) -> "LinesForAPerson":
        from infrastructure.log_lines import LinesForAPerson  # with the first line: most commands log nothing

        return LinesForAPerson(order_prefix=self._order_prefix, zone=self._zone)

    def _with_orders(self, text: str) -> str:
        return self._for_a_person.with_orders(text)

    def _written(self, record: Mapping[str, object], raw: Mapping[str, object]) -> str:
        given, is_verbose = raw.get(_SENTENCES), logging.root.isEnabledFor(logging.DEBUG)
        pairs = [(subject, self._redaction.text(text)) for subject, text in given()] if callable(given) else None
        return self._for_a_person.lines(record, raw, pairs, is_verbose=is_verbose)


def _json(record: Mapping[str, object]) -> str:
    """In ASCII, since a reader may take other characters for the end of a line, or not know them."""
    try:
        line = _encode(record).decode()
    except (UnicodeEncodeError, TypeError):
        line = "…"
    return line if line.isascii() else json.dumps(record, separators=(",", ":"))


def _now() -> str:
    seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
    return f"{_second(seconds)}.{microseconds:06}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _traceback(exc_info: ExcInfo) -> str:
    """Where it went wrong, without the values of variables."""
    return "".join(traceback.format_exception(*exc_info, limit=-_FRAMES_MAX)).rstrip()
