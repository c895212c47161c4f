"""Whenever a session is paid, its lines are planned and handed over; until then, nothing is."""

from dataclasses import replace
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from kinds import ACCESS, HTTP, MANUAL, SHIPMENT
from scenario import FULFILLMENT, SAID_AT, SESSION, effect, planned, requested, streams
from typed_ids import as_event, as_line, as_sku, as_stream

from domain import reasons
from domain.catalog import Catalog
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.deliveries.kind import BUILT_IN
from domain.effect import MAIL, RETRIEVE, Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.park_reason import ParkReason
from domain.plan import PlannedLine, Rule, Setting
from domain.policies.fulfillment import FulfillmentPolicy
from domain.source import Source
from domain.stock_item import StockItem

HOOK_SETTINGS = {"url": "https://example.com/hook"}
CATALOG = Catalog(
    products={
        "prod_li_mug": Rule(delivery=SHIPMENT, sku=as_sku("mug"), track_stock=True),
        "prod_li_course": Rule(delivery=ACCESS),
        "prod_li_hook": Rule(delivery=HTTP, settings=HOOK_SETTINGS),
    },
    digest="c0ffee",
)
POLICY = FulfillmentPolicy(CATALOG)

MUG, COURSE = planned("li_mug", SHIPMENT, tracks=as_sku("mug")), planned("li_course", ACCESS)
HOOK = planned("li_hook", HTTP, settings=HOOK_SETTINGS)
NO_RULE = reasons.no_rule()
PAID = CheckoutSession.Paid(payment_status="paid", amount_total=1000, currency="eur", occurred_at=SAID_AT)
FAILED = CheckoutSession.AsyncPaymentFailed(stripe_event=as_event("evt_failed"), occurred_at=SAID_AT)
SUCCEEDED = CheckoutSession.AsyncPaymentSucceeded(stripe_event=as_event("evt_succeeded"), occurred_at=SAID_AT)
DELIVER_HOOK = effect("deliver_li_hook")
HOOK_REQUESTED = Effect.Requested(kind=HTTP, step="deliver_li_hook", line=HOOK)
HOOK_GIVEN_UP = Fulfillment.LineItemBlocked(
    line_item=as_line("li_hook"), state=LineState.GIVEN_UP, detail=reasons.port_failed("HTTP 410")
)
RING_BELL = effect("deliver_li_bell")
FAILED_ONCE = Effect.AttemptFailed(number=1, error=reasons.port_failed("HTTP 503"), retry_at=SAID_AT)
TAKEN_BACK = Effect.Withdrawn(why=reasons.stock_taken_back())
COMPLETED = Fulfillment.Completed()
SEATS = "sku_seat"


def retrieved(*lines: PlannedLine, **changes: Any) -> CheckoutSession.Retrieved:
    return CheckoutSession.Retrieved(checkout=answer(*lines, **changes), source=Source.WEBHOOK, occurred_at=SAID_AT)


def answer(*lines: PlannedLine, **changes: Any) -> Checkout:
    return a_checkout(line_items=[line.item for line in lines], **changes)


def delivered(line_item: str, note: str | None = None) -> Fulfillment.LineItemDelivered:
    return Fulfillment.LineItemDelivered(line_item=as_line(line_item), note=note)


def test_a_paid_session_is_planned_with_the_catalog_as_it_is() -> None:
    paid = retrieved(MUG, COURSE, amount_shipping=490, amount_tax=171)
    request = replace(requested(MUG, COURSE), amount_shipping=490, amount_tax=171)

    streams((SESSION, paid)).when(POLICY, SESSION, PAID).then({FULFILLMENT: [request]})


def test_the_plan_has_the_quantities_that_the_customer_chose() -> None:
    several, none = replace(MUG, item=replace(MUG.item, quantity=3)), replace(COURSE, item=a_line_item(quantity=0))

    streams((SESSION, retrieved(several, none))).when(POLICY, SESSION, PAID).then(
        {FULFILLMENT: [replace(requested(several), amount_total=2000)]}
    )


def test_a_paid_session_without_lines_is_complete_at_once() -> None:
    streams((SESSION, retrieved())).when(POLICY, SESSION, PAID).then({FULFILLMENT: [requested(), COMPLETED]})


