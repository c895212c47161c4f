"""One bad effect or one bad stream stops nothing but itself, is seen, and has a way out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from builders import a_checkout, a_line_item
from eventsourcing.persistence import StoredEvent
from fakes.outside import Outside
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_session

from application.ports import DeliveryReceipt, DeliveryRequest, Temporary
from application.running.effect_kinds import Attempt, Done, EffectKind, RetryRule
from application.staff.by import By
from application.writing.unit_of_work import Stamp
from domain import reasons
from domain.checkout import Checkout
from domain.effect import Effect
from domain.errors import UnreadableEvent
from domain.fulfillment import Fulfillment
from domain.identifiers import fulfillment_id
from domain.line import LineState
from domain.reason import EventProblem, Reason, ReasonCode
from domain.step import effect_id
from domain.streams import Streams

BAD, GOOD = as_session("cs_test_bad"), as_session("cs_test_good")
DELIVERY, OTHER_DELIVERY = (effect_id(as_session(id), "deliver_li_1") for id in (BAD, GOOD))
CATALOG = '[products.prod_seat]\ndelivery = "courier"\n[products.prod_access]\ndelivery = "access"\n'
BY = By(name="kim", reason="put right")

Open = Callable[..., Shop]


class ProcessEnded(BaseException):
    """A segmentation fault, no memory, `os._exit`."""


@dataclass
class Deadly(Outside):
    """Its deliveries end the process that makes them."""

    is_deadly: bool = True

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        if self.is_deadly and request.session_id == BAD:
            raise ProcessEnded
        return super().deliver(request)


def seats() -> dict[str, Checkout]:
    return {id: a_checkout(line_items=[a_line_item(product="prod_seat")]) for id in (BAD, GOOD)}


def effect(shop: Shop, id: str) -> Effect:
    return shop.runtime.log.get(Effect, id)


def kinds(shop: Shop) -> set[str]:
    return {item.kind for item in shop.runtime.queries.work_queue()}


def survived(shop: Shop, open_shop: Open, outside: Outside, *, hours: int) -> tuple[Shop, int]:
    """A supervisor starts the process again, every minute for so many hours; how often it ended."""
    ends, chance = 0, Random(1)
    for _ in range(hours * 60):
        shop.runtime.engine._runner._random = chance.random
        try:
            shop.rest()
        except ProcessEnded:
            ends += 1
            shop.kill()
            shop = open_shop(catalog=CATALOG, clock=shop.clock, outside=outside)
        shop.clock.advance(60)
    return shop, ends


def test_a_delivery_that_ends_its_process_is_given_up_and_others_flow(open_shop: Open) -> None:
    outside = Deadly(checkouts=seats())
    shop = open_shop(catalog=CATALOG, outside=outside)
    for id in (BAD, GOOD):
        shop.hear(COMPLETED, as_session(id), id=as_event(f"evt_{id}"), payment_status="paid")

    shop, ends = survived(shop, open_shop, outside, hours=1)

    assert ends == 5
    assert list(outside.deliveries) == [OTHER_DELIVERY]
    assert shop.fulfillment(BAD).lines[as_line("li_1")].state is LineState.GIVEN_UP
    assert shop.fulfillment(BAD).lines[as_line("li_1")].why == reasons.orphaned_too_often(5)
    assert kinds(shop) == {"given_up_line"}

    outside.is_deadly = False
    shop.runtime.staff.retry(BAD, BY)
    shop.rest()
    assert shop.state(BAD) == "fulfilled"


def spoil(shop: Shop) -> None:
    """An event that does not fit what came before it: a restored standby lacked that, or a bug recorded it."""
    spoilt = Fulfillment.LineItemDelivered(
        line_item=as_line("li_9"), originator_id=fulfillment_id(BAD), originator_version=2, session_id=BAD
    )
    stored: StoredEvent = shop.runtime.log.mapper.to_stored_event(spoilt)
    shop.runtime.log.store.insert_events([stored])


@pytest.fixture
def with_a_spoilt_stream(open_shop: Open, outside: Outside) -> Shop:
    """Both are paid and their receipts asked for, and one of their streams can't be folded any more."""
    shop = open_shop(catalog=CATALOG)
    for id in (BAD, GOOD):
        outside.checkouts[id] = a_checkout(line_items=[a_line_item(product="prod_seat")])
        shop.visit(as_session(id))
    shop.runtime.engine.run_until_quiet(effects=False)
    spoil(shop)
    shop.kill()
    return open_shop(catalog=CATALOG, clock=shop.clock)


