"""Staff correct a parcel that has left, or undo it: mails, stock and the queue are current then."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_session, as_sku

from application.ports import NotTaken
from application.staff.by import By
from domain.fulfillment import Fulfillment
from domain.line import LineState
from domain.mail import Mail, MailKind
from domain.personal import Personal

ID, NEXT = as_session("cs_test_first"), as_session("cs_test_next")
BY = By(name="ann", reason="returned to sender")
CATALOG = """
[products.prod_mug]
delivery = "shipment"
sku = "mug"
track_stock = true
[products.prod_cup]
delivery = "shipment"
"""

Open = Callable[..., Shop]


def buy(shop: Shop, id: str, *products: str) -> None:
    items = [a_line_item(f"li_{product}", product=f"prod_{product}", quantity=1) for product in products]
    shop.outside.checkouts[id] = a_checkout(line_items=items)
    shop.hear(COMPLETED, as_session(id), id=as_event(f"evt_{id}"), payment_status="paid")
    shop.rest()


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    """A mug and a cup have left in one parcel; one mug is still on the shelf."""
    shop = open_shop(catalog=CATALOG)
    shop.runtime.staff.count(as_sku("mug"), 2, BY)
    buy(shop, ID, "mug", "cup")
    ship(shop, "T1")
    return shop


def ship(shop: Shop, tracking: str) -> None:
    shop.runtime.staff.ship(ID, [], carrier="DHL", tracking=tracking, by=BY)


def correct(shop: Shop, tracking: str, *, notifies: bool = True, number: int | None = None) -> None:
    shop.runtime.staff.correct_parcel(ID, number, carrier=None, tracking=tracking, by=BY, notifies=notifies)


def unship(shop: Shop, *lines: str, is_restocked: bool = True, number: int | None = None) -> None:
    shop.runtime.staff.unship(ID, number, [as_line(line) for line in lines], BY, is_restocked=is_restocked)
    shop.rest()


def about_parcels(shop: Shop) -> list[Mail]:
    return [mail for mail in shop.outside.mailbox.values() if mail.kind is MailKind.SHIPPED]


def trackings(shop: Shop) -> list[str | None]:
    return [mail.tracking.text if mail.tracking else None for mail in about_parcels(shop)]


def parcels(shop: Shop) -> list[tuple[int, str | None, tuple[str, ...]]]:
    document = shop.runtime.queries.checkout(ID)
    assert document is not None
    return [(each.number, each.tracking.text if each.tracking else None, each.lines) for each in document.parcels]


def to_pack(shop: Shop) -> set[str]:
    return {item.item for item in shop.runtime.queries.work_queue() if item.kind == "parcel_to_pack"}


def books(shop: Shop) -> tuple[int, int]:
    stock = shop.stock("mug")
    return stock.on_hand, stock.promised


def test_a_correction_before_the_mail_has_left_is_in_the_mail(shop: Shop) -> None:
    correct(shop, "T2")
    shop.rest()

    assert (trackings(shop), parcels(shop)) == (["T2"], [(1, "T2", ("li_mug", "li_cup"))])
    assert [mail.is_correction for mail in about_parcels(shop)] == [False], "no earlier mail is to be corrected"


def test_a_correction_after_the_mail_is_mailed_if_staff_want_it(shop: Shop) -> None:
    shop.rest()
    correct(shop, "T2", notifies=False)
    shop.rest()
    assert trackings(shop) == ["T1"]

    correct(shop, "T3")
    shop.rest()

    assert trackings(shop) == ["T1", "T3"]
    assert [mail.is_correction for mail in about_parcels(shop)] == [False, True]
    assert [hit.session_id for hit in shop.runtime.queries.search("T3")] == [ID]


def test_two_corrections_at_once_are_one_mail(shop: Shop) -> None:
    shop.rest()
    correct(shop, "T2")
    shop.runtime.engine.run_until_quiet(effects=False)
    correct(shop, "T3")
    shop.rest()

    assert trackings(shop) == ["T1", "T3"]


def test_a_correction_that_changes_nothing_is_refused(shop: Shop) -> None:
    with expect_refusal("already has this carrier and tracking"):
        correct(shop, "T1")

    assert shop.events_of(Fulfillment.ParcelCorrected) == []


def test_the_log_keeps_who_corrected_a_parcel_and_why(shop: Shop) -> None:
    correct(shop, "T2")
    unship(shop)

    for kind in (Fulfillment.ParcelCorrected, Fulfillment.Unshipped):
        [event] = shop.events_of(kind)
        assert (event.actor, event.reason) == ("staff:ann", Personal(BY.reason))


def test_a_mail_about_a_correction_is_tried_again_with_the_others(shop: Shop) -> None:
    shop.rest()
    shop.outside.mailers_error = NotTaken("The mail server is away.")
    correct(shop, "T2")
    shop.rest()
    shop.outside.mailers_error = None

    shop.runtime.staff.retry(ID, BY)
    shop.rest()

    assert trackings(shop) == ["T1", "T2"]


def test_what_came_back_is_to_pack_again_with_its_own_pieces(shop: Shop) -> None:
    shop.rest()
    assert books(shop) == (1, 0)

    unship(shop)

    assert (books(shop), to_pack(shop), shop.state(ID)) == ((2, 1), {"li_mug", "li_cup"}, "fulfilling")
    assert parcels(shop) == []


def test_what_is_lost_takes_another_piece(shop: Shop) -> None:
    unship(shop, is_restocked=False)

    assert (books(shop), to_pack(shop)) == ((1, 1), {"li_mug", "li_cup"})


def test_what_is_lost_waits_if_there_is_no_other_piece(shop: Shop) -> None:
    shop.runtime.staff.count(as_sku("mug"), 0, BY)
    unship(shop, is_restocked=False)
    assert (books(shop), to_pack(shop)) == ((0, 0), {"li_cup"})
    assert shop.fulfillment(ID).lines[as_line("li_mug")].state is LineState.BACKORDERED

    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.rest()

    assert to_pack(shop) == {"li_mug", "li_cup"}


def test_what_came_back_does_not_go_to_who_waits_for_it(shop: Shop) -> None:
    """It is this customer's. Who waits gets it once the line is canceled."""
    shop.runtime.staff.count(as_sku("mug"), 0, BY)
    buy(shop, NEXT, "mug")

    unship(shop)
    assert shop.fulfillment(NEXT).lines[as_line("li_mug")].state is LineState.BACKORDERED
    shop.runtime.staff.cancel(ID, [], BY, notifies=False)
    shop.rest()

    assert shop.fulfillment(NEXT).lines[as_line("li_mug")].is_to_pack


