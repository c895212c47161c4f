"""Whenever a line needs license keys, it gets N of them for its quantity N, once, or waits for an import."""

from dataclasses import replace

import pytest
from kinds import LICENSE_KEY, MANUAL, SHIPMENT
from scenario import FULFILLMENT, SESSION, Streams, planned, requested, streams
from typed_ids import as_line, as_pool, as_sku, as_stream

from domain import reasons
from domain.catalog import Catalog
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.key_pool import KeyPool
from domain.line import LineState
from domain.personal import Personal
from domain.plan import PlannedLine
from domain.policies.fulfillment import FulfillmentPolicy

POLICY = FulfillmentPolicy(Catalog())
POOL, OTHER_POOL = as_stream("keys_pro"), "keys_max"
TWO_KEYS = planned("li_key", LICENSE_KEY, quantity=2, settings={"pool": "pro"})
COMPLETED = Fulfillment.Completed()
BOX_GONE = Fulfillment.LineItemBlocked(
    line_item=as_line("li_key"), state=LineState.BACKORDERED, detail=reasons.as_written("why"), is_stock_missing=True
)


def keys(text: str) -> tuple[Personal, ...]:
    return tuple(Personal(key) for key in text.split())


def imported(text: str) -> KeyPool.Imported:
    return KeyPool.Imported(keys=keys(text))


def assigned(text: str, line_item: str = "li_key") -> KeyPool.Assigned:
    return KeyPool.Assigned(line_item=as_line(line_item), keys=keys(text), session_id=SESSION)


def ran_out(quantity: int = 2) -> KeyPool.RanOut:
    return KeyPool.RanOut(line_item=as_line("li_key"), quantity=quantity, session_id=SESSION)


def wait_ended() -> KeyPool.WaitEnded:
    return KeyPool.WaitEnded(line_item=as_line("li_key"), session_id=SESSION)


def delivered(text: str = "", line_item: str = "li_key") -> Fulfillment.LineItemDelivered:
    return Fulfillment.LineItemDelivered(line_item=as_line(line_item), keys=keys(text))


def backordered(pool: str = "pro") -> Fulfillment.LineItemBlocked:
    detail = reasons.not_enough_keys(as_pool(pool))
    return Fulfillment.LineItemBlocked(line_item=as_line("li_key"), state=LineState.BACKORDERED, detail=detail)


def replanned(line: PlannedLine) -> Fulfillment.Replanned:
    return Fulfillment.Replanned(lines=(line,), replaced=(TWO_KEYS,), catalog="beef")


def waiting(*more: tuple[str, Event]) -> Streams:
    return streams((FULFILLMENT, requested(TWO_KEYS)), (POOL, ran_out()), (FULFILLMENT, backordered()), *more)


def reserved() -> Fulfillment.LineItemReserved:
    return Fulfillment.LineItemReserved(line_item=as_line("li_key"))


def boxed_and_waiting(*more: tuple[str, Event]) -> Streams:
    """It has its stock, and waits for keys."""
    boxed = replace(TWO_KEYS, sku=as_sku("box"), track_stock=True)
    before = ((FULFILLMENT, requested(boxed)), (FULFILLMENT, reserved()), (POOL, ran_out()))
    return streams(*before, (FULFILLMENT, backordered()), *more)


def test_a_line_gets_as_many_keys_as_its_quantity() -> None:
    streams((POOL, imported("A B C"))).when(POLICY, FULFILLMENT, requested(TWO_KEYS)).then(
        {POOL: [assigned("A B")], FULFILLMENT: [delivered("A B"), COMPLETED]}
    )


def test_two_lines_of_one_session_get_different_keys() -> None:
    one, two = replace(TWO_KEYS, item=replace(TWO_KEYS.item, id=as_line("li_1"))), TWO_KEYS

    streams((POOL, imported("A B C D"))).when(POLICY, FULFILLMENT, requested(one, two)).then(
        {
            POOL: [assigned("A B", "li_1"), assigned("C D")],
            FULFILLMENT: [delivered("A B", "li_1"), delivered("C D"), COMPLETED],
        }
    )


