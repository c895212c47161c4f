"""Every file that the docs name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
MODULE = re.compile(r"`((?:domain|application|infrastructure|interfaces|tests)/[\w/.-]+\.py)(?:::\w+)?`")
NAME_IN_CODE = re.compile(r"`(_[A-Za-z_]+|[A-Z_]{5,})`")
"""Of a module: a constant, or what no other module uses."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    linked = [target for target in LINK.findall(text) if "://" not in target]

    missing = [target for target in linked if not (page.parent / target).exists()]
    named = (name for name in MODULE.findall(text) if not {"NAME", "NOUN"} & set(re.split(r"\W|_", name)))
    missing += [name for name in named if not (ROOT / name).exists()]

    assert missing == [], f"{page.relative_to(ROOT)} names what is not there"


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs/adr/README.md").read_text()

    unlisted = [page.name for page in (ROOT / "docs/adr").glob("0*.md") if f"({page.name})" not in listed]

    assert unlisted == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, found = {ROOT / "README.md"}, [ROOT / "README.md"]
    while found:
        page = found.pop()
        for target in LINK.findall(page.read_text()):
            linked = (page.parent / target).resolve()
            if linked.suffix == ".md" and linked.exists() and linked not in reached:
                reached.add(linked)
                found.append(linked)

    assert sorted(set(PAGES) - reached) == []


def test_every_name_in_code_that_the_page_on_extending_gives_is_there() -> None:
    packages = ("domain", "application", "infrastructure", "interfaces", "tests")
    code = "\n".join(path.read_text() for package in packages for path in (ROOT / package).rglob("*.py"))
    words = set(re.findall(r"\w+", code))

    named = NAME_IN_CODE.findall((ROOT / "docs/extending.md").read_text())

    assert len(named) > 15
    assert [name for name in named if name not in words] == []
