"""However the inputs of one session are ordered, doubled or lost, they end in the same state.

Every order of up to five inputs, and many longer ones, over both stores. The orders of one test are played side by side
in one shop, each by a session of its own: the first inputs of all, then the second ones, and so on.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import permutations, zip_longest
from pathlib import Path
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import FixedClock, Outside
from shop import COMPLETED, EXPIRED, FAILED, SUCCEEDED, Shop, Store
from typed_ids import as_event, as_session, as_sku

from application.staff.by import By
from application.writing.unit_of_work import Stamp
from domain.checkout import Checkout, Contact
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.effect_events import EffectFact
from domain.identifiers import SessionId
from domain.source import Source

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

Input = Callable[[Shop, SessionId], object]
"""Something that a shop learns of this session."""
Rest = Callable[[Shop], None]


def fully(shop: Shop) -> None:
    shop.rest()


def deciding(shop: Shop) -> None:
    """The policies decide, and no effect is carried out yet."""
    shop.runtime.engine.run_until_quiet(effects=False)


def never(shop: Shop) -> None:
    pass


RESTS: Sequence[Rest] = (fully, deciding, never)


def completed(shop: Shop, id: SessionId) -> object:
    return shop.hear(COMPLETED, id, id=as_event(f"evt_completed_{id}"), payment_status="unpaid")


def completed_again(shop: Shop, id: SessionId) -> object:
    """Stripe makes a second event of the same, for a second endpoint of ours."""
    return shop.hear(COMPLETED, id, id=as_event(f"evt_completed_again_{id}"), payment_status="unpaid")


def succeeded(shop: Shop, id: SessionId) -> object:
    return shop.hear(SUCCEEDED, id, id=as_event(f"evt_succeeded_{id}"))


def failed(shop: Shop, id: SessionId) -> object:
    return shop.hear(FAILED, id, id=as_event(f"evt_failed_{id}"))


def paid_by_card(shop: Shop, id: SessionId) -> object:
    return shop.hear(COMPLETED, id, id=as_event(f"evt_completed_{id}"), payment_status="paid")


def expired(shop: Shop, id: SessionId) -> object:
    return shop.hear(EXPIRED, id, id=as_event(f"evt_expired_{id}"))


def visit(shop: Shop, id: SessionId) -> object:
    return shop.visit(id)


def old_answer(shop: Shop, id: SessionId) -> object:
    """An answer of Stripe's API from before the payment that was recorded late."""
    return _learn(shop, id, UNPAID)


def early_answer(shop: Shop, id: SessionId) -> object:
    """The same, from before the customer had finished."""
    return _learn(shop, id, OPEN)


def _learn(shop: Shop, id: SessionId, answer: Checkout) -> object:
    return shop.runtime.writer.run(
        Stamp(actor="customer", now=shop.clock(), session_id=id),
        [id],
        lambda unit: unit.command(
            CheckoutSession, id, CheckoutSession.learn, answer, source=Source.LANDING_PAGE, at=shop.clock()
        ),
    )


def outcomes(
    orders: Sequence[Sequence[Input]], truth: Checkout, store: Store, directory: Path, *, rest: Rest
) -> list[dict[str, Any]]:
    """How each order ends in a shop that takes them side by side, resting so after each round and well at the end."""
    sessions = [f"cs_test_order{number}x" for number in range(len(orders))]
    outside = Outside(checkouts=dict.fromkeys(sessions, truth))
    shop = Shop(directory=directory, store=store, outside=outside, clock=FixedClock(), catalog=CATALOG)
    try:
        shop.runtime.staff.count(as_sku("mug"), 5 * len(orders), By(name="ann", reason="before the day"))
        for inputs in zip_longest(*orders):
            for id, take in zip(sessions, inputs, strict=True):
                if take is not None:
                    take(shop, as_session(id))
            rest(shop)
        for _ in range(40):
            shop.rest()
            if not _open_effects(shop):
                break
            shop.clock.advance(3600)
        return _outcomes(shop, sessions)
    finally:
        shop.kill()
        store.clear()


def _open_effects(shop: Shop) -> list[str]:
    effects: dict[str, Effect] = {}
    for event in shop.events():
        if isinstance(event, EffectFact):
            id = event.originator_id
            effects[id] = effects.get(id, Effect(id=id)).evolve(event)
    return [id for id, effect in effects.items() if effect.is_open]


def _outcomes(shop: Shop, sessions: Sequence[str]) -> list[dict[str, Any]]:
    """The stock is for all of them together, as many times that of one."""
    stock, open_effects = shop.stock("mug"), _open_effects(shop)
    given_up = [event.originator_id for event in shop.events_of(Effect.GivenUp)]
    count = len(sessions)

    def of(session: str, effects: Iterable[str]) -> list[str]:
        begin = f"eff_{session}_"
        return [id.removeprefix(begin) for id in effects if id.startswith(begin)]

    return [
        {
            "state": shop.state(as_session(id)),
            "lines": {line_id: line.state for line_id, line in shop.fulfillment(as_session(id)).lines.items()},
            "stock": (stock.on_hand / count, stock.available / count),
            "mails": [mail.removeprefix("mail_") for mail in of(id, shop.outside.mailbox)],
            "given up": of(id, given_up),
            "open effects": of(id, open_effects),
        }
        for id in sessions
    ]


