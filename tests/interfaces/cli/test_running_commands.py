"""What runs until it is told to stop: it says when it is there, and ends well."""

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx2
import pytest
from postgres_databases import Databases

from domain.money import plain
from infrastructure.database import parse_database
from interfaces.databases import migrate
from interfaces.sandbox.webhooks.inbox import Inbox

SETTINGS = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}
BY = ("--as", "kim", "--reason", "x")
Start = Callable[..., "Popen[str]"]


@pytest.fixture
def migrated(store_url: str) -> str:
    migrate(parse_database(store_url))
    return store_url


def wait_for(process: "Popen[str]", words: str) -> str:
    """What its log says when it has come so far."""
    assert process.stderr is not None
    for line in process.stderr:
        event = str(json.loads(line)["event"])
        if words in event:
            return event
    raise AssertionError(f"it ended before it said {words!r}")


def stop(process: "Popen[str]", number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_serve_serves_until_it_is_stopped(start: Start, migrated: str) -> None:
    process = start("serve", "--port", "0", "--with-worker", "--json", **SETTINGS, DATABASE_URL=migrated)
    _, url, _ = re.split(r"(http://\S+)", wait_for(process, "Uvicorn running on"))

    answer = httpx2.get(f"{url}/readyz", trust_env=False)
    code, out, _ = stop(process)

    assert answer.status_code == 200
    assert (code, json.loads(out)) == (0, {"state": "stopped"})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_worker_works_until_it_is_stopped(start: Start, migrated: str, number: signal.Signals) -> None:
    process = start("worker", "--json", **SETTINGS, DATABASE_URL=migrated)
    wait_for(process, "working")

    code, out, err = stop(process, number)

    assert (code, json.loads(out)) == (0, {"state": "stopped"})
    assert json.loads(err.splitlines()[-1])["event"] == "stopped"


def test_a_sandbox_says_where_it_is_and_stops(start: Start) -> None:
    process = start("sandbox", "--port", "0", "--state", "s.json", "--webhook", "http://localhost:4242/webhook")
    assert process.stdout is not None
    url, secret = process.stdout.readline(), process.stdout.readline()

    code, _, _ = stop(process)

    assert (code, url[:17], secret[:6]) == (0, "http://127.0.0.1:", "whsec_")


@pytest.mark.parametrize("arguments", [("--state", "not-a-state"), ("--webhook", "https://example.com/webhook")])
def test_a_sandbox_that_can_not_be_is_wrong_usage(
    script: Callable[..., Any], tmp_path: Path, arguments: tuple[str, str]
) -> None:
    (tmp_path / "not-a-state").write_text("{")

    said = script("sandbox", "--port", "0", *arguments)

    assert (said.code, said.err.startswith("fulfill: "), said.err.count("\n")) == (2, True, 1)


def a_day(name: str, *, customers: int) -> list[str]:
    return ["sandbox", "--port", "0", "--scenario", name, "--seed", "3", f"--customers={customers}", "--linger", "0"]


def test_a_day_is_played_against_a_shop_and_summed_up(script: Callable[..., Any]) -> None:
    with Inbox() as inbox:
        day = (*a_day("quiet-day", customers=8), "--webhook", inbox.url, "--speed", "1000000")
        shown, again = script(*day), script(*day, "--json")

    assert (shown.code, again.code) == (0, 0)
    assert "quiet-day, seed 3: A few customers" in shown.out
    again_told = f"Replay      fulfill sandbox --scenario quiet-day --seed 3 --customers 8 --webhook {inbox.url}\n"
    assert again_told in shown.out
    assert re.search(r"^\d\d:\d\d  \d+ of \d+ customer actions$", shown.err, re.MULTILINE)
    summary = again.json
    assert (summary["scenario"], summary["seed"], summary["is_over"]) == ("quiet-day", 3, True)
    assert sum(summary["sessions"].values()) == 8
    assert summary["deliveries"] == {"delivered": sum(summary["deliveries"].values())}
    assert summary["paid"]
    paid = ", ".join(plain(each["amount"], each["currency"]) for each in summary["paid"])
    assert f"Paid        {paid}\n" in shown.out


def test_a_shop_that_believes_what_is_not_genuine_fails(script: Callable[..., Any]) -> None:
    with Inbox() as inbox:
        day = (*a_day("stormy-day", customers=30), "--webhook", inbox.url, "--speed", "1000000")
        shown = script(*day, "--json")

    assert shown.code == 1
    assert shown.json["believed"] > 0


def test_a_day_waits_for_the_shop_until_it_is_stopped(start: Start) -> None:
    with Inbox() as gone:
        pass
    process = start(*a_day("quiet-day", customers=8), "--webhook", gone.url)
    assert process.stderr is not None
    assert "Waiting for a shop" in process.stderr.readline()

    code, out, _ = stop(process, signal.SIGINT)

    assert code == 0
    assert re.search(r"^Day +stopped$", out, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--scenario", "doomsday"),
        ("--scenario", "quiet-day", "--speed", "0"),
        ("--scenario", "quiet-day", "--customers", "0"),
        ("--scenario", "quiet-day", "--linger", "-1"),
        ("--scenario", "quiet-day", "--state", "s.json"),
        ("--scenario", "quiet-day", "--webhook", "https://example.com/webhook"),
        ("--scenario", "quiet-day", "--landing", "https://example.com/after-checkout"),
        ("--scenario", "quiet-day", "--landing", "beside"),
        ("--seed", "7"),
        ("--customers", "7"),
        ("--speed", "7"),
        ("--linger", "7"),
        ("--landing", "http://localhost/after-checkout"),
    ],
)
def test_a_day_that_can_not_be_is_wrong_usage(script: Callable[..., Any], arguments: tuple[str, ...]) -> None:
    said = script("sandbox", "--port", "0", *arguments)

    assert (said.code, said.err.startswith("fulfill: "), said.err.count("\n")) == (2, True, 1)


def test_ctrl_c_is_130_and_quiet(start: Start, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "keys")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # or a child of `make test &` would be deaf to it
    process = start("keys", "import", "pro", "keys", *BY, **SETTINGS)
    signal.signal(signal.SIGINT, before)

    with (tmp_path / "keys").open("wb"):  # opens when the command has begun to read
        assert stop(process, signal.SIGINT) == (130, "", "")


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
        for command in (("serve", "--json"), ("migrate", "--json"), ("migrate",), ("queue",))
    )
    databases.drop(url)

    place = str(parse_database(url))
    assert (before.code, before.json["error"]["kind"]) == (1, "not_migrated")
    assert "Run `fulfill migrate`." in before.json["error"]["message"]
    assert (once.code, once.json) == (0, {"database": place, "state": "ready"})
    assert (again.code, again.out) == (0, f"{place} is ready.\n")
    assert (after.code, after.out) == (0, "The queue is empty.\n")