def test_a_line_waits_until_the_pool_has_all_of_its_keys() -> None:
    streams((POOL, imported("A"))).when(POLICY, FULFILLMENT, requested(TWO_KEYS)).then(
        {POOL: [ran_out()], FULFILLMENT: [backordered()]}
    )


def test_a_line_waits_for_its_stock_before_it_takes_keys() -> None:
    boxed = replace(TWO_KEYS, sku=as_sku("box"), track_stock=True)
    log = streams((POOL, imported("A B")))

    log.when(POLICY, FULFILLMENT, requested(boxed)).then_nothing()
    log.when(POLICY, FULFILLMENT, Fulfillment.LineItemReserved(line_item=as_line("li_key"))).then(
        {POOL: [assigned("A B")], FULFILLMENT: [delivered("A B"), COMPLETED]}
    )


def test_a_line_whose_stock_is_taken_back_leaves_the_keys_to_others() -> None:
    after = boxed_and_waiting().when(POLICY, FULFILLMENT, BOX_GONE).then({POOL: [wait_ended()]})

    after.when(POLICY, FULFILLMENT, reserved()).then({POOL: [ran_out()], FULFILLMENT: [backordered()]})


def test_a_line_whose_stock_is_back_meanwhile_stays_in_the_queue_for_keys() -> None:
    boxed_and_waiting().when(POLICY, FULFILLMENT, BOX_GONE, meanwhile=[(FULFILLMENT, reserved())]).then_nothing()


def test_a_line_that_is_short_of_keys_stays_in_the_queue_for_them() -> None:
    boxed_and_waiting().when(POLICY, FULFILLMENT, backordered()).then_nothing()


def test_keys_that_come_as_the_stock_is_taken_back_are_delivered_when_it_is_there_again() -> None:
    log = boxed_and_waiting((FULFILLMENT, BOX_GONE), (POOL, imported("A B")))

    log.when(POLICY, POOL, assigned("A B")).then_nothing()
    log.when(POLICY, FULFILLMENT, reserved()).then({FULFILLMENT: [delivered("A B"), COMPLETED]})


def test_whenever_an_import_assigns_keys_the_line_that_waited_is_delivered() -> None:
    waiting((POOL, imported("A B"))).when(POLICY, POOL, assigned("A B")).then(
        {FULFILLMENT: [delivered("A B"), COMPLETED]}
    )


def test_keys_are_delivered_once() -> None:
    log = waiting((POOL, imported("A B")), (FULFILLMENT, delivered("A B")))

    log.when(POLICY, POOL, assigned("A B")).then_nothing()


def test_a_line_that_a_person_delivered_waits_for_no_keys() -> None:
    waiting().when(POLICY, FULFILLMENT, delivered()).then({POOL: [wait_ended()]})


def test_a_line_that_a_person_delivered_takes_no_keys_when_another_line_goes_on() -> None:
    mug = planned("li_mug", SHIPMENT, tracks=as_sku("mug"))
    log = streams((FULFILLMENT, requested(TWO_KEYS, mug)), (FULFILLMENT, delivered()), (POOL, imported("A B")))

    log.when(POLICY, FULFILLMENT, Fulfillment.LineItemReserved(line_item=as_line("li_mug"))).then_nothing()


def test_the_delivery_of_a_line_without_keys_concerns_no_pool() -> None:
    wrap = planned("li_key", SHIPMENT)

    streams((FULFILLMENT, requested(wrap))).when(POLICY, FULFILLMENT, delivered()).then_nothing()


def test_keys_of_a_missing_line_are_not_delivered() -> None:
    log = streams((FULFILLMENT, requested(TWO_KEYS)), (POOL, imported("A B")))

    log.when(POLICY, POOL, assigned("A B", "li_other")).then_nothing()


def test_a_line_that_is_replanned_without_keys_waits_for_none() -> None:
    waiting().when(POLICY, FULFILLMENT, replanned(planned("li_key", SHIPMENT))).then({POOL: [wait_ended()]})


