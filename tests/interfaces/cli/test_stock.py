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

    result = fulfill("stock", "count", "mug", "3", *BY, "--json")

    assert result.json == {
        "sku": "mug",
        "on_hand": 3,
        "reserved": 1,
        "available": 2,
        "backordered": 0,
        "is_low": False,
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

    result = fulfill("stock", "count", "mug", "1", *BY)

    assert result.code == 2
    assert result.err.count("\n") == 1


@pytest.mark.usefixtures("small_shop")
def test_a_count_says_how_it_stands_now(fulfill: Fulfill) -> None:
    more, less = fulfill("stock", "count", "mug-blue", "12", *BY), fulfill("stock", "count", "mug-blue", "3", *BY)

    assert more.out == "mug-blue: 12 on hand, 4 reserved, 8 available.\n"
    assert less.out == "mug-blue: 3 on hand, 2 reserved, 1 available, 2 backordered.\n"


@pytest.mark.parametrize("number", ["0", "1000000000"])
def test_a_count_may_be_as_small_or_large_as_is_reasonable(fulfill: Fulfill, number: str) -> None:
    assert fulfill("stock", "count", "mug", number, *BY, "--json").json["on_hand"] == int(number)


@pytest.mark.parametrize("count", ["1000000001", "9" * 20])
def test_a_count_beyond_reason_is_refused(fulfill: Fulfill, count: str) -> None:
    result = fulfill("stock", "count", "mug", count, *BY, "--json")

    assert (result.code, result.json["error"]["kind"]) == (1, "refused")
    assert result.err == f"fulfill: A count must be from 0 to 1000000000 (got {count}).\n"


def test_a_sku_is_the_same_however_its_letters_are_composed(fulfill: Fulfill) -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    fulfill("stock", "count", composed, "3", *BY)

    fulfill("stock", "count", f" {apart} ", "4", *BY)

    assert [level["sku"] for level in fulfill("stock", "list", "--json").json] == [composed]


RULE = '[products.prod_mug]\ndelivery = "shipment"\nsku = "mug-blue"\ntrack_stock = true\n'


@pytest.mark.parametrize("typed", ["mug-blu", "mugblue", "MUG-BLUE"])
def test_a_count_of_a_sku_that_is_unknown_asks_whether_it_is_new(fulfill: Fulfill, tmp_path: Path, typed: str) -> None:
    (tmp_path / "catalog.toml").write_text(RULE)

    result, document = fulfill("stock", "count", typed, "3", *BY), fulfill("stock", "count", typed, "3", *BY, "--json")

    assert (result.code, document.json["error"]["kind"]) == (2, "wrong_usage")
    assert result.err == (
        f"fulfill: Neither the catalog nor the log has the SKU '{typed}'. Did you mean mug-blue? If it is new, "
        "add --new.\n"
    )
    assert fulfill("stock", "list", "--json").json == []


def test_a_new_sku_is_counted_when_it_is_marked_as_new_and_is_known_from_then_on(
    fulfill: Fulfill, tmp_path: Path
) -> None:
    (tmp_path / "catalog.toml").write_text(RULE)

    new, again = fulfill("stock", "count", "pen", "3", *BY, "--new"), fulfill("stock", "count", "pen", "4", *BY)
    far = fulfill("stock", "count", "xyz", "1", *BY)
    near = fulfill("stock", "count", "pens", "1", *BY)

    assert (new.code, again.code, again.out) == (0, 0, "pen: 4 on hand, 0 reserved, 4 available.\n")
    assert "Did you mean" not in far.err
    assert "Did you mean pen?" in near.err


def test_without_rules_only_the_first_sku_is_not_asked_about(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text("")

    first, again = (fulfill("stock", "count", "mug-blue", number, *BY) for number in ("3", "4"))
    typed = fulfill("stock", "count", "mug-blu", "3", *BY)
    levels = [level["sku"] for level in fulfill("stock", "list", "--json").json]
    new = fulfill("stock", "count", "pen", "3", *BY, "--new")

    assert (first.code, again.code, new.code) == (0, 0, 0)
    assert (typed.code, typed.err) == (
        2,
        "fulfill: Neither the catalog nor the log has the SKU 'mug-blu'. Did you mean mug-blue? If it is new, add "
        "--new.\n",
    )
    assert levels == ["mug-blue"]


@pytest.mark.usefixtures("small_shop")
def test_what_is_low_is_marked_and_in_the_queue_until_it_is_counted(fulfill: Fulfill, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.toml"
    rules = catalog.read_text() if catalog.exists() else ""
    catalog.write_text(
        f'{rules}\n[products.prod_Low]\ndelivery = "shipment"\nsku = "mug-blue"\ntrack_stock = true\nlow_stock = 8\n'
        '[products.prod_Key]\ndelivery = "license_key"\npool = "pro"\nlow_stock = 2\n'
    )

    listed, pools, tasks = fulfill("stock", "list").out, fulfill("keys", "list").out, fulfill("queue", "--json").json
    counted = fulfill("stock", "count", "mug-blue", "40", *BY).out
    after = {item["subject"] for item in fulfill("queue", "--json").json}

    assert listed.splitlines()[1].split()[-1] == "low"
    assert pools.splitlines()[1].split()[-1] == "low"
    low = {item["subject"]: item["detail"] for item in tasks if item["kind"] in {"low_stock", "low_keys"}}
    assert low == {
        "mug-blue": "1 available, and the catalog has `low_stock = 8`",
        "pro": "0 free keys, and the catalog has `low_stock = 2`",
    }
    assert counted == "mug-blue: 40 on hand, 4 reserved, 36 available.\n"
    assert "mug-blue" not in after


@pytest.mark.usefixtures("small_shop")
def test_a_wrong_catalog_costs_the_queue_only_its_warnings(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text("not toml at all [")

    result = fulfill("queue", "--json")

    assert (result.code, bool(result.json)) == (0, True)
    assert result.err.startswith("fulfill: No warnings of low stock: catalog.toml is not TOML")
