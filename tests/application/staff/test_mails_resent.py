"""Staff send a mail again: once for each time they ask, with the current facts, to the address that they name."""

from collections.abc import Callable

import pytest
from builders import CUSTOMER, a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_pool, as_session, as_sku

from application.ports import NotTaken
from application.staff.by import By
from domain.checkout_session import CheckoutSession
from domain.line import LineState
from domain.mail import Mail, MailKind
from domain.personal import Personal

ID = as_session("cs_test_first")
BY = By(name="ann", reason="the customer lost the mail")
CATALOG = """
[products.prod_mug]
delivery = "shipment"
sku = "mug"
track_stock = true
[products.prod_key]
delivery = "license_key"
pool = "app"
"""

Open = Callable[..., Shop]


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    """A key is delivered, a mug is to pack, and the receipt has left."""
    items = [a_line_item(f"li_{product}", product=f"prod_{product}", quantity=1) for product in ("mug", "key")]
    outside.checkouts[ID] = a_checkout(line_items=items)
    shop = open_shop(catalog=CATALOG)
    shop.runtime.staff.count(as_sku("mug"), 1, BY)
    shop.runtime.staff.import_keys(as_pool("app"), ["KEY-1"], BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()
    return shop


def resend(
    shop: Shop,
    kind: MailKind = MailKind.RECEIPT,
    *,
    occasion: str | None = None,
    to: str | None = None,
    is_dry_run: bool = False,
) -> Mail:
    return shop.runtime.staff.resend(ID, kind, occasion, to, BY, is_dry_run=is_dry_run)


def ship(shop: Shop) -> None:
    shop.runtime.staff.ship(ID, [], carrier="DHL", tracking="T1", by=BY)
    shop.rest()


def sent(shop: Shop, kind: MailKind = MailKind.RECEIPT) -> list[str]:
    return [mail.to.text for mail in shop.outside.mailbox.values() if mail.kind is kind and mail.to]


def theirs() -> str:
    assert CUSTOMER.email is not None
    return CUSTOMER.email.text


def test_a_mail_is_sent_again_with_what_is_so_by_now(shop: Shop) -> None:
    ship(shop)

    resend(shop)
    shop.rest()

    assert sent(shop) == [theirs(), theirs()]
    *_, again = (mail for mail in shop.outside.mailbox.values() if mail.kind is MailKind.RECEIPT)
    assert [(line.id, line.state) for line in again.lines] == [
        ("li_mug", LineState.DELIVERED),
        ("li_key", LineState.DELIVERED),
    ]
    [request] = shop.events_of(CheckoutSession.ResendRequested)
    assert (request.actor, request.reason) == ("staff:ann", Personal(BY.reason))


def test_one_mail_goes_to_another_address_and_later_mails_do_not(shop: Shop) -> None:
    resend(shop, to="other@example.com")
    shop.rest()
    ship(shop)

    assert (sent(shop), sent(shop, MailKind.SHIPPED)) == ([theirs(), "other@example.com"], [theirs()])


def test_an_address_that_is_corrected_before_the_copy_leaves_is_used(shop: Shop) -> None:
    resend(shop)
    shop.runtime.staff.readdress(ID, "new@example.com", BY)
    shop.rest()

    assert sent(shop) == [theirs(), "new@example.com"]


def test_the_address_of_one_mail_stays_when_that_of_all_is_corrected(shop: Shop) -> None:
    resend(shop, to="other@example.com")
    shop.runtime.staff.readdress(ID, "new@example.com", BY)
    shop.rest()

    assert sent(shop) == [theirs(), "other@example.com"]


def test_the_same_command_twice_sends_it_once(shop: Shop) -> None:
    resend(shop)
    with expect_refusal("about to be sent again"):
        resend(shop)
    resend(shop, to="other@example.com")
    shop.rest()

    assert sent(shop) == [theirs(), theirs(), "other@example.com"]


def test_each_request_after_the_copy_has_left_is_another_copy(shop: Shop) -> None:
    for _ in range(2):
        resend(shop)
        shop.rest()

    assert sent(shop) == [theirs()] * 3


def test_a_process_that_dies_in_between_sends_it_once(open_shop: Open, shop: Shop) -> None:
    resend(shop)
    shop.kill()
    another = open_shop(catalog=CATALOG)
    another.rest()
    another.rest()

    assert sent(another) == [theirs(), theirs()]


def test_a_copy_that_failed_is_retried_with_the_others(shop: Shop) -> None:
    shop.outside.mailers_error = NotTaken("The mail server is away.")
    resend(shop)
    shop.rest()
    shop.outside.mailers_error = None
    assert sent(shop) == [theirs()]

    shop.runtime.staff.retry(ID, BY)
    shop.rest()

    assert sent(shop) == [theirs(), theirs()]


def test_a_dry_run_shows_the_mail_without_its_keys_and_records_nothing(shop: Shop) -> None:
    before = len(shop.events())

    shown = shop.runtime.preview(resend(shop, is_dry_run=True))
    shop.rest()

    assert ("[redacted]" in shown.text.text, "KEY-1" in shown.text.text) == (True, False)
    assert (len(shop.events()), sent(shop)) == (before, [theirs()])


def test_of_several_mails_of_a_kind_one_is_named(shop: Shop) -> None:
    ship(shop)
    shop.runtime.staff.correct_parcel(ID, None, carrier=None, tracking="T2", by=BY, notifies=True)
    shop.rest()

    with expect_refusal("Several mails shipped were sent: 1, 1_1"):
        resend(shop, MailKind.SHIPPED)
    resend(shop, MailKind.SHIPPED, occasion="1")
    shop.rest()

    trackings = [mail.tracking for mail in shop.outside.mailbox.values() if mail.kind is MailKind.SHIPPED]
    assert trackings == [Personal("T1"), Personal("T2"), Personal("T2")]


def test_what_was_never_sent_is_not_sent_again(shop: Shop) -> None:
    with expect_refusal(r"No mail of the kind shipped was sent for this checkout\.$"):
        resend(shop, MailKind.SHIPPED)


def test_a_mail_that_failed_is_retried_not_sent_again(shop: Shop) -> None:
    shop.outside.mailers_error = NotTaken("The mail server is away.")
    ship(shop)

    with expect_refusal(r"The mail shipped failed, so it was not sent\.$"):
        resend(shop, MailKind.SHIPPED, occasion="1")


def test_the_mail_of_an_undone_parcel_is_not_sent_again(shop: Shop) -> None:
    ship(shop)
    shop.runtime.staff.correct_parcel(ID, None, carrier=None, tracking="T2", by=BY, notifies=True)
    shop.rest()
    shop.runtime.staff.unship(ID, None, [], BY, is_restocked=True)

    with expect_refusal(r"^The mail shipped 1, 1_1 was sent for a parcel that was undone, so it can't be"):
        resend(shop, MailKind.SHIPPED)
    ship(shop)
    for occasion in ("1", "1_1"):
        with expect_refusal(rf"^The mail shipped {occasion} was sent for a parcel that was undone"):
            resend(shop, MailKind.SHIPPED, occasion=occasion)
    resend(shop, MailKind.SHIPPED)
    shop.rest()

    assert len(sent(shop, MailKind.SHIPPED)) == 4


def test_what_is_no_address_is_refused(shop: Shop) -> None:
    with expect_refusal("must be an email address"):
        resend(shop, to="ada")


def test_the_story_says_that_a_copy_was_asked_for_and_sent(shop: Shop) -> None:
    resend(shop, to="other@example.com")
    shop.rest()

    document = shop.runtime.queries.checkout(ID)
    assert document is not None
    story = [entry.text for entry in document.story]
    assert "Requested to send the receipt again to another address" in story
    assert any(text.startswith("A copy of the receipt was sent") for text in story)
