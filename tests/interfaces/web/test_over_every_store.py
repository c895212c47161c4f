"""A sale from the webhook to the page that shows it, on a real server over a store of each kind."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running import RunningShop, running_shop, stripe_event, wait_for
from sandbox_sales import paid
from typed_ids import as_session

from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, fulfillment_id
from domain.stripe_event import StripeEvent

pytestmark = pytest.mark.every_store


@pytest.fixture
def shop(store_url: str, tmp_path: Path) -> Iterator[RunningShop]:
    with running_shop(tmp_path, environment={"DATABASE_URL": store_url}) as shop:
        yield shop


def events_of(shop: RunningShop, stream: str) -> list[type[Event]]:
    return [type(event) for event in shop.runtime.log.streams([stream])[stream]]


def state_of(shop: RunningShop, session: SessionId) -> str | None:
    document = shop.runtime.queries.checkout(session)
    return document.state if document else None


def test_what_stripe_reports_is_fulfilled_mailed_and_shown(shop: RunningShop) -> None:
    session = paid(shop.sandbox, "access")

    wait_for(lambda: state_of(shop, as_session(session)) == "fulfilled")
    wait_for(lambda: len(list((shop.runtime.settings.outbox).glob("*.eml"))) == 1)

    assert "Access" in shop.visit(session).text
    assert shop.visit(session, accept="application/json").json()["state"] == "fulfilled"


def test_many_visits_at_once_fulfill_once(shop: RunningShop) -> None:
    shop.sandbox.drop_deliveries = True
    session = paid(shop.sandbox, "access")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: shop.visit(session).status_code, range(10)))

    assert answers == [200] * 10
    assert events_of(shop, fulfillment_id(as_session(session))) == [
        Fulfillment.Requested,
        Fulfillment.LineItemDelivered,
        Fulfillment.Completed,
    ]


def test_many_deliveries_of_the_same_at_once_are_recorded_once(shop: RunningShop) -> None:
    body = stripe_event("evt_again")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: shop.post(body).status_code, range(10)))

    assert answers == [200] * 10
    assert events_of(shop, "evt_again").count(StripeEvent.Received) == 1


def test_it_is_alive_and_ready(shop: RunningShop) -> None:
    assert [shop.client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
