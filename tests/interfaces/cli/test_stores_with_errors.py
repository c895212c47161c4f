"""Files that are missing, damaged, something else or not ours to write: a sentence, or an answer all the same."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Fulfill = Callable[..., Any]
ORDER = "cs_test_a1Q7xK2mVd"
LOG, VIEWS = "fulfillment.db", "fulfillment-views.db"
READING = (
    ("checkout", ORDER),
    ("search", "ada"),
    ("queue",),
    ("stock", "list"),
    ("projections", "list"),
    ("projections", "rebuild", "search"),
    ("projections", "verify", "search"),
)
reading = pytest.mark.parametrize("command", READING, ids=" ".join)


@reading
def test_without_a_log_there_is_nothing_to_read_and_none_is_made(
    fulfill: Fulfill, tmp_path: Path, command: tuple[str, ...]
) -> None:
    result, document = fulfill(*command), fulfill(*command, "--json")

    assert (result.code, result.out) == (1, "")
    assert (
        "No log at fulfillment.db. Run this command in the directory of your shop, or create a log with `fulfill serve`"
        in result.err
    )
    assert document.json["error"]["kind"] == "not_found"
    assert list(tmp_path.iterdir()) == []


@reading
def test_a_file_that_is_no_log_is_reported(fulfill: Fulfill, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / LOG).write_bytes(b"this is not a database, however long it is looked at" * 100)

    result = fulfill(*command, "--json")

    assert (result.code, result.json["error"]["kind"], result.err.count("\n")) == (1, "store_unavailable", 1)
    assert "not an SQLite database" in result.err


@pytest.mark.parametrize("command", [*READING[:4], READING[5]], ids=" ".join)
def test_a_log_without_tables_is_reported_with_what_makes_them(
    fulfill: Fulfill, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / LOG).touch()

    result = fulfill(*command, "--json")

    assert (result.code, result.json["error"]["kind"], result.err.count("\n")) == (1, "store_unavailable", 1)
    assert "`fulfill migrate`" in result.err


def test_a_log_in_the_middle_of_which_something_is_wrong_is_reported(fulfill: Fulfill, small_shop: Path) -> None:
    with sqlite3.connect(small_shop / LOG) as log:
        log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log.close()
    content = bytearray((small_shop / LOG).read_bytes())
    content[4096 : len(content)] = b"\xff" * (len(content) - 4096)
    (small_shop / LOG).write_bytes(content)
    (small_shop / VIEWS).unlink()

    result = fulfill("queue")

    assert (result.code, result.out) == (1, "")
    assert "damaged" in result.err


@pytest.mark.parametrize("command", READING[:4], ids=" ".join)
def test_views_that_are_not_there_are_made(fulfill: Fulfill, small_shop: Path, command: tuple[str, ...]) -> None:
    expected = fulfill(*command, "--json").json
    for path in small_shop.glob(f"{VIEWS}*"):
        path.unlink()

    result = fulfill(*command, "--json")

    assert (result.code, result.json, result.err) == (0, expected, "")
    assert (small_shop / VIEWS).is_file()


@pytest.mark.parametrize("command", READING[:4], ids=" ".join)
@pytest.mark.parametrize("error", ["damaged", "a directory"])
def test_unusable_views_keep_no_command_from_reading(
    fulfill: Fulfill, small_shop: Path, command: tuple[str, ...], error: str
) -> None:
    expected = fulfill(*command, "--json").json
    for path in small_shop.glob(f"{VIEWS}*"):
        path.unlink()
    if error == "damaged":
        (small_shop / VIEWS).write_bytes(b"\xff" * 10_000)
    else:
        (small_shop / VIEWS).mkdir()

    result = fulfill(*command, "--json")

    assert (result.code, result.json) == (0, expected)
    assert "This answer is computed from the whole log, which takes longer." in result.err
    assert VIEWS in result.err


@pytest.mark.parametrize("command", READING[4:], ids=" ".join)
def test_who_asks_for_the_views_themselves_gets_no_others(
    fulfill: Fulfill, small_shop: Path, command: tuple[str, ...]
) -> None:
    for beside in ("-wal", "-shm"):
        (small_shop / f"{VIEWS}{beside}").unlink(missing_ok=True)  # SQLite would mend the file with what is in there
    (small_shop / VIEWS).write_bytes(b"\xff" * 10_000)

    result = fulfill(*command, "--json")

    assert (result.code, json.loads(result.out)["error"]["kind"]) == (1, "store_unavailable")
    assert "delete it, then the views are rebuilt" in result.err


def test_a_wrong_place_is_a_wrong_setting(fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("mysql://x", "sqlite://", "postgresql://localhost"):
        monkeypatch.setenv("DATABASE_URL", url)
        result = fulfill("queue", "--json")
        assert (result.code, result.json["error"]["kind"]) == (2, "wrong_setting")
        assert "DATABASE_URL" in result.err


def test_a_directory_is_no_log(fulfill: Fulfill, tmp_path: Path) -> None:
    (tmp_path / LOG).mkdir()

    assert fulfill("queue").code == 1
    assert fulfill("stock", "count", "mug", "1", "--as", "kim", "--reason", "x").code == 1
