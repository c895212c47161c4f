"""The help of every command ends with examples that can be pasted."""

import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cyclopts import App

from interfaces.cli.help.examples import EXAMPLES, examples_of
from interfaces.cli.main import command_line
from interfaces.cli.wrong_usage import check


def commands(app: App, *names: str) -> Iterator[tuple[str, App]]:
    for name in app:
        if not name.startswith("-"):
            yield " ".join((*names, name)), app[name]
            yield from commands(app[name], *names, name)


@pytest.mark.parametrize("name", dict(commands(command_line())))
def test_every_command_has_an_example(name: str) -> None:
    app = command_line()
    for word in name.split():
        app = app[word]

    assert list(examples_of(app))


@pytest.mark.parametrize(("function", "example"), [(name, each) for name, found in EXAMPLES.items() for each in found])
def test_every_example_is_a_command_that_parses_and_is_of_its_command(function: str, example: str) -> None:
    program, *words = shlex.split(example.partition(" >> ")[0])

    check(words)
    command, _, _ = command_line().parse_args(words, print_error=False, exit_on_error=False)

    assert (program, command.__name__) == ("fulfill", function)


@pytest.mark.parametrize("words", [["ship", "--help"], ["checkout", "ship", "-h"], ["help", "ship"]], ids=" ".join)
@pytest.mark.parametrize("width", ["40", "80"])
def test_help_ends_with_examples_that_no_width_breaks(
    fulfill: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, words: list[str], width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)

    *_, heading, first, second = fulfill(*words).out.splitlines()

    assert (heading, [first.strip(), second.strip()]) == ("Examples:", list(EXAMPLES["ship"]))


def test_the_help_of_a_noun_has_an_example_of_each_verb(fulfill: Callable[..., Any]) -> None:
    keys = fulfill("keys", "--help").out

    assert [line.split()[2] for line in keys.partition("Examples:\n")[2].splitlines()] == [
        *("list", "import", "withdraw", "show", "revoke", "replace")
    ]


@pytest.mark.parametrize("width", ["40", "80"])
def test_no_width_breaks_an_example_of_the_first_page(
    fulfill: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)

    lines = fulfill("--help").out.splitlines()

    assert max(map(len, lines)) <= int(width) + 2
    assert any("fulfill ship K7Q2M-9XDRT --carrier DHL" in line for line in lines)
    assert any("ecord a parcel" in line for line in lines)
    assert any("Short names: `fulfill ship`" in line for line in lines)


def test_the_first_page_has_examples_of_its_own(fulfill: Callable[..., Any]) -> None:
    page = fulfill("--help").out

    assert page.count("Examples:") == 1
