"""The table of errors: each one exists, is reported in a sentence, and is documented."""

import importlib
import re
from pathlib import Path

import pytest

from application.errors import RefusedInWords
from domain import errors, identifiers, reasons
from interfaces.cli.failures import MEANINGS, report


@pytest.mark.parametrize("name", MEANINGS)
def test_every_error_of_the_table_is_an_error_that_there_is(name: str) -> None:
    module, _, kind = name.rpartition(".")

    assert issubclass(getattr(importlib.import_module(module), kind), Exception)


@pytest.mark.parametrize("name", MEANINGS)
def test_every_error_is_reported_in_a_sentence(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module, _, kind = name.rpartition(".")
    text = "Something\x1b[2J is\nwrong"
    error: Exception
    match getattr(importlib.import_module(module), kind):
        case errors.Refused:
            error = RefusedInWords(text)
        case errors.UnreadableEvent:
            error = errors.UnreadableEvent(reasons.as_written(text))
        case identifiers.InvalidIdentifier:
            error = identifiers.InvalidIdentifier(identifiers.IdentifierKind.SKU)
        case raised:
            error = raised(text)

    code = report(error, [])

    assert code == MEANINGS[name].code
    assert re.fullmatch(r"fulfill: [ -~]+\n", capsys.readouterr().err)


def test_an_unexpected_error_is_left_to_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(ZeroDivisionError("a bug"), ["--json"]) is None
    assert capsys.readouterr().out == ""


def test_every_kind_of_error_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()

    assert [each.kind for each in MEANINGS.values() if f"`{each.kind}`" not in page] == []
