"""Better words for staff change what staff read, and nothing else: no rebuild, no retry and no fact depends on them."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from builders import CUSTOMER, a_checkout, a_line_item
from fakes.outside import Outside
from shop import COMPLETED, EXPIRED, SUCCEEDED, Shop
from typed_ids import as_event, as_session

from application.reading.projections.work_queue import WORK_QUEUE
from application.reading.views import Selection
from application.staff.by import By
from application.text import reason_wording
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.mail import MailKind
from domain.reason import Reason

ID = as_session("cs_test_reworded")
BY = By(name="ann", reason="a day at the shop")
CATALOG = '[products.prod_mug]\ndelivery = "shipment"\nsku = "mug"\ntrack_stock = true\n'

Open = Callable[..., Shop]


def reworded(reason: Reason) -> str:
    return f"Put better: {reason.code}"


def put_all_reasons_better(patch: pytest.MonkeyPatch) -> None:
    """As the next version may do it, wherever reasons are put into words."""
    was = reason_wording.in_words
    for module in list(sys.modules.values()):
        if getattr(module, "in_words", None) is was:
            patch.setattr(module, "in_words", reworded)


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    items = [a_line_item("li_mug", product="prod_mug"), a_line_item("li_wrap", product="prod_wrap")]
    nowhere = replace(CUSTOMER, email=None)
    outside.checkouts[ID] = a_checkout(line_items=items, contact=nowhere)
    shop = open_shop(catalog=CATALOG)
    shop.hear(EXPIRED, ID, id=as_event("evt_1"))
    shop.hear(COMPLETED, ID, id=as_event("evt_2"), payment_status="unpaid")
    shop.hear("checkout.session.expired", None, id=as_event("evt_3"))
    shop.rest()
    return shop


def rows(shop: Shop) -> list[Any]:
    order = ["subject", "kind", "item"]
    return list(shop.runtime.views.select(Selection(projection=WORK_QUEUE, order_by=order)))


def work(shop: Shop) -> set[tuple[str, str]]:
    return {(item.kind, item.why.code.value) for item in shop.runtime.queries.work_queue()}


WAITS = {
    ("contradicted", "completed_after_expiry"),
    ("failed_stripe_event", "not_a_session"),
    ("mail_without_address", "no_address"),
    ("manual_line", "no_rule"),
    ("backordered_line", "not_enough_stock"),
}


def test_rows_and_kinds_of_work_are_the_same_in_other_words(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(shop)
    assert work(shop) == WAITS

    put_all_reasons_better(monkeypatch)
    shop.runtime.rebuild.rebuild("work_queue")

    assert rows(shop) == before
    assert work(shop) == WAITS
    assert {item.detail for item in shop.runtime.queries.work_queue()} == {f"Put better: {code}" for _, code in WAITS}
    assert shop.runtime.rebuild.verify("work_queue").is_right


def test_the_story_shows_the_new_sentences_without_a_rebuild(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    put_all_reasons_better(monkeypatch)

    document = shop.runtime.queries.checkout(ID)

    assert document is not None
    with_reason = [entry for entry in document.story if entry.why is not None]
    assert with_reason
    assert all(entry.why and f"ut better: {entry.why.code}" in entry.text for entry in with_reason)
    assert {line.detail for line in document.line_items} == {"Put better: no_rule", "Put better: not_enough_stock"}
    assert {mail.detail for mail in document.emails} == {"Put better: no_address"}


def test_a_contradiction_is_not_recorded_again_in_other_words(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    put_all_reasons_better(monkeypatch)

    shop.hear(SUCCEEDED, ID, id=as_event("evt_4"))
    shop.rest()

    assert len(shop.events_of(CheckoutSession.Contradicted)) == 1


def test_a_mail_without_an_address_is_retried_in_other_words(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    put_all_reasons_better(monkeypatch)

    shop.runtime.staff.readdress(ID, "ada@example.com", BY)
    shop.rest()
    shop.runtime.staff.retry(ID, BY)
    shop.rest()

    assert MailKind.RECEIPT in {mail.kind for mail in shop.outside.mailbox.values()}
    assert "mail_without_address" not in {kind for kind, _ in work(shop)}
    assert len(shop.events_of(Effect.RetryRequested)) >= 1
