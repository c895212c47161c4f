"""Stock: what is counted, listed and promised."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sandbox_sales import paid

from interfaces.sandbox.sandbox import Sandbox

Fulfill = Callable[..., Any]
BY = ("--as", "kim", "--reason", "a delivery came")


def state(fulfill: Fulfill, session: str) -> Any:
    return fulfill("checkout", session, "--json").json["state"]


@pytest.mark.usefixtures("log_file")
def test_what_is_available_is_on_the_shelf_and_not_promised(fulfill: Fulfill) -> None:
    levels = fulfill("stock", "list", "--json").json

    assert levels
    assert all(level["available"] == level["on_hand"] - level["reserved"] for level in levels)


def test_a_count_serves_who_waited(fulfill: Fulfill, sandbox: Sandbox, tmp_path: Path) -> None:
    session = paid(sandbox, "shipment")
    product = sandbox.books.of(session).line_items[0].product_id
    (tmp_path / "catalog.toml").write_text(
        f'[products.{product}]\ndelivery = "shipment"\nsku = "mug"\ntrack_stock = true\n'
    )
    fulfill("run", session, *BY)
    assert state(fulfill, session) == "blocked"

    said = fulfill("stock", "count", "mug", "3", *BY, "--json")

    assert said.json == {
        "sku": "mug",
        "on_hand": 3,
        "reserved": 1,
        "available": 2,
        "backordered": 0,
        "is_complete": True,
        "is_followed": True,
    }
    assert state(fulfill, session) == "fulfilling"


@pytest.mark.parametrize("name", ["STRIPE_API_KEY", "FULFILL_MAILS", "FULFILL_CATALOG"])
def test_a_wrong_setting_stops_it_with_code_2(
    fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "bad").write_text("not toml at all [")
    monkeypatch.setenv(name, "bad")

    said = fulfill("stock", "count", "mug", "1", *BY)

    assert said.code == 2
    assert said.err.count("\n") == 1


@pytest.mark.usefixtures("small_shop")
def test_a_count_says_how_it_stands_now(fulfill: Fulfill) -> None:
    more, less = fulfill("stock", "count", "mug-blue", "12", *BY), fulfill("stock", "count", "mug-blue", "3", *BY)

    assert more.out == "mug-blue: 12 on hand, 4 reserved, 8 available.\n"
    assert less.out == "mug-blue: 3 on hand, 2 reserved, 1 available, 2 backordered.\n"


@pytest.mark.parametrize("number", ["0", "1000000000"])
def test_a_count_may_be_as_small_or_large_as_is_reasonable(fulfill: Fulfill, number: str) -> None:
    assert fulfill("stock", "count", "mug", number, *BY, "--json").json["on_hand"] == int(number)


def test_a_count_beyond_reason_is_refused(fulfill: Fulfill) -> None:
    said = fulfill("stock", "count", "mug", "1000000001", *BY, "--json")

    assert (said.code, said.json["error"]["kind"]) == (1, "refused")


def test_a_sku_is_the_same_however_its_letters_are_composed(fulfill: Fulfill) -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    fulfill("stock", "count", composed, "3", *BY)

    fulfill("stock", "count", f" {apart} ", "4", *BY)

    assert [level["sku"] for level in fulfill("stock", "list", "--json").json] == [composed]


def test_a_count_of_a_sku_in_another_case_than_the_catalogs_is_warned_of(fulfill: Fulfill, tmp_path: Path) -> None:
    rule = '[products.prod_mug]\ndelivery = "shipment"\nsku = "mug"\ntrack_stock = true\n'
    (tmp_path / "catalog.toml").write_text(rule)

    said, right = fulfill("stock", "count", "MUG", "3", *BY), fulfill("stock", "count", "mug", "3", *BY)

    assert (said.code, right.err) == (0, "")
    assert "The catalog has no SKU MUG, only mug. SKUs are case-sensitive" in said.err
