"""The engine as a process of its own, as in production: it can be killed and started again."""

import os
import random
import signal
import socket
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
_LOG_LINES = 5
_PORTS = range(20_000, 30_000)
"""Below the ports that systems assign by themselves: no other process takes one while the engine is down briefly."""


class EngineDied(Exception):
    """The engine ended, or did not come up, or a command beside it failed; its log has the reason."""


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
        """Start it, and wait until it takes webhook deliveries.

        Raises:
            EngineDied: it did not come up.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                self._command(["serve", "--port", str(self._port)]),
                cwd=self.directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # Ctrl-C on the terminal is for the demo, which then ends the engine in order
            )
        deadline = time.monotonic() + _READY_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise EngineDied(f"The engine did not come up. The end of its log:\n{self._last_lines()}")
            time.sleep(_LOOK_SECONDS)

    def check(self) -> None:
        """
        Raises:
            EngineDied: it ended without being stopped.
        """
        code = self._process.poll() if self._process is not None else None
        if code is not None:
            raise EngineDied(f"The engine ended by itself, with {code}. The end of its log:\n{self._last_lines()}")

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> int | None:
        """Stop it and wait for its end. Return its exit code; None if it did not run."""
        if self._process is None:
            return None
        process, self._process = self._process, None
        process.terminate()
        try:
            return process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        finally:  # also after Ctrl-C: it must not outlive us
            process.kill()
            process.wait()

    def fulfill(self, *arguments: str) -> None:
        """Run a command beside it, as staff would.

        Raises:
            EngineDied: the command failed.
        """
        try:
            done = subprocess.run(  # noqa: S603 - our own program
                self._command(arguments),
                cwd=self.directory,
                env=self._environment,
                capture_output=True,
                text=True,
                timeout=_COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineDied(f"fulfill {' '.join(arguments)} did not end in {_COMMAND_SECONDS:g} seconds") from error
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
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:])


def free_port(*preferred: int) -> int:
    """The first free one of the preferred ports, or any other free port.

    Raises:
        OSError: there is none.
    """
    for port in (*preferred, *random.sample(_PORTS, 100)):
        if _is_free(port):
            return port
    raise OSError("There is no free port on this machine.")


def _is_free(port: int) -> bool:
    """Whether it is free, also at `localhost`, which can be another address than 127.0.0.1."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    try:
        socket.create_connection(("localhost", port), timeout=1.0).close()
    except OSError:
        return True
    return False


def _plain_environment() -> dict[str, str]:
    """Ours, without what could be meant as a setting of the engine, and without proxies: all is on this machine."""
    ours = ("STRIPE_", "FULFILL_", "SMTP_", "MAIL_", "DATABASE_URL")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours) and not name.lower().endswith("_proxy")
    }
