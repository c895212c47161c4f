"""A command of staff decides what follows only by what the last server decided by."""

from collections.abc import Callable

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import Outside
from shop import Shop
from typed_ids import as_session

from application.log.leading import THE_POLICIES
from domain.fulfillment import Fulfillment
from interfaces.cli.running.desk import Desk

pytestmark = pytest.mark.every_store

ID = as_session("cs_test_first")
CATALOG = '[products.prod_course]\ndelivery = "access"\n'

Open = Callable[..., Shop]


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    """A customer has paid, and no server has decided yet what follows."""
    outside.checkouts[ID] = a_checkout(line_items=[a_line_item(product="prod_course")])
    shop = open_shop(catalog=CATALOG)
    shop.visit(ID)
    return shop


def test_a_command_leads_where_no_server_does(shop: Shop) -> None:
    messages: list[str] = []

    assert Desk(shop.runtime, talk=messages.append).follow()

    assert shop.events_of(Fulfillment.Requested)
    assert messages == ["fulfill: No server is running. Mails and calls wait for `fulfill serve` or `fulfill worker`."]


def test_a_command_does_not_lead_if_a_server_with_other_settings_has_led_just_before(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = shop.locks.lead

    def lead_after_a_server() -> bool:
        shop.runtime.log.store.replace_terms({"the catalog": 1})
        shop.clock.advance(60)
        return lead()

    monkeypatch.setattr(shop.locks, "lead", lead_after_a_server)
    messages: list[str] = []

    assert not Desk(shop.runtime, talk=messages.append).follow()

    assert not shop.events_of(Fulfillment.Requested)
    assert "leader" not in shop.store.held
    assert messages == [
        "fulfill: Recorded, but the running server has not decided the next steps yet. Check again soon."
    ]


def test_a_command_whose_policies_read_something_else_leaves_the_decision_to_a_server(shop: Shop) -> None:
    """It is of another version, and would begin what only a server should."""
    assert THE_POLICIES in shop.runtime.terms
    shop.runtime.log.store.replace_terms({**shop.runtime.terms, THE_POLICIES: 1})
    messages: list[str] = []

    assert not Desk(shop.runtime, talk=messages.append).follow()

    assert not shop.events_of(Fulfillment.Requested)
    assert "the last server (the policies)" in messages[0]
