"""However the inputs of one session are ordered, doubled or lost, they end in the same state.

Over SQLite in every order of up to five inputs, and in many of longer ones. Over PostgreSQL in every order of two or
three: which orders there are is the engine's business, what the store makes of conflicts and repeats shows in these.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import FixedClock, Outside
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import COMPLETED, EXPIRED, FAILED, SUCCEEDED, Shop, SQLiteStore, Store

from application.staff import By
from application.unit_of_work import Stamp
from domain.checkout import Checkout, Contact
from domain.checkout_session import CheckoutSession, Source
from domain.effect import Effect

ID = "cs_test_order"
CATALOG = """
[products.prod_access]
delivery = "access"
[products.prod_mug]
delivery = "shipment"
sku = "mug"
track_stock = true
"""
PAID = a_checkout(
    line_items=[a_line_item("li_1", product="prod_access"), a_line_item("li_2", product="prod_mug", quantity=2)]
)
UNPAID = replace(PAID, payment_status="unpaid")
OPEN = replace(UNPAID, status="open", contact=Contact())
"""Before the customer finished: Stripe has no address yet."""

Input = Callable[[Shop], object]
Rest = Callable[[Shop], None]


def fully(shop: Shop) -> None:
    shop.rest()


def deciding(shop: Shop) -> None:
    """The policies decide, and nothing is done about it yet."""
    shop.runtime.engine.run_until_quiet(effects=False)


def never(shop: Shop) -> None:
    pass


RESTS: Sequence[Rest] = (fully, deciding, never)


def completed(shop: Shop) -> object:
    return shop.hear(COMPLETED, ID, id="evt_completed", payment_status="unpaid")


def completed_again(shop: Shop) -> object:
    """Stripe makes a second event of the same, for a second endpoint of ours."""
    return shop.hear(COMPLETED, ID, id="evt_completed_again", payment_status="unpaid")


def succeeded(shop: Shop) -> object:
    return shop.hear(SUCCEEDED, ID, id="evt_succeeded")


def failed(shop: Shop) -> object:
    return shop.hear(FAILED, ID, id="evt_failed")


def paid_by_card(shop: Shop) -> object:
    return shop.hear(COMPLETED, ID, id="evt_completed", payment_status="paid")


def expired(shop: Shop) -> object:
    return shop.hear(EXPIRED, ID, id="evt_expired")


def visit(shop: Shop) -> object:
    return shop.visit(ID)


def old_answer(shop: Shop) -> object:
    """An answer of Stripe's API from before the payment, which took its time to be recorded."""
    return _learn(shop, UNPAID)


def early_answer(shop: Shop) -> object:
    """The same, from before the customer had finished."""
    return _learn(shop, OPEN)


def _learn(shop: Shop, answer: Checkout) -> object:
    return shop.runtime.writer.run(
        Stamp(actor="customer", now=shop.clock(), session_id=ID),
        [ID],
        lambda unit: unit.command(
            CheckoutSession, ID, CheckoutSession.learn, answer, source=Source.LANDING_PAGE, at=shop.clock()
        ),
    )


def outcome(inputs: Sequence[Input], truth: Checkout, store: Store, directory: Path, *, rest: Rest) -> dict[str, Any]:
    """How it ends for a shop that takes these inputs, resting so after each and well at the end."""
    outside = Outside(checkouts={ID: truth})
    shop = Shop(directory=directory, store=store, outside=outside, clock=FixedClock(), catalog=CATALOG)
    try:
        shop.runtime.staff.count("mug", 5, By(name="ann", reason="before the day"))
        for take in inputs:
            take(shop)
            rest(shop)
        for _ in range(40):
            shop.rest()
            if not _open_effects(shop):
                break
            shop.clock.advance(3600)
        return _outcome(shop)
    finally:
        shop.kill()
        store.clear()


def _open_effects(shop: Shop) -> list[str]:
    effects = [shop.runtime.log.get(Effect, event.originator_id) for event in shop.events_of(Effect.Requested)]
    return [effect.id for effect in effects if effect.is_open]


def _outcome(shop: Shop) -> dict[str, Any]:
    stock = shop.stock("mug")
    return {
        "state": shop.state(ID),
        "lines": {id: line.state for id, line in shop.fulfillment(ID).lines.items()},
        "stock": (stock.on_hand, stock.available),
        "mails": [id.removeprefix(f"eff_{ID}_mail_") for id in shop.outside.mailbox],
        "given up": [event.originator_id for event in shop.events_of(Effect.GivenUp)],
        "open effects": _open_effects(shop),
    }


def _without_early_news(ended: dict[str, Any]) -> dict[str, Any]:
    """Whether there was a time to tell that the payment is pending depends on the order; it is told first or never."""
    mails = ended["mails"]
    return {**ended, "mails": mails[1:] if mails[:1] == ["payment_pending"] else mails}


