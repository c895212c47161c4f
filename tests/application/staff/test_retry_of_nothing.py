"""A retry that would do nothing is refused; one that may help is not."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_session

from application.log.insertion import ParkedEvent
from application.ports import Permanent, Temporary
from application.staff.by import By
from application.writing.unit_of_work import Stamp
from domain import reasons
from domain.effect import RETRIEVE, Effect
from domain.errors import Refused
from domain.step import effect_id
from domain.stripe_event import StripeEvent

ID, EVENT = as_session("cs_test_order"), as_event("evt_1")
CATALOG = '[products.prod_access]\ndelivery = "access"\n[products.prod_parcel]\ndelivery = "courier"\n'

BY = By(name="kim", reason="put right")

Open = Callable[..., Shop]
Ordered = Callable[[str], Shop]


@pytest.fixture
def ordered(open_shop: Open, outside: Outside) -> Ordered:
    """A shop with an order of one product, which was paid, and everything that followed."""

    def ordered(product: str) -> Shop:
        outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product=product)])
        shop = open_shop(catalog=CATALOG)
        shop.hear(COMPLETED, ID, id=EVENT, payment_status="paid")
        shop.rest()
        return shop

    return ordered


def check(shop: Shop, id: str = ID, *, livemode: bool = False) -> None:
    shop.runtime.staff.check_retriable(id, livemode=livemode)


@pytest.mark.parametrize("id", [ID, "evt_1"])
def test_a_finished_checkout_and_its_event_have_nothing_to_retry(ordered: Ordered, id: str) -> None:
    shop = ordered("prod_access")

    with expect_refusal("nothing to retry"):
        check(shop, id)


def test_a_failed_mail_can_be_retried_until_it_is_sent(ordered: Ordered, outside: Outside) -> None:
    outside.mailers_error = Permanent("no such mailbox")
    shop = ordered("prod_access")

    check(shop)

    outside.mailers_error = None
    shop.runtime.staff.retry(ID, BY)
    shop.rest()
    with pytest.raises(Refused):
        check(shop)


def test_a_failed_delivery_can_be_retried_until_it_is_done(ordered: Ordered, outside: Outside) -> None:
    outside.couriers_error = Permanent("no such address")
    shop = ordered("prod_parcel")

    check(shop)

    outside.couriers_error = None
    shop.runtime.staff.retry(ID, BY)
    shop.rest()
    with pytest.raises(Refused):
        check(shop)


def test_stripe_can_be_asked_again_about_an_unpaid_checkout_but_not_with_a_key_of_the_other_mode(
    open_shop: Open, outside: Outside
) -> None:
    outside.checkouts[ID] = a_checkout(payment_status="unpaid")
    shop = open_shop(catalog=CATALOG)
    shop.hear(COMPLETED, ID, id=EVENT, payment_status="unpaid")
    shop.rest()

    check(shop)
    with expect_refusal("another mode or account"):
        check(shop, livemode=True)


def test_a_handled_event_of_an_unpaid_checkout_has_nothing_to_retry(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[ID] = a_checkout(payment_status="unpaid")
    shop = open_shop(catalog=CATALOG)
    shop.hear(COMPLETED, ID, id=EVENT, payment_status="unpaid")
    check(shop, "evt_1")  # it is not handled yet
    shop.rest()
    retrievals = outside.retrievals

    with expect_refusal("^Stripe event evt_1 is handled, so there is nothing to retry"):
        check(shop, "evt_1")

    shop.runtime.staff.retry("evt_1", BY)
    shop.rest()
    assert outside.retrievals == retrievals


@pytest.mark.parametrize(
    ("type", "payment"),
    [("charge.refunded", "pi_1"), ("payment_intent.succeeded", None)],
    ids=["of a type that is not handled", "without a payment"],
)
def test_an_event_that_needs_no_action_has_nothing_to_retry(open_shop: Open, type: str, payment: str | None) -> None:
    shop = open_shop(catalog=CATALOG)
    shop.hear(type, None, id=EVENT, payment_intent=payment)
    shop.rest()

    with expect_refusal("^Stripe event evt_1 needs no action, so there is nothing to retry. Nothing was recorded.$"):
        check(shop, "evt_1")


def test_an_event_about_a_payment_has_nothing_to_retry_once_it_is_handled(open_shop: Open) -> None:
    shop = open_shop(catalog=CATALOG)
    shop.hear("payment_intent.succeeded", None, id=EVENT, payment_intent="pi_1")
    check(shop, "evt_1")
    shop.rest()

    with expect_refusal("evt_1 is handled"):
        check(shop, "evt_1")


def test_a_failed_event_can_be_retried_even_if_it_is_dismissed(open_shop: Open) -> None:
    shop = open_shop(catalog=CATALOG)
    shop.hear(COMPLETED, None, id=EVENT)
    shop.rest()

    check(shop, "evt_1")
    shop.runtime.staff.dismiss(EVENT, BY)
    check(shop, "evt_1")
    shop.runtime.staff.retry("evt_1", BY)
    shop.rest()

    assert [item.kind for item in shop.runtime.queries.work_queue()] == ["failed_stripe_event"]


def test_an_event_that_an_earlier_version_ignored_can_be_retried_once_this_version_handles_it(
    open_shop: Open, outside: Outside
) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product="prod_access")])
    shop = open_shop(catalog=CATALOG)
    shop.hear(COMPLETED, ID, id=EVENT, payment_status="paid")
    stamp = Stamp(actor="policy:intake", now=shop.clock(), session_id=ID)
    why = reasons.unhandled_type(COMPLETED)
    shop.runtime.writer.run(stamp, ["evt_1"], lambda unit: unit.command(StripeEvent, EVENT, StripeEvent.ignore, why))

    check(shop, "evt_1")


def test_a_parked_event_can_be_retried(ordered: Ordered) -> None:
    shop = ordered("prod_access")
    parked = ParkedEvent(
        policy="emails", position=9, subject=ID, error=reasons.as_written("no"), parked_at=shop.clock()
    )
    shop.runtime.log.store.replace_bookkeeping({}, [parked])

    check(shop)
    check(shop, "evt_1")


def test_what_the_log_does_not_know_is_left_to_the_retry_itself(open_shop: Open) -> None:
    shop = open_shop(catalog=CATALOG)

    check(shop)
    check(shop, "evt_1")


def test_a_retrieval_that_failed_is_brought_forward_once_however_often_a_person_asks(
    open_shop: Open, outside: Outside
) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product="prod_access")])
    outside.planned_errors = [Temporary(reasons.stripe_key_refused("HTTP 401"))] * 2
    shop = open_shop(catalog=CATALOG)
    shop.hear(COMPLETED, ID, id=EVENT, payment_status="paid")
    shop.rest()
    assert [item.kind for item in shop.runtime.queries.work_queue()] == ["stripe_key_refused"]

    check(shop)
    for _ in range(3):
        shop.runtime.staff.retry(ID, BY)
        shop.runtime.engine.run_until_quiet(effects=False)

    assert shop.runtime.queries.work_queue() == []
    with expect_refusal("already: the next attempt is due"):
        check(shop)
    shop.rest()
    check(shop)  # it has failed again, and waits
    shop.runtime.staff.retry(ID, BY)
    shop.rest()
    assert (shop.state(ID), outside.retrievals) == ("fulfilled", 1)
    assert [each.step for each in shop.events_of(Effect.Requested) if each.kind == RETRIEVE] == ["retrieve_completed"]


def test_a_retrieval_that_is_under_way_is_not_retried(open_shop: Open) -> None:
    shop, id = open_shop(catalog=CATALOG), effect_id(ID, "retrieve_completed")
    shop.hear(COMPLETED, ID, id=EVENT, payment_status="paid")
    shop.runtime.engine.run_until_quiet(effects=False)
    stamp = Stamp(actor="worker:w1", now=shop.clock(), session_id=ID)
    shop.runtime.writer.run(stamp, [id], lambda unit: unit.command(Effect, id, Effect.start, "w1", now=shop.clock()))

    with expect_refusal("already: attempt 1 is under way"):
        check(shop)
