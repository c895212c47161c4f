"""The `http` kind in a whole engine: a paid line is handed over by a real service, over a real connection."""

import json
from collections.abc import Callable, Iterator

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from fakes.receiver import Receiver, answering
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_session

from domain import reasons
from domain.effect import Effect
from domain.line import LineState
from domain.reason import ReasonCode

SESSION = as_session("cs_test_seat")

OpenShop = Callable[..., Shop]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(answering(200, b'{"reference": "seat 7"}')) as receiver:
        yield receiver


@pytest.fixture
def shop(open_shop: OpenShop, outside: Outside, receiver: Receiver) -> Shop:
    """Sells one thing, which the receiver hands over."""
    outside.checkouts[SESSION] = a_checkout(line_items=[a_line_item("li_seat", quantity=2)])
    catalog = f'[products.prod_li_seat]\ndelivery = "http"\nurl = "{receiver.url}"\nallow_private = true\n'
    return open_shop(catalog=catalog, environment={"FULFILL_SECRET_KEY": "a secret key of 32 characters at least"})


def pay(shop: Shop) -> None:
    shop.hear(COMPLETED, SESSION, id=as_event("evt_1"), payment_status="paid")
    shop.rest()


def test_a_paid_line_is_handed_over_by_the_merchants_service(shop: Shop, receiver: Receiver) -> None:
    pay(shop)

    line = shop.fulfillment(SESSION).lines[as_line("li_seat")]
    (call,) = receiver.calls
    assert (line.state, line.note) == (LineState.DELIVERED, "seat 7")
    assert json.loads(call.body)["data"]["line_item"]["quantity"] == 2
    assert call.headers["webhook-id"] == f"eff_{SESSION}_deliver_li_seat"


def test_a_service_that_is_down_is_called_again_under_the_same_key(shop: Shop, receiver: Receiver) -> None:
    well = receiver.answer
    receiver.answer = answering(503)
    pay(shop)
    assert shop.fulfillment(SESSION).lines[as_line("li_seat")].state is LineState.PENDING

    receiver.answer = well
    shop.clock.advance(60)
    shop.rest()

    assert shop.fulfillment(SESSION).lines[as_line("li_seat")].state is LineState.DELIVERED
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    assert [json.loads(call.body)["data"]["attempt"] for call in receiver.calls] == [1, 2]


def test_a_failed_attempt_keeps_the_code_of_what_went_wrong(shop: Shop, receiver: Receiver) -> None:
    receiver.answer = answering(503)

    pay(shop)

    errors = {failed.error.code for failed in shop.events_of(Effect.AttemptFailed)}
    assert errors == {ReasonCode.HTTP_STATUS}


def test_a_service_that_refuses_leaves_the_line_to_a_person(shop: Shop, receiver: Receiver) -> None:
    receiver.answer = answering(422)

    pay(shop)

    line = shop.fulfillment(SESSION).lines[as_line("li_seat")]
    why = reasons.http_status("127.0.0.1", 422)
    assert (line.state, line.why) == (LineState.GIVEN_UP, why)
    assert len(receiver.calls) == 1
