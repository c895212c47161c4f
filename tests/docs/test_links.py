"""Every file that the docs name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
TEST = re.compile(r"`(tests/[\w/.-]+\.py)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    linked = [target for target in LINK.findall(text) if "://" not in target]

    missing = [target for target in linked if not (page.parent / target).exists()]
    missing += [test for test in TEST.findall(text) if not (ROOT / test).exists()]

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
