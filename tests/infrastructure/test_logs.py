"""Every line of the log is one JSON object, from whichever library, and holds nothing that must not be there."""

import io
import json
import logging
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from application.reading.search_terms import words
from infrastructure.log_format import LogFormat
from infrastructure.logs import LINE_BYTES_MAX, configure_logs

Lines = Callable[[], list[dict[str, Any]]]

PRIVATE = [
    "ada@example.com",
    "4242424242424242",
    "4242 4242 4242 4242",
    "sk_live_51HexampleExample",
    "rk_test_51HexampleExample",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "https://shop.example/after-checkout?session_id=cs_live_a1B2c3",
]


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    """What was logged since the logs were configured."""
    configure_logs(stream, secrets=["correct horse battery staple"])
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_how_grave_what_and_where(lines: Lines) -> None:
    structlog.get_logger("application.running.effects").info("effect attempted", session_id="cs_test_a1", attempt=2)

    (line,) = lines()
    assert list(line)[:5] == ["time", "level", "event", "session_id", "logger"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "event": "effect attempted",
        "session_id": "cs_test_a1",
        "logger": "application.running.effects",
        "attempt": 2,
    }


def test_no_line_has_the_whole_id_of_a_session_since_it_opens_the_page(lines: Lines) -> None:
    whole = f"cs_live_a1{'B2c3' * 14}"  # as long as Stripe's
    structlog.get_logger("ours").info(
        "one", session_id=whole, effect=f"eff_{whole}_mail_receipt", because=[f"{whole}@3"]
    )
    logging.getLogger("theirs").warning("about %s", whole, extra={"session_id": whole})
    try:
        raise ValueError(f"no stream {whole}")
    except ValueError:
        structlog.get_logger("ours").exception("failed", session_id=whole)

    logged = lines()
    assert whole[:40] not in str(logged)
    assert {line["session_id"] for line in logged} == {f"{whole[:24]}..."}
    assert (logged[0]["effect"], logged[0]["because"]) == (f"eff_{whole[:24]}..._mail_receipt", [f"{whole[:24]}...@3"])
    assert words(logged[0]["session_id"]) == [whole[:24].casefold()], "a search for it finds the session"


def test_a_session_known_from_the_context_is_a_field_of_its_own(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(session_id="cs_live_a1"):
        structlog.get_logger("ours").info("one")
        logging.getLogger("theirs").warning("two")
    logging.getLogger("theirs").warning("three", extra={"session_id": "cs_live_b2"})
    structlog.get_logger("ours").info("four")

    assert [line.get("session_id") for line in lines()] == ["cs_live_a1", "cs_live_a1", "cs_live_b2", None]


@pytest.mark.parametrize("text", PRIVATE)
def test_the_field_of_the_session_is_for_session_ids_only(text: str, lines: Lines) -> None:
    structlog.get_logger("ours").info("visit", session_id=text)

    assert text not in lines()[0]["session_id"]


@pytest.mark.parametrize("text", [*PRIVATE, "correct horse battery staple"])
def test_nothing_private_gets_through_by_any_way(text: str, lines: Lines, stream: io.StringIO) -> None:
    log = structlog.get_logger("ours")

    log.info(f"event {text}")
    log.info("event %s", text)
    log.info("field", field=text, nested={"list": [{text: (text, {text})}]}, raw=text.encode())
    log.info("error", error=ValueError(text))
    log.bind(bound=text).warning("bound")
    logging.getLogger("theirs").warning("message %s", text)
    logging.getLogger(text.replace(".", "_")).error("a logger with a name")
    with structlog.contextvars.bound_contextvars(context=text):
        log.info("context")

    assert len(lines()) == 8
    assert text not in stream.getvalue()


@pytest.mark.parametrize("text", [*PRIVATE, "correct horse battery staple"])
def test_nothing_private_gets_through_with_an_exception(text: str, lines: Lines, stream: io.StringIO) -> None:
    def fail(argument: str) -> None:
        try:
            raise KeyError(argument)
        except KeyError as error:
            raise RuntimeError(f"no {argument} here") from error

    for log in (structlog.get_logger("ours"), logging.getLogger("theirs")):
        try:
            fail(text)
        except RuntimeError:
            log.exception("failed")

    assert [line["exception"].count("Traceback (most recent call last)") for line in lines()] == [2, 2]
    assert all("RuntimeError: no " in line["exception"] for line in lines())
    assert text not in stream.getvalue()


def test_a_traceback_shows_no_values_of_variables(lines: Lines, stream: io.StringIO) -> None:
    def fail() -> None:
        address = "".join(["1 ", "Example ", "Road"])
        raise RuntimeError(f"of {len(address)} characters")

    try:
        fail()
    except RuntimeError:
        structlog.get_logger("ours").critical("failed", exc_info=True)

    (line,) = lines()
    assert "RuntimeError: of 14 characters" in line["exception"]
    assert "in fail" in line["exception"]
    assert "1 Example Road" not in stream.getvalue()


def test_of_a_long_traceback_the_end_is_kept(lines: Lines) -> None:
    def fall(depth: int) -> None:
        if depth == 0:
            raise RuntimeError("the bottom")
        fall(depth - 1)

    try:
        fall(200)
    except RuntimeError:
        structlog.get_logger("ours").exception("failed")

    (line,) = lines()
    assert line["exception"].endswith("RuntimeError: the bottom")
    assert len(line["exception"].splitlines()) <= 60


def test_libraries_write_into_the_same_stream(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        configure_logs(stream)

        logging.getLogger("uvicorn.error").info("Uvicorn running on %s", "http://127.0.0.1:4242")
        logging.getLogger("stripe").warning("retrying")
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["logger"], line["level"]) for line in lines] == [
        ("uvicorn.error", "info"),
        ("stripe", "warning"),
        ("py.warnings", "warning"),
    ]


