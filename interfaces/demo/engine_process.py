"""The engine as a process of its own, as in earnest: it can be killed and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx2

_READY_SECONDS = 30.0
_STOP_SECONDS = 12.0
_COMMAND_SECONDS = 60.0
_LOOK_SECONDS = 0.05


class EngineDied(Exception):
    """The engine ended, or did not come up; its log says why."""


class EngineProcess:
    """`fulfill serve` in a directory, with nothing but these settings."""

    def __init__(self, directory: Path, port: int, settings: Mapping[str, str]) -> None:
        self.directory = directory
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._environment = {**_plain_environment(), **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self.log = directory / "engine.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                self._command(["serve", "--port", str(self._port)]),
                cwd=self.directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _READY_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise EngineDied(f"The engine did not come up. The end of its log:\n{self._last_lines()}")
            time.sleep(_LOOK_SECONDS)

    def kill(self) -> None:
        """As a power cut would end it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> int | None:
        """Ask it to end, and see to it; its exit code, None if it did not run."""
        if self._process is None:
            return None
        process, self._process = self._process, None
        process.terminate()
        try:
            return process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def fulfill(self, *arguments: str) -> None:
        """Run a command beside it, as staff would.

        Raises:
            EngineDied: the command failed.
        """
        done = subprocess.run(  # noqa: S603 - our own program
            self._command(arguments),
            cwd=self.directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise EngineDied(f"fulfill {' '.join(arguments)}: {done.stderr.strip()}")

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "interfaces.cli.main", *arguments]

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=1.0, trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    def _last_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])


def _plain_environment() -> dict[str, str]:
    """Ours without what could be meant as a setting of the engine."""
    ours = ("STRIPE_", "FULFILL_", "SMTP_", "MAIL_", "DATABASE_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
