"""Sentences of the domain and of the use cases name no option: other interfaces show them, too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("domain", "application")
OPTION = re.compile(r"(?<![\w-])--[a-z]")
COMMAND = re.compile(r"`fulfill |`readdress`")
NAMES_COMMANDS = {
    "application/copies/copying.py": "an operator copies a log, with a command",
    "application/log/log.py": "the log can't be opened, so only an operator can help",
    "application/errors.py": "the log can't be opened, so only an operator can help",
}
"""By file, why its sentences name commands."""


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every literal text, except docstrings."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        yield from texts(node)


def found(pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for line, text in texts(ast.parse(path.read_text())):
                if pattern.search(text):
                    yield str(path.relative_to(ROOT)), line


def test_no_text_names_an_option() -> None:
    assert [f"{file}:{line}" for file, line in found(OPTION)] == []


def test_no_text_names_a_command_except_those_for_operators() -> None:
    assert [f"{file}:{line}" for file, line in found(COMMAND) if file not in NAMES_COMMANDS] == []


def test_every_exception_is_one() -> None:
    assert {file for file, _ in found(COMMAND)} == {*NAMES_COMMANDS}


@pytest.mark.parametrize("text", ["--to must be", "Name one with --line.", "(--as)"])
def test_an_option_is_noticed(text: str) -> None:
    assert OPTION.search(text)
