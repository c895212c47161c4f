"""Reading the bodies of requests within limits: of size and time for each, and of memory for all together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.requests import ClientDisconnect, Request

BODY_BYTES_MAX = 1024 * 1024
BODY_SECONDS_MAX = 10.0
HELD_BYTES_MAX = 64 * 1024 * 1024
SMALL_BYTES_MAX = 64 * 1024
"""What no other body can keep out, so that large ones of anybody don't hold up Stripe's; connections are limited."""


class BodyRefused(Exception):
    """The body can't be taken; `status` is what to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Bodies:
    """All bodies that are in memory now."""

    def __init__(self, held_bytes_max: int = HELD_BYTES_MAX) -> None:
        self._bytes_left = held_bytes_max

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """The whole body, to the byte; it counts as held until this is left.

        Raises:
            BodyRefused: 413 for more than 1 MiB, 408 when it takes more than 10 seconds, 400 when the client leaves,
                503 when too much is held already.
        """
        parts: list[bytes] = []
        try:
            await self._read(request, parts)
            yield b"".join(parts)
        finally:
            self._bytes_left += sum(map(len, parts))

    async def _read(self, request: Request, parts: list[bytes]) -> None:
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > BODY_BYTES_MAX:
            raise BodyRefused(413, "The body is larger than 1 MiB.")
        size = 0
        try:
            with anyio.fail_after(BODY_SECONDS_MAX):
                async for part in request.stream():
                    size += len(part)
                    self._hold(part, parts, size)
        except TimeoutError as error:
            raise BodyRefused(408, "The body did not arrive within 10 seconds.") from error
        except ClientDisconnect as error:
            raise BodyRefused(400, "The client went away before the body was complete.") from error

    def _hold(self, part: bytes, parts: list[bytes], size: int) -> None:
        if size > BODY_BYTES_MAX:
            raise BodyRefused(413, "The body is larger than 1 MiB.")
        if size > SMALL_BYTES_MAX and len(part) > self._bytes_left:
            raise BodyRefused(503, "Too many large bodies are arriving. Send it again in a moment.")
        self._bytes_left -= len(part)
        parts.append(part)
