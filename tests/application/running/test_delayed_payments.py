"""A payment that arrives or ends without an event of its session is noticed: by a hint at once, else on a schedule."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import BEGINNING, FixedClock, Outside
from shop import COMPLETED, SUCCEEDED, Shop
from typed_ids import as_event, as_line, as_session, as_sku

from application.ports import Temporary
from application.reading.checkout_state import CheckoutState
from application.staff.by import By
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.mail import MailKind
from domain.payment import Payment
from domain.source import Source

ID, NEXT, PAYMENT = as_session("cs_test_first"), as_session("cs_test_next"), "pi_first"
CATALOG = '[products.prod_mug]\ndelivery = "shipment"\nsku = "mug"\ntrack_stock = true\n'
BY = By(name="ann", reason="looked at the shelf")
HOUR, DAY = 3600.0, 86400.0

Open = Callable[..., Shop]


def authorized(**changes: Any) -> Any:
    """A card payment of one mug that the merchant has not captured yet."""
    unpaid = a_checkout(
        line_items=[a_line_item(product="prod_mug")],
        payment_status="unpaid",
        payment_intent=PAYMENT,
        intent_status="requires_capture",
        capture_method="manual",
        payment_method_type="card",
    )
    return replace(unpaid, **changes)


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    """One mug on the shelf, held for a customer whose card is authorized."""
    outside.checkouts[ID] = authorized()
    shop = open_shop(catalog=CATALOG)
    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_completed"), payment_status="unpaid")
    shop.rest()
    assert shop.state(ID) is CheckoutState.AWAITING_PAYMENT
    assert shop.stock("mug").available == 0
    return shop


def capture(outside: Outside) -> None:
    outside.checkouts[ID] = authorized(payment_status="paid", intent_status="succeeded")


def cancel(outside: Outside) -> None:
    outside.checkouts[ID] = authorized(intent_status="canceled")


def kinds(outside: Outside) -> list[MailKind]:
    return [mail.kind for mail in outside.mailbox.values()]


WAYS_OF_ASKING: dict[str, Callable[[Shop], object]] = {
    "a hint": lambda shop: shop.hear("charge.captured", None, id=as_event("evt_hint"), payment_intent=PAYMENT),
    "a person": lambda shop: shop.runtime.staff.retry(ID, BY),
    "the landing page": lambda shop: shop.visit(ID),
    "a further event": lambda shop: shop.hear(SUCCEEDED, ID, id=as_event("evt_succeeded")),
}


@pytest.mark.parametrize("ask", [pytest.param(ask, id=way) for way, ask in WAYS_OF_ASKING.items()])
@pytest.mark.parametrize("is_paid", [False, True])
def test_stripe_is_asked_in_every_way_until_the_session_is_paid_and_in_none_from_then_on(
    shop: Shop, outside: Outside, ask: Callable[[Shop], object], is_paid: bool
) -> None:
    if is_paid:
        capture(outside)
        shop.visit(ID)
    before = outside.retrievals

    ask(shop)
    shop.rest()

    is_asked = outside.retrievals > before
    assert is_asked is not is_paid
    assert shop.session(ID).may_have_news is is_asked


@pytest.mark.parametrize("kind", ["payment_intent.succeeded", "v1.payment_intent.succeeded", "charge.captured"])
def test_a_captured_payment_is_fulfilled_at_once(shop: Shop, outside: Outside, kind: str) -> None:
    capture(outside)

    shop.hear(kind, None, id=as_event("evt_captured"), payment_intent=PAYMENT)
    shop.rest()

    assert shop.state(ID) is CheckoutState.FULFILLING
    assert outside.retrievals == 2


def test_what_is_asked_for_a_payment_that_was_reported_before_its_session_was_known_is_of_the_session(
    open_shop: Open, outside: Outside
) -> None:
    outside.checkouts[ID] = authorized()
    shop = open_shop(catalog=CATALOG)
    shop.hear("payment_intent.succeeded", None, id=as_event("evt_early"), payment_intent=PAYMENT)
    shop.runtime.engine._followers.turn()

    shop.visit(ID)
    shop.rest()

    asked = [effect for effect in shop.events_of(Effect.Requested) if effect.step == "retrieve_evt_early"]
    assert [effect.session_id for effect in asked] == [ID]


def test_a_customer_whose_card_is_authorized_gets_no_pending_mail(shop: Shop, outside: Outside) -> None:
    assert kinds(outside) == []

    capture(outside)
    shop.clock.advance(HOUR)
    shop.rest()

    assert kinds(outside) == [MailKind.RECEIPT]


def test_a_captured_payment_is_noticed_although_every_event_is_lost(shop: Shop, outside: Outside) -> None:
    capture(outside)

    shop.clock.advance(HOUR - 60)
    shop.rest()
    assert shop.state(ID) is CheckoutState.AWAITING_PAYMENT
    shop.clock.advance(60)
    shop.rest()

    assert shop.state(ID) is CheckoutState.FULFILLING
    assert shop.events_of(CheckoutSession.Retrieved)[-1].source is Source.SCHEDULE


def test_a_payment_that_takes_weeks_is_noticed_the_day_after_it_arrives(shop: Shop, outside: Outside) -> None:
    for _ in range(5):
        shop.clock.advance(5 * DAY)
        shop.rest()
    capture(outside)
    shop.clock.advance(DAY)
    shop.rest()

    assert shop.state(ID) is CheckoutState.FULFILLING


def test_an_authorized_payment_is_the_shops_to_capture_at_once_and_until_it_is(shop: Shop, outside: Outside) -> None:
    def work() -> list[str]:
        return [item.kind for item in shop.runtime.queries.work_queue()]

    assert work() == ["payment_to_capture"]

    capture(outside)
    shop.hear("charge.captured", None, id=as_event("evt_captured"), payment_intent=PAYMENT)
    shop.rest()

    assert work() == ["parcel_to_pack"]


def test_an_unpaid_checkout_is_asked_about_32_times_in_30_days_and_then_waits_for_a_person(
    shop: Shop, outside: Outside
) -> None:
    for wait in (HOUR, 5 * HOUR, 18 * HOUR, *[DAY] * 39):
        shop.clock.advance(wait)
        shop.rest()

    assert outside.retrievals == 1 + 32
    assert len(shop.events_of(CheckoutSession.Retrieved)) == 1
    assert [work.kind for work in shop.runtime.queries.work_queue()] == ["payment_to_capture", "payment_overdue"]
    document = shop.runtime.queries.checkout(ID)
    assert document is not None
    assert sum(entry.stream.startswith(f"eff_{ID}_retrieve_unpaid") for entry in document.story) == 3 * 32
    assert sum("retrieve_unpaid" in entry.stream and not entry.is_routine for entry in document.story) == 3


def test_times_that_passed_while_nothing_ran_are_made_up_for_by_one_question(shop: Shop, outside: Outside) -> None:
    shop.clock.advance(10.5 * DAY)
    shop.rest()
    shop.rest()

    assert outside.retrievals == 2
    waiting = [effect for effect in shop.events_of(Effect.Requested) if effect.not_before]
    assert waiting[-1].not_before - BEGINNING > 10.9 * (waiting[0].not_before - BEGINNING)


def test_a_time_at_which_stripe_is_away_does_not_end_the_schedule(shop: Shop, outside: Outside) -> None:
    outside.planned_errors = [Temporary("Stripe could not be reached")] * 100
    for _ in range(30):
        shop.clock.advance(HOUR)
        shop.rest()
    assert shop.events_of(Effect.GivenUp)
    outside.planned_errors = []
    capture(outside)
    shop.clock.advance(DAY)
    shop.rest()

    assert shop.state(ID) is CheckoutState.FULFILLING


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_canceled_payment_gives_its_stock_to_the_next_customer(shop: Shop, outside: Outside, is_heard: bool) -> None:
    cancel(outside)

    if is_heard:
        shop.hear("payment_intent.canceled", None, id=as_event("evt_canceled"), payment_intent=PAYMENT)
    else:
        shop.clock.advance(HOUR)
    shop.rest()

    assert shop.state(ID) is CheckoutState.PAYMENT_FAILED
    assert shop.stock("mug").available == 1
    assert kinds(outside) == [MailKind.PAYMENT_FAILED]
    outside.checkouts[NEXT] = replace(outside.checkouts[ID], payment_status="paid", payment_intent="pi_next")
    shop.hear(COMPLETED, NEXT, id=as_event("evt_next"), payment_status="paid")
    shop.rest()
    assert shop.fulfillment(NEXT).lines[as_line("li_1")].is_to_pack


def test_after_a_cancellation_nothing_is_asked_and_nothing_waits(shop: Shop, outside: Outside) -> None:
    cancel(outside)
    shop.clock.advance(HOUR)
    shop.rest()
    asked = outside.retrievals

    for _ in range(4):
        shop.clock.advance(10 * DAY)
        shop.rest()

    assert outside.retrievals == asked
    assert shop.runtime.queries.work_queue() == []


def test_a_debit_whose_failure_is_never_reported_gives_its_stock_back(shop: Shop, outside: Outside) -> None:
    outside.checkouts[ID] = authorized(intent_status="requires_payment_method", payment_method_type="sepa_debit")

    shop.clock.advance(HOUR)
    shop.rest()

    assert shop.state(ID) is CheckoutState.PAYMENT_FAILED
    assert shop.stock("mug").available == 1


def test_a_hint_that_comes_before_the_first_answer_is_not_lost(open_shop: Open, outside: Outside) -> None:
    """The answer was given before the capture, and recorded after the hint at it."""
    outside.checkouts[ID] = authorized()
    shop = open_shop()
    shop.hear("payment_intent.succeeded", None, id=as_event("evt_captured"), payment_intent=PAYMENT)
    shop.rest()
    assert outside.retrievals == 0

    shop.visit(ID)
    capture(outside)
    shop.rest()

    assert shop.state(ID) is not CheckoutState.AWAITING_PAYMENT
    assert outside.retrievals == 2


def test_payments_of_other_applications_are_recorded_and_nothing_is_asked(shop: Shop, outside: Outside) -> None:
    before = len(shop.events())

    for number in range(50):
        shop.hear(
            "payment_intent.succeeded", None, id=as_event(f"evt_other_{number}"), payment_intent=f"pi_other_{number}"
        )
    shop.rest()

    assert outside.retrievals == 1
    assert len(shop.events_of(Payment.Reported)) == 50
    assert len(shop.events()) == before + 2 * 50
    assert [work.kind for work in shop.runtime.queries.work_queue()] == ["payment_to_capture"]


def test_the_schedule_survives_its_process(shop: Shop, open_shop: Open, outside: Outside) -> None:
    shop.kill()
    capture(outside)

    again = open_shop(catalog=CATALOG, clock=FixedClock(shop.clock.now))
    again.clock.advance(HOUR)
    again.rest()

    assert again.state(ID) is CheckoutState.FULFILLING
