"""A delivery of the merchant's own, whatever its code answers: what is delivered once is not delivered again."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import pytest
import structlog
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, Shop
from structlog.testing import capture_logs
from typed_ids import as_event, as_session

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
    ("answer", "said"),
    [
        (None, "NoneType"),
        ("enrollment 7", "str"),
        ({"note": "enrollment 7"}, "dict"),
        (DeliveryReceipt(note=cast(str, 7)), "a note of the type int"),
        (DeliveryReceipt(note=cast(str, b"enrollment 7")), "a note of the type bytes"),
    ],
)
def test_a_line_is_delivered_once_deliver_has_returned_whatever_it_answers(
    answer: object, said: str, open_shop: Open, outside: Answering, warnings: Sequence[Mapping[str, Any]]
) -> None:
    outside.answer = answer
    shop = open_shop(catalog=CATALOG)

    events = delivered(shop)

    assert [event.TOPIC for event in events] == ["Effect.Requested", "Effect.AttemptStarted", "Effect.Succeeded"]
    assert events[-1].note is None
    assert shop.fulfillment(ID).lines["li_1"].state is LineState.DELIVERED
    assert [(line["session_id"], line["effect"], line["answer"]) for line in warnings] == [(ID, "deliver_li_1", said)]


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
    assert shop.fulfillment(ID).lines["li_1"].state is LineState.GIVEN_UP


@pytest.mark.parametrize(("setting", "attempts"), [("", 40), ("5", 5), ("5, courier=2", 2), ("courier=2, http=7", 2)])
def test_how_often_a_delivery_is_tried_is_a_setting_of_its_kind(
    setting: str, attempts: int, open_shop: Open, outside: Answering
) -> None:
    outside.couriers_error = Temporary("The courier is away.")
    shop = open_shop(catalog=CATALOG, environment={"FULFILL_DELIVERY_ATTEMPTS": setting})

    events = delivered(shop)

    assert [event.TOPIC for event in events].count("Effect.AttemptStarted") == attempts
    assert isinstance(events[-1], Effect.GivenUp)


def test_a_setting_for_a_kind_that_is_not_installed_stops_the_start(open_shop: Open) -> None:
    with pytest.raises(SettingsError) as refused:
        open_shop(catalog=CATALOG, environment={"FULFILL_DELIVERY_CONCURRENCY": "drone=2"})

    assert str(refused.value) == (
        "FULFILL_DELIVERY_CONCURRENCY or FULFILL_DELIVERY_ATTEMPTS has a number for the kind of delivery 'drone', "
        "which is not installed. The kinds are courier, http."
    )
