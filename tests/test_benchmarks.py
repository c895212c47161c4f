"""The benchmarks run, on sizes that show nothing about speed, and report what they found."""

from collections.abc import Sequence

import pytest
from bench import catch_up, checkouts, flash_sale, growth, ingest
from bench.figures import Section, Spread, Table, Target
from bench.report import page
from bench.servers import ENGINE, FLOOR
from bench.stores import PostgresStore, SQLiteStore, Store


@pytest.fixture
def stores(postgres_url: str) -> Sequence[Store]:
    return [SQLiteStore(), PostgresStore(postgres_url, None)]


def _say(_: str) -> None:
    pass


def _check_report(section: Section) -> None:
    text = page([], [section])
    assert section.title in text
    assert all(target.what in text for target in section.targets)


@pytest.mark.long
def test_ingest_is_measured(stores: Sequence[Store]) -> None:
    size = ingest.Size(variants=(ENGINE, FLOOR), connections=(2,), rounds=1, seconds=0.05)

    section = ingest.measure(stores[:1], size, _say)

    assert [row[1] for table in section.tables for row in table.rows] == ["the engine", "(a) the floor"]
    _check_report(section)


@pytest.mark.long
def test_checkouts_are_measured(stores: Sequence[Store]) -> None:
    size = checkouts.Size(rounds=1, checkouts=4, outstanding=2, idle=1, paced_seconds=0.01)

    section = checkouts.measure(stores, size, _say)

    assert [row[:2] for row in section.tables[0].rows] == [
        ["SQLite", "real ports"],
        ["SQLite", "in memory"],
        ["PostgreSQL", "real ports"],
        ["PostgreSQL", "in memory"],
    ]
    assert len(section.targets) == 2 * 2 * 3
    _check_report(section)


@pytest.mark.long
def test_a_flash_sale_is_measured_and_checked(stores: Sequence[Store]) -> None:
    section = flash_sale.measure(stores[:1], flash_sale.Size(buyers=5, pieces=2, rounds=1), _say)

    assert [row[4:] for row in section.tables[0].rows] == [["2", "2", "3", "5"]]
    assert all(target.is_reached for target in section.targets)
    _check_report(section)


@pytest.mark.long
def test_catching_up_is_measured_against_the_library(stores: Sequence[Store]) -> None:
    section = catch_up.measure(stores, catch_up.Size(events=100, sample=10), _say)

    names = [row[0] for row in section.tables[0].rows]
    assert names[0] == "SQLite, the follower"
    assert names[-1] == "PostgreSQL, the library's `ProjectionRunner`"
    _check_report(section)


@pytest.mark.long
def test_growth_is_measured(stores: Sequence[Store]) -> None:
    section = growth.measure(stores[:1], growth.Size(sales=150, open=10, keys=2000, seconds=0.05), _say)

    assert len(section.tables[0].rows) == len(section.targets) == 10
    _check_report(section)


def test_a_missed_target_says_by_how_much() -> None:
    slow = Target(what="Done in a second", wanted=1000, measured=250, is_at_least=True)
    dear = Target(what="Paid for each", wanted=1.2, measured=1.8, unit="ms", digits=1)
    fine = Target(what="Waited for", wanted=20, measured=20, unit="ms")

    text = page([], [Section(title="All", method="", tables=[], targets=[slow, dear, fine])])

    assert "| Done in a second | at least 1,000 | 250 | missed 4.00 times |" in text
    assert "| Paid for each | at most 1.2 ms | 1.8 ms | missed 1.50 times |" in text
    assert "| Waited for | at most 20 ms | 20 ms | reached |" in text


def test_a_figure_never_comes_without_its_spread() -> None:
    assert Spread.of([3.0, 1.0, 2.0]).text(1) == "2.0 (1.0–3.0)"


def test_what_is_reported_is_a_table() -> None:
    section = Section(title="Speed", method="How", tables=[Table(head=["", "ms"], rows=[["one", "1"]])], targets=[])

    assert "## Speed\n\nHow\n\n|  | ms |\n| --- | --- |\n| one | 1 |\n" in page([], [section])
