"""docs/first-order.md, followed from its first command to its last."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx2
from eventually import wait_for

from interfaces.demo.engine_process import free_port

PAGE = (Path(__file__).parents[3] / "docs" / "first-order.md").read_text()
START, EXPORTS, READ = re.findall(r"^```\n(fulfill .*?|export STRIPE.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
(SELL,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SANDBOX_PORT, SHOP_PORT = "12111", "4242"


def test_the_first_order_is_sold_paid_delivered_and_found(
    start: Callable[..., "Popen[str]"], script: Callable[..., Any], tmp_path: Path
) -> None:
    ports = {SANDBOX_PORT: str(free_port()), SHOP_PORT: str(free_port())}

    def ours(text: str) -> str:
        """The page's text, with ports that are free here."""
        for on_the_page, free in ports.items():
            text = text.replace(on_the_page, free)
        return text

    sandbox = start(*shlex.split(ours(START))[1:])
    assert sandbox.stdout is not None
    assert sandbox.stderr is not None
    url, secret = sandbox.stdout.readline().strip(), sandbox.stdout.readline().strip()
    printed = [sandbox.stderr.readline() for _ in range(6)][2:]
    assert "".join(printed).replace(secret, "whsec_...") == ours(EXPORTS)
    settings = dict(line.removeprefix("export ").strip().split("=") for line in printed[:3])
    server = start(*shlex.split(printed[3])[1:], **settings)
    assert wait_for(lambda: is_ready(ours("http://localhost:4242/readyz"))), server.poll()

    (tmp_path / "sell.py").write_text(ours(SELL))
    sold = subprocess.run([sys.executable, "sell.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert sold.returncode == 0, sold.stderr
    session = sold.stdout.strip().rpartition("/")[2]
    httpx2.post(f"{url}/sandbox/sessions/{session}/pay").raise_for_status()
    assert wait_for(lambda: any((tmp_path / "outbox").glob("*.eml")))

    listing, checkout = (shlex.split(line)[1:] for line in READ.splitlines())
    (found,) = script(*listing, "--json").json
    story = script(*(found["order_number"] if word == "ORDER" else word for word in checkout)).out
    assert found["session_id"] == session
    assert "fulfilled: everything is delivered" in story
    assert "Stripe sent checkout.session.completed" in story
    assert "The receipt was sent" in story


def is_ready(url: str) -> bool:
    try:
        return httpx2.get(url).status_code == 200
    except httpx2.TransportError:
        return False
