"""A later version wrote an event into one checkout. This one parks that checkout, reports it, and does the rest."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, Shop
from typed_ids import as_event, as_session

from application.log.log import StoredEvent
from application.reading.work import OtherWork
from application.text.reason_wording import in_words
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.errors import UnreadableEvent
from domain.identifiers import fulfillment_id
from domain.step import effect_id

ODD, GOOD = as_session("cs_test_odd"), as_session("cs_test_good")
CATALOG = '[products.prod_access]\ndelivery = "access"\n'

Open = Callable[..., Shop]


def write_later(shop: Shop, stream: str = ODD, version: int | None = None) -> None:
    version = version or shop.runtime.log.get(CheckoutSession, ODD).version + 1
    state = b'{"session_id":"%s","how":"by drone"}' % ODD.encode()
    shop.runtime.log.store.insert_events([StoredEvent(stream, version, "CheckoutSession.FlownOut", state)])


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    for id in (ODD, GOOD):
        outside.checkouts[id] = a_checkout(line_items=[a_line_item(product="prod_access")])
    return open_shop(catalog=CATALOG)


def hear_both(shop: Shop) -> None:
    for id in (ODD, GOOD):
        shop.hear(COMPLETED, as_session(id), id=as_event(f"evt_{id}"), payment_status="paid")


def subjects(shop: Shop) -> set[str]:
    """What waits for a person, besides the views that lack the event."""
    return {item.subject for item in shop.runtime.queries.work_queue() if item.kind != OtherWork.INCOMPLETE_VIEW}


def test_the_engine_goes_on_with_all_the_others(shop: Shop) -> None:
    hear_both(shop)
    shop.runtime.engine.run_until_quiet(effects=False)
    write_later(shop)

    shop.rest()

    assert shop.state(GOOD) == "fulfilled"
    assert subjects(shop) == {ODD}
    assert {hit.session_id: hit.state for hit in shop.runtime.queries.search("")} == {ODD: "parked", GOOD: "fulfilled"}
    for ask in (shop.visit, shop.runtime.queries.checkout):
        with pytest.raises(UnreadableEvent, match="FlownOut"):
            ask(ODD)


def test_its_effects_are_left_to_the_version_that_can_read_it(shop: Shop, outside: Outside) -> None:
    hear_both(shop)
    shop.runtime.engine.run_until_quiet(effects=False)
    write_later(shop)

    shop.rest()

    retrieval = shop.runtime.log.get(Effect, effect_id(ODD, "retrieve_completed"))
    assert (retrieval.is_open, retrieval.attempt) == (True, 0)
    assert outside.retrievals == 1


@pytest.mark.parametrize("stream", [fulfillment_id(ODD), effect_id(ODD, "retrieve_completed")])
def test_garbled_bytes_are_those_of_the_checkout_whose_stream_they_are_in(shop: Shop, stream: str) -> None:
    hear_both(shop)
    shop.runtime.engine.run_until_quiet()
    version = max(event.originator_version for event in shop.events() if event.originator_id == stream)
    garbled = StoredEvent(stream, version + 1, "Effect.Succeeded", b"{broken")
    shop.runtime.log.store.insert_events([garbled])

    shop.rest()

    assert subjects(shop) == {ODD}
    with pytest.raises(UnreadableEvent) as unreadable:
        shop.runtime.queries.checkout(ODD)
    assert in_words(unreadable.value.reason).startswith(f"Event {version + 1} of {stream}, Effect.Succeeded, ")
    assert shop.state(GOOD) == "fulfilled"


@dataclass
class WrittenMeanwhile(Outside):
    """While Stripe is asked, the later version writes."""

    write: Callable[[], None] = lambda: None

    def retrieve(self, session_id: str) -> Checkout:
        self.write()
        return super().retrieve(session_id)


def test_an_outcome_that_the_checkout_can_not_take_is_a_failed_attempt(open_shop: Open) -> None:
    outside = WrittenMeanwhile(checkouts={ODD: a_checkout()})
    shop = open_shop(outside=outside)
    outside.write = lambda: write_later(shop)
    shop.hear(COMPLETED, ODD, id=as_event("evt_1"), payment_status="paid")

    shop.rest()

    retrieval = shop.runtime.log.get(Effect, effect_id(ODD, "retrieve_completed"))
    assert retrieval.attempt == 1
    assert retrieval.is_open
    [*_, failed] = shop.runtime.log.streams([retrieval.id])[retrieval.id]
    assert isinstance(failed, Effect.AttemptFailed)
    assert "FlownOut" in in_words(failed.error)


def test_an_outcome_that_its_own_stream_can_not_take_leaves_room_for_others(open_shop: Open) -> None:
    outside = WrittenMeanwhile(checkouts={ODD: a_checkout()})
    shop = open_shop(outside=outside)
    retrieval = effect_id(ODD, "retrieve_completed")
    outside.write = lambda: write_later(shop, retrieval, 3)
    shop.hear(COMPLETED, ODD, id=as_event("evt_1"), payment_status="paid")

    shop.rest()

    assert outside.retrievals == 1
    assert shop.runtime.queries.work_queue() != []
    began = time.monotonic()
    shop.runtime.engine.stop(timeout_seconds=30)
    assert time.monotonic() - began < 15, "it waits for nothing, since nothing is under way"
