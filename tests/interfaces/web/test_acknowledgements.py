"""Waiting on the event loop for what the writer's thread does."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from interfaces.web.acknowledgements import Acknowledgement, Acknowledgements

LONG_SECONDS = 10.0


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts how often another thread wakes it."""

    wakes = 0

    def call_soon_threadsafe(self, *args: Any, **options: Any) -> asyncio.Handle:  # type: ignore[override]
        self.wakes += 1
        return super().call_soon_threadsafe(*args, **options)


def in_another_thread(do: Callable[[], None]) -> None:
    thread = threading.Thread(target=do)
    thread.start()
    thread.join()


def test_all_that_is_done_at_once_wakes_the_loop_once() -> None:
    async def scene() -> tuple[list[Any], int]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CountingLoop)
        all = Acknowledgements(lambda: None)
        waited_for = [all.expect() for _ in range(100)]

        def commit() -> None:
            for number, each in enumerate(waited_for):
                each.set_result(number)

        wakes = loop.wakes
        in_another_thread(commit)
        return [await each.within(LONG_SECONDS) for each in waited_for], loop.wakes - wakes

    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        assert runner.run(scene()) == (list(range(100)), 1)


def test_what_is_done_later_wakes_the_loop_again() -> None:
    async def scene() -> list[Any]:
        all = Acknowledgements(lambda: None)
        first, second = all.expect(), all.expect()
        in_another_thread(lambda: first.set_result(1))
        heard = [await first.within(LONG_SECONDS)]
        in_another_thread(lambda: second.set_result(2))
        return [*heard, await second.within(LONG_SECONDS)]

    assert asyncio.run(scene()) == [1, 2]


def test_an_error_is_raised_where_it_is_waited_for() -> None:
    async def scene() -> None:
        one = Acknowledgements(lambda: None).expect()
        in_another_thread(lambda: one.set_exception(KeyError("no")))
        await one.within(LONG_SECONDS)

    with pytest.raises(KeyError):
        asyncio.run(scene())


def test_a_waiter_past_its_time_gets_an_error_and_its_job_is_not_begun() -> None:
    async def scene() -> bool:
        one = Acknowledgements(lambda: None).expect()
        assert one.set_running_or_notify_cancel()
        with pytest.raises(TimeoutError, match="It was not written within 0 seconds"):
            await one.within(0)
        return one.set_running_or_notify_cancel()

    assert asyncio.run(scene()) is False


@pytest.mark.parametrize("how", [lambda one: one.set_result(1), lambda one: one.set_exception(KeyError())])
def test_a_late_result_does_no_harm(how: Callable[[Acknowledgement], None]) -> None:
    async def scene() -> int:
        all = Acknowledgements(lambda: None)
        late, next = all.expect(), all.expect()
        with pytest.raises(TimeoutError):
            await late.within(0)
        in_another_thread(lambda: how(late))
        in_another_thread(lambda: next.set_result(2))
        return int(await next.within(LONG_SECONDS))

    assert asyncio.run(scene()) == 2


def test_a_waiter_that_is_canceled_takes_it_back() -> None:
    async def scene() -> bool:
        one = Acknowledgements(lambda: None).expect()
        waiting = asyncio.ensure_future(one.within(LONG_SECONDS))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return one.set_running_or_notify_cancel()

    assert asyncio.run(scene()) is False


def test_a_closed_loop_gets_nothing_and_no_caller_fails() -> None:
    ended: Future[Acknowledgement] = Future()

    async def scene() -> None:
        ended.set_result(Acknowledgements(lambda: None).expect())

    asyncio.run(scene())
    ended.result().set_result(True)


def test_all_that_comes_in_together_wakes_the_writer_once() -> None:
    async def scene() -> list[int]:
        asked: list[int] = []
        handed_over = 0
        all = Acknowledgements(lambda: asked.append(handed_over))

        async def hand_over() -> None:
            nonlocal handed_over
            handed_over += 1
            all.ask_for_soon()

        await asyncio.gather(*(hand_over() for _ in range(100)))
        await asyncio.gather(hand_over())
        await asyncio.sleep(0)
        return asked

    assert asyncio.run(scene()) == [100, 101]
