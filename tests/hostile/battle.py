"""One attack on a running server, while Stripe goes on delivering: what becomes of that, and of the memory."""

import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import msgspec
from bench.bodies import SECRET, SignedBody, signed_bodies
from hostile.attacker import Outcome
from hostile.attacks import Attack
from processes import ServeProcess, ended
from python_path import PYTHON_PATH

from interfaces.demo.engine_process import free_port

STRIPE_WAITS_SECONDS = 10.0
"""Checkout holds the customer's redirect for so long."""
_PAUSE_SECONDS = 0.02
_ATTACK_SECONDS_MAX = 120.0
_NO_SERVER = "http://127.0.0.1:9"
"""An address without a server in Stripe's place, so that nothing is retrieved."""
_runs = count(1)


@dataclass(frozen=True, slots=True)
class Delivered:
    status: int
    """0 if there was no answer."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    delivered: Sequence[Delivered]
    memory_mib: float | None
    """The most that the server had during the attack; None where the system does not report it."""
    attack: Outcome


@dataclass(frozen=True, slots=True)
class Victim:
    """A serving engine with a database of its own."""

    process: ServeProcess
    directory: Path
    port: int

    def deliver(self, is_enough: Callable[[Sequence[Delivered]], bool]) -> list[Delivered]:
        """Webhook deliveries as Stripe signs them, one after the other, each over a connection of its own."""
        delivered: list[Delivered] = []
        for signed in signed_bodies(f"run{next(_runs)}x", 100_000, secret=SECRET):
            if is_enough(delivered):
                break
            delivered.append(self._deliver(signed))
            time.sleep(_PAUSE_SECONDS)
        return delivered

    def _deliver(self, signed: SignedBody) -> Delivered:
        head = (
            "POST /webhook HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n"
            f"Stripe-Signature: {signed.signature}\r\nContent-Length: {len(signed.body)}\r\n\r\n"
        )
        started, answer = time.monotonic(), b""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=STRIPE_WAITS_SECONDS) as connection:
                connection.sendall(head.encode() + signed.body)
                while more := connection.recv(1000):
                    answer += more
        except OSError:
            answer = b""
        return Delivered(int(answer[9:12] or 0), time.monotonic() - started)

    def recorded(self) -> int:
        """How many deliveries are in the log."""
        with closing(sqlite3.connect(f"file:{self.directory}/fulfillment.db?mode=ro", uri=True)) as database:
            [(found,)] = database.execute("SELECT count(*) FROM stored_events WHERE topic='StripeEvent.Received'")
        return int(found)

    def forget_the_most_memory(self) -> None:
        if self._proc.is_dir():
            (self._proc / "clear_refs").write_text("5")

    def most_memory_mib(self) -> float | None:
        """Since then, in real memory."""
        if not self._proc.is_dir():
            return None
        found = re.search(r"^VmHWM:\s+(\d+) kB$", (self._proc / "status").read_text(), re.MULTILINE)
        return int(found[1]) / 1024 if found else None

    @property
    def _proc(self) -> Path:
        return Path(f"/proc/{self.process.pid}")


@contextmanager
def victim(directory: Path) -> Iterator[Victim]:
    port = free_port()
    settings = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_API_BASE": _NO_SERVER}
    process = ServeProcess(directory, "serve", settings, port)
    with ended([process]):
        process.start()
        process.wait_until_ready()
        yield Victim(process, directory, port)


def battle(victim: Victim, attack: Attack, is_enough: Callable[[Sequence[Delivered]], bool]) -> Report:
    """Deliver until it is enough, under this attack, which ends with it."""
    victim.forget_the_most_memory()
    attacker = subprocess.Popen(
        [sys.executable, "-m", "hostile.attacker", attack.name, str(victim.port), str(_ATTACK_SECONDS_MAX)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": PYTHON_PATH, "PATH": ""},
        text=True,
    )
    try:
        assert attacker.stdout is not None
        assert attacker.stdout.readline() == "ready\n"
        delivered = victim.deliver(is_enough)
        answer, _ = attacker.communicate(timeout=_ATTACK_SECONDS_MAX)
    finally:
        attacker.kill()
        attacker.wait()
    return Report(
        delivered=delivered, memory_mib=victim.most_memory_mib(), attack=msgspec.json.decode(answer, type=Outcome)
    )
