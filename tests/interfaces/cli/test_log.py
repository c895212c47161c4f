"""`fulfill migrate`, `copy` and `reopen`: what they print, what they refuse, and that nothing starts on half a log."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres_databases import Databases

from infrastructure.database import parse_database
from infrastructure.locks.files import FileLocks

SETTINGS = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}
Fulfill = Callable[..., Any]
ORDER = "cs_test_a1Q7xK2mVd"
SOURCE = ("--from", "sqlite:///fulfillment.db")
EVENTS = 48


@pytest.fixture
def empty_url(databases: Databases) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    url = databases.create_empty()
    yield url
    databases.drop(url)


def spoil_stock(directory: Path) -> None:
    """Change a view of the source past the projector."""
    with closing(sqlite3.connect(directory / "fulfillment-views.db", isolation_level=None)) as views:
        assert views.execute("UPDATE stock_v1_g1 SET on_hand=99").rowcount


def test_migrate_makes_the_tables_and_can_be_repeated(script: Callable[..., Any], tmp_path: Path) -> None:
    database = f"{tmp_path}/deep/down/log.db"
    once, again, queue = (
        script(*command, DATABASE_URL=f"sqlite:///{database}")
        for command in (("migrate",), ("migrate", "--json"), ("queue",))
    )

    assert (once.code, once.out, once.err) == (0, f"{database} is ready.\n", "")
    assert (again.code, again.json) == (0, {"database": database, "state": "ready"})
    assert (queue.code, queue.out) == (0, "The queue is empty.\n")


def test_on_postgresql_only_migrate_makes_the_tables(script: Callable[..., Any], databases: Databases) -> None:
    url = databases.create_empty()
    before, once, again, after = (
        script(*command, **SETTINGS, DATABASE_URL=url)
        for command in (("serve", "--port", "0", "--json"), ("migrate", "--json"), ("migrate",), ("queue",))
    )
    databases.drop(url)

    place = str(parse_database(url))
    assert (before.code, before.json["error"]["kind"]) == (1, "not_migrated")
    assert "Run `fulfill migrate`." in before.json["error"]["message"]
    assert (once.code, once.json) == (0, {"database": place, "state": "ready"})
    assert (again.code, again.out) == (0, f"{place} is ready.\n")
    assert (after.code, after.out) == (0, "The queue is empty.\n")


def test_a_shop_moves_to_another_database(
    fulfill: Fulfill, small_shop: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = (("checkout", ORDER), ("queue",), ("stock", "list"), ("search", "ada"))
    before = [fulfill(*look, "--json").json for look in looks]

    result = fulfill("copy", *SOURCE, "--to", empty_url, "--json")

    assert result.code == 0, result.err
    document = result.json
    assert (document["events"], document["is_same"], document["differences"]) == (EVENTS, True, [])
    assert {view["is_same"] for view in document["views"]} == {True}
    assert len(document["views"]) == 8
    assert set(document) == {
        *("from", "to", "events", "streams", "digest", "followers", "parked", "views", "differences", "is_same"),
        "seconds",
    }
    monkeypatch.setenv("DATABASE_URL", empty_url)
    assert [fulfill(*look, "--json").json for look in looks] == before
    assert fulfill("note", ORDER, "on the server now", "--as", "kim", "--reason", "moved").code == 0


def test_the_password_is_never_shown(fulfill: Fulfill, small_shop: Path) -> None:
    urls = ["postgresql://shop:hunter2@127.0.0.1:1/shop", "postgresql://shop@127.0.0.1:1/shop?password=hunter2"]
    urls.append(f"postgresql://{'a' * 50}:hunter2@127.0.0.1:1/shop")
    for url in urls:
        for arguments in (
            (*SOURCE, "--to", url),
            ("--from", url, "--to", "sqlite:///new.db"),
            (*SOURCE, url),
            ("--from", url, "--to", url),
            (*SOURCE, "--to", url.replace("@", ":x@").replace("/shop", "/")),
            (*SOURCE, "--to", url.replace("postgresql", "mysql")),
            (f"--too={url}", *SOURCE),
        ):
            result = fulfill("copy", *arguments, "--json")
            assert result.code in {1, 2}
            assert "hunter2" not in result.out + result.err, arguments


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("--to", "sqlite:///new.db"), "`fulfill copy` needs --from"),
        (SOURCE, "`fulfill copy` needs --to"),
        ((*SOURCE, "--to", "new.db"), "--to must be like sqlite:///fulfillment.db"),
        ((*SOURCE, "--to", "sqlite:///fulfillment.db"), "must be different databases"),
    ],
)
def test_wrong_usage_is_reported(fulfill: Fulfill, small_shop: Path, arguments: tuple[str, ...], shown: str) -> None:
    result = fulfill("copy", *arguments)

    assert result.code == 2
    assert shown in result.err


def test_without_a_log_there_is_nothing_to_copy(fulfill: Fulfill, tmp_path: Path) -> None:
    result = fulfill("copy", *SOURCE, "--to", "sqlite:///new.db", "--json")

    assert (result.code, result.json["error"]["kind"]) == (1, "not_found")
    assert list(tmp_path.iterdir()) == []


def test_a_shop_that_works_is_not_copied(fulfill: Fulfill, small_shop: Path) -> None:
    working = FileLocks(small_shop / "fulfillment.db")
    working.lead()

    result = fulfill("copy", *SOURCE, "--to", "sqlite:///new.db")

    working.release()
    assert result.code == 1
    assert "A process is using fulfillment.db. Stop every `fulfill serve`" in result.err
    assert not (small_shop / "new.db").exists()


def test_a_wrong_view_is_reported_and_the_copy_continues(fulfill: Fulfill, small_shop: Path, empty_url: str) -> None:
    spoil_stock(small_shop)

    result = fulfill("copy", *SOURCE, "--to", empty_url)

    assert result.code == 1
    assert "The copy differs from the source, so nothing starts on PostgreSQL database" in result.out
    assert "run `fulfill projections rebuild stock` there" in result.out
    assert "99" in result.out
    assert fulfill("projections", "rebuild", "stock").code == 0
    assert fulfill("copy", *SOURCE, "--to", empty_url).code == 0


def test_nothing_starts_on_half_a_log(
    fulfill: Fulfill, small_shop: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_stock(small_shop)  # so that the copy is not proven
    assert fulfill("copy", *SOURCE, "--to", empty_url).code == 1
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT count(*) FROM fulfillment.fulfillment_events").fetchone() == (EVENTS,)
    monkeypatch.setenv("DATABASE_URL", empty_url)

    for command in (
        ("serve", "--port", "0"),
        ("serve", "--port", "0", "--with-worker"),
        ("worker",),
        ("note", ORDER, "text", "--as", "kim", "--reason", "x"),
        ("queue",),
        ("projections", "list"),
    ):
        result = fulfill(*command, "--json")
        assert (result.code, result.json["error"]["kind"]) == (1, "unfinished_copy")
        assert "Run the same `fulfill copy` again to resume it; to start over, use an empty database." in result.err
    monkeypatch.delenv("DATABASE_URL")
    assert fulfill("projections", "rebuild", "stock").code == 0
    assert fulfill("copy", *SOURCE, "--to", empty_url).code == 0
    monkeypatch.setenv("DATABASE_URL", empty_url)
    assert fulfill("queue").code == 0


def test_the_source_is_closed_once_it_was_copied_and_can_be_reopened(fulfill: Fulfill, small_shop: Path) -> None:
    note = ("note", ORDER, "on the old file", "--as", "kim", "--reason", "by mistake")
    assert fulfill("copy", *SOURCE, "--to", "sqlite:///new.db").code == 0

    refused = fulfill(*note, "--json")
    assert (refused.code, refused.json["error"]["kind"]) == (1, "log_moved")
    read = fulfill("checkout", ORDER)
    assert (read.code, "A copy in another database has replaced this log." in read.err) == (0, True)
    assert fulfill("copy", *SOURCE, "--to", "sqlite:///newer.db").code == 1

    reopened = fulfill("reopen", "--json").json
    assert (reopened["was_moved"], fulfill("reopen", "--json").json["was_moved"]) == (True, False)
    assert fulfill(*note).code == 0
