"""Projections of installed packages: each is one of the projections, or the start says what is wrong with it."""

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from fakes.packages import install

from infrastructure.entry_points import NotLoaded, installed
from infrastructure.views.own import GROUP, own_projections

SOURCE = """
from application.reading.projection import Column, Projection, Table

def named(name, *, reads=frozenset()):
    table = Table(columns={"id": Column.TEXT}, key=("id",))
    return Projection(name=name, version=1, table=table, reads=reads, fold=lambda event, position: [])

COUNTRIES = named("countries")
CARRIERS = named("carriers")
STOCK = named("stock")
NOTHING = None
MISSPELLED = named("misspelled", reads=frozenset({"Fulfillment.LineItemCanceled"}))
"""
_numbers = count()

Install = Callable[..., str]


@pytest.fixture
def install_view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package with one projection, and returns the name of its module."""
    monkeypatch.syspath_prepend(tmp_path)

    def install_view(name: str, target: str, source: str = SOURCE) -> str:
        module = f"own_view_{next(_numbers)}"
        install(tmp_path, f"shop-{module}", {f"{module}.py": source}, {GROUP: {name: f"{module}:{target}"}})
        return module

    yield install_view
    installed.cache_clear()
    for name in [name for name in sys.modules if name.startswith("own_view_")]:
        del sys.modules[name]


def test_without_installed_projections_there_are_none() -> None:
    assert own_projections() == []


def test_installed_projections_come_in_the_order_of_their_names(install_view: Install) -> None:
    install_view("countries", "COUNTRIES")
    install_view("carriers", "CARRIERS")

    assert [projection.name for projection in own_projections()] == ["carriers", "countries"]


@pytest.mark.parametrize(
    ("name", "target", "wrong"),
    [
        ("stock", "STOCK", "has the name of a built-in projection. Rename it."),
        ("Countries", "COUNTRIES", "must have a name of 1 to 40 lowercase letters"),
        ("countries", "CARRIERS", "has another name, 'carriers', in its code. Give both the same name."),
        ("countries", "NOTHING", ":NOTHING must be a `Projection`."),
        ("countries", "MISSING", "can't be loaded from"),
        ("misspelled", "MISSPELLED", "reads 'Fulfillment.LineItemCanceled', which no event has as its topic."),
    ],
)
def test_what_can_not_be_used_stops_the_start(install_view: Install, name: str, target: str, wrong: str) -> None:
    install_view(name, target)

    with pytest.raises(NotLoaded) as refused:
        own_projections()

    assert wrong in str(refused.value)
    assert f"The projection '{name}'" in str(refused.value)


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('key=("id",)', 'key=("di",)', "ValueError: The table has no column 'di' for its key or index."),
        ('key=("id",)', "key=()", "ValueError: The key of the table has no column."),
        ('key=("id",)', 'key=("id",), indexes=(("no",),)', "ValueError: The table has no column 'no' for its key"),
        ("version=1", "version=0", "ValueError: The version must be 1 or more (got 0)."),
    ],
)
def test_a_projection_that_no_view_can_have_stops_the_start(
    install_view: Install, right: str, wrong: str, sentence: str
) -> None:
    assert SOURCE.count(right) == 1
    install_view("countries", "COUNTRIES", SOURCE.replace(right, wrong))

    with pytest.raises(NotLoaded) as refused:
        own_projections()

    assert sentence in str(refused.value)
