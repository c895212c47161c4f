"""Processes that are started again as soon as they end, as a supervisor does, and killed at random."""

import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from processes import FulfillProcess

_LOOK_SECONDS = 0.1


class Supervised:
    def __init__(self, processes: Sequence[FulfillProcess], chance: random.Random, kill_every_seconds: float) -> None:
        """With 0 seconds no process is killed."""
        self.processes = processes
        self.kills = 0
        self.ended_by_themselves = 0
        self._chance = chance
        self._kill_every = kill_every_seconds
        self._stopping = threading.Event()
        self._is_killing = kill_every_seconds > 0
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self) -> None:
        for process in self.processes:
            process.start()
        for process in self.processes:
            process.wait_until_ready()
        self._thread.start()

    def spare(self) -> None:
        """Stop killing processes."""
        self._is_killing = False

    def stop(self) -> list[int]:
        """Stop them, and return their exit codes."""
        self._stopping.set()
        self._thread.join()
        return [process.stop() for process in self.processes]

    def _supervise(self) -> None:
        waited = 0.0
        while not self._stopping.wait(_LOOK_SECONDS):
            waited += _LOOK_SECONDS
            if self._is_killing and waited >= self._kill_every:
                waited = self._chance.uniform(-self._kill_every / 2, self._kill_every / 2)
                self._chance.choice(self.processes).kill()
                self.kills += 1
            for process in self.processes:
                if not process.is_running:
                    self.ended_by_themselves += process.has_ended
                    with suppress(OSError):
                        process.start()


def leader_changes(logs: Sequence[Path]) -> int:
    """How often a process took the lead, by all their logs, the first time not counted."""
    return sum(log.read_text(errors="replace").count('"event":"leading"') for log in logs) - 1