@pytest.mark.parametrize("name", ["httpx2", "httpcore2.connection", "stripe", "uvicorn.access"])
def test_libraries_do_not_report_every_request(name: str, lines: Lines) -> None:
    logging.getLogger(name).info("GET https://api.stripe.com/v1/checkout/sessions/cs_live_a1")

    assert lines() == []


def test_what_is_below_the_level_is_not_written(stream: io.StringIO) -> None:
    configure_logs(stream, "WARNING")

    structlog.get_logger("ours").info("one")
    structlog.get_logger("ours").warning("two")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["two"]


def test_configuring_again_replaces_the_stream(stream: io.StringIO, lines: Lines) -> None:
    log = structlog.get_logger("ours")
    log.info("one")
    other = io.StringIO()

    configure_logs(other)
    log.info("two")

    assert len(lines()) == 1
    assert json.loads(other.getvalue())["event"] == "two"


def test_standard_error_is_where_logs_go(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()

    structlog.get_logger("ours").info("one")

    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err)["event"] == "one"


def test_a_record_that_can_not_be_written_is_named_without_its_arguments(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(stream)

    logging.getLogger("theirs").warning("%d", "ada@example.com")

    line = json.loads(stream.getvalue())
    assert (line["event"], line["logger"]) == ("a log record could not be written", "theirs")
    assert capsys.readouterr().err == ""


class Unreadable(Mapping[str, str]):
    def __getitem__(self, key: str) -> str:
        raise RuntimeError("ada@example.com")

    def __iter__(self) -> Iterator[str]:
        return iter(["key"])

    def __len__(self) -> int:
        return 1


def test_an_own_line_that_can_not_be_made_breaks_nothing(lines: Lines, stream: io.StringIO) -> None:
    log = structlog.get_logger("ours")

    log.info("%d", "ada@example.com")
    log.info("a mapping", field=Unreadable())
    log.info("a number", field=10**5000)

    assert [(line["event"], line["logger"]) for line in lines()] == [("a log record could not be written", "ours")] * 3
    assert "ada@" not in stream.getvalue()


class Refusing(io.StringIO):
    """A stream that can't be written for a while, whatever the reason."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error: Exception | None = error

    def write(self, text: str) -> int:
        if self.error is not None:
            raise self.error
        return super().write(text)


@pytest.mark.parametrize("error", [OSError("full"), ValueError("closed"), RuntimeError("reentrant call")], ids=repr)
@pytest.mark.parametrize("get_logger", [structlog.get_logger, logging.getLogger], ids=["ours", "theirs"])
def test_a_stream_that_refuses_breaks_nothing(get_logger: Callable[[str], Any], error: Exception) -> None:
    stream = Refusing(error)
    configure_logs(stream)

    get_logger("any").warning("one")
    stream.error = None
    get_logger("any").warning("two")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["two"]


class Slow(io.StringIO):
    """A stream in which another thread may come between any two characters."""

    def write(self, text: str) -> int:
        for place in range(0, len(text), 10):
            super().write(text[place : place + 10])
            os.sched_yield()
        return len(text)


def test_lines_of_several_threads_do_not_mix() -> None:
    stream = Slow()
    configure_logs(stream)
    loggers = [structlog.get_logger("ours"), logging.getLogger("theirs")] * 2
    start = threading.Barrier(len(loggers))

    def work(number: int) -> None:
        start.wait()
        for n in range(50):
            loggers[number].warning(f"{number} {n}")

    with ThreadPoolExecutor(len(loggers)) as threads:
        list(threads.map(work, range(len(loggers))))

    written = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert sorted(written) == sorted(f"{number} {n}" for number in range(4) for n in range(50))


def test_a_stack_ends_where_the_line_was_logged(lines: Lines) -> None:
    structlog.get_logger("ours").info("here", stack_info=True)

    assert "test_a_stack_ends_where_the_line_was_logged" in lines()[0]["stack"].splitlines()[-2]


@pytest.mark.parametrize("text", ["\u00e9", "\u2028", "\x85", "\x7f", "\ud800", "\x1c\r\n", "\U0001f600"], ids=ascii)
def test_a_line_is_ascii_whatever_is_in_it(text: str, lines: Lines, stream: io.StringIO) -> None:
    structlog.get_logger("ours").info("text", **{text: text})

    assert stream.getvalue().isascii()
    assert lines()[0][text] == text


def test_a_session_with_the_digits_of_a_card_keeps_its_own_field(lines: Lines) -> None:
    structlog.get_logger("ours").info("visit", session_id="cs_test_4242424242424242", other="cs_test_4242424242424242")

    (line,) = lines()
    assert (line["session_id"], line["other"]) == ("cs_test_4242424242424242", "cs_test_[card]")


def test_a_stream_that_is_gone_breaks_nothing(stream: io.StringIO, lines: Lines) -> None:
    stream.close()

    structlog.get_logger("ours").info("one")


def test_an_enormous_record_keeps_what_it_is_about(lines: Lines, stream: io.StringIO) -> None:
    fields = {f"field{n}": "word " * 400 for n in range(100)}

    structlog.get_logger("ours").info("much", session_id="cs_test_a1", **fields)

    assert len(stream.getvalue()) <= LINE_BYTES_MAX
    (line,) = lines()
    assert (line["event"], line["session_id"], line["shortened"]) == ("much", "cs_test_a1", True)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(st.text(), anything)
def test_whatever_is_logged_is_one_line_of_json(event: str, value: object) -> None:
    stream = io.StringIO()
    configure_logs(stream)

    structlog.get_logger("ours").info(event, value=value)

    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["level"] == "info"


def test_as_text_a_line_is_for_a_person(stream: io.StringIO) -> None:
    configure_logs(stream, secrets=["correct horse battery staple"], format=LogFormat.TEXT)

    structlog.get_logger("ours").warning("retried", why="no route", key="correct horse battery staple", error=None)

    (line,) = stream.getvalue().splitlines()
    assert re.fullmatch(r'\d\d:\d\d:\d\d  WARNING  Retried \(why "no route", key \S+\)', line)
    assert "horse" not in line


def test_as_text_no_record_steers_a_terminal_or_passes_for_two(stream: io.StringIO) -> None:
    configure_logs(stream, format=LogFormat.TEXT)

    structlog.get_logger("ours").info("one\nline", text="\x1b[2J", other="\u202eabc")

    assert len(stream.getvalue().splitlines()) == 1
    assert stream.getvalue().rstrip("\n").isprintable()


def test_as_text_a_traceback_has_lines_of_its_own(stream: io.StringIO) -> None:
    configure_logs(stream, format=LogFormat.TEXT)
    try:
        raise ValueError("\x1b[2J wrong")
    except ValueError:
        structlog.get_logger("ours").exception("failed")

    first, *below = stream.getvalue().splitlines()
    assert first.endswith("ERROR  Failed")
    assert below[0] == "    Traceback (most recent call last):"
    assert below[-1].endswith("wrong")
    assert all(line.isprintable() for line in below)