def test_what_has_no_rule_is_handed_to_a_person() -> None:
    wrap = planned("li_wrap", MANUAL, remark=NO_RULE)
    blocked = Fulfillment.LineItemBlocked(line_item=as_line("li_wrap"), state=LineState.MANUAL, detail=NO_RULE)

    streams().when(POLICY, FULFILLMENT, requested(wrap)).then({FULFILLMENT: [blocked]})


def test_a_rule_that_asks_for_a_person_says_so() -> None:
    wrap = planned("li_wrap", MANUAL)
    detail = reasons.manual_by_rule()
    blocked = Fulfillment.LineItemBlocked(line_item=as_line("li_wrap"), state=LineState.MANUAL, detail=detail)

    streams().when(POLICY, FULFILLMENT, requested(wrap)).then({FULFILLMENT: [blocked]})


def test_access_is_delivered_at_once_with_its_link() -> None:
    course = replace(COURSE, settings={"link": "https://example.com/course"})
    link = replace(delivered("li_course"), link="https://example.com/course")

    streams().when(POLICY, FULFILLMENT, requested(course, MUG)).then({FULFILLMENT: [link]})


def test_access_without_a_link_is_delivered_too() -> None:
    streams().when(POLICY, FULFILLMENT, requested(COURSE)).then({FULFILLMENT: [delivered("li_course"), COMPLETED]})


def test_a_line_that_is_replanned_as_access_is_delivered_at_once() -> None:
    wrap = planned("li_wrap", MANUAL, remark=NO_RULE)
    course = replace(COURSE, item=wrap.item)
    blocked = Fulfillment.LineItemBlocked(line_item=as_line("li_wrap"), state=LineState.MANUAL, detail=NO_RULE)
    replanned = Fulfillment.Replanned(lines=(course,), replaced=(wrap,), catalog="beef")

    streams((FULFILLMENT, requested(wrap)), (FULFILLMENT, blocked)).when(POLICY, FULFILLMENT, replanned).then(
        {FULFILLMENT: [delivered("li_wrap"), COMPLETED]}
    )


@pytest.mark.parametrize("kind", sorted(BUILT_IN))
def test_whatever_its_kind_a_line_waits_for_its_stock(kind: str) -> None:
    settings: dict[str, Setting] = {"pool": "pro", "url": "https://example.com/hook"}

    streams().when(
        POLICY, FULFILLMENT, requested(planned("li_mug", kind, tracks=as_sku("mug"), settings=settings))
    ).then_nothing()


def test_limited_access_is_delivered_once_its_stock_is_promised() -> None:
    seat = planned("li_seat", ACCESS, tracks=as_sku("seat"))
    promised = StockItem.Reserved(line_item=as_line("li_seat"), quantity=1, session_id=SESSION)
    dispatched = StockItem.Dispatched(line_item=as_line("li_seat"), quantity=1)
    log = streams((FULFILLMENT, requested(seat)), (SEATS, StockItem.Counted(on_hand=5)), (SEATS, promised))

    log.when(POLICY, FULFILLMENT, Fulfillment.LineItemReserved(line_item=as_line("li_seat"))).then(
        {FULFILLMENT: [delivered("li_seat"), COMPLETED], SEATS: [dispatched]}
    )


def test_a_session_is_planned_as_last_retrieved() -> None:
    later = retrieved(MUG, amount_shipping=490)

    streams((SESSION, retrieved(MUG))).when(POLICY, SESSION, PAID, meanwhile=[(SESSION, later)]).then(
        {FULFILLMENT: [replace(requested(MUG), amount_shipping=490)]}
    )


def test_a_session_that_is_planned_is_not_planned_again() -> None:
    streams((SESSION, retrieved(MUG)), (FULFILLMENT, requested(MUG))).when(POLICY, SESSION, PAID).then_nothing()


def test_what_is_paid_although_it_expired_is_fulfilled() -> None:
    expired = CheckoutSession.Expired(stripe_event=as_event("evt_expired"), occurred_at=SAID_AT)

    streams((SESSION, expired), (SESSION, retrieved(MUG))).when(POLICY, SESSION, PAID).then(
        {FULFILLMENT: [requested(MUG)]}
    )


def test_an_unpaid_session_holds_the_stock_of_its_lines() -> None:
    unpaid = retrieved(MUG, COURSE, payment_status="unpaid")

    streams().when(POLICY, SESSION, unpaid).then({FULFILLMENT: [Fulfillment.StockHeld(lines=(MUG,))]})


