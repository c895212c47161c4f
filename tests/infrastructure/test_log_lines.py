"""What a person at a terminal reads of the log: sentences about orders, without names of classes or parts of IDs."""

import ast
import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog
from typed_ids import as_session

from application.log_line import LogLine
from domain.order_number import order_number
from infrastructure.log_format import LogFormat
from infrastructure.logs import configure_logs

ROOT = Path(__file__).parents[2]
SESSION = as_session(f"cs_test_a1{'B2c3' * 14}")
ORDER = order_number(SESSION)
LEVELS = ("debug", "info", "warning", "error", "critical", "log")
SAMPLES: dict[str, Any] = {
    "session_id": SESSION,
    "stream": SESSION,
    "subject": SESSION,
    "effect": "mail_receipt",
    "attempt": 2,
    "position": 7,
    "line_items": 1,
    "outcome": "recorded",
    "detail": None,
    "exc_info": None,
    "error": f"StoreUnavailable: no stream {SESSION}",
    "because": "CheckoutSession.Paid",
    "led_to": ["Fulfillment.Requested"],
}
EFFECTS = {LogLine.EFFECT_SET_ASIDE: f"eff_{SESSION}_mail_receipt"}
"""Here the field is the ID of the stream."""
OTHERS = {"self.logger.warning(_INVALID)", "logger.warning(warning)"}
"""A line of uvicorn's, and the sentence of a shortcoming."""
PASSED_ON = "logger.info(line, "
"""A member that the announcement got as an argument."""


def calls() -> Iterator[ast.Call]:
    """The calls that log."""
    for folder in ("application", "infrastructure", "interfaces/cli", "interfaces/web"):
        for text in [path.read_text() for path in sorted((ROOT / folder).rglob("*.py"))]:
            for call in ast.walk(ast.parse(text)) if "logger." in text else ():
                is_log = (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr in LEVELS
                    and ast.unparse(call.func.value) in ("logger", "self.logger", "announcement")
                )
                if isinstance(call, ast.Call) and is_log and ast.unparse(call) not in OTHERS:
                    yield call


def lines_of(call: ast.Call) -> list[LogLine]:
    names = (each for argument in call.args for each in ast.walk(argument) if isinstance(each, ast.Attribute))
    return [LogLine[each.attr] for each in names if ast.unparse(each.value) == "LogLine"]


def logged() -> Iterator[tuple[LogLine, dict[str, Any]]]:
    """Each line of ours, with a sample of each of its fields."""
    for call in calls():
        fields = [each.arg for each in call.keywords if each.arg and each.arg != "sentences"]
        for line in lines_of(call):
            yield line, {name: SAMPLES.get(name, "sample") for name in fields}


LOGGED = dict(logged())


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def as_text(line: str, *, level: int = logging.INFO, logger: str = "ours", **fields: Any) -> list[str]:
    stream = io.StringIO()
    configure_logs(stream, level, format=LogFormat.TEXT, zone=ZoneInfo("Asia/Tokyo"))
    structlog.get_logger(logger).info(line, **fields)
    return stream.getvalue().splitlines()


def test_every_line_is_logged_as_a_member_and_not_as_a_text() -> None:
    """Type checking then finds a line that has no sentence."""
    texts = [call for each in calls() if not lines_of(each) and not (call := ast.unparse(each)).startswith(PASSED_ON)]

    assert texts == []
    assert set(LOGGED) == set(LogLine)


def test_a_library_s_record_with_the_same_words_is_not_taken_for_ours() -> None:
    (line,) = as_text("event parked", logger="a.library", policy="theirs", position=7)

    assert line[10:] == "Event parked (policy theirs, position 7)"


@pytest.mark.parametrize("line", sorted(LOGGED))
def test_a_line_names_the_order_and_neither_classes_nor_parts_of_ids(line: LogLine) -> None:
    fields: dict[str, Any] = LOGGED[line] | ({"effect": EFFECTS[line]} if line in EFFECTS else {})
    lines = as_text(line, level=logging.DEBUG, **fields)

    assert len(lines) == 1
    is_of_an_order = fields.keys() & {"session_id", "subject", "stream"} or line in EFFECTS
    assert lines[0][10:].startswith(f"{ORDER}  ") == bool(is_of_an_order)
    assert "cs_" not in lines[0]
    assert "=" not in lines[0]
    if line not in {LogLine.DECISION, LogLine.READING_BEGINS}:
        assert not re.search(r"[a-z][A-Z]|\w\.[A-Z]", lines[0].replace("WebhookDelivery", ""))


def test_a_decision_is_shown_in_the_sentences_of_the_story() -> None:
    other = as_session("cs_test_b2")
    given = [(SESSION, "Paid: 49.00 EUR"), (other, "“Mug” is delivered"), ("evt_1", "Ignored the Stripe event")]

    lines = as_text(LogLine.DECISION, policy="intake", because="CheckoutSession.Retrieved", sentences=lambda: given)

    assert [line[10:] for line in lines] == [
        f"{ORDER}  Paid: 49.00 EUR",
        f"{order_number(other)}  “Mug” is delivered",
        "evt_1  Ignored the Stripe event",
    ]


def test_nothing_private_gets_through_in_a_sentence() -> None:
    (line,) = as_text(
        LogLine.DECISION, sentences=lambda: [(SESSION, f"Gave up: no mailbox ada@example.com for {SESSION}")]
    )

    assert line[10:] == f"{ORDER}  Gave up: no mailbox [email] for {ORDER}"


def test_what_says_nothing_to_a_person_is_left_out_unless_every_step_is_asked_for() -> None:
    assert as_text(LogLine.READING_BEGINS, policy="emails") == []
    assert as_text("Waiting for application startup.", logger="uvicorn.error") == []
    assert len(as_text(LogLine.READING_BEGINS, policy="emails", level=logging.DEBUG)) == 1


def test_an_attempt_is_named_after_what_it_does() -> None:
    sent = as_text(LogLine.EFFECT_ATTEMPTED, session_id=SESSION, effect="mail_receipt", attempt=1, error=None)
    failed = as_text(
        LogLine.EFFECT_ATTEMPTED, session_id=SESSION, effect="retrieve_completed", attempt=3, error="no route"
    )

    assert sent[0].endswith(f"{ORDER}  The receipt was sent")
    assert failed[0].endswith(f"{ORDER}  Attempt 3 of the retrieval from Stripe failed: no route")


def test_times_are_of_the_shop_s_zone_and_orders_have_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.logs._now", lambda: "2026-11-24T14:07:10.750000Z")
    stream = io.StringIO()
    configure_logs(stream, format=LogFormat.TEXT, zone=ZoneInfo("Asia/Tokyo"), order_prefix="MUG")

    structlog.get_logger("ours").info(LogLine.LANDING_PAGE, session_id=SESSION, state="awaiting_payment")

    assert stream.getvalue() == f"23:07:10  MUG-{ORDER}  The customer sees the landing page: awaiting payment\n"


def test_what_is_for_a_person_is_not_in_the_log_of_a_program() -> None:
    stream = io.StringIO()
    configure_logs(stream)

    structlog.get_logger("ours").info(LogLine.DECISION, led_to=["Effect.Requested"], sentences=list)

    assert '"led_to":["Effect.Requested"]' in stream.getvalue()
    assert "sentences" not in stream.getvalue()
