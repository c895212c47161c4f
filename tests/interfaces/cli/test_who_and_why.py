"""Who acts, and why: given, from a setting, or by default."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App

from interfaces.cli.main import command_line

Fulfill = Callable[..., Any]
ORDER = "cs_test_a1Q7xK2mVd"
PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()
TABLE = re.findall(
    r"^\| `([a-z -]+)` \| ([a-zA-Z ]+) \|$",
    PAGE.partition("| reason without")[2].partition("\n\n")[0],
    re.MULTILINE,
)


def last(fulfill: Fulfill) -> tuple[str, str]:
    """Who added the latest note, and why."""
    notes = [each for each in fulfill("checkout", ORDER, "--json").json["story"] if each["type"].endswith(".Noted")]
    return notes[-1]["actor"], notes[-1]["reason"]


@pytest.fixture
def logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FULFILL_AS", raising=False)
    monkeypatch.setenv("LOGNAME", "lee")


@pytest.mark.usefixtures("small_shop", "logged_in")
def test_without_a_name_it_is_the_login_name_and_each_command_has_a_reason(fulfill: Fulfill) -> None:
    assert fulfill("note", ORDER, "It is a present").code == 0

    assert last(fulfill) == ("staff:lee", "note added")


@pytest.mark.usefixtures("small_shop", "logged_in")
def test_a_setting_names_who_acts_and_the_option_wins(
    fulfill: Fulfill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("FULFILL_AS=Robin of the night shift\n")
    fulfill("note", ORDER, "one")
    of_the_file = last(fulfill)
    monkeypatch.setenv("FULFILL_AS", "sam")
    fulfill("note", ORDER, "two")
    of_the_environment = last(fulfill)
    fulfill("note", ORDER, "three", "--as", "kim", "--reason", "they called")

    assert of_the_file[0] == "staff:Robin of the night shift"
    assert of_the_environment[0] == "staff:sam"
    assert last(fulfill) == ("staff:kim", "they called")


@pytest.mark.usefixtures("small_shop", "logged_in")
def test_a_user_without_a_name_has_to_say_one(fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000 - 1)

    result = fulfill("note", ORDER, "x")

    assert (result.code, result.err) == (
        2,
        "fulfill: --as is needed: FULFILL_AS is not set, and this user has no login name.\n",
    )


def test_the_reasons_are_documented() -> None:
    found = {}
    for name in command_line():
        found.update(reasons(name, command_line()[name]))

    assert dict(TABLE) == {name: reason for name, reason in found.items() if not name.startswith("checkout ")}
    assert len(TABLE) == 19
    assert "`dismiss` always needs a reason." in PAGE
    assert "dismiss" not in found


def reasons(name: str, command: App) -> dict[str, str]:
    if name.startswith("-"):
        return {}
    found = {}
    for argument in command.assemble_argument_collection() if command.default_command else ():
        if argument.name == "--reason" and not argument.required:
            found[name] = str(argument.field_info.default)
    for verb in command:
        if not verb.startswith("-"):
            found.update(reasons(f"{name} {verb}", command[verb]))
    return found