@pytest.mark.parametrize(
    "changes",
    [{}, {"status": "open", "payment_status": "unpaid"}, {"status": "expired", "payment_status": "unpaid"}],
)
def test_what_awaits_no_payment_holds_nothing(changes: dict[str, str]) -> None:
    streams().when(POLICY, SESSION, retrieved(MUG, **changes)).then_nothing()


@pytest.mark.parametrize("later", [FAILED, SUCCEEDED, PAID])
def test_a_payment_that_is_decided_meanwhile_holds_nothing(later: Event) -> None:
    unpaid = retrieved(MUG, payment_status="unpaid")

    streams().when(POLICY, SESSION, unpaid, meanwhile=[(SESSION, later)]).then_nothing()


def test_a_session_that_is_parked_for_its_payment_status_holds_nothing() -> None:
    strange = retrieved(MUG, payment_status="half_paid")
    parked = CheckoutSession.Parked(why=ParkReason.UNKNOWN_PAYMENT_STATUS, detail=reasons.unknown_payment_status("new"))

    streams().when(POLICY, SESSION, strange, meanwhile=[(SESSION, parked)]).then_nothing()


def test_a_failed_payment_releases_what_was_held_for_it() -> None:
    held = Fulfillment.StockHeld(lines=(MUG,))
    before = [(SESSION, retrieved(MUG, payment_status="unpaid")), (FULFILLMENT, held)]

    streams(*before).when(POLICY, SESSION, FAILED).then({FULFILLMENT: [Fulfillment.HoldReleased(lines=(MUG,))]})


def test_a_failure_of_what_is_paid_releases_nothing() -> None:
    held = Fulfillment.StockHeld(lines=(MUG,))

    streams((SESSION, retrieved(MUG)), (FULFILLMENT, held), (SESSION, PAID)).when(
        POLICY, SESSION, FAILED
    ).then_nothing()


@pytest.mark.parametrize("status", ["canceled", "requires_payment_method"])
def test_a_payment_that_stripe_shows_as_over_releases_the_hold(status: str) -> None:
    held = Fulfillment.StockHeld(lines=(MUG,))
    before = [(SESSION, retrieved(MUG, payment_status="unpaid")), (FULFILLMENT, held)]
    over = retrieved(MUG, payment_status="unpaid", intent_status=status)

    streams(*before).when(POLICY, SESSION, over).then({FULFILLMENT: [Fulfillment.HoldReleased(lines=(MUG,))]})


def test_an_authorized_payment_holds_its_stock() -> None:
    authorized = retrieved(MUG, payment_status="unpaid", intent_status="requires_capture")

    streams().when(POLICY, SESSION, authorized).then({FULFILLMENT: [Fulfillment.StockHeld(lines=(MUG,))]})


def test_a_failure_without_a_hold_releases_nothing() -> None:
    streams().when(POLICY, SESSION, FAILED).then_nothing()


def test_a_line_for_a_service_outside_is_handed_to_it() -> None:
    streams().when(POLICY, FULFILLMENT, requested(HOOK, MUG)).then({DELIVER_HOOK: [HOOK_REQUESTED]})


def test_a_line_that_waits_for_stock_is_handed_out_when_it_is_there() -> None:
    stocked = replace(HOOK, sku=as_sku("hook"), track_stock=True)
    waiting = streams()
    waiting.when(POLICY, FULFILLMENT, requested(stocked)).then_nothing()

    waiting.when(POLICY, FULFILLMENT, Fulfillment.LineItemReserved(line_item=as_line("li_hook"))).then(
        {DELIVER_HOOK: [Effect.Requested(kind=HTTP, step="deliver_li_hook", line=stocked)]}
    )


def test_a_delivery_that_was_given_up_while_its_line_waited_for_stock_is_shown_to_a_person() -> None:
    stocked = replace(HOOK, sku=as_sku("hook"), track_stock=True)
    reserved = Fulfillment.LineItemReserved(line_item=as_line("li_hook"))
    short = Fulfillment.LineItemBlocked(
        line_item=as_line("li_hook"), state=LineState.BACKORDERED, detail=reasons.as_written("why")
    )
    given_up = Effect.GivenUp(error=reasons.port_failed("HTTP 410"))
    log = streams(
        (FULFILLMENT, requested(stocked)), (FULFILLMENT, reserved), (DELIVER_HOOK, HOOK_REQUESTED), (FULFILLMENT, short)
    )

    log.when(POLICY, as_stream(DELIVER_HOOK), given_up).then_nothing()
    log.when(POLICY, FULFILLMENT, reserved).then({FULFILLMENT: [HOOK_GIVEN_UP]})