def test_every_line_that_is_replanned_without_keys_waits_for_none() -> None:
    more = replace(TWO_KEYS, item=replace(TWO_KEYS.item, id=as_line("li_more")))
    both_wait = [ran_out(), KeyPool.RanOut(line_item=as_line("li_more"), quantity=2, session_id=SESSION)]
    log = streams((FULFILLMENT, requested(TWO_KEYS, more)), *((POOL, fact) for fact in both_wait))
    parcels = (planned("li_key", SHIPMENT), planned("li_more", SHIPMENT))

    log.when(POLICY, FULFILLMENT, Fulfillment.Replanned(lines=parcels, replaced=(TWO_KEYS, more), catalog="beef")).then(
        {POOL: [wait_ended(), KeyPool.WaitEnded(line_item=as_line("li_more"), session_id=SESSION)]}
    )


def test_a_line_that_is_replanned_with_another_pool_takes_from_that() -> None:
    other = replace(TWO_KEYS, settings={"pool": "max"})

    waiting((OTHER_POOL, imported("X Y"))).when(POLICY, FULFILLMENT, replanned(other)).then(
        {POOL: [wait_ended()], OTHER_POOL: [assigned("X Y")], FULFILLMENT: [delivered("X Y"), COMPLETED]}
    )


def test_a_line_that_is_replanned_with_another_empty_pool_waits_for_that() -> None:
    other = replace(TWO_KEYS, settings={"pool": "max"})

    waiting().when(POLICY, FULFILLMENT, replanned(other)).then(
        {POOL: [wait_ended()], OTHER_POOL: [ran_out()], FULFILLMENT: [backordered("max")]}
    )


def test_a_line_that_is_replanned_with_the_same_pool_keeps_its_place_in_the_queue() -> None:
    renamed = replace(TWO_KEYS, name="The key")

    waiting().when(POLICY, FULFILLMENT, replanned(renamed)).then({FULFILLMENT: [backordered()]})


@pytest.mark.parametrize("plan", [MANUAL, SHIPMENT, LICENSE_KEY])
def test_keys_that_an_import_assigned_are_no_delivery_of_a_line_that_was_replanned_since(plan: str) -> None:
    again = replanned(planned("li_key", plan, quantity=2, settings={"pool": "basic"}))

    waiting((FULFILLMENT, again), (POOL, imported("A B"))).when(POLICY, POOL, assigned("A B")).then_nothing()


REVOKED = Fulfillment.KeysRevoked(line_item=as_line("li_key"), numbers=(1, 2))
AWAITED = Fulfillment.KeysAwaited(
    line_item=as_line("li_key"), quantity=2, detail=reasons.not_enough_keys(as_pool("pro"))
)


def test_a_delivered_line_whose_keys_are_already_being_replaced_stays_in_the_queue_for_new_ones() -> None:
    taken = KeyPool.Revoked(line_item=as_line("li_key"), keys=keys("A B"), session_id=SESSION)
    meanwhile = [(POOL, taken), (POOL, ran_out()), (FULFILLMENT, REVOKED), (FULFILLMENT, AWAITED)]
    before = streams((FULFILLMENT, requested(TWO_KEYS)), (POOL, imported("A B")), (POOL, assigned("A B")))

    before.when(POLICY, FULFILLMENT, delivered("A B"), meanwhile=meanwhile).then_nothing()


def test_new_keys_of_an_import_replace_revoked_ones_once() -> None:
    before = (FULFILLMENT, requested(TWO_KEYS)), (FULFILLMENT, delivered("A B")), (POOL, ran_out())
    replaced = Fulfillment.KeysReplaced(number=1, line_item=as_line("li_key"), keys=keys("C D"))

    after = (
        streams(*before, (FULFILLMENT, REVOKED), (FULFILLMENT, AWAITED), (POOL, imported("C D")))
        .when(POLICY, POOL, assigned("C D"))
        .then({FULFILLMENT: [replaced]})
    )

    after.when(POLICY, POOL, assigned("C D")).then_nothing()
