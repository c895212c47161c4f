"""A delivery ends at its deadline, whether or not the code outside ever returns."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
import structlog
from running import wait_for
from structlog.testing import capture_logs

from application.ports import DeliveryReceipt, DeliveryRequest, NotTaken, Permanent, Temporary
from application.threads import Threads
from domain import reasons
from infrastructure.deliveries.time_limit import HUNG_MAX, TimeLimit

T = TypeVar("T")
WHY = reasons.no_answer("courier", 120)


@dataclass
class Impatient(Threads):
    """Waits a moment in place of the deadline."""

    asked_for: list[float] = field(default_factory=list)

    def within(self, seconds: float, call: Callable[[], T]) -> T:
        self.asked_for.append(seconds)
        return super().within(0.02, call)


class Courier:
    """Answers once it is let."""

    def __init__(self) -> None:
        self.calls = 0
        self.may_answer = threading.Event()
        self.error: BaseException | None = None

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        self.calls += 1
        self.may_answer.wait(30)
        if self.error is not None:
            raise self.error
        return DeliveryReceipt(note="enrollment 7")


@pytest.fixture
def courier() -> Iterator[Courier]:
    courier, threads = Courier(), threading.active_count()
    yield courier
    courier.may_answer.set()
    wait_for(lambda: threading.active_count() <= threads)  # or a late answer would be logged in the next test


@pytest.fixture
def request_(request_to: Callable[..., DeliveryRequest]) -> DeliveryRequest:
    return request_to("http://shop.example/")


@pytest.fixture
def logged() -> Iterator[Sequence[Mapping[str, Any]]]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    with capture_logs() as logged:
        yield logged
    structlog.configure(**before)


def limited(courier: Courier, threads: Threads | None = None) -> TimeLimit:
    return TimeLimit("courier", courier, 120, threads or Impatient())


def test_an_answer_in_time_is_the_answer(courier: Courier, request_: DeliveryRequest) -> None:
    courier.may_answer.set()
    threads = Impatient()

    assert limited(courier, threads).deliver(request_) == DeliveryReceipt(note="enrollment 7")
    assert threads.asked_for == [120]


@pytest.mark.parametrize("error", [Permanent("no"), Temporary("busy"), TimeoutError("its own"), KeyError("bug")])
def test_an_error_in_time_is_raised_as_it_is(courier: Courier, request_: DeliveryRequest, error: Exception) -> None:
    courier.may_answer.set()
    courier.error = error

    with pytest.raises(type(error)) as raised:
        limited(courier).deliver(request_)

    assert raised.value is error


def test_a_call_without_an_answer_may_have_delivered_and_is_tried_again(
    courier: Courier, request_: DeliveryRequest
) -> None:
    with pytest.raises(Temporary) as raised:
        limited(courier).deliver(request_)

    assert raised.value.reason == WHY
    assert not isinstance(raised.value, NotTaken)


def test_a_late_answer_is_logged_once(
    courier: Courier, request_: DeliveryRequest, logged: Sequence[Mapping[str, Any]]
) -> None:
    with pytest.raises(Temporary):
        limited(courier).deliver(request_)
    assert logged == []

    courier.may_answer.set()

    wait_for(lambda: bool(logged))
    (line,) = logged
    assert (line["log_level"], line["kind"], line["attempt"]) == ("warning", "courier", 1)
    assert line["session_id"] == request_.session_id


def test_calls_that_never_return_do_not_gather_without_end(courier: Courier, request_: DeliveryRequest) -> None:
    delivery, threads_before = limited(courier), threading.active_count()
    for _ in range(HUNG_MAX):
        with pytest.raises(Temporary):
            delivery.deliver(request_)

    with pytest.raises(NotTaken) as raised:
        delivery.deliver(request_)

    assert raised.value.reason == WHY
    assert courier.calls == HUNG_MAX
    courier.may_answer.set()
    wait_for(lambda: threading.active_count() <= threads_before)
    assert delivery.deliver(request_) == DeliveryReceipt(note="enrollment 7")