def test_whenever_the_delivery_worked_the_line_is_delivered() -> None:
    before = [(FULFILLMENT, requested(HOOK)), (DELIVER_HOOK, HOOK_REQUESTED)]

    streams(*before).when(POLICY, as_stream(DELIVER_HOOK), Effect.Succeeded(number=1, note="ref 99")).then(
        {FULFILLMENT: [delivered("li_hook", "ref 99"), COMPLETED]}
    )


def test_whenever_the_delivery_is_given_up_the_line_is_shown_to_a_person() -> None:
    before = [(FULFILLMENT, requested(HOOK)), (DELIVER_HOOK, HOOK_REQUESTED)]

    streams(*before).when(POLICY, as_stream(DELIVER_HOOK), Effect.GivenUp(error=reasons.port_failed("HTTP 410"))).then(
        {FULFILLMENT: [HOOK_GIVEN_UP]}
    )


def test_whenever_the_delivery_is_tried_again_the_line_is_pending_again() -> None:
    before = [(FULFILLMENT, requested(HOOK)), (DELIVER_HOOK, HOOK_REQUESTED), (FULFILLMENT, HOOK_GIVEN_UP)]

    streams(*before).when(POLICY, as_stream(DELIVER_HOOK), Effect.RetryRequested()).then(
        {FULFILLMENT: [Fulfillment.LineItemResumed(line_item=as_line("li_hook"))]}
    )


def test_a_delivery_that_was_withdrawn_for_want_of_stock_is_asked_for_again_when_it_is_there() -> None:
    stocked = replace(HOOK, sku=as_sku("hook"), track_stock=True)
    asked = Effect.Requested(kind=HTTP, step="deliver_li_hook", line=stocked)
    reserved = Fulfillment.LineItemReserved(line_item=as_line("li_hook"))
    short = Fulfillment.LineItemBlocked(
        line_item=as_line("li_hook"), state=LineState.BACKORDERED, detail=reasons.as_written("why")
    )
    log = streams(
        (FULFILLMENT, requested(stocked)), (FULFILLMENT, reserved), (DELIVER_HOOK, asked), (FULFILLMENT, short)
    )

    log.when(POLICY, as_stream(DELIVER_HOOK), TAKEN_BACK).then_nothing()
    log.when(POLICY, FULFILLMENT, reserved).then({DELIVER_HOOK: [asked]})


def test_a_delivery_that_was_withdrawn_as_its_stock_came_back_is_asked_for_again() -> None:
    """Two processes: one withdrew it, when the other had seen already that it goes on."""
    stocked = replace(HOOK, sku=as_sku("hook"), track_stock=True)
    asked = Effect.Requested(kind=HTTP, step="deliver_li_hook", line=stocked)
    reserved = Fulfillment.LineItemReserved(line_item=as_line("li_hook"))
    log = streams((FULFILLMENT, requested(stocked)), (DELIVER_HOOK, asked), (FULFILLMENT, reserved))

    log.when(POLICY, FULFILLMENT, reserved).then_nothing()
    log.when(POLICY, as_stream(DELIVER_HOOK), TAKEN_BACK).then({DELIVER_HOOK: [asked]})


def test_a_delivery_that_was_withdrawn_because_a_person_delivered_is_not_asked_for_again() -> None:
    before = [(FULFILLMENT, requested(HOOK)), (DELIVER_HOOK, HOOK_REQUESTED), (FULFILLMENT, delivered("li_hook"))]

    streams(*before).when(
        POLICY, as_stream(DELIVER_HOOK), Effect.Withdrawn(why=reasons.delivered_otherwise())
    ).then_nothing()


