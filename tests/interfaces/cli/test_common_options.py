"""The options of every command: where settings are read from, and how much is printed."""

from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx2
import pytest
from eventually import wait_for
from processes import stop

from interfaces.demo.engine_process import free_port

Fulfill = Callable[..., Any]
BY = ("--as", "kim", "--reason", "x")
SETTINGS = "STRIPE_API_KEY=sk_test_example1234\nSTRIPE_WEBHOOK_SECRET=whsec_example\nDATABASE_URL=sqlite:///other.db\n"


@pytest.mark.parametrize("at", ["before", pytest.param("after", marks=pytest.mark.long)])
def test_settings_are_read_from_the_named_file_in_the_place_of_env(
    script: Callable[..., Any], tmp_path: Path, at: str
) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:///wrong.db\n")
    (tmp_path / "shop.env").write_text(SETTINGS)
    option, command = ("--env-file", "shop.env"), ("stock", "count", "mug", "3", *BY)

    result = script(*option, *command) if at == "before" else script(*command, *option)

    assert (result.code, result.out) == (0, "mug: 3 on hand, 0 reserved, 3 available.\n")
    assert (tmp_path / "other.db").exists()
    assert not (tmp_path / "wrong.db").exists()


def test_a_named_file_that_is_not_there_is_wrong_usage(fulfill: Fulfill) -> None:
    result = fulfill("queue", "--env-file", "nope.env")

    assert (result.code, result.err) == (2, "fulfill: --env-file must be a file with settings (got 'nope.env').\n")


@pytest.mark.usefixtures("small_shop")
def test_quiet_leaves_progress_out_and_keeps_the_answer(fulfill: Fulfill) -> None:
    rebuild = ("projections", "rebuild", "stock")

    usual, quiet = fulfill(*rebuild), fulfill(*rebuild, "-q")

    assert "rebuilding stock: 48 of 48 events" in usual.err
    assert (quiet.code, quiet.out, quiet.err) == (0, usual.out, "")


@pytest.mark.usefixtures("small_shop")
def test_verbose_logs_what_a_command_decides(fulfill: Fulfill) -> None:
    replanned = fulfill("-v", "replan", "cs_test_c3S9zM4oXf", *BY)
    counted = fulfill("stock", "count", "mug-blue", "7", *BY)

    assert replanned.out.endswith(" FYNAM-S28WS (cs_test_c3S9zM4oXf) is fulfilled.\n")
    assert "  FYNAM-S28WS  “Poster as a file” is delivered\n" in replanned.err
    assert [line for line in counted.err.splitlines() if not line.startswith("fulfill: ")] == []


def test_quiet_and_verbose_exclude_each_other(fulfill: Fulfill) -> None:
    result = fulfill("queue", "-q", "-v")

    assert (result.code, result.err) == (2, "fulfill: Use either --quiet or --verbose.\n")


def answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


@pytest.mark.long
def test_a_quiet_server_logs_no_routine(start: Callable[..., "Popen[str]"], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(SETTINGS.replace("_test_", "_live_"))
    port = free_port()
    process = start("serve", "--port", str(port), "-q", "--log-format", "text")
    assert process.stderr is not None
    warnings = [process.stderr.readline() for _ in range(3)]
    assert wait_for(lambda: answers(port))

    code, _, rest = stop(process)

    assert [line.partition(":")[0] for line in warnings] == ["WARNING"] * 3
    assert (code, rest) == (0, "")


@pytest.mark.usefixtures("small_shop")
def test_colors_are_forced_into_a_pipe_and_forbidden_anywhere(
    fulfill: Fulfill, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = fulfill("projections", "list").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("COLUMNS", raising=False)
    forced = fulfill("projections", "list").out
    monkeypatch.setenv("NO_COLOR", "1")
    forbidden = fulfill("projections", "list").out

    assert "\x1b[" in forced
    assert forced.count("\n") == plain.count("\n"), "no line is broken"
    assert forbidden == plain
