"""A license key leaked, was lost or never worked: its customer gets another one, once, in one mail."""

from collections.abc import Callable

from builders import a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_pool, as_session

from application.ports import NotTaken
from application.reading.mailed_keys import mailed_keys
from application.reading.work import Work
from application.staff.by import By
from domain.fulfillment import Fulfillment
from domain.key_pool import KeyPool
from domain.mail import MailKind
from domain.personal import Personal

Open = Callable[..., Shop]
ID, NEXT = as_session("cs_test_a1Lost"), as_session("cs_test_a1Next")
BY = By(name="kim", reason="it never worked")
RULES = '[products.prod_li_key]\ndelivery = "license_key"\npool = "pro"\n'


def sold(open_shop: Open, outside: Outside, *, quantity: int, keys: str) -> Shop:
    """The first keys are with a customer, in a receipt that was sent."""
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_key", quantity=quantity)])
    shop = open_shop(catalog=RULES)
    supply(shop, keys)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()
    return shop


def supply(shop: Shop, keys: str) -> None:
    shop.runtime.staff.import_keys(as_pool("pro"), keys.split(), BY)


def keys_of(shop: Shop) -> str:
    return " ".join(key.text for key in shop.fulfillment(ID).lines[as_line("li_key")].customers_keys)


def mails_of(shop: Shop) -> list[tuple[MailKind, str]]:
    return [
        (mail.kind, " ".join(key.text for line in mail.lines for key in line.keys))
        for mail in shop.outside.mailbox.values()
    ]


def tasks_of(shop: Shop) -> list[str]:
    return [task.kind for task in shop.runtime.queries.work_queue(100)]


def pool_of(shop: Shop) -> tuple[int, int, int, int]:
    [level] = shop.runtime.queries.key_pools()
    return level.free, level.given, level.revoked, level.waiting


def test_the_customer_gets_a_new_key_in_one_mail(open_shop: Open, outside: Outside) -> None:
    shop = sold(open_shop, outside, quantity=1, keys="A B")

    change = shop.runtime.staff.replace_keys(ID, None, [], BY)
    shop.rest()

    assert (change.revoked, change.new, change.line.keys_awaited) == (1, 1, 0)
    assert (keys_of(shop), pool_of(shop)) == ("B", (0, 1, 1, 0))
    assert mails_of(shop) == [(MailKind.RECEIPT, "A"), (MailKind.KEYS_REPLACED, "B")]
    [replaced] = shop.events_of(Fulfillment.KeysReplaced)
    assert (replaced.number, replaced.keys, replaced.actor) == (1, (Personal("B"),), "staff:kim")
    assert mailed_keys(shop.runtime.log, ID, shop.fulfillment(ID)) == {"li_key"}
    assert tasks_of(shop) == []


def test_the_keys_that_stay_valid_are_in_the_mail_too(open_shop: Open, outside: Outside) -> None:
    shop = sold(open_shop, outside, quantity=2, keys="A B C")

    shop.runtime.staff.replace_keys(ID, None, [1], BY)
    shop.rest()

    assert mails_of(shop) == [(MailKind.RECEIPT, "A B"), (MailKind.KEYS_REPLACED, "B C")]


def test_a_further_replacement_has_a_mail_of_its_own(open_shop: Open, outside: Outside) -> None:
    shop = sold(open_shop, outside, quantity=1, keys="A B C")

    for number in (1, 2):
        shop.runtime.staff.replace_keys(ID, None, [number], BY)
        shop.rest()

    assert mails_of(shop)[1:] == [(MailKind.KEYS_REPLACED, "B"), (MailKind.KEYS_REPLACED, "C")]


def test_a_command_that_is_repeated_takes_no_new_key_from_the_customer(open_shop: Open, outside: Outside) -> None:
    shop = sold(open_shop, outside, quantity=1, keys="A B C")
    shop.runtime.staff.replace_keys(ID, None, [], BY)

    with expect_refusal("were revoked before, so it is not clear which to replace"):
        shop.runtime.staff.replace_keys(ID, None, [], BY)

    shop.rest()
    assert mails_of(shop)[1:] == [(MailKind.KEYS_REPLACED, "B")]


def test_a_mail_that_is_still_to_be_sent_has_the_newest_keys_and_no_other_follows(
    open_shop: Open, outside: Outside
) -> None:
    shop = sold(open_shop, outside, quantity=1, keys="A B C")
    outside.mailers_error = NotTaken("The mail server was not reached")
    for number in (1, 2):
        shop.runtime.staff.replace_keys(ID, None, [number], BY)
        shop.rest()

    outside.mailers_error = None
    shop.clock.advance(3600)
    shop.rest()

    assert mails_of(shop)[1:] == [(MailKind.KEYS_REPLACED, "C")]


