"""The event loop of the web server, turned by the scheduler under the run's clock."""

import asyncio
import heapq
from asyncio import Handle, TimerHandle
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from simulation.scheduler import Scheduler
from starlette.types import Message

from interfaces.sandbox.webhooks.courier import Post
from interfaces.web.webhook import Webhook

Callback = Callable[..., object]


@dataclass
class Answer:
    status: int | None = None


class _Loop(asyncio.SelectorEventLoop):
    """Its time is the run's, and it runs only its own callbacks."""

    def __init__(self, now: Callable[[], float], wake: Callable[[], None]) -> None:
        self._now = now
        self._wake = wake
        self.timers: list[float] = []
        self.has_news = False
        super().__init__()

    def time(self) -> float:
        return self._now()

    def call_at(  # type: ignore[override]  # plainer than its own
        self, when: float, callback: Callback, *args: Any, context: Context | None = None
    ) -> TimerHandle:
        heapq.heappush(self.timers, when)
        return super().call_at(when, callback, *args, context=context)

    def call_soon(  # type: ignore[override]  # plainer than its own
        self, callback: Callback, *args: Any, context: Context | None = None
    ) -> Handle:
        self.has_news = True
        self._wake()
        return super().call_soon(callback, *args, context=context)

    def call_soon_threadsafe(  # type: ignore[override]  # plainer than its own
        self, callback: Callback, *args: Any, context: Context | None = None
    ) -> Handle:
        return self.call_soon(callback, *args, context=context)  # no caller is in another thread


class Web:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._loop = _Loop(lambda: scheduler.now, self._wake)
        self._loop.set_exception_handler(lambda *_: None)  # an error that no caller waits for is ignored
        self._requests: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        """The error of a request, for which a server would have answered 500."""
        scheduler.spawn("web", self, self._serve)

    def _wake(self) -> None:
        self._scheduler.news += 1

    def _serve(self) -> None:
        while True:
            next_at = self._loop.timers[0] if self._loop.timers else None
            self._scheduler.wait(
                lambda: self._loop.has_news, None if next_at is None else next_at - self._scheduler.now
            )
            while self._loop.timers and self._loop.timers[0] <= self._scheduler.now:
                heapq.heappop(self._loop.timers)
            self._turn()
            if self._failure is not None:
                raise self._failure

    def _turn(self) -> None:
        self._loop.call_soon(self._loop.stop)
        self._loop.has_news = False
        self._loop.run_forever()

    def post(self, webhook: Webhook, post: Post) -> Answer:
        """Begin a request to that process. The answer is filled in when it arrives."""
        answer = Answer()
        request = self._loop.create_task(_request(webhook, post, answer))
        self._requests.add(request)
        request.add_done_callback(self._over)
        return answer

    def _over(self, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        if not request.cancelled() and (error := request.exception()) is not None:
            self._failure = error

    def close(self) -> None:
        for request in self._requests:
            request.cancel()
        while self._requests:
            self._turn()
        self._loop.close()


async def _request(webhook: Webhook, post: Post, answer: Answer) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in post.headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webhook",
        "headers": [*headers, (b"content-length", str(len(post.body)).encode())],
    }
    parts: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in _halves(post.body)]
    parts.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        return parts.pop(0)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]

    await webhook(scope, receive, send)


def _halves(body: bytes) -> Sequence[bytes]:
    middle = len(body) // 2
    return body[:middle], body[middle:]