def test_a_stream_that_can_not_be_folded_stops_its_checkout_alone(with_a_spoilt_stream: Shop, outside: Outside) -> None:
    shop = with_a_spoilt_stream

    shop.rest()

    assert shop.state(GOOD) == "fulfilled"
    assert list(outside.deliveries) == [OTHER_DELIVERY]
    assert {hit.session_id: hit.state for hit in shop.runtime.queries.search("")} == {BAD: "parked", GOOD: "fulfilled"}
    assert {item.subject for item in shop.runtime.queries.work_queue()} == {BAD}
    for ask in (shop.fulfillment, shop.runtime.queries.checkout):
        with pytest.raises(UnreadableEvent) as unreadable:
            ask(BAD)
        assert unreadable.value.reason.parameters["problem"] == EventProblem.MISFIT


def test_effects_of_a_checkout_that_can_not_be_folded_are_listed_until_a_version_can(
    with_a_spoilt_stream: Shop,
) -> None:
    shop = with_a_spoilt_stream
    shop.rest()

    shop.clock.advance(16 * 60)
    shop.rest()

    waiting = [item for item in shop.runtime.queries.work_queue() if item.kind == "waiting_effect"]
    assert [(item.subject, item.item) for item in waiting] == [(BAD, "deliver_li_1"), (BAD, "mail_receipt")]
    assert effect(shop, DELIVERY).attempt == 0


@dataclass
class Odd:
    """A kind whose claims go wrong for one session."""

    delivered: list[str] = field(default_factory=list)

    def prepare(self, effect: Effect, session_id: str, do: Streams) -> Reason | None:
        if session_id == BAD:
            raise KeyError("ada@example.com")
        return None

    def perform(self, attempt: Attempt) -> Done:
        self.delivered.append(attempt.key)
        return Done()


def test_a_claim_that_goes_wrong_is_a_failed_attempt_and_given_up_in_the_end(open_shop: Open, outside: Outside) -> None:
    shop = open_shop(catalog=CATALOG)
    for id in (BAD, GOOD):
        outside.checkouts[id] = a_checkout(line_items=[a_line_item(product="prod_seat")])
        shop.visit(as_session(id))
    runner = shop.runtime.engine._runner
    odd = EffectKind(handler=(handler := Odd()), concurrency=1, retry=RetryRule(attempts_max=3, cap_seconds=3600))
    runner._kinds = {**runner._kinds, "courier": odd}

    shop.rest()

    assert handler.delivered == [OTHER_DELIVERY]
    [_, started, failed] = shop.runtime.log.streams([DELIVERY])[DELIVERY]
    assert isinstance(started, Effect.AttemptStarted)
    assert isinstance(failed, Effect.AttemptFailed)
    assert (failed.error.code, failed.error.parameters["error"]) == (ReasonCode.UNEXPECTED_ERROR, "KeyError")
    assert failed.error.parameters["file"] == "test_contained_failures.py"
    assert failed.may_have_gone_out is False
    for _ in range(2):
        shop.clock.advance(60)
        shop.rest()
    assert shop.fulfillment(BAD).lines[as_line("li_1")].state is LineState.GIVEN_UP
    assert kinds(shop) == {"given_up_line"}


def without_the_kind(open_shop: Open, shop: Shop) -> Shop:
    """Another worker on a host on which the merchant's package is not installed yet."""
    return open_shop(own_kinds=(), clock=shop.clock)


@pytest.fixture
def with_a_delivery(open_shop: Open, outside: Outside) -> Shop:
    outside.checkouts[BAD] = a_checkout(line_items=[a_line_item(product="prod_seat")])
    shop = open_shop(catalog=CATALOG)
    shop.visit(BAD)
    shop.runtime.engine.run_until_quiet(effects=False)
    return shop


def test_a_delivery_of_a_kind_unknown_here_is_left_to_the_worker_that_knows_it(
    with_a_delivery: Shop, open_shop: Open, outside: Outside
) -> None:
    other = without_the_kind(open_shop, with_a_delivery)
    for _ in range(58):
        other.runtime.engine._runner.turn()
        with_a_delivery.clock.advance(60)

    with_a_delivery.rest()

    assert list(outside.deliveries) == [DELIVERY]
    assert with_a_delivery.state(BAD) == "fulfilled"


