"""What every command that reads has in common."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Fulfill = Callable[..., Any]
ORDER, DEBIT, POSTER = "cs_test_a1Q7xK2mVd", "cs_test_b2R8yL3nWe", "cs_test_c3S9zM4oXf"


def test_an_empty_list_is_reported_as_empty(fulfill: Fulfill) -> None:
    fulfill("migrate")

    assert fulfill("queue").out == "The queue is empty.\n"
    assert fulfill("stock", "list").out.startswith("No stock is tracked yet.")
    assert (fulfill("queue", "--json").json, fulfill("stock", "list", "--json").json) == ([], [])
    assert fulfill("search", "x").code == 1


def test_reading_changes_nothing_in_the_log(fulfill: Fulfill, small_shop: Path) -> None:
    before = fulfill("checkout", ORDER, "--json").json

    for command in (("queue",), ("search", "ada"), ("stock", "list"), ("projections", "rebuild", "timeline")):
        assert fulfill(*command).code == 0

    assert fulfill("checkout", ORDER, "--json").json == before
    assert {view["position"] for view in fulfill("projections", "list", "--json").json} == {48}
