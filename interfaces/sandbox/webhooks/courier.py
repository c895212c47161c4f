"""Carries webhook deliveries to their endpoints and repeats those that fail."""

import asyncio
import logging
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

import httpx2

from interfaces.sandbox.faults.weather import Mishap
from interfaces.sandbox.model.values import DeliveryAttempt
from interfaces.sandbox.webhooks.background import InBackground

_ANSWER_BYTES_MAX: Final = 64 * 1024
_CONCURRENT_PER_ENDPOINT: Final = 32
_PAUSE_POLL_SECONDS: Final = 0.1
_logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast things go; slower at Stripe, where a failed delivery is repeated for three days."""

    debit_delay_seconds: float = 1.0
    redirect_hold_seconds: float = 10.0
    attempt_timeout_seconds: float = 10.0
    attempts_max: int = 16
    retry_first_seconds: float = 1.0
    retry_cap_seconds: float = 60.0

    def retry_seconds(self, attempts: int) -> float:
        """How long to wait after so many attempts: 1, 2, 4, 8, ... up to the cap."""
        return min(self.retry_cap_seconds, self.retry_first_seconds * 2.0 ** min(attempts - 1, 30))


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    url: str
    body: bytes
    headers: dict[str, str]
    mishaps: tuple[Mishap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One event to one endpoint."""

    event_id: str
    endpoint_id: str
    attempts_made: int = 0
    is_extra: bool = False
    """Whether it is one immediate attempt, beside any others: a person asked for it, or it is a double."""
    mishaps: tuple[Mishap, ...] = ()
    """The mishaps of an extra one."""


class Office(Protocol):
    """Where the courier gets its post from, and reports to."""

    def prepare(self, errand: Errand) -> Post | Literal["later", "never"]:
        """What to post now, freshly signed, and perhaps damaged afterwards."""

    def record(self, errand: Errand, attempt: DeliveryAttempt, *, is_last: bool) -> None: ...


class Carrier(Protocol):
    """Delivers events to endpoints, and reports the results to the post office."""

    def send(self, errand: Errand) -> None: ...

    def first_answers(self, event_id: str) -> list["Future[None]"]:
        """One for each endpoint that has yet to answer the event for the first time, or to fail to."""

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Whether, within that time, nothing is left to attempt, now or again."""


class Courier:
    def __init__(self, pace: Pace, office: Office, background: InBackground) -> None:
        self._pace = pace
        self._office = office
        self._background = background
        self._turns: dict[tuple[asyncio.AbstractEventLoop, str], asyncio.Semaphore] = {}
        self._changed = threading.Condition()
        self._under_way: set[tuple[str, str]] = set()
        self._jobs = 0
        self._unanswered: dict[str, list[Future[None]]] = {}

    def send(self, errand: Errand) -> None:
        """Does nothing when the same event is on its way to the same endpoint already."""
        answered: Future[None] = Future()
        with self._changed:
            if not errand.is_extra:
                if (errand.event_id, errand.endpoint_id) in self._under_way:
                    return
                self._under_way.add((errand.event_id, errand.endpoint_id))
            self._jobs += 1
            self._unanswered.setdefault(errand.event_id, []).append(answered)
        job = self._background.submit(lambda client: self._carry(client, errand, answered))
        job.add_done_callback(lambda job: self._finish(job, errand, answered))

    def first_answers(self, event_id: str) -> list["Future[None]"]:
        """One for each endpoint that has yet to answer the event for the first time, or to fail to."""
        with self._changed:
            return list(self._unanswered.get(event_id, ()))

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Whether, within that time, nothing is left to attempt, now or again."""
        with self._changed:
            return self._changed.wait_for(lambda: self._jobs == 0, timeout_seconds)

    async def _carry(self, client: httpx2.AsyncClient, errand: Errand, answered: "Future[None]") -> None:
        number = errand.attempts_made
        is_over = False
        while not is_over and number < max(self._pace.attempts_max, errand.attempts_made + 1):
            attempt = await self._attempt(client, errand)
            if attempt is None:
                return
            number += 1
            is_over = errand.is_extra or attempt.has_succeeded or number >= self._pace.attempts_max
            self._office.record(errand, attempt, is_last=is_over)
            self._resolve(errand.event_id, answered)
            if not is_over:
                await asyncio.sleep(self._pace.retry_seconds(number))

    async def _attempt(self, client: httpx2.AsyncClient, errand: Errand) -> DeliveryAttempt | None:
        # Of this run's loop: a semaphore of a run before belongs to a loop that is closed.
        whose = (asyncio.get_running_loop(), errand.endpoint_id)
        turns = self._turns.setdefault(whose, asyncio.Semaphore(_CONCURRENT_PER_ENDPOINT))
        while True:
            async with turns:
                post = self._office.prepare(errand)
                if post == "never":
                    return None
                if post != "later":
                    return await self._post(client, post)
            # A waiting job holds no place. A pause ends in another thread, which can't set an event of this loop.
            await asyncio.sleep(_PAUSE_POLL_SECONDS)

    async def _post(self, client: httpx2.AsyncClient, post: Post) -> DeliveryAttempt:
        if "lost" in post.mishaps:
            return DeliveryAttempt(at=time.time(), status=None, error="lost on its way", mishaps=post.mishaps)
        attempt = replace(await self._posted(client, post), mishaps=post.mishaps)
        if "answer_lost" in post.mishaps and attempt.status is not None:
            return replace(attempt, status=None, error=f"the answer {attempt.status} was lost on its way")
        return attempt

    async def _posted(self, client: httpx2.AsyncClient, post: Post) -> DeliveryAttempt:
        at = time.time()
        try:
            async with asyncio.timeout(self._pace.attempt_timeout_seconds):
                status = await _status_of(client, post)
        except TimeoutError:
            return DeliveryAttempt(at=at, status=None, error="timed out")
        except httpx2.HTTPError as error:
            return DeliveryAttempt(at=at, status=None, error=type(error).__name__)
        return DeliveryAttempt(at=at, status=status)

    def _resolve(self, event_id: str, answered: "Future[None]") -> None:
        with self._changed:
            if answered.done():
                return
            waiting = self._unanswered[event_id]
            waiting.remove(answered)
            if not waiting:
                del self._unanswered[event_id]
        answered.set_result(None)

    def _finish(self, job: "Future[None]", errand: Errand, answered: "Future[None]") -> None:
        if not job.cancelled() and (error := job.exception()) is not None:
            _logger.error("a webhook delivery broke", exc_info=error)
        self._resolve(errand.event_id, answered)
        with self._changed:
            self._jobs -= 1
            if not errand.is_extra:
                self._under_way.discard((errand.event_id, errand.endpoint_id))
            self._changed.notify_all()


async def _status_of(client: httpx2.AsyncClient, post: Post) -> int:
    async with client.stream("POST", post.url, content=post.body, headers=post.headers) as response:
        # Read to the end, so that the connection can be used again, but not without end.
        read = 0
        async for chunk in response.aiter_raw():
            read += len(chunk)
            if read > _ANSWER_BYTES_MAX:
                break
        return response.status_code