def test_a_delivery_of_a_kind_that_no_worker_knows_is_listed_and_after_an_hour_given_up(
    with_a_delivery: Shop, open_shop: Open
) -> None:
    clock = with_a_delivery.clock
    with_a_delivery.kill()
    clock.advance(24 * 3600)
    shop = without_the_kind(open_shop, with_a_delivery)
    shop.rest()
    assert kinds(shop) == {"waiting_effect"}, "however long nothing ran, a worker may be about to start that knows it"

    clock.advance(3600)
    shop.rest()
    shop.rest()

    assert kinds(shop) == {"given_up_line"}
    assert effect(shop, DELIVERY).given_up == reasons.no_worker("courier")


def test_a_host_whose_clock_is_set_gives_up_no_delivery_that_it_does_not_know(
    with_a_delivery: Shop, open_shop: Open, outside: Outside
) -> None:
    other = without_the_kind(open_shop, with_a_delivery)
    other.runtime.engine._runner.turn()
    with_a_delivery.clock.now += timedelta(hours=3)
    other.runtime.engine._runner.turn()
    with_a_delivery.clock.now -= timedelta(hours=3)

    with_a_delivery.rest()

    assert list(outside.deliveries) == [DELIVERY]


def test_a_delivery_that_another_worker_makes_is_not_given_up_by_one_that_does_not_know_it(
    with_a_delivery: Shop, open_shop: Open
) -> None:
    shop = with_a_delivery
    locks = shop.more_locks()
    worker, now = locks.enlist(), shop.clock()
    other = without_the_kind(open_shop, shop)
    other.runtime.engine._runner.turn()
    shop.clock.advance(2 * 3600)

    shop.runtime.writer.run(
        Stamp(actor=f"worker:{worker}", now=now, session_id=BAD),
        [DELIVERY],
        lambda unit: unit.command(Effect, DELIVERY, Effect.start, worker, now=now),
    )
    shop.runtime.engine.run_until_quiet(effects=False)
    other.runtime.engine._runner.turn()

    assert effect(shop, DELIVERY).worker == worker


def test_a_time_that_a_clock_that_was_ahead_has_set_is_not_waited_for(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[BAD] = a_checkout(line_items=[a_line_item(product="prod_access")])
    shop = open_shop(catalog=CATALOG)
    shop.visit(BAD)
    right = shop.clock.now
    shop.clock.now += timedelta(days=365)
    outside.planned_errors = [Temporary("busy")]
    shop.rest()
    assert outside.mailbox == {}

    shop.clock.now = right
    outside.planned_errors = [Temporary("busy")]
    tried = []
    for _ in range(5):
        shop.rest()
        tried.append(len(outside.planned_errors) == 0)
        shop.clock.advance(20)
    shop.rest()
    shop.clock.advance(60)
    shop.rest()

    assert tried == [False, False, False, True, True], "at a pace at which no attempts are wasted"
    assert [mail.kind for mail in outside.mailbox.values()] == ["receipt"]


def test_a_claim_whose_outcome_the_store_has_lost_is_carried_out_again(open_shop: Open, outside: Outside) -> None:
    """A standby that was behind still has the claim of a worker that has long finished, and that worker is at work."""
    outside.checkouts[BAD] = a_checkout(line_items=[a_line_item(product="prod_seat")])
    shop = open_shop(catalog=CATALOG)
    shop.visit(BAD)
    shop.runtime.engine.run_until_quiet(effects=False)
    worker, now = shop.locks.enlist(), shop.clock()
    shop.runtime.writer.run(
        Stamp(actor=f"worker:{worker}", now=now, session_id=BAD),
        [DELIVERY],
        lambda unit: unit.command(Effect, DELIVERY, Effect.start, worker, now=now),
    )
    assert effect(shop, DELIVERY).worker == worker

    shop.rest()
    shop.clock.advance(4)
    shop.rest()
    waited = list(outside.deliveries)
    shop.clock.advance(1)
    shop.rest()

    assert waited == [], "the row may only be stale"
    assert (list(outside.deliveries), effect(shop, DELIVERY).is_done) == ([DELIVERY], True)
    assert effect(shop, DELIVERY).attempt == 1, "the same attempt, under the same key"
