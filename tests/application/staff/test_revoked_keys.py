"""A license key that a customer has leaks: staff revoke it, and nothing hands it out any more."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from refusing import expect_refusal
from shop import COMPLETED, Shop
from typed_ids import as_event, as_line, as_pool, as_session

from application.ports import NotTaken
from application.reading.mailed_keys import mailed_keys
from application.staff.by import By
from domain.fulfillment import Fulfillment
from domain.identifiers import LineItemId
from domain.key_pool import KeyPool
from domain.personal import Personal

Open = Callable[..., Shop]
ID, NEXT = as_session("cs_test_a1Leaked"), as_session("cs_test_a1Next")
BY = By(name="kim", reason="it was posted in a forum")
RULES = """
[products.prod_li_key]
delivery = "license_key"
pool = "pro"
[products.prod_li_other]
delivery = "license_key"
pool = "basic"
"""


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    """A customer has two keys of one line, in a receipt that was sent."""
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_key", quantity=2)])
    shop = open_shop(catalog=RULES)
    shop.runtime.staff.import_keys(as_pool("pro"), ["A", "B"], BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()
    return shop


def keys_of(shop: Shop) -> list[str]:
    return [key.text for key in shop.fulfillment(ID).lines[as_line("li_key")].customers_keys]


def pool_of(shop: Shop) -> tuple[int, int, int]:
    [level] = [each for each in shop.runtime.queries.key_pools() if each.pool == "pro"]
    return level.free, level.given, level.revoked


def test_one_key_is_revoked_in_both_streams_and_the_customer_keeps_the_other(shop: Shop) -> None:
    assert shop.runtime.staff.revoke_keys(ID, None, [1], BY).revoked == 1
    shop.rest()

    [of_line], [of_pool] = shop.events_of(Fulfillment.KeysRevoked), shop.events_of(KeyPool.Revoked)
    assert (of_line.numbers, of_pool.keys) == ((1,), (Personal("A"),))
    assert {(each.actor, each.reason) for each in (of_line, of_pool)} == {("staff:kim", Personal(BY.reason))}
    assert (keys_of(shop), pool_of(shop)) == (["B"], (0, 1, 1))
    assert mailed_keys(shop.runtime.log, ID, shop.fulfillment(ID)) == {"li_key"}, "the receipt still has the other"


def test_without_a_number_every_valid_key_is_revoked(shop: Shop) -> None:
    shop.runtime.staff.revoke_keys(ID, None, [2], BY)

    assert shop.runtime.staff.revoke_keys(ID, as_line("li_key"), [], BY).revoked == 1

    assert (keys_of(shop), pool_of(shop)) == ([], (0, 0, 2))


def test_no_line_gets_a_revoked_key_even_after_an_import_of_it(shop: Shop, outside: Outside) -> None:
    shop.runtime.staff.revoke_keys(ID, None, [], BY)

    assert shop.runtime.staff.import_keys(as_pool("pro"), ["A", "C"], BY) == 1
    assert shop.runtime.staff.withdraw_keys(as_pool("pro"), ["B"], BY).withdrawn == 0
    outside.checkouts[NEXT] = a_checkout(line_items=[a_line_item("li_key")])
    shop.hear(COMPLETED, NEXT, id=as_event("evt_2"), payment_status="paid")
    shop.rest()

    assert [key.text for key in shop.fulfillment(NEXT).lines[as_line("li_key")].keys] == ["C"]


def test_a_key_that_is_revoked_before_its_mail_is_sent_is_not_in_it(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_key", quantity=2)])
    outside.mailers_error = NotTaken("The mail server was not reached")
    shop = open_shop(catalog=RULES)
    shop.runtime.staff.import_keys(as_pool("pro"), ["A", "B"], BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()

    shop.runtime.staff.revoke_keys(ID, None, [1], BY)
    outside.mailers_error = None
    shop.clock.advance(3600)
    shop.rest()

    [receipt] = outside.mailbox.values()
    assert [key.text for line in receipt.lines for key in line.keys] == ["B"]


@pytest.mark.parametrize(
    ("line", "numbers", "message"),
    [
        (None, [3], r"^Line li_key has no license key 3\. .* from 1 to 2\.$"),
        (None, [0], "^Line li_key has no license key 0"),
        (None, [2, 1], "^License key 1 of line li_key is revoked already"),
        (as_line("li_no"), [], "^This checkout has no line li_no"),
    ],
)
def test_a_key_that_the_line_has_not_is_refused(
    shop: Shop, line: LineItemId | None, numbers: list[int], message: str
) -> None:
    shop.runtime.staff.revoke_keys(ID, None, [1], BY)

    with expect_refusal(message):
        shop.runtime.staff.revoke_keys(ID, line, numbers, BY)

    assert keys_of(shop) == ["B"]


def test_a_line_without_a_valid_key_has_nothing_to_revoke(shop: Shop) -> None:
    shop.runtime.staff.revoke_keys(ID, None, [], BY)

    with expect_refusal(r"^Every license key of line li_key is revoked already"):
        shop.runtime.staff.revoke_keys(ID, None, [], BY)


def test_of_several_lines_with_keys_one_is_named(open_shop: Open, outside: Outside) -> None:
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item("li_key"), a_line_item("li_other")])
    shop = open_shop(catalog=RULES)
    shop.runtime.staff.import_keys(as_pool("pro"), ["A"], BY)
    shop.runtime.staff.import_keys(as_pool("basic"), ["B"], BY)
    shop.hear(COMPLETED, ID, id=as_event("evt_1"), payment_status="paid")
    shop.rest()

    with expect_refusal(r"^Several lines of this checkout have license keys: li_key, li_other\."):
        shop.runtime.staff.revoke_keys(ID, None, [], BY)
    shop.runtime.staff.revoke_keys(ID, as_line("li_other"), [], BY)

    assert keys_of(shop) == ["A"]
