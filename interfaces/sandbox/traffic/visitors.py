"""Customers who come back to the shop."""

import asyncio
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, wait
from typing import Final

import httpx2

from interfaces.sandbox.background import Background

_AT_ONCE: Final = 16
_VISIT_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.2


class Visitors:
    """Several at a time: the day does not wait for the page to be there."""

    def __init__(self, landing_url: str) -> None:
        self._landing_url = landing_url
        self._background = Background(timeout_seconds=_VISIT_SECONDS)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._visits: list[Future[str]] = []

    def visit(self, session_id: str) -> None:
        self._visits.append(self._background.submit(lambda client: self._answer(client, session_id)))

    def leave(self, is_stopped: threading.Event) -> Mapping[str, int]:
        """How often the page gave which answer; `none` where there was none. Waits for the answers until it is
        stopped: visits that have not been answered by then do not count."""
        while not is_stopped.is_set() and wait(self._visits, _LOOK_SECONDS).not_done:
            pass
        self._background.stop()
        return Counter(visit.result() for visit in self._visits if not visit.cancelled())

    async def _answer(self, client: httpx2.AsyncClient, session_id: str) -> str:
        async with self._turns:
            try:
                answer = await client.get(self._landing_url, params={"session_id": session_id})
            except httpx2.HTTPError:
                return "none"
        return str(answer.status_code)
