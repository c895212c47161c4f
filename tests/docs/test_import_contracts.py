"""The import contracts name rooms: a new module is within them without being named."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "infrastructure", "interfaces")

PLANTED = {
    "Dependencies point inward": ("domain/new.py", "application.ports"),
    "The domain is pure: no library, no I/O": ("domain/new.py", "sqlite3"),
    "No storage, network or framework in the use cases": ("application/reading/new.py", "sqlite3"),
    "Web frameworks stay in the interfaces": ("infrastructure/new.py", "starlette"),
    "Stripe's SDK stays in infrastructure.stripe": ("infrastructure/new.py", "stripe"),
    "Only what wires the program imports adapters": ("interfaces/new.py", "infrastructure.new"),
    "What customers read knows nothing of how it reaches them": (
        "infrastructure/customer_texts/new.py",
        "infrastructure.new",
    ),
    "Policies know nothing of each other": ("domain/policies/new.py", "domain.policies.payments"),
    "Only who runs the policies imports them": ("application/staff/new.py", "domain.policies.payments"),
    "Each room of the application knows only those below it": ("application/reading/new.py", "application.writing.new"),
    "A projection can't act": ("application/reading/projections/new.py", "application.log.new"),
    "The sandbox imports nothing of the engine": ("interfaces/sandbox/new.py", "interfaces.new"),
    "Only the demo and the command line import the sandbox": ("interfaces/web/new.py", "interfaces.sandbox.new"),
}
"""By contract: a new module, and what it imports against the contract."""


def contracts(repository: Path) -> str:
    # the program has no module to run by `python -m`
    program = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(program, cwd=repository, capture_output=True, text=True, timeout=120).stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_a_new_module_is_within_each_contract(copy: Path) -> None:
    for module, imported in PLANTED.values():
        with (copy / module).open("a") as file:
            file.write(f"import {imported}\n")
    for room in ("application/log", "application/writing", "application/reading"):
        (copy / room / "new.py").open("a").close()

    report = contracts(copy)

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [each["name"] for each in settings["tool"]["importlinter"]["contracts"]]
    assert [*PLANTED] == named
    assert [name for name in named if f"{name} BROKEN" not in report] == []


def test_a_new_room_of_the_application_needs_its_place(copy: Path) -> None:
    (copy / "application/new.py").touch()

    report = contracts(copy)

    assert "Each room of the application knows only those below it BROKEN" in report
    assert report.count(" BROKEN") == 1
