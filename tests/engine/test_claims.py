"""Claims and outcomes: what a worker has won is done, whatever the store does meanwhile and whoever else is at work."""

from collections.abc import Callable
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from eventsourcing.persistence import OperationalError
from fakes.outside import Outside
from shop import AtOnce, Shop

from application.effect_kinds import Kind, RetryRule
from application.effects import EffectRunner
from application.errors import Busy, Stopped, StoreUnavailable
from application.handlers import SendMail
from application.unit_of_work import HotStates, Stamp
from application.writer import Writer
from domain.effect import MAIL
from domain.identifiers import effect_id

CATALOG = '[products.prod_access]\ndelivery = "access"\n'
SESSIONS = [f"cs_test_{number}" for number in range(1, 5)]
RECEIPTS = [effect_id(session, "mail_receipt") for session in SESSIONS]
TRANSACTION_MAX = 256
"""How many commands the writer puts into one."""
RETRY = RetryRule(attempts_max=3)

Open = Callable[..., Shop]


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    return open_shop(catalog=CATALOG)


def sell(shop: Shop, sessions: list[str]) -> None:
    """Paid and planned, with the receipt still to be sent."""
    for session in sessions:
        shop.outside.checkouts[session] = a_checkout(line_items=[a_line_item(product="prod_access")])
        shop.visit(session)
    shop.runtime.engine.run_until_quiet(effects=False)


def a_runner(shop: Shop, **changes: Any) -> EffectRunner:
    """Another worker of this shop, which sends mails."""
    parts: dict[str, Any] = {
        "worker": "another",
        "kinds": {MAIL: Kind(handler=SendMail(shop.outside), concurrency=4, retry=RETRY)},
        "due": shop.runtime.queries.due_effects,
        "writer": shop.runtime.writer,
        "locks": shop.locks,
        "clock": shop.clock,
        "random": lambda: 0.5,
        "executor": AtOnce(),
    }
    return EffectRunner(**{**parts, **changes})


def types(shop: Shop, id: str) -> list[str]:
    return [event.TOPIC.removeprefix("Effect.") for event in shop.runtime.log.streams([id])[id]]


def queue(shop: Shop, commands: int) -> None:
    """Commands that decide nothing, so that what comes next straddles two transactions."""
    stamp = Stamp(actor="stripe", now=shop.clock())
    for _ in range(commands):
        shop.runtime.writer.submit(stamp, [], lambda _: None)


@pytest.mark.parametrize(("failing", "sent"), [(0, RECEIPTS[2:]), (1, RECEIPTS[:2])], ids=["first", "second"])
def test_what_was_won_is_done_when_another_claim_of_the_turn_could_not_be_stored(
    failing: int, sent: list[str], shop: Shop, outside: Outside
) -> None:
    sell(shop, SESSIONS)
    runner = a_runner(shop)
    queue(shop, TRANSACTION_MAX - 2)
    outside.points.troubles["before an insert"] = [*[None] * failing, OperationalError("the disk is full")]

    with pytest.raises(StoreUnavailable):
        runner.turn()

    assert sorted(outside.mailbox) == sent
    assert not runner.is_busy
    shop.rest()
    assert sorted(outside.mailbox) == RECEIPTS
    assert [types(shop, id) for id in RECEIPTS] == [["Requested", "AttemptStarted", "Succeeded"]] * 4


def test_what_was_won_is_done_when_the_queue_is_full_before_everything_is_claimed(shop: Shop, outside: Outside) -> None:
    sell(shop, SESSIONS)
    runner = a_runner(shop, writer=Writer(shop.runtime.log, HotStates(), queue_max=2))

    with pytest.raises(Busy):
        runner.turn()

    assert sorted(outside.mailbox) == RECEIPTS[:2]
    assert not runner.is_busy
    shop.rest()
    assert sorted(outside.mailbox) == RECEIPTS


def test_nothing_is_begun_any_more_when_what_comes_of_it_can_not_be_stored(
    shop: Shop, open_shop: Open, outside: Outside
) -> None:
    """It would be done twice, by us and by whoever takes over."""
    sell(shop, SESSIONS)
    runner = a_runner(shop)
    queue(shop, TRANSACTION_MAX - 3)
    shop.runtime.writer.submit(Stamp(actor="operator", now=shop.clock()), [], lambda _: shop.runtime.writer.close())

    with pytest.raises(Stopped):
        runner.turn()

    assert outside.mailbox == {}
    assert not runner.is_busy
    shop.kill()
    open_shop(catalog=CATALOG, clock=shop.clock).rest()
    assert sorted(outside.mailbox) == RECEIPTS
