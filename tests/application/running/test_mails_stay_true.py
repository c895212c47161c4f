"""The mail server is away for a while, and meanwhile things change: what leaves then says what is so then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import CUSTOMER, a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, FAILED, SUCCEEDED, Shop
from typed_ids import as_event, as_line, as_session, as_sku

from application.ports import NotTaken, Permanent, Temporary
from application.staff.by import By
from domain.effect import Effect
from domain.line import LineState
from domain.mail import Mail, MailKind

pytestmark = pytest.mark.every_store

ID = as_session("cs_test_pots")
MUG, HAT = "li_mug", "li_hat"
CATALOG = "".join(
    f'[products.prod_{sku}]\ndelivery = "shipment"\nsku = "{sku}"\ntrack_stock = true\n' for sku in ("mug", "hat")
)
BY = By(name="ann", reason="a day at the shop")
AWAY = NotTaken("The mail server was not reached")
SILENT = Temporary("The mail server did not answer in time")

Open = Callable[..., Shop]


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    items = [a_line_item(MUG, product="prod_mug"), a_line_item(HAT, product="prod_hat")]
    outside.checkouts[ID] = a_checkout(line_items=items)
    return open_shop(catalog=CATALOG)


def pay(shop: Shop) -> None:
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()


def later(shop: Shop) -> None:
    """The mail server is well again, and time passes until every mail has had its next try."""
    shop.outside.mailers_error = shop.outside.mailers_silence = None
    for _ in range(4):
        shop.clock.advance(timedelta(hours=1).total_seconds())
        shop.rest()


def count(shop: Shop) -> None:
    shop.runtime.staff.count(as_sku("mug"), 5, BY)
    shop.rest()


def ship(shop: Shop) -> None:
    shop.runtime.staff.ship(ID, [as_line(MUG)], carrier="DHL", tracking="T1", by=BY)
    shop.rest()


def sent(shop: Shop) -> dict[str, dict[str, str]]:
    """The mails that arrived: of each the lines and their states, by the part of its ID that is its own."""
    box = shop.outside.mailbox.items()
    return {id.removeprefix(f"eff_{ID}_mail_"): _lines(mail) for id, mail in box}


def _lines(mail: Mail) -> dict[str, str]:
    return {line.id: str(line.state) for line in mail.lines}


def test_mails_that_could_not_leave_say_what_is_so_when_they_do(shop: Shop) -> None:
    shop.outside.mailers_error = AWAY
    pay(shop)

    count(shop)
    ship(shop)
    later(shop)

    assert sent(shop) == {
        "receipt": {MUG: "delivered", HAT: "backordered"},
        "shipped_1": {MUG: "delivered"},
    }


def test_what_changes_after_the_mails_have_left_is_reported_by_others(shop: Shop) -> None:
    """The other order."""
    pay(shop)

    shop.outside.mailers_error = AWAY
    count(shop)
    ship(shop)
    later(shop)

    assert sent(shop) == {
        "receipt": {MUG: "backordered", HAT: "backordered"},
        "shipped_1": {MUG: "delivered"},
    }


def test_a_mail_that_may_have_gone_out_is_followed_by_a_true_one_under_an_id_of_its_own(shop: Shop) -> None:
    shop.outside.mailers_silence = SILENT
    pay(shop)

    count(shop)
    later(shop)

    assert sent(shop) == {
        "receipt": {MUG: "backordered", HAT: "backordered"},
        "receipt_2": {MUG: "pending", HAT: "backordered"},
    }


def test_a_mail_that_may_have_gone_out_and_is_still_true_is_repeated_under_its_own_id(shop: Shop) -> None:
    shop.outside.mailers_silence = SILENT
    pay(shop)

    later(shop)

    assert sent(shop).keys() == {"receipt"}
    assert len(shop.events_of(Effect.Withdrawn)) == 0


@pytest.mark.parametrize("end", [SUCCEEDED, FAILED])
def test_a_customer_without_a_pending_mail_still_gets_the_outcome(shop: Shop, end: str) -> None:
    shop.outside.checkouts[ID] = replace(shop.outside.checkouts[ID], payment_status="unpaid")
    shop.outside.mailers_error = AWAY
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="unpaid")
    shop.rest()

    if end == SUCCEEDED:
        shop.outside.settle(ID)
    shop.hear(end, ID, id=as_event("evt_2"))
    shop.rest()
    later(shop)

    kinds = {mail.kind for mail in shop.outside.mailbox.values()}
    assert kinds == {MailKind.RECEIPT} if end == SUCCEEDED else {MailKind.PAYMENT_FAILED}


def test_a_mail_that_failed_long_ago_says_what_is_so_when_a_person_retries_it(shop: Shop) -> None:
    shop.outside.mailers_error = Permanent("The mail server refuses the mail for good (554)")
    pay(shop)
    assert {effect.originator_id for effect in shop.events_of(Effect.GivenUp)} == {
        f"eff_{ID}_mail_receipt",
    }

    count(shop)
    shop.runtime.staff.retry(ID, BY)
    later(shop)

    assert sent(shop) == {
        "receipt": {MUG: "pending", HAT: "backordered"},
    }


def test_a_customer_whose_address_becomes_known_later_is_written_to(shop: Shop) -> None:
    known = shop.outside.checkouts[ID]
    shop.outside.checkouts[ID] = replace(known, contact=replace(CUSTOMER, email=None), payment_status="unpaid")
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="unpaid")
    shop.rest()
    assert shop.outside.mailbox == {}

    shop.outside.checkouts[ID] = known
    shop.hear(SUCCEEDED, ID, id=as_event("evt_2"))
    shop.rest()

    assert {mail.to for mail in shop.outside.mailbox.values()} == {CUSTOMER.email}


def test_looking_again_comes_to_an_end(shop: Shop) -> None:
    """A mail is withdrawn only if something has changed: each try of a mail that stays true is one event more."""
    shop.outside.mailers_error = AWAY
    pay(shop)
    count(shop)
    before = len(shop.events_of(Effect.Withdrawn))

    for _ in range(3):
        shop.clock.advance(timedelta(hours=1).total_seconds())
        shop.rest()

    assert shop.fulfillment(ID).lines[as_line(MUG)].state is LineState.PENDING
    assert len(shop.events_of(Effect.Withdrawn)) - before == 1