@pytest.mark.parametrize(
    "outcome", [Effect.Succeeded(number=1), Effect.GivenUp(error=reasons.port_failed("HTTP 410")), TAKEN_BACK]
)
def test_what_became_of_a_delivery_of_an_older_plan_changes_nothing(outcome: Event) -> None:
    other = replace(HOOK, settings={"url": "https://example.com/other"})
    replanned = Fulfillment.Replanned(lines=(other,), replaced=(HOOK,), catalog="beef")
    before = [(FULFILLMENT, requested(HOOK)), (DELIVER_HOOK, HOOK_REQUESTED), (FULFILLMENT, HOOK_GIVEN_UP)]

    streams(*before, (FULFILLMENT, replanned)).when(POLICY, as_stream(DELIVER_HOOK), outcome).then_nothing()


@pytest.mark.parametrize(
    "outcome", [Effect.Succeeded(number=1), Effect.GivenUp(error=reasons.port_failed("no")), Effect.RetryRequested()]
)
@pytest.mark.parametrize("kind", [MAIL, RETRIEVE])
def test_what_became_of_a_mail_or_a_retrieval_changes_no_line(kind: str, outcome: Event) -> None:
    before = [(FULFILLMENT, requested(HOOK)), (effect("other"), Effect.Requested(kind=kind, step="other"))]

    streams(*before).when(POLICY, as_stream(effect("other")), outcome).then_nothing()


@pytest.mark.parametrize(
    "outcome", [Effect.Succeeded(number=1), Effect.GivenUp(error=reasons.port_failed("no")), Effect.RetryRequested()]
)
@pytest.mark.parametrize("before", [[], [(DELIVER_HOOK, HOOK_REQUESTED)]], ids=["of no line", "of a line not there"])
def test_what_became_of_what_no_line_asked_for_changes_none(before: list[tuple[str, Event]], outcome: Event) -> None:
    streams((FULFILLMENT, requested(MUG)), *before).when(POLICY, as_stream(DELIVER_HOOK), outcome).then_nothing()


def test_a_line_that_is_replanned_is_handed_out_under_a_step_of_its_own() -> None:
    other = replace(HOOK, settings={"url": "https://example.com/other"})
    replanned = Fulfillment.Replanned(lines=(other,), replaced=(HOOK,), catalog="beef")
    before = [(FULFILLMENT, requested(HOOK)), (DELIVER_HOOK, HOOK_REQUESTED), (FULFILLMENT, HOOK_GIVEN_UP)]
    step = "deliver_li_hook_2"

    streams(*before).when(POLICY, FULFILLMENT, replanned).then(
        {effect(step): [Effect.Requested(kind=HTTP, step=step, line=other)]}
    )


def test_whenever_a_person_asks_what_was_given_up_is_tried_again() -> None:
    given_up = Effect.GivenUp(error=reasons.port_failed("HTTP 410"))
    before = [(FULFILLMENT, requested(HOOK, MUG)), (DELIVER_HOOK, HOOK_REQUESTED), (DELIVER_HOOK, given_up)]

    streams(*before, (FULFILLMENT, HOOK_GIVEN_UP)).when(POLICY, SESSION, CheckoutSession.RetryRequested()).then(
        {DELIVER_HOOK: [Effect.RetryRequested()]}
    )


def test_whenever_a_person_asks_everything_that_waits_for_its_next_attempt_is_tried_at_once() -> None:
    bell = planned("li_bell", HTTP, settings=HOOK_SETTINGS)
    asked = [(HOOK_REQUESTED, DELIVER_HOOK), (replace(HOOK_REQUESTED, step="deliver_li_bell", line=bell), RING_BELL)]
    log = streams((FULFILLMENT, requested(HOOK, MUG, bell)))
    for request, stream in asked:
        log.add(as_stream(stream), request, Effect.AttemptStarted(number=1, worker="w1"), FAILED_ONCE)

    log.when(POLICY, SESSION, CheckoutSession.RetryRequested()).then(
        {DELIVER_HOOK: [Effect.RetryRequested()], RING_BELL: [Effect.RetryRequested()]}
    )


def test_whenever_a_person_asks_what_is_delivered_is_not_tried_again() -> None:
    given_up = Effect.GivenUp(error=reasons.port_failed("HTTP 410"))
    before = [(FULFILLMENT, requested(HOOK, MUG)), (DELIVER_HOOK, HOOK_REQUESTED), (DELIVER_HOOK, given_up)]

    streams(*before, (FULFILLMENT, delivered("li_hook"))).when(
        POLICY, SESSION, CheckoutSession.RetryRequested()
    ).then_nothing()