def _without_early_news(ended: dict[str, Any]) -> dict[str, Any]:
    """Whether there was a time to report the payment as pending depends on the order; that mail is the first or
    none."""
    mails = ended["mails"]
    return {**ended, "mails": mails[1:] if mails[:1] == ["payment_pending"] else mails}


SIZE_MAX = 5
LONG_ORDERS = 150
FULFILLED = {
    "state": "fulfilling",
    "lines": {"li_1": "delivered", "li_2": "pending"},
    "stock": (5, 3),
    "mails": ["receipt"],
    "given up": [],
    "open effects": [],
}
NOTHING_HELD: dict[str, Any] = {"lines": {}, "stock": (5, 5), "given up": [], "open effects": []}


def _orders(inputs: Sequence[Input], necessary: Sequence[Input]) -> list[tuple[Input, ...]]:
    """Every order of every selection of the inputs that leaves something from which the outcome is learned, of so many
    at most. The last test here draws longer ones."""
    found = []
    for size in range(1, min(SIZE_MAX, len(inputs)) + 1):
        found += [order for order in permutations(inputs, size) if any(each in necessary for each in order)]
    return found


def _assert_all_end(
    orders: Sequence[Sequence[Input]], ended: Sequence[dict[str, Any]], expected: dict[str, Any]
) -> None:
    for order, each in zip(orders, ended, strict=True):
        assert each == expected, [take.__name__ for take in order]


@pytest.mark.long
@pytest.mark.parametrize("rest", RESTS)
def test_a_delayed_payment_that_arrives_is_fulfilled_in_any_order(rest: Rest, store: Store, tmp_path: Path) -> None:
    orders = _orders(
        [completed, completed_again, succeeded, visit, old_answer, early_answer],
        [completed, completed_again, succeeded, visit],
    )

    ended = outcomes(orders, PAID, store, tmp_path, rest=rest)

    _assert_all_end(orders, list(map(_without_early_news, ended)), FULFILLED)


@pytest.mark.long
@pytest.mark.parametrize("rest", RESTS)
def test_a_delayed_payment_that_fails_holds_nothing_and_is_mailed_in_any_order(
    rest: Rest, store: Store, tmp_path: Path
) -> None:
    orders = _orders([completed, failed, visit, old_answer, early_answer], [failed])

    ended = outcomes(orders, UNPAID, store, tmp_path, rest=rest)

    expected = {**NOTHING_HELD, "state": "payment_failed", "mails": ["payment_failed"]}
    _assert_all_end(orders, list(map(_without_early_news, ended)), expected)


@pytest.mark.parametrize("rest", RESTS)
def test_a_payment_by_card_is_fulfilled_in_any_order(rest: Rest, store: Store, tmp_path: Path) -> None:
    orders = _orders([paid_by_card, completed_again, visit, early_answer], [paid_by_card, visit])

    _assert_all_end(orders, outcomes(orders, PAID, store, tmp_path, rest=rest), FULFILLED)


@pytest.mark.parametrize("rest", RESTS)
def test_a_checkout_that_expires_holds_nothing_and_is_no_mail_in_any_order(
    rest: Rest, store: Store, tmp_path: Path
) -> None:
    orders = _orders([expired, visit, early_answer], [expired, visit])

    ended = outcomes(orders, replace(OPEN, status="expired"), store, tmp_path, rest=rest)

    _assert_all_end(orders, ended, {**NOTHING_HELD, "state": "expired", "mails": []})


def test_a_failed_payment_is_reported_to_the_address_that_the_customer_gave_after_the_first_look(
    store: Store, tmp_path: Path
) -> None:
    id = "cs_test_order"
    outside = Outside(checkouts={id: OPEN})
    shop = Shop(directory=tmp_path, store=store, outside=outside, clock=FixedClock(), catalog=CATALOG)
    visit(shop, as_session(id))
    shop.rest()
    outside.checkouts[id] = UNPAID

    failed(shop, as_session(id))
    deciding(shop)
    shop.rest()

    assert [mail.to for mail in outside.mailbox.values()] == [UNPAID.contact.email]
    assert shop.runtime.queries.work_queue() == []
    shop.kill()


@pytest.mark.long
@pytest.mark.parametrize("rest", RESTS)
def test_what_is_paid_is_fulfilled_whatever_was_reported_before(rest: Rest, store: Store, tmp_path: Path) -> None:
    kinds = [completed, completed_again, succeeded, failed, visit, old_answer, early_answer]
    chance = random.Random("earlier events")
    drawn = [[*chance.choices(kinds, k=chance.randint(6, 14)), visit] for _ in range(LONG_ORDERS)]

    ended = list(map(_without_early_news, outcomes(drawn, PAID, store, tmp_path, rest=rest)))

    _assert_all_end(drawn, [{**each, "mails": each["mails"][-1:]} for each in ended], FULFILLED)
    before_the_receipt = [each["mails"][:-1] for each in ended]
    assert all(mails in ([], ["payment_failed"]) for mails in before_the_receipt)