SIZE_MAX = {"SQLite": 5, "PostgreSQL": 3}
SIZE_MAX_OF_SIX = {"SQLite": 5, "PostgreSQL": 2}
FULFILLED = {
    "state": "fulfilling",
    "lines": {"li_1": "delivered", "li_2": "pending"},
    "stock": (5, 3),
    "mails": ["receipt"],
    "given up": [],
    "open effects": [],
}
NOTHING_HELD: dict[str, Any] = {"lines": {}, "stock": (5, 5), "given up": [], "open effects": []}


def _orders(inputs: Sequence[Input], telling: Sequence[Input], *, size_max: int) -> list[tuple[Input, ...]]:
    """Every order of every selection of the inputs that leaves something from which the outcome is learned, of so many
    at most. The last test here draws longer ones."""
    found = []
    for size in range(1, min(size_max, len(inputs)) + 1):
        found += [order for order in permutations(inputs, size) if any(each in telling for each in order)]
    return found


@pytest.mark.parametrize("rest", RESTS)
def test_a_delayed_payment_that_arrives_is_fulfilled_in_any_order(rest: Rest, store: Store, tmp_path: Path) -> None:
    inputs = [completed, completed_again, succeeded, visit, old_answer, early_answer]

    for order in _orders(inputs, [completed, completed_again, succeeded, visit], size_max=SIZE_MAX_OF_SIX[store.kind]):
        names = [each.__name__ for each in order]
        assert _without_early_news(outcome(order, PAID, store, tmp_path, rest=rest)) == FULFILLED, names


@pytest.mark.parametrize("rest", RESTS)
def test_a_delayed_payment_that_fails_holds_nothing_and_is_told_in_any_order(
    rest: Rest, store: Store, tmp_path: Path
) -> None:
    inputs = [completed, failed, visit, old_answer, early_answer]

    for order in _orders(inputs, [failed], size_max=SIZE_MAX[store.kind]):
        names = [each.__name__ for each in order]
        ended = _without_early_news(outcome(order, UNPAID, store, tmp_path, rest=rest))
        assert ended == {**NOTHING_HELD, "state": "payment_failed", "mails": ["payment_failed"]}, names


@pytest.mark.parametrize("rest", RESTS)
def test_a_payment_by_card_is_fulfilled_in_any_order(rest: Rest, store: Store, tmp_path: Path) -> None:
    for order in _orders(
        [paid_by_card, completed_again, visit, early_answer], [paid_by_card, visit], size_max=SIZE_MAX[store.kind]
    ):
        names = [each.__name__ for each in order]
        assert outcome(order, PAID, store, tmp_path, rest=rest) == FULFILLED, names


@pytest.mark.parametrize("rest", RESTS)
def test_a_checkout_that_expires_holds_nothing_and_is_no_mail_in_any_order(
    rest: Rest, store: Store, tmp_path: Path
) -> None:
    truth = replace(OPEN, status="expired")

    for order in _orders([expired, visit, early_answer], [expired, visit], size_max=SIZE_MAX[store.kind]):
        names = [each.__name__ for each in order]
        ended = outcome(order, truth, store, tmp_path, rest=rest)
        assert ended == {**NOTHING_HELD, "state": "expired", "mails": []}, names


def test_a_failed_payment_is_told_to_the_address_that_the_customer_gave_after_the_first_look(
    store: Store, tmp_path: Path
) -> None:
    outside = Outside(checkouts={ID: OPEN})
    shop = Shop(directory=tmp_path, store=store, outside=outside, clock=FixedClock(), catalog=CATALOG)
    visit(shop)
    shop.rest()
    outside.checkouts[ID] = UNPAID

    failed(shop)
    deciding(shop)
    shop.rest()

    assert [mail.to for mail in outside.mailbox.values()] == [UNPAID.contact.email]
    assert shop.runtime.queries.work_queue() == []
    shop.kill()


@settings(max_examples=150, deadline=None, derandomize=True, print_blob=True)
@given(
    inputs=st.lists(
        st.sampled_from([completed, completed_again, succeeded, failed, visit, old_answer, early_answer]),
        min_size=6,
        max_size=14,
    ),
    rest=st.sampled_from(RESTS),
)
def test_what_is_paid_is_fulfilled_whatever_was_said_before(
    inputs: list[Input], rest: Rest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("order")

    with closing(SQLiteStore()) as store:
        ended = _without_early_news(outcome([*inputs, visit], PAID, store, directory, rest=rest))

    mails = ended["mails"]
    assert {**ended, "mails": mails[-1:]} == FULFILLED
    assert mails[:-1] in ([], ["payment_failed"]), "whoever has paid hears nothing else after the receipt"
