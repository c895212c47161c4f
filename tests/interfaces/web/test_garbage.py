"""A refused delivery is freed when it is answered, not when the garbage collector runs.

The collector runs rarely (interfaces/cli/main.py), and anyone can send bodies of 1 MiB: 600 of them piled up.
"""

import asyncio
import gc
from collections.abc import Iterator
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message

from application.errors import Busy
from application.ports import NotFromStripe, WebhookDelivery
from interfaces.web.webhook import Webhook

BODY = b"x" * 100_000


class Reader:
    """Refuses each body that it is given."""

    def __init__(self, refusal: Exception) -> None:
        self._refusal = refusal

    def expect(self, header: str) -> Any:
        def read(body: bytes) -> WebhookDelivery:
            raise type(self._refusal)(*self._refusal.args)

        return read


@pytest.fixture
def garbage() -> Iterator[list[Any]]:
    """What only the collector frees, while the test runs."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


def answer(webhook: Webhook, parts: list[bytes]) -> int:
    arriving = iter([{"type": "http.request", "body": part, "more_body": True} for part in parts])
    answered: list[Message] = []

    async def receive() -> Message:
        return next(arriving, {"type": "http.request", "body": b"", "more_body": False})

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {"method": "POST", "headers": [(b"stripe-signature", b"t=1,v1=00")]}
    asyncio.run(webhook(scope, receive, send))
    return int(answered[0]["status"])


@pytest.mark.parametrize(
    ("refusal", "parts", "status"),
    [
        pytest.param(NotFromStripe("not signed"), [BODY], 400, id="not signed by Stripe"),
        pytest.param(NotFromStripe("not signed"), [BODY] * 11, 413, id="too large"),
        pytest.param(Busy("too much to do"), [BODY], 503, id="not now"),
    ],
)
def test_nothing_of_a_refused_delivery_waits_for_the_collector(
    garbage: list[Any], refusal: Exception, parts: list[bytes], status: int
) -> None:
    webhook = Webhook(SimpleNamespace(wake=Event()), Reader(refusal), None)  # type: ignore[arg-type]

    assert answer(webhook, parts) == status
    gc.collect()

    assert [each for each in garbage if isinstance(each, Exception)] == []
