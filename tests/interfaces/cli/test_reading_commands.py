"""What the commands that read print, to the letter where other programs rely on it."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_log import SHOP

Fulfill = Callable[..., Any]
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.mark.usefixtures("log_file")
def test_a_checkout_has_the_promised_shape(fulfill: Fulfill) -> None:
    said = fulfill("checkout", SHOP, "--json")

    assert (said.code, said.err) == (0, "")
    document = said.json
    assert document["session_id"] == SHOP
    assert {"state", "payment_status", "livemode", "amount_total", "currency"} <= document.keys()
    assert isinstance(document["amount_total"], int)
    line_item = {"id", "price", "product", "description", "quantity", "delivery", "state"}
    assert line_item <= document["line_items"][0].keys()
    assert isinstance(document["emails"], list)
    for entry in document["story"]:
        assert {"position", "stream", "type", "occurred_at", "recorded_at", "actor", "cause", "text"} <= entry.keys()
        assert RFC3339.fullmatch(entry["recorded_at"])
        assert RFC3339.fullmatch(entry["occurred_at"])
        assert re.fullmatch(r"[A-Z]\w+\.[A-Z]\w+", entry["type"])
    positions = [entry["position"] for entry in document["story"]]
    assert positions == sorted(positions)


@pytest.mark.usefixtures("log_file")
def test_a_checkout_is_told_in_sentences_with_clocks_actor_and_cause(fulfill: Fulfill) -> None:
    said = fulfill("checkout", SHOP)

    assert said.code == 0
    assert said.out.startswith(f"{SHOP} (test mode)\nState ")
    assert "by stripe" in said.out
    assert "because of" in said.out
    assert re.search(r"2026-11-24T09:00:\d\d\.\d{6}Z", said.out)
    assert "\033" not in said.out


@pytest.mark.usefixtures("log_file")
def test_as_of_a_moment_only_what_was_recorded_by_then_is_told(fulfill: Fulfill) -> None:
    story = fulfill("checkout", SHOP, "--json").json["story"]
    moment = story[2]["recorded_at"]
    just_before = moment.replace(moment[-8:], f"{int(moment[-7:-1]) - 1:06d}Z".rjust(8, "."))

    at, before = (fulfill("checkout", SHOP, "--json", "--as-of", when).json["story"] for when in (moment, just_before))

    assert [entry["position"] for entry in at] == [entry["position"] for entry in story[:3]]
    assert len(before) == 2
    assert "the past: it may be different now" in fulfill("checkout", SHOP, "--as-of", moment).out
    assert fulfill("checkout", SHOP, "--as-of", "2026-11-23").code == 1


@pytest.mark.usefixtures("log_file")
def test_lists_have_the_promised_shapes(fulfill: Fulfill) -> None:
    stock = fulfill("stock", "list", "--json").json
    projections = fulfill("projections", "list", "--json").json

    assert stock
    assert all(level.keys() >= {"sku", "on_hand", "reserved", "available", "backordered"} for level in stock)
    assert all(level["available"] == level["on_hand"] - level["reserved"] for level in stock)
    assert {view["name"] for view in projections} >= {"timeline", "search", "work_queue", "due_effects", "daily_sales"}
    assert all(view.keys() >= {"name", "version", "position", "state"} for view in projections)
    assert isinstance(fulfill("queue", "--json").json, list)


@pytest.mark.usefixtures("log_file")
def test_search_finds_a_checkout_by_what_people_know_of_it(fulfill: Fulfill) -> None:
    for words in (("zoe@example.com",), ("pi_Shop1",), ("ORDER-17",), ("mug-blue",), (SHOP,)):
        found = fulfill("search", *words, "--json")
        assert (found.code, SHOP in {hit["session_id"] for hit in found.json}) == (0, True), words

    nothing = fulfill("search", "nobody@example.org", "--json")
    assert (nothing.code, nothing.json) == (1, [])


@pytest.mark.usefixtures("log_file")
def test_views_are_rebuilt_and_verified(fulfill: Fulfill, log_file: Path) -> None:
    rebuilt = fulfill("projections", "rebuild", "daily_sales", "--json")
    assert (rebuilt.code, rebuilt.json["state"]) == (0, "live")
    assert fulfill("projections", "verify", "daily_sales").code == 0

    views = sqlite3.connect(log_file.with_name("fulfillment-views.db"))
    [(table,)] = views.execute("SELECT name FROM sqlite_master WHERE name LIKE 'daily_sales%' LIMIT 1").fetchall()
    views.execute(f"UPDATE {table} SET gross = gross + 1")  # noqa: S608
    views.commit()
    views.close()

    wrong = fulfill("projections", "verify", "daily_sales", "--json")
    assert (wrong.code, wrong.json["is_same"]) == (1, False)
    assert fulfill("projections", "rebuild", "daily_sales").code == 0
    assert fulfill("projections", "verify", "daily_sales").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("checkout", "cs_test_nobody"), 1, "knows no checkout"),
        (("checkout", "order 17"), 2, "cs_test_"),
        (("checkout",), 2, "SESSION"),
        (("checkout", SHOP, "--as-of", "yesterday"), 2, "--as-of"),
        (("checkout", SHOP, "--bogus"), 2, "--bogus"),
        (("bogus",), 2, "bogus"),
        (("projections", "rebuild", "nothing"), 1, "no projection"),
        (("projections", "verify", "nothing"), 1, "no projection"),
        (("stock", "count", "mug", "five", "--as", "kim", "--reason", "x"), 2, "five"),
        (("stock", "count", "mug", "5"), 2, "--as"),
        (("note", SHOP, "text", "--as", "kim"), 2, "--reason"),
    ],
)
@pytest.mark.usefixtures("log_file")
def test_what_can_not_be_done_is_one_sentence_and_a_code(
    fulfill: Fulfill, arguments: tuple[str, ...], code: int, words: str
) -> None:
    said = fulfill(*arguments)

    assert said.code == code
    assert said.out == ""
    assert said.err.startswith("fulfill: ")
    assert words in said.err
    assert said.err.count("\n") == 1


def test_reading_needs_a_log_and_makes_none(fulfill: Fulfill, tmp_path: Path) -> None:
    for arguments in (("checkout", SHOP), ("queue",), ("search", "x"), ("projections", "list")):
        said = fulfill(*arguments)
        assert (said.code, said.out) == (1, "")
        assert "There is no log at fulfillment.db yet" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_log_is_said_to_be_none(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / "fulfillment.db").write_bytes(b"this is not a database, however long it is looked at" * 100)

    said = fulfill("checkout", SHOP)

    assert said.code == 1
    assert said.err.startswith("fulfill: ")
    assert said.err.count("\n") == 1


def test_reading_needs_no_settings_but_a_wrong_place_is_told(
    fulfill: Fulfill, log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STRIPE_API_KEY")
    assert fulfill("checkout", SHOP).code == 0
    assert log_file.exists()

    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    wrong = fulfill("checkout", SHOP)
    assert (wrong.code, "DATABASE_URL" in wrong.err) == (2, True)
