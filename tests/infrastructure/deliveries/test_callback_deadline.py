"""However a receiver plays for time, the call is over when its time is."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from fakes.receiver import Receiver, dribbling, silent

from application.ports import DeliveryReceipt, DeliveryRequest, Temporary
from domain import reasons
from domain.reason import Peer
from infrastructure.deliveries.http_callback import ANSWER_BYTES_MAX, HttpDeliverer
from infrastructure.deliveries.pinned_network import LOOKUPS_MAX

LIMIT_SECONDS = 1
SLACK_SECONDS = 4
"""For a machine that is busy with other things."""

RequestTo = Callable[..., DeliveryRequest]


@contextmanager
def within_the_limit() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < LIMIT_SECONDS + SLACK_SECONDS


def deliver(receiver: Receiver, request_to: RequestTo, **options: object) -> DeliveryReceipt:
    return HttpDeliverer("secret").deliver(request_to(receiver.url, timeout_seconds=LIMIT_SECONDS, **options))


def test_a_receiver_that_says_nothing_is_asked_again_later(request_to: RequestTo) -> None:
    with (
        Receiver(silent) as receiver,
        within_the_limit(),
        pytest.raises(Temporary) as failed,
    ):
        deliver(receiver, request_to)

    assert failed.value.reason == reasons.timed_out(Peer.CALLBACK, "127.0.0.1")


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nx: "])
def test_headers_that_dribble_in_buy_no_time(beginning: bytes, request_to: RequestTo) -> None:
    with (
        Receiver(dribbling(beginning, b"H")) as receiver,
        within_the_limit(),
        pytest.raises(Temporary),
    ):
        deliver(receiver, request_to)


def test_announcements_of_an_answer_buy_no_time(request_to: RequestTo) -> None:
    with (
        Receiver(dribbling(b"", b"HTTP/1.1 102 Processing\r\n\r\n")) as receiver,
        within_the_limit(),
        pytest.raises(Temporary, match="did not answer in time"),
    ):
        deliver(receiver, request_to)


def test_a_body_that_dribbles_in_after_a_2xx_is_done_without_a_reference(request_to: RequestTo) -> None:
    with Receiver(dribbling(b"HTTP/1.1 200 OK\r\n\r\n", b" ")) as receiver, within_the_limit():
        assert deliver(receiver, request_to) == DeliveryReceipt()


def test_a_body_without_an_end_is_left_at_its_limit(request_to: RequestTo) -> None:
    endless = dribbling(b"HTTP/1.1 200 OK\r\n\r\n", b" " * (ANSWER_BYTES_MAX + 1))

    with Receiver(endless) as receiver, within_the_limit():
        assert deliver(receiver, request_to) == DeliveryReceipt()


def test_a_receiver_that_does_not_read_is_left(request_to: RequestTo) -> None:
    with Receiver(silent, reads=False) as receiver, within_the_limit(), pytest.raises(Temporary):
        deliver(receiver, request_to, metadata={"big": "x" * 20_000_000})


def test_a_server_that_does_not_speak_tls_is_left(request_to: RequestTo) -> None:
    with Receiver(silent, reads=False) as receiver:
        request = request_to(receiver.url.replace("http:", "https:"), timeout_seconds=LIMIT_SECONDS)

        with within_the_limit(), pytest.raises(Temporary):
            HttpDeliverer("secret").deliver(request)


def test_lookups_that_hang_do_not_gather_without_end(request_to: RequestTo) -> None:
    over, begun = threading.Event(), []

    def hang(host: str, _port: int) -> list[str]:
        begun.append(host)
        over.wait(30)
        return []

    deliverer = HttpDeliverer("secret", resolver=hang)
    request = request_to("http://shop.example/", timeout_seconds=LIMIT_SECONDS)
    with ThreadPoolExecutor(LOOKUPS_MAX + 4) as pool, within_the_limit():
        attempts = [pool.submit(deliverer.deliver, request) for _ in range(LOOKUPS_MAX + 4)]
        errors = Counter(str(attempt.exception()) for attempt in attempts)
    over.set()

    assert len(begun) == LOOKUPS_MAX
    assert errors["Too many names are being looked up; the resolver does not answer"] == 4


def test_a_resolver_that_hangs_is_left(request_to: RequestTo) -> None:
    over = threading.Event()

    def hang(_host: str, _port: int) -> list[str]:
        over.wait(30)
        return []

    with (
        within_the_limit(),
        pytest.raises(Temporary, match=r"^Looking up the callback's host shop\.example took too long"),
    ):
        HttpDeliverer("secret", resolver=hang).deliver(
            request_to("http://shop.example/", timeout_seconds=LIMIT_SECONDS)
        )
    over.set()
