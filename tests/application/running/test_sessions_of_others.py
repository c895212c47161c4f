"""Several applications share one Stripe account: the catalog says which sessions are this shop's."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_session

from application.staff.by import By
from application.staff.correction import Correction
from application.staff.parcels import ListedParcel
from domain.checkout import Checkout
from domain.checkout_session import CheckoutSession
from domain.personal import Personal

ID = as_session("cs_test_theirs")
RULES = '[products.prod_access]\ndelivery = "access"\n'
OURS = '[sessions]\nmetadata = { app = "mugs" }\npayment_links = ["plink_ours"]\nwith_rule = true\n'
BY = By(name="kim", reason="it is ours")
DONATION = a_line_item(product="prod_donation")

Open = Callable[..., Shop]


def heard(open_shop: Open, outside: Outside, checkout: Checkout, catalog: str = OURS + RULES) -> Shop:
    outside.checkouts[ID] = checkout
    shop = open_shop(catalog=catalog)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status=checkout.payment_status)
    shop.rest()
    return shop


@pytest.mark.parametrize(
    "checkout",
    [
        a_checkout(line_items=[DONATION]),
        a_checkout(line_items=[DONATION], metadata={"app": Personal("donations")}, payment_link="plink_theirs"),
        a_checkout(line_items=[DONATION], payment_status="unpaid"),
        a_checkout(line_items=[DONATION], payment_status="unpaid", intent_status="canceled"),
    ],
)
def test_a_session_of_another_application_is_recorded_and_left_alone(
    open_shop: Open, outside: Outside, checkout: Checkout
) -> None:
    shop = heard(open_shop, outside, checkout)
    shop.clock.advance(20 * 24 * 3600)
    shop.rest()

    assert shop.state(ID) == "other_application"
    assert outside.mailbox == {}
    assert shop.runtime.queries.work_queue() == []
    assert [hit.session_id for hit in shop.runtime.queries.search(ID)] == [ID]
    assert outside.retrievals == 1


def test_a_visit_to_the_landing_page_leaves_it_alone_too(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[DONATION])
    shop = open_shop(catalog=OURS + RULES)

    shop.visit(ID)
    shop.rest()

    assert (shop.state(ID), outside.mailbox) == ("other_application", {})


@pytest.mark.parametrize(
    "checkout",
    [
        a_checkout(line_items=[DONATION], metadata={"app": Personal("mugs"), "more": Personal("x")}),
        a_checkout(line_items=[DONATION], payment_link="plink_ours"),
        a_checkout(line_items=[DONATION, a_line_item("li_2", product="prod_access")]),
    ],
)
def test_one_met_condition_makes_a_session_ours(open_shop: Open, outside: Outside, checkout: Checkout) -> None:
    shop = heard(open_shop, outside, checkout)

    assert shop.state(ID) in {"blocked", "partially_fulfilled"}
    assert [item.kind for item in shop.runtime.queries.work_queue()] == ["manual_line"]


def test_without_the_table_every_session_is_ours(open_shop: Open, outside: Outside) -> None:
    assert heard(open_shop, outside, a_checkout(line_items=[DONATION]), RULES).state(ID) == "blocked"


def test_what_is_known_to_be_anothers_is_not_recorded_again(open_shop: Open, outside: Outside) -> None:
    shop = heard(open_shop, outside, a_checkout(line_items=[DONATION]))
    shop.runtime.staff.retry(ID, BY)
    shop.rest()

    assert outside.retrievals == 2
    assert len(shop.events_of(CheckoutSession.Retrieved)) == len(shop.events_of(CheckoutSession.Parked)) == 1


def test_a_corrected_catalog_takes_the_session_up_at_a_retry(open_shop: Open, outside: Outside) -> None:
    heard(open_shop, outside, a_checkout(line_items=[DONATION])).kill()
    shop = open_shop(catalog=RULES)

    shop.runtime.staff.retry(ID, BY)
    shop.rest()

    assert shop.state(ID) == "blocked"


@pytest.mark.parametrize("is_paid", [True, False])
def test_a_command_about_lines_says_whose_it_is(open_shop: Open, outside: Outside, is_paid: bool) -> None:
    status = "paid" if is_paid else "unpaid"
    staff = heard(open_shop, outside, a_checkout(line_items=[DONATION], payment_status=status)).runtime.staff
    commands: list[Callable[[], object]] = [
        lambda: staff.ship(ID, [], carrier="DHL", tracking=None, by=BY),
        lambda: staff.complete(ID, [], BY),
        lambda: staff.replan(ID, BY),
        lambda: staff.unship(ID, None, [], BY, is_restocked=True),
        lambda: staff.correct_parcel(ID, None, carrier="DHL", tracking=None, by=BY, notifies=False),
        lambda: staff.correct_shipping(ID, Correction(name="Ada"), BY),
        lambda: staff.show_keys(ID, [], BY),
        lambda: staff.ship_all(
            [ListedParcel(row=2, name="x", session_id=ID, carrier="DHL", tracking=None)], {}, BY, is_dry_run=True
        ),
        lambda: staff.cancel(ID, [], BY, notifies=False),
    ]

    for command in commands:
        with expect_refusal("belongs to another application"):
            command()


def test_a_command_about_a_session_of_another_mode_says_so(open_shop: Open) -> None:
    shop, live = open_shop(), as_session("cs_live_theirs")
    shop.hear(COMPLETED, live, id=as_event("evt_1"), payment_status="paid", livemode=True)
    shop.rest()

    with expect_refusal("of another mode or account"):
        shop.runtime.staff.ship(live, [], carrier="DHL", tracking=None, by=BY)


@pytest.mark.parametrize("object_id", ["cs_00000000000000", "price_1"])
def test_what_the_queue_says_of_a_sample_event_is_true(open_shop: Open, object_id: str) -> None:
    shop = open_shop()
    shop.hear(COMPLETED, None, id=as_event("evt_00000000000000"), payment_intent=object_id)
    shop.rest()

    [item] = shop.runtime.queries.work_queue()

    assert (item.subject, item.detail.split(",")[0]) == (
        "evt_00000000000000",
        "Its object has no ID of a Checkout Session",
    )