def test_a_parcel_that_is_undone_at_once_is_mailed_to_no_one(shop: Shop) -> None:
    """The policies decide over the parcel, and over what it took from the shelf, when it is undone already."""
    unship(shop)

    assert (trackings(shop), books(shop)) == ([], (2, 1))


def test_the_mail_that_is_still_to_come_leaves_out_what_was_taken_out(shop: Shop) -> None:
    shop.runtime.engine.run_until_quiet(effects=False)

    unship(shop, "li_cup")

    assert [[line.id for line in mail.lines] for mail in about_parcels(shop)] == [["li_mug"]]
    assert (parcels(shop), to_pack(shop)) == ([(1, "T1", ("li_mug",))], {"li_cup"})


def test_the_next_parcel_has_a_number_and_a_mail_of_its_own(shop: Shop) -> None:
    shop.rest()
    unship(shop)
    ship(shop, "T2")
    shop.rest()

    assert (parcels(shop), trackings(shop)) == ([(2, "T2", ("li_mug", "li_cup"))], ["T1", "T2"])
    assert (books(shop), shop.state(ID), to_pack(shop)) == ((1, 0), "fulfilled", set())
    assert len(shop.events_of(Fulfillment.Completed)) == 2


def test_of_several_parcels_one_is_named(shop: Shop) -> None:
    unship(shop, "li_cup")
    ship(shop, "T2")

    with expect_refusal(r"has the parcels 1, 2\.$"):
        correct(shop, "T3")
    with expect_refusal(r"no parcel 3. Its parcels: 1, 2"):
        unship(shop, number=3)
    with expect_refusal(r"Line li_cup is not in parcel 1. Its lines: li_mug"):
        unship(shop, "li_cup", number=1)
    correct(shop, "T3", number=2)

    assert parcels(shop) == [(1, "T1", ("li_mug",)), (2, "T3", ("li_cup",))]


def test_a_parcel_is_undone_once(shop: Shop) -> None:
    unship(shop)

    with expect_refusal("No parcel of this checkout has left"):
        unship(shop)

    assert books(shop) == (2, 1)
