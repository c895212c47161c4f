"""The Stripe CLI itself, the sandbox as a process, and an engine behind it."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from eventually import wait_for
from processes import FulfillProcess, ServeProcess, run_fulfill

from interfaces.demo.engine_process import free_port

BINARY = Path(__file__).parents[2] / ".venv" / "stripe-cli" / "stripe"
KEY = "sk_test_0123456789"
NOWHERE = "http://127.0.0.1:9"
_SECONDS_MAX = 60


class SandboxProcess(FulfillProcess):
    def __init__(self, directory: Path, *options: str, port: int | None = None) -> None:
        self.port = free_port() if port is None else port
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(directory, "sandbox", {}, "sandbox", "--port", str(self.port), *options)

    @property
    def is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/sandbox", timeout=10.0, trust_env=False).is_success
        except httpx2.HTTPError:
            return False

    def get(self, path: str) -> Any:
        return httpx2.get(f"{self.url}{path}", trust_env=False).raise_for_status().json()


class Listen:
    """A `stripe listen` that runs."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def output(self) -> str:
        return self._log.read_text()

    @property
    def secret(self) -> str:
        found = re.search(r"whsec_\w+", self.output)
        assert found is not None, self.output
        return found[0]

    def wait_until_ready(self, times: int = 1) -> None:
        """Until it has connected so many times."""
        wait_for(lambda: self.output.count("Ready!") >= times or self._process.poll() is not None)
        assert self.output.count("Ready!") == times, self.output


class StripeCli:
    """Runs the CLI with nothing of its user's: no account, no settings, no telemetry."""

    def __init__(self, directory: Path, url: str, *, key: str = KEY) -> None:
        assert BINARY.is_file(), "The Stripe CLI is not there: run scripts/stripe-cli."
        self._home = directory / "home"
        self._home.mkdir(exist_ok=True)
        self._key = key
        self._to_the_sandbox = ("--api-base", url)

    def run(self, *arguments: str) -> str:
        """What it prints; it has to end well."""
        done = subprocess.run(
            [BINARY, *arguments, *self._to_the_sandbox],
            env=self._environment,
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS_MAX,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments))

    @contextmanager
    def listen(self, *arguments: str) -> Iterator[Listen]:
        """From when it is ready."""
        log = self._home / "listen.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [BINARY, "listen", *arguments, "--skip-update", *self._to_the_sandbox],
                env=self._environment,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        listen = Listen(process, log)
        try:
            listen.wait_until_ready()
            yield listen
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()

    @property
    def _environment(self) -> dict[str, str]:
        home = str(self._home)
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            # It would ask elsewhere for its latest version; what is on this machine it asks without a proxy.
            "HTTPS_PROXY": NOWHERE,
            "STRIPE_API_KEY": self._key,
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            "STRIPE_DEVICE_NAME": "tests",
        }


@dataclass(frozen=True)
class Street:
    """The sandbox, the CLI that is pointed at it, and a shop that fulfills what is bought."""

    directory: Path
    sandbox: SandboxProcess
    cli: StripeCli
    engine: ServeProcess
    settings: dict[str, str]

    @property
    def webhook(self) -> str:
        return f"localhost:{self.engine.url.rpartition(':')[2]}/webhook"

    def books(self, kind: str) -> dict[str, dict[str, Any]]:
        """Those of the sandbox: its `entries` by session, or its `payments` by payment intent."""
        key = {"entries": "session_id", "payments": "payment_intent_id"}[kind]
        return {entry[key]: entry for entry in self.sandbox.get("/sandbox/books")[kind]}

    def checkout(self, session_id: str) -> dict[str, Any]:
        """The engine's story of it; empty as long as it knows nothing of it."""
        shown = run_fulfill(self.directory, self.settings, "checkout", session_id, "--json")
        return dict(json.loads(shown.stdout)) if shown.returncode == 0 else {}

    def comes_to_be(self, session_id: str, state: str) -> bool:
        return wait_for(lambda: self.checkout(session_id).get("state") == state)

    def forwarded(self, event_id: str) -> list[int | None]:
        """What the engine answered to each forwarding of this event."""
        deliveries = self.sandbox.get(f"/sandbox/deliveries?event={event_id}")["deliveries"]
        return [attempt["status"] for delivery in deliveries for attempt in delivery["attempts"]]

    def is_forwarded(self, event_id: str, statuses: Sequence[int]) -> bool:
        return wait_for(lambda: self.forwarded(event_id) == list(statuses))
