"""Staff cancel what is not delivered: its stock is free, nothing goes out, and a late payment waits for a person."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, FAILED, SUCCEEDED, Shop
from typed_ids import as_event, as_line, as_pool, as_session, as_sku

from application.ports import DeliveryReceipt, DeliveryRequest, NotTaken, Permanent, Temporary
from application.staff.by import By
from domain import reasons
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.errors import Refused
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId
from domain.key_pool import KeyPool
from domain.line import LineState
from domain.mail import MailKind
from domain.refusal import RefusalCode
from domain.step import effect_id

ID, NEXT = as_session("cs_test_first"), as_session("cs_test_next")
BY = By(name="ann", reason="ordered twice")
CATALOG = """
[products.prod_mug]
delivery = "shipment"
sku = "mug"
track_stock = true
[products.prod_course]
delivery = "access"
[products.prod_hook]
delivery = "courier"
[products.prod_key]
delivery = "license_key"
pool = "pro"
[products.prod_box]
delivery = "license_key"
pool = "pro"
sku = "box"
track_stock = true
"""

Open = Callable[..., Shop]


def order(*products: str, **changes: Any) -> Checkout:
    items = [a_line_item(f"li_{product}", product=f"prod_{product}", quantity=1) for product in products]
    return replace(a_checkout(line_items=items), **changes)


def bought(open_shop: Open, outside: Outside, *products: str) -> Shop:
    """One mug on the shelf, and an order of these products that is paid."""
    outside.checkouts[ID] = order(*products)
    shop = open_shop(catalog=CATALOG)
    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()
    return shop


def unpaid(open_shop: Open, outside: Outside) -> Shop:
    """One mug on the shelf, held for a bank debit."""
    outside.checkouts[ID] = order("mug", payment_status="unpaid", payment_method_type="sepa_debit")
    shop = open_shop(catalog=CATALOG)
    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="unpaid")
    shop.rest()
    return shop


def pay_late(shop: Shop) -> None:
    shop.outside.checkouts[ID] = order("mug")
    shop.hear(SUCCEEDED, ID, id=as_event("evt_2"))
    shop.rest()


def mails(shop: Shop) -> list[str]:
    return [str(mail.kind) for mail in shop.outside.mailbox.values()]


def states(shop: Shop) -> list[LineState]:
    return [line.state for line in shop.fulfillment(ID).lines.values()]


def work(shop: Shop) -> set[str]:
    return {str(item.kind) for item in shop.runtime.queries.work_queue()}


def test_a_parcel_that_was_not_packed_is_canceled_and_its_stock_is_for_others(
    open_shop: Open, outside: Outside
) -> None:
    shop = bought(open_shop, outside, "mug")
    outside.checkouts[NEXT] = order("mug")
    shop.hear(COMPLETED, NEXT, id=as_event("evt_next"), payment_status="paid")
    shop.rest()
    assert work(shop) == {"parcel_to_pack", "backordered_line"}

    kept = shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    free = shop.stock("mug").reserved
    shop.rest()

    assert kept == []
    assert [ref.session_id for ref in free] == [NEXT], "in the transaction of the cancellation"
    assert (states(shop), shop.state(ID), shop.state(NEXT)) == ([LineState.CANCELED], "canceled", "fulfilling")
    assert [item.subject for item in shop.runtime.queries.work_queue()] == [NEXT]
    with expect_refusal("No line of this checkout is ready to be packed"):
        shop.runtime.staff.ship(ID, [], carrier="DHL", tracking=None, by=BY)
    with expect_refusal("No line of this checkout is waiting for its delivery"):
        shop.runtime.staff.cancel(ID, [], BY, notifies=False)


def test_the_mail_about_the_last_lines_says_that_the_order_is_canceled(open_shop: Open, outside: Outside) -> None:
    shop = bought(open_shop, outside, "mug", "key")

    for line in ("li_mug", "li_key"):
        shop.runtime.staff.cancel(ID, [as_line(line)], BY, notifies=True)
        shop.rest()

    canceled = [mail for mail in outside.mailbox.values() if mail.kind is MailKind.CANCELED]
    assert [mail.is_order_canceled for mail in canceled] == [False, True]


def test_a_receipt_that_is_the_first_mail_thanks_for_nothing_of_a_canceled_order(
    open_shop: Open, outside: Outside
) -> None:
    outside.mailers_error = NotTaken("The mail server is away.")
    shop = bought(open_shop, outside, "mug")
    shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    outside.mailers_error = None
    for _ in range(4):
        shop.clock.advance(3600)
        shop.rest()

    [mail] = outside.mailbox.values()
    assert (mail.kind, mail.is_order_canceled) == (MailKind.RECEIPT, True)


def test_what_the_customer_has_stays_and_the_rest_completes_the_checkout(open_shop: Open, outside: Outside) -> None:
    shop = bought(open_shop, outside, "course", "mug")
    with expect_refusal("Line li_course is delivered, not waiting for its delivery"):
        shop.runtime.staff.cancel(ID, [as_line("li_course")], BY, notifies=False)

    kept = shop.runtime.staff.cancel(ID, [], BY, notifies=True)
    shop.rest()

    assert [line.plan.id for line in kept] == ["li_course"]
    assert states(shop) == [LineState.DELIVERED, LineState.CANCELED]
    assert (shop.state(ID), len(shop.events_of(Fulfillment.Completed))) == ("fulfilled", 1)
    assert mails(shop) == ["receipt", "canceled"]
    mail = list(outside.mailbox.values())[-1]
    assert ([line.id for line in mail.lines], mail.payment_wait) == (["li_mug"], None)
    assert not mail.is_order_canceled, "the customer has the course"


def test_a_canceled_delivery_is_called_no_more_whatever_is_retried(open_shop: Open, outside: Outside) -> None:
    outside.couriers_error = Temporary("The courier does not answer.")
    shop = bought(open_shop, outside, "hook")

    shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    outside.couriers_error = None
    shop.runtime.staff.retry(ID, BY)
    for _ in range(5):
        shop.rest()
        shop.clock.advance(3600)

    assert (outside.deliveries, shop.state(ID)) == ({}, "canceled")
    assert shop.runtime.log.get(Effect, effect_id(ID, "deliver_li_hook")).withdrawn == reasons.canceled()
    assert shop.runtime.queries.work_queue() == []


def test_a_delivery_that_was_requested_and_not_tried_is_withdrawn(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[ID] = order("hook")
    shop = open_shop(catalog=CATALOG)
    shop.visit(ID)
    shop.runtime.engine.run_until_quiet(effects=False)

    shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    shop.rest()

    assert (outside.deliveries, states(shop)) == ({}, [LineState.CANCELED])


def test_a_delivery_that_is_under_way_is_not_canceled(open_shop: Open, outside: Outside) -> None:
    codes: list[RefusalCode] = []

    class Courier:
        def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
            with pytest.raises(Refused) as refusal:
                shop.runtime.staff.cancel(ID, [], BY, notifies=False)
            codes.append(refusal.value.refusal.code)
            return DeliveryReceipt(note=request.idempotency_key)

    outside.checkouts[ID] = order("hook")
    shop = open_shop(catalog=CATALOG, deliveries={"courier": Courier()})
    shop.visit(ID)
    shop.rest()

    assert codes == [RefusalCode.DELIVERY_UNDER_WAY]
    assert states(shop) == [LineState.DELIVERED]


def test_keys_that_only_waited_for_stock_go_to_who_waits_for_them(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[ID] = order("box")
    outside.checkouts[NEXT] = order("key")
    shop = open_shop(catalog=CATALOG)
    shop.runtime.staff.count(as_sku("box"), 1, BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()
    shop.runtime.staff.count(as_sku("box"), 0, BY)
    shop.runtime.staff.import_keys(as_pool("pro"), ["AAAA-1"], BY)
    shop.rest()
    shop.hear(COMPLETED, NEXT, id=as_event("evt_next"), payment_status="paid")
    shop.rest()
    owners = [session for session, _ in shop.runtime.log.get(KeyPool, "keys_pro").ledger]

    shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    shop.rest()

    assert owners == [ID], "it has its key, and no box"
    assert [session for session, _ in shop.runtime.log.get(KeyPool, "keys_pro").ledger] == [NEXT]
    assert (shop.state(ID), shop.state(NEXT)) == ("canceled", "fulfilled")
    assert [key.text for key in shop.fulfillment(NEXT).lines[as_line("li_key")].keys] == ["AAAA-1"]


def test_an_unpaid_checkout_is_canceled_and_what_was_held_is_free(open_shop: Open, outside: Outside) -> None:
    shop = unpaid(open_shop, outside)
    assert shop.stock("mug").available == 0

    shop.runtime.staff.cancel(ID, [], BY, notifies=True)
    shop.rest()
    shop.clock.advance(3 * 86400.0)
    shop.rest()

    assert (shop.state(ID), shop.stock("mug").available) == ("canceled", 1)
    assert mails(shop) == ["payment_pending", "canceled"]
    mail = list(outside.mailbox.values())[-1]
    assert mail.payment_wait is not None, "it asks not to pay"
    assert mail.is_order_canceled
    assert shop.runtime.queries.work_queue() == []
    with expect_refusal("canceled already"):
        shop.runtime.staff.cancel(ID, [], BY, notifies=False)


def test_the_end_of_a_canceled_payment_is_no_news_for_the_customer(open_shop: Open, outside: Outside) -> None:
    shop = unpaid(open_shop, outside)
    shop.runtime.staff.cancel(ID, [], BY, notifies=False)

    shop.hear(FAILED, ID, id=as_event("evt_2"))
    shop.rest()

    assert (shop.state(ID), mails(shop)) == ("canceled", ["payment_pending"])


def test_a_payment_after_the_cancellation_waits_for_a_person(open_shop: Open, outside: Outside) -> None:
    shop = unpaid(open_shop, outside)
    shop.runtime.staff.cancel(ID, [], BY, notifies=False)

    pay_late(shop)

    (item,) = shop.runtime.queries.work_queue()
    assert (item.kind, item.why) == ("manual_line", reasons.paid_after_cancellation())
    assert (states(shop), shop.stock("mug").available) == ([LineState.MANUAL], 1)
    assert mails(shop) == ["payment_pending"], "no receipt promises what no person has decided"


def test_a_late_payment_is_canceled_again_or_fulfilled_after_all(open_shop: Open, outside: Outside) -> None:
    shop = unpaid(open_shop, outside)
    shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    pay_late(shop)

    shop.runtime.staff.replan(ID, BY)
    shop.rest()
    packed = work(shop), shop.stock("mug").available, mails(shop)
    shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    shop.rest()

    assert packed == ({"parcel_to_pack"}, 0, ["payment_pending", "receipt"])
    assert (shop.state(ID), shop.stock("mug").available, work(shop)) == ("canceled", 1, set())


def test_a_policy_that_lags_holds_nothing_for_a_canceled_checkout(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[ID] = order("mug", payment_status="unpaid", payment_method_type="sepa_debit")
    shop = open_shop(catalog=CATALOG)
    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.visit(ID)

    shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    shop.rest()

    assert (shop.state(ID), shop.stock("mug").available, mails(shop)) == ("canceled", 1, [])


def test_a_checkout_that_is_paid_and_not_planned_yet_is_canceled_in_a_moment(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[ID] = order("mug")
    shop = open_shop(catalog=CATALOG)
    shop.visit(ID)

    with expect_refusal("is about to be planned"):
        shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    shop.rest()
    shop.runtime.staff.cancel(ID, [], BY, notifies=False)

    assert shop.state(ID) == "canceled"


def test_a_receipt_that_did_not_leave_yet_reports_the_cancellation_itself(open_shop: Open, outside: Outside) -> None:
    outside.mailers_error = NotTaken("no server")
    shop = bought(open_shop, outside, "course", "mug")

    shop.runtime.staff.cancel(ID, [], BY, notifies=True)
    outside.mailers_error = None
    for _ in range(4):
        shop.clock.advance(3600)
        shop.rest()

    (receipt,) = outside.mailbox.values()
    assert [line.state for line in receipt.lines] == [LineState.DELIVERED, LineState.CANCELED]


def test_what_another_application_sold_is_not_ours_to_cancel(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[ID] = order("mug")
    shop = open_shop(catalog=f'{CATALOG}\n[sessions]\nmetadata = {{ app = "mugs" }}\n')
    shop.visit(ID)
    shop.rest()

    with expect_refusal("another application"):
        shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    assert shop.events_of(CheckoutSession.Canceled) == []


def test_a_customer_who_can_not_be_notified_is_not_shown_as_notified(open_shop: Open, outside: Outside) -> None:
    shop = unpaid(open_shop, outside)
    outside.checkouts[NEXT] = replace(order("mug"), status="open", payment_status="unpaid")
    shop.visit(NEXT)
    with expect_refusal("has not finished"):
        shop.runtime.staff.cancel(NEXT, [], BY, notifies=True)

    outside.checkouts[ID] = replace(outside.checkouts[ID], contact=replace(outside.checkouts[ID].contact, email=None))
    shop.runtime.staff.retry(ID, BY)
    shop.rest()
    with expect_refusal("No email address"):
        shop.runtime.staff.cancel(ID, [], BY, notifies=True)

    assert not shop.events_of(CheckoutSession.Canceled)


@pytest.mark.parametrize(("payment_status", "reported"), [("paid", "is paid"), (None, "is complete")])
@pytest.mark.parametrize("lines", [[], [as_line("li_mug")]])
@pytest.mark.parametrize("notifies", [False, True])
def test_what_stripe_reported_and_could_not_be_asked_about_is_not_canceled_as_unpaid(
    open_shop: Open,
    outside: Outside,
    payment_status: str | None,
    reported: str,
    lines: list[LineItemId],
    notifies: bool,
) -> None:
    outside.checkouts[ID] = order("mug")
    outside.planned_errors = [Permanent("HTTP 400")]
    shop = open_shop(catalog=CATALOG)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status=payment_status)
    shop.rest()
    assert work(shop) == {"retrieval_failed"}

    with expect_refusal(rf"Stripe reported that this checkout {reported}, and it is not retrieved yet"):
        shop.runtime.staff.cancel(ID, lines, BY, notifies=notifies)
    shop.runtime.staff.retry(ID, BY)
    shop.rest()

    assert shop.events_of(CheckoutSession.Canceled) == []
    assert states(shop) == [LineState.BACKORDERED], "as any other that is paid"


def test_a_delayed_payment_that_stripe_reported_is_not_canceled_before_it_was_retrieved(
    open_shop: Open, outside: Outside
) -> None:
    shop = unpaid(open_shop, outside)
    outside.planned_errors = [Permanent("HTTP 400")]
    pay_late(shop)

    with expect_refusal("Stripe reported that this checkout is paid"):
        shop.runtime.staff.cancel(ID, [], BY, notifies=False)

    shop.clock.advance(15 * 86400.0)
    assert "payment_overdue" not in work(shop), "it has arrived, as Stripe reported"


def test_a_single_line_is_not_canceled_before_the_payment(open_shop: Open, outside: Outside) -> None:
    shop = unpaid(open_shop, outside)

    with expect_refusal("is not paid yet, so it can only be canceled as a whole"):
        shop.runtime.staff.cancel(ID, [as_line("li_mug")], BY, notifies=False)

    assert shop.events_of(CheckoutSession.Canceled) == []


def test_a_checkout_of_another_mode_is_not_ours_to_cancel(open_shop: Open) -> None:
    shop = open_shop(catalog=CATALOG)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid", livemode=True)
    shop.rest()
    assert work(shop) == {"parked_session"}

    with expect_refusal("another mode or account"):
        shop.runtime.staff.cancel(ID, [], BY, notifies=False)


@pytest.mark.parametrize("is_heard", [True, False], ids=["by an event", "by an answer"])
def test_a_debit_that_failed_after_the_cancellation_is_not_said_to_be_still_on_its_way(
    open_shop: Open, outside: Outside, is_heard: bool
) -> None:
    shop = unpaid(open_shop, outside)
    shop.runtime.staff.cancel(ID, [], BY, notifies=True)
    before = shop.runtime.queries.customer_summary(ID)
    outside.checkouts[ID] = replace(outside.checkouts[ID], intent_status="requires_payment_method")
    if is_heard:
        shop.hear(FAILED, ID, id=as_event("evt_2"))
    else:
        shop.visit(ID)
    shop.rest()
    after = shop.runtime.queries.customer_summary(ID)

    assert before is not None
    assert after is not None
    assert (before.is_payment_over, after.is_payment_over) == (False, True)
    [mail] = [mail for mail in outside.mailbox.values() if mail.kind is MailKind.CANCELED]
    assert (mail.payment_wait, mail.is_order_canceled) == (None, True)