def test_with_an_empty_pool_the_line_waits_and_an_import_serves_it(open_shop: Open, outside: Outside) -> None:
    shop = sold(open_shop, outside, quantity=1, keys="A")

    change = shop.runtime.staff.replace_keys(ID, None, [], BY)
    shop.rest()

    assert (change.revoked, change.new, change.line.keys_awaited) == (1, 0, 1)
    assert (keys_of(shop), pool_of(shop), tasks_of(shop)) == ("", (0, 0, 1, 1), [Work.AWAITED_KEYS])
    supply(shop, "B C")
    shop.rest()
    assert (keys_of(shop), pool_of(shop), tasks_of(shop)) == ("B", (1, 1, 1, 0), [])
    assert mails_of(shop) == [(MailKind.RECEIPT, "A"), (MailKind.KEYS_REPLACED, "B")]


def test_a_line_that_waits_takes_its_turn_with_those_that_wait_for_their_first(
    open_shop: Open, outside: Outside
) -> None:
    shop = sold(open_shop, outside, quantity=1, keys="A")
    shop.runtime.staff.replace_keys(ID, None, [], BY)
    outside.checkouts[NEXT] = a_checkout(line_items=[a_line_item("li_key")])
    shop.hear(COMPLETED, NEXT, id=as_event("evt_2"), payment_status="paid")
    shop.rest()

    supply(shop, "B")
    shop.rest()

    assert (keys_of(shop), shop.fulfillment(NEXT).lines[as_line("li_key")].keys) == ("B", ())


def test_who_waits_for_one_and_loses_another_waits_for_both(open_shop: Open, outside: Outside) -> None:
    shop = sold(open_shop, outside, quantity=2, keys="A B")
    shop.runtime.staff.replace_keys(ID, None, [1], BY)
    shop.rest()

    assert shop.runtime.staff.replace_keys(ID, None, [2], BY).line.keys_awaited == 2
    with expect_refusal(r"^Line li_key waits for new license keys from the pool"):
        shop.runtime.staff.replace_keys(ID, None, [], BY)
    supply(shop, "C")
    shop.rest()
    assert keys_of(shop) == "", "all of them, or none"
    supply(shop, "D")
    shop.rest()

    assert (keys_of(shop), mails_of(shop)[1:]) == ("C D", [(MailKind.KEYS_REPLACED, "C D")])


def test_a_wait_ends_when_staff_revoke_all_keys(open_shop: Open, outside: Outside) -> None:
    shop = sold(open_shop, outside, quantity=1, keys="A")
    shop.runtime.staff.replace_keys(ID, None, [], BY)

    shop.runtime.staff.revoke_keys(ID, None, [], BY)
    supply(shop, "B")
    shop.rest()

    assert (keys_of(shop), pool_of(shop), tasks_of(shop)) == ("", (1, 0, 1, 0), [])


def test_a_key_that_was_revoked_before_is_replaced_later(open_shop: Open, outside: Outside) -> None:
    shop = sold(open_shop, outside, quantity=1, keys="A B")
    shop.runtime.staff.revoke_keys(ID, None, [], BY)
    shop.rest()

    change = shop.runtime.staff.replace_keys(ID, None, [], BY)
    shop.rest()

    assert (change.revoked, change.new, keys_of(shop)) == (0, 1, "B")
    assert mails_of(shop)[1:] == [(MailKind.KEYS_REPLACED, "B")]


def test_keys_that_an_import_has_just_given_are_waited_for(open_shop: Open, outside: Outside) -> None:
    shop = sold(open_shop, outside, quantity=1, keys="A")
    shop.runtime.staff.replace_keys(ID, None, [], BY)
    shop.rest()
    supply(shop, "B")

    for decision in (shop.runtime.staff.replace_keys, shop.runtime.staff.revoke_keys):
        with expect_refusal(r"^Line li_key has just received new keys from an import"):
            decision(ID, None, [], BY)
    shop.rest()

    assert (keys_of(shop), len(shop.events_of(KeyPool.Assigned))) == ("B", 2)


def test_a_replaced_key_and_its_new_one_are_recorded_together(open_shop: Open, outside: Outside) -> None:
    """A kill finds all of the decision in the log or nothing of it: its events have neighboring positions."""
    shop = sold(open_shop, outside, quantity=1, keys="A B")
    before = len(shop.events())

    shop.runtime.staff.replace_keys(ID, None, [], BY)

    kinds = [type(event) for event in shop.events()[before:]]
    assert kinds == [KeyPool.Revoked, KeyPool.Assigned, Fulfillment.KeysRevoked, Fulfillment.KeysReplaced]
