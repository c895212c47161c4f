"""docs/projections.md names every projection, every column and every kind of work, and what it shows runs."""

import importlib
import re
import sqlite3
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from every_store import sqlite_url
from fakes.packages import install
from read_side import ReadSide, open_read_side
from sample_log import SHOP, sample_log

from application.reading.projection import Projection
from application.reading.projections.search import SEARCH
from application.reading.registry import PROJECTIONS
from application.reading.work import Work
from infrastructure.entry_points import installed
from interfaces.cli.main import command_line, run

DOC = Path(__file__).parents[2] / "docs" / "projections.md"
TEXT = DOC.read_text()


@cache
def sections() -> dict[str, str]:
    """The text under each projection's heading."""
    parts = re.split(r"^#{2,3} (.+)$", TEXT, flags=re.MULTILINE)[1:]
    named = zip(parts[::2], parts[1::2], strict=True)
    return {heading.strip("`"): text for heading, text in named if heading.startswith("`")}


def rows(text: str, header: str) -> dict[str, str]:
    """The rows of the table with this header: the text about each name."""
    _, _, table = text.partition(f"| {header} |")
    return dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table.partition("\n\n")[0], flags=re.MULTILINE))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def shop_views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's projections, installed as the page says."""
    example, its_test, of_several_events = blocks("python")
    (project,) = map(tomllib.loads, blocks("toml"))
    monkeypatch.syspath_prepend(tmp_path)
    install(
        tmp_path,
        "shop-views",
        {"shop_views.py": example + of_several_events, "the_test_on_the_page.py": its_test},
        project["project"]["entry-points"],
    )
    yield
    installed.cache_clear()
    for module in ("shop_views", "the_test_on_the_page"):
        sys.modules.pop(module, None)


@pytest.mark.usefixtures("shop_views")
def test_the_projections_on_the_page_are_like_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_read_side(sqlite_url(tmp_path)) as side:
        side.append(sample_log())

    names = ("carriers", "waiting_times")
    codes = [run(("projections", *words, name)) for name in names for words in (["rebuild"], ["verify"])]
    codes.append(run(("projections", "list")))

    assert codes == [0, 0, 0, 0, 0]
    printed = capsys.readouterr().out
    for name in names:
        assert re.search(rf"^{name} +1 +\d+ +live", printed, re.MULTILINE)
        assert not re.search(rf"^{name} is correct: 0 rows", printed, re.MULTILINE)


@pytest.mark.usefixtures("shop_views")
def test_the_test_on_the_page_passes() -> None:
    module = importlib.import_module("the_test_on_the_page")

    module.test_a_parcel_counts_for_its_carrier()


def test_every_projection_is_described_and_no_other() -> None:
    assert sorted(sections()) == sorted(projection.name for projection in PROJECTIONS), (
        "docs/projections.md has a section for each projection. A new one also belongs into docs/architecture.md and "
        "docs/cli.md, and its rows into the golden readings; see docs/extending.md, A view."
    )


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda each: each.name)
def test_every_column_is_described_in_its_order(projection: Projection) -> None:
    described = rows(sections()[projection.name], "column | what it is")

    assert list(described) == list(projection.table.columns)
    assert all(text.endswith(".") or ";" in text for text in described.values())


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda each: each.name)
def test_what_is_an_amount_a_time_or_pieces_says_so(projection: Projection) -> None:
    units = {
        "amount": "Amount",
        "gross": "Amount",
        "discounts": "Amount",
        "tax": "Amount",
        "shipping": "Amount",
        "paid": "Amount",
    }
    units |= {"at": "Time", "since": "Time", "position": "Position", "units": "Pieces"}
    units |= {"hand": "Pieces", "reserved": "Pieces", "backordered": "Pieces"}
    for column, text in rows(sections()[projection.name], "column | what it is").items():
        for part, unit in units.items():
            if part in column.split("_"):
                assert text.startswith(unit), f"{projection.name}.{column} is described without its unit"


def test_every_kind_of_work_says_how_it_ends() -> None:
    described = rows(sections()["work_queue"], "kind | it waits until")

    assert list(described) == [kind.value for kind in Work]


def test_every_field_that_a_search_finds_by_is_named(sample: ReadSide) -> None:
    described = rows(sections()["search"], "column | what it is")["field"]
    named = set(re.findall(r"`(\w+)`", described))

    assert {str(row["field"]) for row in sample.rows(SEARCH)} <= named


def test_every_command_it_names_is_one_of_the_command_line() -> None:
    named = re.findall(r"\bfulfill ((?:stock|keys|projections) [a-z]+|[a-z]+)\b", "".join(re.findall(r"`[^`]+`", TEXT)))

    assert "projections rebuild" in named
    for command in {*named, *re.findall(r"^fulfill (projections \w+)", TEXT, flags=re.MULTILINE)}:
        group = command_line()
        for name in command.split():
            group = group[name]


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[ReadSide]:
    with open_read_side(sqlite_url(tmp_path)) as read_side:
        read_side.append(sample_log())
        read_side.projector.catch_up()
        yield read_side


def test_the_queries_it_shows_have_answers(sample: ReadSide, tmp_path: Path) -> None:
    (text,) = blocks("sql")
    queries = [query for query in text.split(";") if query.strip()]

    with closing(sqlite3.connect(f"file:{tmp_path}/fulfillment-views.db?mode=ro", uri=True)) as analyst:
        answers = [analyst.execute(query).fetchall() for query in queries]

    assert [len(answer) for answer in answers] == [6, 1, 1, 4, 8]
    assert answers[2][0][0] == SHOP, "a canceled order is not delivered"
    assert answers[3][0] == ("contradicted", 1, "2026-11-24T09:00:52.250000Z")


def test_the_projection_it_shows_is_one(tmp_path: Path) -> None:
    code, *_ = blocks("python")
    shown: dict[str, Any] = {}
    exec(code, shown)  # noqa: S102 - what the document shows

    with open_read_side(sqlite_url(tmp_path), [shown["CARRIERS"]]) as read_side:
        found = read_side.fold(shown["CARRIERS"], sample_log())

        assert found == [{"carrier": "DHL", "parcels": 2, "lines": 2}]
        assert read_side.rebuild.verify("carriers").is_right
