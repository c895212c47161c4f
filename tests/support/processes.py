"""`fulfill serve`, `fulfill worker` and the commands as processes of their own, to be killed and started again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import loopback
from eventually import wait_for
from fixed_ports import PYTHON_PATH_OF_PROCESSES

from interfaces.demo.engine_process import free_port

STOP_SECONDS = 10
_COMMAND_SECONDS = 120


class FulfillProcess:
    """A command that runs until it is stopped, in a directory, with nothing but these settings."""

    def __init__(self, directory: Path, name: str, settings: Mapping[str, str], *command: str) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        self._directory = directory
        self._environment = _environment(settings)
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        """Where in the log the running process began."""

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} does not run"
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it ended, and neither `kill` nor `stop` did it."""
        return self._process is not None and self._process.poll() is not None

    @property
    def is_leading(self) -> bool:
        """Whether it leads, by its own log."""
        log_lines = [line["event"] for line in self.log_lines() if "lead" in line["event"]]
        return self.is_running and log_lines[-1:] == ["leading"]

    @property
    def is_ready(self) -> bool:
        return any(line["event"] == "working" for line in self.log_lines())

    def log_lines(self) -> list[dict[str, Any]]:
        """The lines of its log since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"\n")]

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                _command(self._command),
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        wait_for(lambda: self.is_ready or not self.is_running)
        assert self.is_ready, f"{self.name} did not come up:\n{self.log.read_text()[-2000:]}"

    def kill(self) -> None:
        """As `kill -9`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """Ask it to end; its exit code. A process that does not end within the promised time is killed."""
        assert self._process is not None, f"{self.name} does not run"
        process, self._process = self._process, None
        process.terminate()
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


class ServeProcess(FulfillProcess):
    def __init__(self, directory: Path, name: str, settings: Mapping[str, str], port: int) -> None:
        super().__init__(directory, name, settings, "serve", "--port", str(port))
        self.url = f"http://127.0.0.1:{port}"

    @property
    def is_ready(self) -> bool:
        return self.get("/readyz") == 200

    def get(self, path: str) -> int | None:
        """The status of the answer; None if there was none."""
        try:
            return loopback.get(f"{self.url}{path}", timeout=10.0).status_code
        except httpx2.HTTPError:
            return None


@contextmanager
def ended(processes: Sequence[FulfillProcess]) -> Iterator[None]:
    """However it goes, none of them outlives the test."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()


def several(directory: Path, settings: Mapping[str, str], *, serve: int, work: int) -> list[FulfillProcess]:
    """Processes over one database, not started."""
    serving = [ServeProcess(directory, f"serve{n}", settings, free_port()) for n in range(serve)]
    working = [FulfillProcess(directory, f"worker{n}", settings, "worker") for n in range(work)]
    return [*serving, *working]


def start_all(processes: Sequence[FulfillProcess]) -> None:
    """All at once."""
    for process in processes:
        process.start()
    for process in processes:
        process.wait_until_ready()


def run_fulfill(directory: Path, settings: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command that ends by itself."""
    return subprocess.run(
        _command(arguments),
        cwd=directory,
        env=_environment(settings),
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
        check=False,
    )


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "interfaces.cli.main", *arguments]


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": PYTHON_PATH_OF_PROCESSES, **settings}


def stop(process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
    """Send the signal, and return the exit code and what was written to stdout and stderr."""
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err
