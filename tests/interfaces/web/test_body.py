"""Bodies, as many of them at once as memory is given to."""

import asyncio

import pytest
from starlette.types import Message, Receive

from interfaces.web.body import BODY_BYTES_MAX, SMALL_BYTES_MAX, Bodies, BodyRefused

LARGE = b"x" * BODY_BYTES_MAX
SMALL = b"x" * SMALL_BYTES_MAX


def posting(*parts: bytes) -> Receive:
    coming = list(parts)

    async def receive() -> Message:
        return {"type": "http.request", "body": coming.pop(0), "more_body": bool(coming)}

    return receive


def test_large_bodies_that_fill_the_memory_keep_no_small_one_out() -> None:
    async def scene() -> None:
        bodies = Bodies(held_bytes_max=3 * BODY_BYTES_MAX)
        for _ in range(3):
            assert await bodies.read("", posting(LARGE)) == LARGE

        with pytest.raises(BodyRefused) as refused:
            await bodies.read("", posting(LARGE))
        assert refused.value.status == 503
        assert await bodies.read("", posting(SMALL)) == SMALL

        bodies.release(LARGE)
        bodies.release(SMALL)
        assert await bodies.read("", posting(LARGE)) == LARGE

    asyncio.run(scene())


@pytest.mark.parametrize("parts", [[LARGE + b"x"], [LARGE, b"x"], [SMALL] * 17])
def test_what_is_refused_is_held_no_longer(parts: list[bytes]) -> None:
    async def scene() -> None:
        bodies = Bodies(held_bytes_max=BODY_BYTES_MAX)
        for _ in range(3):
            with pytest.raises(BodyRefused):
                await bodies.read("", posting(*parts))

        assert await bodies.read("", posting(LARGE)) == LARGE

    asyncio.run(scene())


@pytest.mark.parametrize("declared", ["²", "٣", "-1", "1.5", "one", ""])
def test_a_length_that_is_no_number_counts_as_none(declared: str) -> None:
    assert asyncio.run(Bodies().read(declared, posting(SMALL))) == SMALL


@pytest.mark.parametrize("declared", [str(BODY_BYTES_MAX + 1), "9" * 5000])
def test_a_length_beyond_a_mebibyte_is_refused_before_the_body(declared: str) -> None:
    with pytest.raises(BodyRefused) as refused:
        asyncio.run(Bodies().read(declared, posting(SMALL)))

    assert refused.value.status == 413
