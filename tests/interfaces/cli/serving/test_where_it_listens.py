"""A port that is taken or refused is reported with the way out; all interfaces are served only on request."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Script = Callable[..., Any]
SETTINGS = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}


@pytest.mark.parametrize("host", ["", " "])
def test_no_address_is_not_every_address(script: Script, tmp_path: Path, host: str) -> None:
    result = script("serve", "--host", host, "--port", "0", "--json", **SETTINGS)

    assert (result.code, result.json["error"]["kind"]) == (2, "wrong_usage")
    assert "Use 127.0.0.1 for this machine only" in result.err
    assert list(tmp_path.iterdir()) == [], "nothing was begun"


@pytest.mark.parametrize("command", ["serve", "sandbox"])
def test_a_port_that_is_taken_is_reported_with_the_way_out(script: Script, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = script(command, "--port", str(port), "--json", **SETTINGS)

    assert (result.code, result.json["error"]["kind"]) == (1, "system")
    assert f"Can't listen on 127.0.0.1:{port}: Address already in use. Choose another with `--port`." in result.err


def test_an_address_of_another_machine_is_reported_with_the_way_out(script: Script) -> None:
    result = script("serve", "--host", "192.0.2.1", "--port", "0", **SETTINGS)

    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "Choose another with `--host`" in result.err
