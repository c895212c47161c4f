"""The start of `serve` and `worker`: what a shop runs with, for a person or a program, and what it lacks."""

import json
import os
import pty
import re
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest
from processes import stop

Start = Callable[..., "Popen[str]"]
TEST = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}
LIVE = {**TEST, "STRIPE_API_KEY": "sk_live_example1234"}
SMTP = {"SMTP_URL": "smtp://shop:password@localhost:25", "MAIL_FROM": "Shop <orders@example.com>"}
CATALOG = """
[products.prod_mug]
delivery = "shipment"
sku = "mug-blue"

[products.prod_course]
delivery = "access"
"""
UP, READY = "Application startup complete.", "Ready at http://127.0.0.1:"
"""The last line of the start, for a program and for a person."""


def printed_lines(process: "Popen[str]", until: str = UP) -> list[str]:
    """The lines of its standard error so far."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line.rstrip("\n"))
        if until in line:
            return lines
    raise AssertionError(f"it ended before it printed {until!r}: {lines}")


def test_as_text_serve_says_what_the_shop_runs_with(start: Start, tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(CATALOG)
    process = start("serve", "--port", "0", "--log-format", "text", **TEST)

    lines = printed_lines(process, READY)
    code, _, _ = stop(process)

    begin = lines[: lines.index(next(line for line in lines if line.startswith("Worker"))) + 1]
    assert begin == [
        "fulfill runs in test mode. Press Ctrl-C to stop it.",
        "Address       http://127.0.0.1:0",
        "Webhook       http://127.0.0.1:0/webhook",
        "Landing page  http://127.0.0.1:0/after-checkout?session_id={CHECKOUT_SESSION_ID}",
        "Stripe        Stripe's API",
        f"Catalog       {tmp_path}/catalog.toml, 2 rules",
        "              prod_mug shipment (SKU mug-blue)",
        "              prod_course access",
        f"Mails         written as files to {tmp_path}/outbox, sent to no one (SMTP_URL is not set)",
        f"Store         SQLite file {tmp_path}/fulfillment.db",
        "Worker        runs here",
    ]
    assert not any("WARNING" in line for line in lines)
    assert [line[10:] for line in lines[len(begin) :]][:1] == ["Leading: this process decides and delivers"]
    assert re.fullmatch(rf"\d\d:\d\d:\d\d  {READY}\d{{2,5}}", lines[-1])
    assert len(lines) == len(begin) + 2
    assert not any(line.startswith("{") for line in lines)
    assert code == 0


@pytest.mark.long
def test_on_a_terminal_it_speaks_to_a_person_unless_it_is_asked_not_to(
    start: Start, installed: Path, tmp_path: Path
) -> None:
    assert printed_on_a_terminal(installed, tmp_path, "serve", "--port", "0").startswith("fulfill runs in test mode.")
    as_json = printed_on_a_terminal(installed, tmp_path, "serve", "--port", "0", "--log-format", "json")
    assert json.loads(as_json.splitlines()[0])["event"] == "serving"


@pytest.mark.long
def test_an_address_to_paste_is_one_piece_in_a_narrow_window(installed: Path, tmp_path: Path) -> None:
    said = printed_on_a_terminal(installed, tmp_path, "serve", "--port", "0", columns=60)

    lines = [line.strip() for line in re.sub(r"\x1b\[\d*m", "", said).splitlines()]
    assert "http://127.0.0.1:0/after-checkout?session_id={CHECKOUT_SESSION_ID}" in lines
    assert "Webhook       http://127.0.0.1:0/webhook" in lines


def printed_on_a_terminal(installed: Path, directory: Path, *arguments: str, columns: int = 200) -> str:
    ours, theirs = pty.openpty()
    environment = {**os.environ, **TEST, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": str(columns)}
    process = Popen([installed, *arguments], cwd=directory, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    out = b""
    try:
        while not any(end.encode() in out for end in (UP, READY)):
            out += os.read(ours, 65536)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        os.close(ours)
    return out.decode()


def test_for_a_program_the_same_is_in_one_record(start: Start, tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(CATALOG)
    process = start("serve", "--port", "0", **TEST)

    record = json.loads(printed_lines(process)[0])

    assert (record["event"], record["mode"], record["webhook"]) == ("serving", "test", "http://127.0.0.1:0/webhook")
    assert record["rules"] == {"shipment": 1, "access": 1}
    assert (record["catalog"], record["mails"], record["store"]) == ("catalog.toml", "files", "fulfillment.db")


@pytest.mark.parametrize(("mails", "named"), [("none", "none"), ("receipt", "files")])
def test_a_program_reads_only_what_is_so(start: Start, mails: str, named: str) -> None:
    process = start("serve", "--port", "0", **TEST, FULFILL_MAILS=mails)

    record = json.loads(printed_lines(process)[0])

    assert (record["catalog"], record["rules"], record["mails"]) == (None, {}, named)


@pytest.fixture
def starting(start: Start) -> Callable[..., list[str]]:
    """Start it, and stop it again: two would wait for each other."""

    def starting(*arguments: str, until: str, **variables: str) -> list[str]:
        process = start(*arguments, **variables)
        lines = printed_lines(process, until)
        stop(process)
        return lines

    return starting


@pytest.mark.long
@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",)], ids=["serve", "worker"])
def test_live_mode_without_a_mail_server_a_name_or_a_catalog_warns(
    starting: Callable[..., list[str]], tmp_path: Path, command: tuple[str, ...]
) -> None:
    as_json = [json.loads(line) for line in starting(*command, until="leading", **LIVE)]
    as_text = starting(*command, "--log-format", "text", until="Leading", **LIVE)

    warnings = [record["event"] for record in as_json if record["level"] == "warning"]
    assert warnings == [
        "Live mode without SMTP_URL: customers get no mails. Set SMTP_URL and MAIL_FROM.",
        "Live mode without a shop name: mails and the landing page show the domain of your shop at most. Set "
        "FULFILL_SHOP_NAME to the name that customers know.",
        f"Live mode without a catalog: {tmp_path}/catalog.toml does not exist, so every product without `delivery` in "
        "its metadata at Stripe waits for a person. Write the file, or set FULFILL_CATALOG.",
    ]
    assert [line for line in as_text if line.startswith("WARNING: ")] == [f"WARNING: {each}" for each in warnings]


@pytest.mark.long
def test_live_mode_with_all_three_warns_of_nothing(starting: Callable[..., list[str]], tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(CATALOG)

    lines = starting("serve", "--port", "0", "--log-format", "text", until=READY, **LIVE, **SMTP)

    assert not any("WARNING" in line for line in lines)
    assert "Mails         by localhost:25, from Shop <orders@example.com>" in lines
    assert not any("password" in line for line in lines)


@pytest.mark.long
def test_a_catalog_of_many_rules_is_cut(starting: Callable[..., list[str]], tmp_path: Path) -> None:
    rules = [f'[products.prod_{number}]\ndelivery = "manual"\n' for number in range(15)]
    (tmp_path / "catalog.toml").write_text("".join(rules))

    lines = starting("serve", "--port", "0", "--log-format", "text", until=READY, **TEST)

    assert sum("manual" in line for line in lines) == 12
    assert "              and 3 more" in lines
