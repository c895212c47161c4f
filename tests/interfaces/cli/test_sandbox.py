"""`fulfill sandbox`: where it listens, the day that it plays, and how it ends."""

import re
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from processes import stop

from domain.money import plain
from interfaces.sandbox.webhooks.inbox import Inbox

Start = Callable[..., "Popen[str]"]


def a_day(name: str, *, customers: int) -> list[str]:
    return ["sandbox", "--port", "0", "--scenario", name, "--seed", "3", f"--customers={customers}", "--linger", "0"]


def test_a_sandbox_says_where_it_is_and_stops(start: Start) -> None:
    process = start("sandbox", "--port", "0", "--state", "s.json", "--webhook", "http://localhost:4242/webhook")
    assert process.stdout is not None
    url, secret = process.stdout.readline(), process.stdout.readline()

    code, _, _ = stop(process)

    assert (code, url[:17], secret[:6]) == (0, "http://127.0.0.1:", "whsec_")


@pytest.mark.long
def test_a_sandbox_says_what_to_export_and_to_run_with_the_ports_that_were_given(start: Start) -> None:
    process = start("sandbox", "--port", "0", "--webhook", "http://localhost:4299/webhook", COLUMNS="20")
    assert process.stdout is not None
    assert process.stderr is not None
    url, secret = process.stdout.readline().strip(), process.stdout.readline().strip()

    lines = [process.stderr.readline().rstrip("\n") for _ in range(6)]
    stop(process)

    assert lines == [
        f"The sandbox runs. Its page: {url}/",
        "In another terminal:",
        f"export STRIPE_API_BASE={url}",
        "export STRIPE_API_KEY=sk_test_anything",
        f"export STRIPE_WEBHOOK_SECRET={secret}",
        "fulfill serve --port 4299",
    ]


@pytest.mark.long
def test_a_sandbox_without_a_webhook_says_how_to_get_one_at_the_same_port(start: Start) -> None:
    process = start("sandbox", "--port", "0")
    assert process.stdout is not None
    port = process.stdout.readline().strip().rpartition(":")[2]

    _, _, err = stop(process)

    assert err.splitlines()[-1] == f"fulfill sandbox --port {port} --webhook http://localhost:4242/webhook"


@pytest.mark.long
@pytest.mark.parametrize("arguments", [("--state", "not-a-state"), ("--webhook", "https://example.com/webhook")])
def test_a_sandbox_that_can_not_be_is_wrong_usage(
    script: Callable[..., Any], tmp_path: Path, arguments: tuple[str, str]
) -> None:
    (tmp_path / "not-a-state").write_text("{")

    result = script("sandbox", "--port", "0", *arguments)

    assert (result.code, result.err.startswith("fulfill: "), result.err.count("\n")) == (2, True, 1)


def test_a_day_is_played_against_a_shop_and_summed_up(script: Callable[..., Any]) -> None:
    with Inbox() as inbox:
        day = (*a_day("quiet-day", customers=8), "--webhook", inbox.url, "--speed", "1000000")
        shown, again = script(*day), script(*day, "--json")

    assert (shown.code, again.code) == (0, 0)
    assert "quiet-day, seed 3: A few customers" in shown.out
    replay = f"Replay      fulfill sandbox --scenario quiet-day --seed 3 --customers 8 --webhook {inbox.url}\n"
    assert replay in shown.out
    assert re.search(r"^\d\d:\d\d  \d+ of \d+ customer actions$", shown.err, re.MULTILINE)
    summary = again.json
    assert (summary["scenario"], summary["seed"], summary["is_over"]) == ("quiet-day", 3, True)
    assert sum(summary["sessions"].values()) == 8
    assert summary["deliveries"] == {"delivered": sum(summary["deliveries"].values())}
    assert summary["paid"]
    paid = ", ".join(plain(each["amount"], each["currency"]) for each in summary["paid"])
    assert f"Paid        {paid}\n" in shown.out


@pytest.mark.long
def test_a_shop_that_believes_what_is_not_genuine_fails(script: Callable[..., Any]) -> None:
    with Inbox() as inbox:
        day = (*a_day("stormy-day", customers=30), "--webhook", inbox.url, "--speed", "1000000")
        shown = script(*day, "--json")

    assert shown.code == 1
    assert shown.json["believed"] > 0


@pytest.mark.long
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
def test_a_day_that_can_not_be_is_wrong_usage(fulfill: Callable[..., Any], arguments: tuple[str, ...]) -> None:
    result = fulfill("sandbox", "--port", "0", *arguments)

    assert (result.code, result.err.startswith("fulfill: "), result.err.count("\n")) == (2, True, 1)
