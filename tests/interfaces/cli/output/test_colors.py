"""Colors are for states and tasks alone: no customer, carrier or catalog can make something look sent, or failed."""

import pytest

from application.reading import states_in_words as states
from application.reading.checkout_document import MailState
from application.reading.views import ViewState
from domain.line import LineState
from interfaces.cli.output.terminal import _STATES, Terminal
from interfaces.cli.output.text import label

GREEN, RED = "\x1b[32m", "\x1b[31m"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    return Terminal()


def test_a_state_has_its_color_in_a_table_and_by_itself(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table(("line item", "state"), [("li_1", "delivered"), ("li_2", "given up")])
    terminal.fields([("State", "blocked: nothing is delivered yet")])

    out = capsys.readouterr().out
    assert f"{GREEN}delivered" in out
    assert f"{RED}given up" in out
    assert f"{RED}blocked" in out


def test_every_color_is_that_of_a_word_that_is_shown_as_a_state() -> None:
    of_lines = {states.TO_PACK, states.BY_HAND, states.NOT_PAID, states.NOT_RETRIEVED, *map(label, LineState)}
    shown = {*(words.short for words in states.STATES.values()), *of_lines, *MailState, *ViewState, "failed"}

    assert set(_STATES) - shown == set(), "another word is shown now: change it in _STATES, too"


def test_a_task_is_red_where_something_has_failed(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = [("parcel to pack", "2 x Mug"), ("stripe key refused", "Stripe refuses the key"), ("mail failed", "550")]
    terminal.table(("task", "detail"), tasks)

    out = capsys.readouterr().out
    assert f"{RED}stripe key refused" in out
    assert f"{RED}mail failed" in out
    assert out.count(RED) == 2


def test_the_same_word_elsewhere_has_none(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table(("what", "delivery", "state", "detail"), [("failed", "manual", "delivered", "sent")])
    terminal.fields([("Reference", "failed")])

    out = capsys.readouterr().out
    assert RED not in out
    assert out.count(GREEN) == 1
