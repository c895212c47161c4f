"""Reading a request's body within a limit of size and of time."""

import anyio
from starlette.requests import ClientDisconnect, Request

BODY_BYTES_MAX = 1024 * 1024
BODY_SECONDS_MAX = 10.0


class BodyRefused(Exception):
    """The body can't be taken; `status` is what to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request) -> bytes:
    """The whole body, to the byte.

    Raises:
        BodyRefused: 413 for more than 1 MiB, 408 when it takes more than 10 seconds, 400 when the client leaves.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > BODY_BYTES_MAX:
        raise BodyRefused(413, "The body is larger than 1 MiB.")
    parts, size = [], 0
    try:
        with anyio.fail_after(BODY_SECONDS_MAX):
            async for part in request.stream():
                size += len(part)
                if size > BODY_BYTES_MAX:
                    raise BodyRefused(413, "The body is larger than 1 MiB.")
                parts.append(part)
    except TimeoutError as error:
        raise BodyRefused(408, "The body did not arrive within 10 seconds.") from error
    except ClientDisconnect as error:
        raise BodyRefused(400, "The client went away before the body was complete.") from error
    return b"".join(parts)
