"""A delivery of the merchant's own, whatever its code answers: what is delivered once is not delivered again."""

import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import pytest
import structlog
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, Shop
from structlog.testing import capture_logs
from typed_ids import as_event, as_line, as_session

from application.ports import DeliveryReceipt, DeliveryRequest, Temporary
from domain import reasons
from domain.effect import Effect
from domain.line import LineState
from domain.step import effect_id
from infrastructure.setting_values import SettingsError

ID = as_session("cs_test_own")
DELIVERY = effect_id(ID, "deliver_li_1")
CATALOG = '[products.prod_course]\ndelivery = "courier"\n'

Open = Callable[..., Shop]


class Answering(Outside):
    """Delivers, and returns the given answer."""

    answer: object = None

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        super().deliver(request)
        return cast(DeliveryReceipt, self.answer)


@pytest.fixture
def outside() -> Answering:
    return Answering(checkouts={ID: a_checkout(line_items=[a_line_item(product="prod_course")])})


@pytest.fixture
def warnings() -> Iterator[Sequence[Mapping[str, Any]]]:
    """The lines of the log that are warnings, or worse."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with capture_logs() as logged:
        yield logged
    structlog.configure(**before)


def delivered(shop: Shop) -> list[Any]:
    """Its record in the log, after as much time as it takes to give up."""
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    for _ in range(50):
        shop.rest()
        shop.clock.advance(3600)
    return list(shop.runtime.log.streams([DELIVERY])[DELIVERY])


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (None, "NoneType"),
        ("enrollment 7", "str"),
        ({"note": "enrollment 7"}, "dict"),
        (DeliveryReceipt(note=cast(str, 7)), "a note of the type int"),
        (DeliveryReceipt(note=cast(str, b"enrollment 7")), "a note of the type bytes"),
    ],
)
def test_a_line_is_delivered_once_deliver_has_returned_whatever_it_answers(
    answer: object, shown: str, open_shop: Open, outside: Answering, warnings: Sequence[Mapping[str, Any]]
) -> None:
    outside.answer = answer
    shop = open_shop(catalog=CATALOG)

    events = delivered(shop)

    assert [event.TOPIC for event in events] == ["Effect.Requested", "Effect.AttemptStarted", "Effect.Succeeded"]
    assert events[-1].note is None
    assert shop.fulfillment(ID).lines[as_line("li_1")].state is LineState.DELIVERED
    assert [(line["session_id"], line["effect"], line["answer"]) for line in warnings] == [(ID, "deliver_li_1", shown)]


@pytest.mark.parametrize(
    ("note", "kept"), [(None, None), ("", None), ("enrollment 7", "enrollment 7"), ("7" * 201, "7" * 200)]
)
def test_the_note_of_a_receipt_is_kept_in_the_log(
    note: str | None, kept: str | None, open_shop: Open, outside: Answering
) -> None:
    outside.answer = DeliveryReceipt(note=note)

    events = delivered(open_shop(catalog=CATALOG))

    assert isinstance(events[-1], Effect.Succeeded)
    assert events[-1].note == kept


async def in_a_coroutine() -> DeliveryReceipt:
    return DeliveryReceipt()


def in_a_generator() -> Iterator[DeliveryReceipt]:
    yield DeliveryReceipt()


async def in_both() -> AsyncIterator[DeliveryReceipt]:
    yield DeliveryReceipt()


@pytest.mark.parametrize("make", [in_a_coroutine, in_a_generator, in_both])
def test_a_line_whose_code_has_not_run_waits_for_a_person(
    make: Callable[[], object], open_shop: Open, outside: Answering
) -> None:
    outside.answer = make()
    shop = open_shop(catalog=CATALOG)

    events = delivered(shop)

    assert [event.TOPIC for event in events] == ["Effect.Requested", "Effect.AttemptStarted", "Effect.GivenUp"]
    assert events[-1].error == reasons.no_plain_method()
    assert shop.fulfillment(ID).lines[as_line("li_1")].state is LineState.GIVEN_UP


@pytest.mark.parametrize(("setting", "attempts"), [("", 40), ("5", 5), ("5, courier=2", 2), ("courier=2, http=7", 2)])
def test_how_often_a_delivery_is_tried_is_a_setting_of_its_kind(
    setting: str, attempts: int, open_shop: Open, outside: Answering
) -> None:
    outside.couriers_error = Temporary("The courier is away.")
    shop = open_shop(catalog=CATALOG, environment={"FULFILL_DELIVERY_ATTEMPTS": setting})

    events = delivered(shop)

    assert [event.TOPIC for event in events].count("Effect.AttemptStarted") == attempts
    assert isinstance(events[-1], Effect.GivenUp)


class Silent:
    """Takes each call and does not answer it: for ten seconds, so that a test can fail."""

    def __init__(self) -> None:
        self.calls = 0
        self.may_answer = threading.Event()

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        self.calls += 1
        self.may_answer.wait(10)
        return DeliveryReceipt()


@pytest.fixture
def silent() -> Iterator[Silent]:
    silent = Silent()
    yield silent
    silent.may_answer.set()


def test_a_courier_that_never_answers_is_in_the_queue_at_its_deadline_and_given_up_in_the_end(
    open_shop: Open, silent: Silent, warnings: Sequence[Mapping[str, Any]]
) -> None:
    shop = open_shop(
        catalog=CATALOG,
        deliveries={"courier": silent},
        environment={
            "FULFILL_DELIVERY_TIMEOUT_SECONDS": "3600, courier=1",
            "FULFILL_DELIVERY_ATTEMPTS": "courier=2",
        },
    )
    why = reasons.no_answer("courier", 1)

    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()

    (item,) = shop.runtime.queries.work_queue()
    assert (item.kind, item.item, item.why, item.retry_at is None) == ("failing_effect", "deliver_li_1", why, False)
    shop.clock.advance(3600)
    shop.rest()
    assert [item.kind for item in shop.runtime.queries.work_queue()] == ["given_up_line"]
    attempts = [line for line in warnings if line["event"] == "effect attempted"]
    assert [(line["log_level"], line["error"]) for line in attempts] == [
        ("warning", "The delivery 'courier' gives no answer within 1 s"),
        ("error", "The delivery 'courier' gives no answer within 1 s"),
    ]
    assert silent.calls == 2


def test_an_answer_after_the_deadline_delivers_nothing_twice(open_shop: Open, silent: Silent) -> None:
    """The late answer belongs to an attempt that has failed: the next attempt asks under the same key."""
    shop = open_shop(
        catalog=CATALOG,
        deliveries={"courier": silent},
        environment={"FULFILL_DELIVERY_TIMEOUT_SECONDS": "courier=1"},
    )
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()
    silent.may_answer.set()
    assert shop.fulfillment(ID).lines[as_line("li_1")].state is LineState.PENDING

    shop.clock.advance(3600)
    shop.rest()

    assert shop.fulfillment(ID).lines[as_line("li_1")].state is LineState.DELIVERED
    assert [event.TOPIC for event in shop.runtime.log.streams([DELIVERY])[DELIVERY]] == [
        "Effect.Requested",
        "Effect.AttemptStarted",
        "Effect.AttemptFailed",
        "Effect.AttemptStarted",
        "Effect.Succeeded",
    ]


def test_a_setting_for_a_kind_that_is_not_installed_stops_the_start(open_shop: Open) -> None:
    with pytest.raises(SettingsError) as refused:
        open_shop(catalog=CATALOG, environment={"FULFILL_DELIVERY_CONCURRENCY": "drone=2"})

    assert str(refused.value) == (
        "FULFILL_DELIVERY_CONCURRENCY, _ATTEMPTS or _TIMEOUT_SECONDS has a number for the kind of delivery 'drone', "
        "which is not installed. The kinds are courier, http."
    )
