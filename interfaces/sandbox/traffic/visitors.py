"""Customers who come back to the shop."""

import asyncio
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, wait
from ipaddress import IPv4Address
from typing import Final
from urllib.parse import urlsplit

import httpx2

from interfaces.sandbox.webhooks.background import Background

_AT_ONCE: Final = 16
_VISIT_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.2
_FIRST_ADDRESS: Final = IPv4Address("127.64.0.0")
_PORTS: Final = {"http": 80, "https": 443}


class Visitors:
    """Several at a time: the day does not wait for the page to be there. Each comes from an address of their own, as
    customers do, where this machine has more than one and the shop can be reached from it."""

    def __init__(self, landing_url: str) -> None:
        self._landing_url = landing_url
        self._have_addresses = _can_come_from(_address_of(1), landing_url)
        self._tls = ssl.create_default_context()
        self._background = Background(timeout_seconds=_VISIT_SECONDS)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._visits: list[Future[str]] = []

    def visit(self, customer: int, session_id: str) -> None:
        address = _address_of(customer) if self._have_addresses else None
        self._visits.append(self._background.submit(lambda _: self._answer(address, session_id)))

    def leave(self, is_stopped: threading.Event) -> Mapping[str, int]:
        """How often the page gave which answer; `none` where there was none. Waits for the answers until it is
        stopped: visits that have not been answered by then do not count."""
        while not is_stopped.is_set() and wait(self._visits, _LOOK_SECONDS).not_done:
            pass
        self._background.stop()
        return Counter(visit.result() for visit in self._visits if not visit.cancelled())

    async def _answer(self, address: str | None, session_id: str) -> str:
        way = httpx2.AsyncHTTPTransport(verify=self._tls, trust_env=False, local_address=address)
        async with self._turns, httpx2.AsyncClient(transport=way, timeout=_VISIT_SECONDS, trust_env=False) as client:
            try:
                answer = await client.get(self._landing_url, params={"session_id": session_id})
            except httpx2.HTTPError:
                return "none"
        return str(answer.status_code)


def _address_of(customer: int) -> str:
    return str(_FIRST_ADDRESS + customer)


def _can_come_from(address: str, url: str) -> bool:
    """Not on macOS, which has but one address for itself, nor to a shop that listens on ::1 alone."""
    parts = urlsplit(url)
    place = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
    try:
        socket.create_connection(place, timeout=_VISIT_SECONDS, source_address=(address, 0)).close()
    except OSError:
        return False
    return True
