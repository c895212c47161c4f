"""docs/architecture.md: every policy, thread, view and layer is on it."""

import re
from pathlib import Path

from application.reading.registry import PROJECTIONS
from application.running.registry import READERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()
PICTURE = PAGE.split("```")[1]


def test_every_layer_is_described() -> None:
    layers = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}

    assert layers
    assert layers == set(re.findall(r"^(\w+)/  ", PAGE, re.MULTILINE))


def test_every_policy_is_in_the_picture() -> None:
    policies = {path.stem.replace("_", " ") for path in (ROOT / "domain/policies").glob("*.py")} - {"  init  "}

    assert len(policies) == len(READERS)
    assert [name for name in sorted(policies) if name not in PICTURE.lower()] == []


def test_every_view_is_in_the_picture() -> None:
    words = " ".join(PICTURE.split())

    missing = [each.name for each in PROJECTIONS if each.name.replace("_", " ").removeprefix("daily ") not in words]
    assert missing == []


def test_every_thread_is_described() -> None:
    engine = (ROOT / "application/running/engine.py").read_text()
    threads = re.findall(r'"(\w+)": self\._', engine)

    assert len(threads) == 4
    assert [name for name in threads if f"| {name} |" not in PAGE] == []
