"""Reading the bodies of requests within limits: of size and time for each, and of memory for all together."""

import asyncio

from starlette.types import Receive

BODY_BYTES_MAX = 1024 * 1024
BODY_SECONDS_MAX = 10.0
HELD_BYTES_MAX = 16 * 1024 * 1024
"""With a hundred clients that send forged bodies of 1 MiB, four times as much made webhooks wait for three times as
long."""
SMALL_BYTES_MAX = 64 * 1024
"""Bodies up to this size are always accepted, so large ones do not hold up Stripe's; connections are limited."""


_DIGITS_MAX = 18


class BodyRefused(Exception):
    """The body can't be taken; `status` is what to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Bodies:
    """All bodies that are in memory now."""

    def __init__(self, held_bytes_max: int = HELD_BYTES_MAX) -> None:
        self._bytes_left = held_bytes_max

    async def read(self, declared: str, receive: Receive) -> bytes:
        """The whole body, to the byte, whose `Content-Length` is `declared`; it counts as held until `release`.

        Raises:
            BodyRefused: 413 for more than 1 MiB, 408 when it takes more than 10 seconds, 400 when the client leaves,
                503 when too much is held already.
        """
        if _is_too_much(declared):
            raise BodyRefused(413, "The body is larger than 1 MiB.")
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                await self._read(receive, parts)
        except BaseException as error:
            self._bytes_left += sum(map(len, parts))
            if isinstance(error, TimeoutError):
                raise BodyRefused(408, "The body did not arrive within 10 seconds.") from error
            raise
        return b"".join(parts)

    def release(self, body: bytes) -> None:
        self._bytes_left += len(body)

    async def _read(self, receive: Receive, parts: list[bytes]) -> None:
        size, has_more = 0, True
        while has_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BodyRefused(400, "The client went away before the body was complete.")
            part = message.get("body", b"")
            size += len(part)
            self._hold(part, parts, size)
            has_more = message.get("more_body", False)

    def _hold(self, part: bytes, parts: list[bytes], size: int) -> None:
        if size > BODY_BYTES_MAX:
            raise BodyRefused(413, "The body is larger than 1 MiB.")
        if size > SMALL_BYTES_MAX and len(part) > self._bytes_left:
            raise BodyRefused(503, "Too many large bodies are arriving. Send it again in a moment.")
        self._bytes_left -= len(part)
        parts.append(part)


def _is_too_much(declared: str) -> bool:
    """Whether this is a length, and one that need not be waited for. `²` is a digit to Python and no number, and of
    5000 digits it makes none."""
    if not declared.isascii() or not declared.isdigit():
        return False
    return len(declared) > _DIGITS_MAX or int(declared) > BODY_BYTES_MAX
