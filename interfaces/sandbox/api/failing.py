"""A request that meets with a fault: refused, late, slow, or answered by half."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from interfaces.sandbox.faults.requests import Fault
from interfaces.sandbox.model.errors import INVALID_REQUEST, StripeError

Answer = Callable[[], Awaitable[Response]]
Refuse = Callable[[StripeError], Response]

_RATE_LIMIT: Final = 429
_SERVER_ERROR: Final = 500
_DROPS: Final = 20
"""In how many pieces a slow answer comes."""


async def answer_with(fault: Fault, answer: Answer, refuse: Refuse) -> Response:
    if not fault.is_done_first:
        await asyncio.sleep(fault.delay_seconds)
    if fault.status is None:
        response = await answer()
    else:
        if fault.is_done_first:
            await answer()
        response = _refused(fault.status, refuse)
    if fault.is_done_first:
        await asyncio.sleep(fault.delay_seconds)
    return _Spoiled(response, fault) if fault.is_cut or fault.dribble_seconds else response


def _refused(status: int, refuse: Refuse) -> Response:
    if status == _RATE_LIMIT:
        message = "Too many requests hit the API too quickly."
        response = refuse(StripeError(message, status=status, code="rate_limit"))
        response.headers["Retry-After"] = "1"
        return response
    kind = "api_error" if status >= _SERVER_ERROR else INVALID_REQUEST
    return refuse(StripeError("This failure was asked for.", status=status, type=kind))


class _Spoiled(Response):
    """Promises the whole answer, and sends it slowly, or half of it and closes the connection."""

    def __init__(self, response: Response, fault: Fault) -> None:
        super().__init__(response.body, response.status_code)
        self.raw_headers = response.raw_headers
        self._fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = bytes(self.body)
        sent = body[: len(body) // 2] if self._fault.is_cut else body
        size = max(1, len(body) // _DROPS)
        for start in range(0, len(sent), size):
            await asyncio.sleep(self._fault.dribble_seconds / _DROPS)
            await send({"type": "http.response.body", "body": sent[start : start + size], "more_body": True})
        if not self._fault.is_cut:
            await send({"type": "http.response.body", "body": b""})
