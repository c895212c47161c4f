"""`make mutate` on a small project of its own: what the tests notice, what they don't, and what is listed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from python_path import PYTHON_PATH

TESTS = Path(__file__).parents[1]
TILL = """
PIECES_MAX = 9


def may_pay(pieces: int, is_open: bool) -> bool:
    return is_open and pieces <= PIECES_MAX


def change(paid: int, price: int) -> int:
    return paid - price if paid > price else 0
"""
TESTS_OF_THE_TILL = """
from domain.till import change, may_pay


def test_no_one_pays_where_it_is_closed() -> None:
    assert may_pay(1, True) and not may_pay(1, False)


def test_who_pays_more_gets_change() -> None:
    assert (change(5, 3), change(3, 3), change(3, 5)) == (2, 0, 0)
"""
NO_LIMIT = [
    {"line": 2, "function": "", "before": "PIECES_MAX = 9", "after": "PIECES_MAX = 10"},
    {
        "line": 6,
        "function": "may_pay",
        "before": "return is_open and pieces <= PIECES_MAX",
        "after": "return is_open",
    },
    {
        "line": 6,
        "function": "may_pay",
        "before": "return is_open and pieces <= PIECES_MAX",
        "after": "return is_open and pieces < PIECES_MAX",
    },
]
"""No test shows that there is one."""
EQUAL = {
    "line": 10,
    "function": "change",
    "before": "return paid - price if paid > price else 0",
    "after": "return paid - price if paid >= price else 0",
}
"""No test can: the difference is nothing then."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    texts = {"domain/__init__.py": "", "domain/till.py": TILL, "tests/domain/test_till.py": TESTS_OF_THE_TILL}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def mutate(project: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mutation", "--json", "result.json"]
    environment = {**os.environ, "PYTHONPATH": PYTHON_PATH}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def lists(project: Path, *mutants: dict[str, object]) -> None:
    """The project says of these that they are equivalent."""
    entries = [
        "[[mutant]]\nmodule = 'domain/till.py'\nwhy = 'so it is'\n"
        + "".join(f"{key} = '{mutant[key]}'\n" for key in ("function", "before", "after"))
        for mutant in mutants
    ]
    (project / "tests/mutation").mkdir()
    (project / "tests/mutation/equivalent.toml").write_text("\n".join(entries))


@pytest.mark.long
def test_what_no_test_notices_survives_and_the_rest_is_killed(project: Path) -> None:
    run = mutate(project)

    assert (run.returncode, run.stderr) == (1, "")
    (till,) = json.loads((project / "result.json").read_text())
    assert till["survivors"] == [*NO_LIMIT, EQUAL]
    assert (till["mutants"], till["killed"], till["survived"]) == (12, 8, 4)
    assert (
        "domain/till.py:6 may_pay\n    - return is_open and pieces <= PIECES_MAX\n    + return is_open\n" in run.stdout
    )


@pytest.mark.long
def test_what_is_listed_as_equivalent_may_survive(project: Path) -> None:
    lists(project, EQUAL, *NO_LIMIT)

    run = mutate(project)

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("| all | 12 | 8 | 0 | 4 | 0 | 100.0 % |\n")


@pytest.mark.long
def test_an_entry_of_what_is_killed_or_not_made_fails_the_run(project: Path) -> None:
    killed = EQUAL | {"after": "return paid - price if paid <= price else 0"}
    not_made = EQUAL | {"before": "return paid", "after": "return price"}
    lists(project, EQUAL, *NO_LIMIT, killed, not_made)

    run = mutate(project)

    assert run.returncode == 1
    assert run.stdout.count("lists what is killed, or made no more: domain/till.py change\n") == 2


def test_nothing_is_reported_where_the_tests_fail_on_the_code_as_it_is(project: Path) -> None:
    (project / "domain/till.py").write_text(TILL.replace("paid >", "paid <"))

    run = mutate(project)

    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("The tests fail on the code as it is:")
