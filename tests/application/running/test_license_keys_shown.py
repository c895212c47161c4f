"""Where a customer finds the license keys: in a mail only if one was sent, and from staff in any case."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import CUSTOMER, a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_pool, as_session

from application.ports import NotTaken, Permanent
from application.reading.mailed_keys import mailed_keys
from application.staff.by import By
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.mail import MailKind
from domain.personal import Personal

ID, LINE = as_session("cs_test_app"), "li_1"
CATALOG = '[products.prod_app]\ndelivery = "license_key"\npool = "app"\n'
BY = By(name="ann", reason="the customer called")

Open = Callable[..., Shop]


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(LINE, product="prod_app")])
    return open_shop(catalog=CATALOG)


def pay(shop: Shop, *, keys: bool = True) -> None:
    if keys:
        shop.runtime.staff.import_keys(as_pool("app"), ["KEY-1"], BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()


def in_a_mail(shop: Shop) -> set[str]:
    return set(mailed_keys(shop.runtime.log, ID, shop.fulfillment(ID)))


def reported(shop: Shop) -> dict[str, list[str]]:
    """The keys that arrived, by address."""
    found: dict[str, list[str]] = {}
    for mail in shop.outside.mailbox.values():
        assert mail.to is not None
        found.setdefault(mail.to.text, []).extend(key.text for line in mail.lines for key in line.keys)
    return found


def readdress(shop: Shop, to: str) -> None:
    shop.runtime.staff.readdress(ID, to, BY)


def resend(shop: Shop, to: str) -> None:
    shop.runtime.staff.resend(ID, MailKind.RECEIPT, None, to, BY, is_dry_run=False)


def test_keys_that_the_receipt_brought_are_in_a_mail(shop: Shop) -> None:
    pay(shop)

    assert in_a_mail(shop) == {LINE}


def test_keys_that_came_after_the_receipt_are_in_a_mail_once_it_was_sent(shop: Shop) -> None:
    pay(shop, keys=False)
    shop.outside.mailers_error = NotTaken("The mail server was not reached")
    shop.runtime.staff.import_keys(as_pool("app"), ["KEY-1"], BY)
    shop.rest()
    assert shop.fulfillment(ID).lines[as_line(LINE)].keys
    assert in_a_mail(shop) == set()

    shop.outside.mailers_error = None
    shop.clock.advance(3600)
    shop.rest()

    assert in_a_mail(shop) == {LINE}


def test_without_an_address_keys_are_in_no_mail_until_staff_give_one(shop: Shop) -> None:
    nowhere = replace(CUSTOMER, email=None, phone=Personal("+49 30 000000"))
    shop.outside.checkouts[ID] = replace(shop.outside.checkouts[ID], contact=nowhere)
    pay(shop)
    assert (in_a_mail(shop), reported(shop)) == (set(), {})

    shop.runtime.staff.readdress(ID, "other@example.com", BY)
    shop.rest()

    assert (in_a_mail(shop), reported(shop)) == ({LINE}, {"other@example.com": ["KEY-1"]})


def test_a_mail_that_was_refused_goes_to_the_address_that_staff_give(shop: Shop) -> None:
    shop.outside.mailers_error = Permanent("The mail server refuses the customer's address for good (550)")
    pay(shop)
    assert in_a_mail(shop) == set()

    shop.outside.mailers_error = None
    shop.runtime.staff.readdress(ID, "other@example.com", BY)
    shop.rest()

    assert (in_a_mail(shop), reported(shop)) == ({LINE}, {"other@example.com": ["KEY-1"]})
    [readdressed] = shop.events_of(CheckoutSession.Readdressed)
    assert (readdressed.actor, readdressed.reason) == ("staff:ann", Personal(BY.reason))


def test_mails_that_are_still_to_come_go_to_the_address_that_staff_gave(shop: Shop) -> None:
    pay(shop, keys=False)
    shop.runtime.staff.readdress(ID, "other@example.com", BY)
    shop.runtime.staff.import_keys(as_pool("app"), ["KEY-1"], BY)
    shop.rest()

    assert reported(shop)["other@example.com"] == ["KEY-1"]


def test_staff_see_the_keys_and_the_log_keeps_who_looked_and_why(shop: Shop) -> None:
    pay(shop)

    [line] = shop.runtime.staff.show_keys(ID, [], BY)

    assert [key.text for key in line.keys] == ["KEY-1"]
    [shown] = shop.events_of(Fulfillment.KeysShown)
    assert (shown.lines, shown.actor, shown.reason) == ((LINE,), "staff:ann", Personal(BY.reason))


@pytest.mark.parametrize("text", ["", "ada", "a b@example.com", "a@b@c.example", "ada@localhost", "Ada <ada>"])
def test_what_is_no_address_is_refused(shop: Shop, text: str) -> None:
    pay(shop)

    for command in (readdress, resend):
        with expect_refusal("must be an email address with a public domain"):
            command(shop, text)


def test_an_address_is_read_as_mail_programs_copy_it(shop: Shop) -> None:
    pay(shop)

    readdress(shop, " Ada Example <other@example.com>")
    resend(shop, "mailto:third@example.com")
    shop.rest()

    [readdressed] = shop.events_of(CheckoutSession.Readdressed)
    assert readdressed.to == Personal("other@example.com")
    assert "third@example.com" in reported(shop)
