"""The commands of docs/sandbox.md work."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest
from eventually import wait_for
from real_stripe_cli import BINARY, NOWHERE

from domain.policies.stripe_events import HANDLED
from interfaces.demo.engine_process import free_port

pytestmark = pytest.mark.stripe_cli

DOC = Path(__file__).parents[2] / "docs" / "sandbox.md"
PROGRAMS = Path(__file__).parents[2] / ".venv" / "bin"
_SECONDS_MAX = 120


def blocks(ports: dict[str, int]) -> list[str]:
    """What to type, as it is written but for the ports."""
    section = DOC.read_text().split("## With the Stripe CLI")[1].split("\n## ")[0]
    for port, free in ports.items():
        section = section.replace(port, str(free))
    return re.findall(r"```\n(.*?)```", section, re.DOTALL)


class Terminals:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def typed(self, *lines: str) -> str:
        """What it says; every line of it has to end well."""
        done = subprocess.run(
            ["bash", "-e", "-c", "\n".join(lines)],
            env=self._environment,
            cwd=self._directory,
            capture_output=True,
            text=True,
            timeout=_SECONDS_MAX,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextmanager
    def running(self, name: str, *lines: str) -> Iterator[Path]:
        """The file with what it says."""
        log = self._directory / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-c", "\n".join(lines)],
                env=self._environment,
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
        try:
            yield log
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @property
    def _environment(self) -> dict[str, str]:
        home = str(self._directory)
        path = f"{BINARY.parent}:{PROGRAMS}:{os.environ['PATH']}"
        return {"PATH": path, "HOME": home, "XDG_CONFIG_HOME": home, "HTTPS_PROXY": NOWHERE}


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).is_success
    except httpx2.HTTPError:
        return False


def taken_in(output: str) -> int:
    """How many events about checkouts were answered with 200; those about their payments come beside them."""
    shown = re.findall(r"--> +checkout\.session\.\w+ \[(evt_\w+)\]", output)
    answered = re.findall(r"<-- +\[200\] POST \S+ \[(evt_\w+)\]", output)
    return len(set(shown) & set(answered))


def test_the_commands_of_the_docs_work_as_they_stand(tmp_path: Path) -> None:
    sandbox_port, engine_port = free_port(), free_port()
    begin, sandbox, listen, serve, trigger = blocks({"12111": sandbox_port, "4242": engine_port})
    sandbox_url = f"http://127.0.0.1:{sandbox_port}"
    terminals = Terminals(tmp_path)

    with ExitStack() as running:
        running.enter_context(terminals.running("sandbox", begin, sandbox))
        assert wait_for(lambda: answers(f"{sandbox_url}/sandbox"))
        output = running.enter_context(terminals.running("listen", begin, listen))
        assert wait_for(lambda: "Ready!" in output.read_text())
        served = serve.replace("fulfill serve", f"fulfill serve --port {engine_port}")
        running.enter_context(terminals.running("serve", begin, served))
        assert wait_for(lambda: answers(f"http://127.0.0.1:{engine_port}/readyz"))

        terminals.typed(trigger)

        books = httpx2.get(f"{sandbox_url}/sandbox/books", trust_env=False).json()["entries"]
        delivered = books[0]["session_id"]
        asking = f"fulfill checkout {delivered} --json || true"
        keys = "export STRIPE_API_KEY=sk_test_0123456789 STRIPE_WEBHOOK_SECRET=whsec_any"
        assert wait_for(lambda: '"fulfilled"' in terminals.typed(keys, asking))
        # two paid by card, one has expired, and there were two debits, with two events each
        assert wait_for(lambda: taken_in(output.read_text()) == 7)
    assert re.findall(r"--events (\S+)", listen) == [",".join(HANDLED)]
