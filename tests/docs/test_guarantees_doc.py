"""docs/guarantees.md names tests that are there, and every planted bug with what it does."""

import ast
import re
from pathlib import Path

import pytest
from simulation.planted import BUGS

SEEDS_MAX = 400

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "guarantees.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", DOC)))
ROW = re.compile(r"^\| ([a-z ]+) \| (.+) \| (\d+) \|$", flags=re.MULTILINE)


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_test_is_there(path: str, name: str) -> None:
    module = ast.parse((ROOT / path).read_text())
    functions = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}

    assert name in functions or (not name and any(each.startswith("test_") for each in functions))


def test_every_planted_bug_is_named_with_what_it_does() -> None:
    rows = {name.replace(" ", "_"): (what, int(seeds)) for name, what, seeds in ROW.findall(DOC)}

    assert list(rows) == list(BUGS)
    assert {name: what for name, (what, _) in rows.items()} == {name: bug.__doc__ for name, bug in BUGS.items()}
    assert all(0 < seeds <= SEEDS_MAX for _, seeds in rows.values())


def test_every_promise_names_what_shows_it() -> None:
    promises = re.split(r"^## \d+\. ", DOC, flags=re.MULTILINE)[1:]

    assert len(promises) == 8
    assert all("- `" in promise for promise in promises)
