"""Claims and outcomes: a worker carries out what it has won, whatever the store and other workers do."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import groupby
from typing import Any, ParamSpec, TypeVar

import pytest
from builders import a_checkout, a_line_item
from eventsourcing.persistence import IntegrityError, OperationalError
from fakes.outside import Outside
from fakes.time_in_hand import TimeInHand
from shop import COMPLETED, AtOnce, Shop
from typed_ids import as_event, as_session

from application.errors import Busy, Stopped, StoreUnavailable, UnfinishedCopy
from application.log.log import COPYING
from application.running.effect_kinds import Attempt, Done, EffectKind, RetryRule
from application.running.effects import EffectRunner
from application.running.handlers import Retrieve, SendMail
from application.text.reason_wording import in_words
from application.writing.recent_states import RecentStates
from application.writing.unit_of_work import Stamp
from application.writing.writer import Writer
from domain.effect import MAIL, RETRIEVE, Effect
from domain.identifiers import SessionId
from domain.step import effect_id

pytestmark = pytest.mark.every_store

CATALOG = '[products.prod_access]\ndelivery = "access"\n'
SESSIONS = [f"cs_test_{number}" for number in range(1, 5)]
RECEIPTS = [effect_id(as_session(session), "mail_receipt") for session in SESSIONS]
TRANSACTION_MAX = 256
"""How many commands the writer puts into one."""
RETRY = RetryRule(attempts_max=3, cap_seconds=3600)

Open = Callable[..., Shop]
P = ParamSpec("P")
T = TypeVar("T")


@pytest.fixture
def shop(open_shop: Open, outside: Outside) -> Shop:
    return open_shop(catalog=CATALOG)


def sell(shop: Shop, sessions: list[str]) -> None:
    """Paid and planned, with the receipt still to be sent."""
    for session in sessions:
        shop.outside.checkouts[session] = a_checkout(line_items=[a_line_item(product="prod_access")])
        shop.visit(as_session(session))
    shop.runtime.engine.run_until_quiet(effects=False)


def hear_of(shop: Shop, session: SessionId) -> None:
    """Reported by Stripe, and still to be retrieved."""
    shop.outside.checkouts[session] = a_checkout(line_items=[a_line_item(product="prod_access")])
    shop.hear(COMPLETED, session, id=as_event(f"evt_{session}"), payment_status="paid")
    shop.runtime.engine.run_until_quiet(effects=False)


def a_runner(shop: Shop, **changes: Any) -> EffectRunner:
    """Another worker of this shop, which sends mails."""
    parts: dict[str, Any] = {
        "kinds": {MAIL: EffectKind(handler=SendMail(shop.outside), concurrency=4, retry=RETRY)},
        "due": shop.runtime.queries.due_effects,
        "writer": shop.runtime.writer,
        "locks": shop.more_locks(),
        "clock": shop.clock,
        "random": lambda: 0.5,
        "executor": AtOnce(),
    }
    given = {**parts, **changes}
    executor = given.pop("executor")
    keeper = given.pop("keeper", None) or AtOnce()
    return EffectRunner(**given, executors=dict.fromkeys(given["kinds"], executor), keeper=keeper)


class Later(Executor):
    """Runs the given function when it is released."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], object]]] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        return future

    def work(self, calls_max: int = 100) -> None:
        for future, call in self.waiting[:calls_max]:
            future.set_result(call())
        del self.waiting[:calls_max]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for future, _ in self.waiting:
            assert cancel_futures
            future.cancel()
            future.set_running_or_notify_cancel()


def under_way(runner: EffectRunner) -> bool:
    return runner.is_busy


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
    outside.points.planned_errors["before an insert"] = [*[None] * failing, OperationalError("the disk is full")]

    with pytest.raises(StoreUnavailable):
        runner.turn()

    assert sorted(outside.mailbox) == sent
    assert not runner.is_busy
    shop.rest()
    assert sorted(outside.mailbox) == RECEIPTS
    assert [types(shop, id) for id in RECEIPTS] == [["Requested", "AttemptStarted", "Succeeded"]] * 4


def test_what_was_won_is_done_when_the_queue_is_full_before_everything_is_claimed(shop: Shop, outside: Outside) -> None:
    sell(shop, SESSIONS)
    runner = a_runner(shop, writer=Writer(shop.runtime.log, RecentStates(shop.runtime.log.store), queue_max=2))

    with pytest.raises(Busy):
        runner.turn()

    assert sorted(outside.mailbox) == RECEIPTS[:2]
    assert not runner.is_busy
    shop.rest()
    assert sorted(outside.mailbox) == RECEIPTS


def test_nothing_is_begun_any_more_when_what_comes_of_it_can_not_be_stored(
    shop: Shop, open_shop: Open, outside: Outside
) -> None:
    """It would be done twice, by us and by the next worker."""
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


def test_a_claim_that_was_taken_for_lost_and_is_in_the_log_is_gone_on_with(shop: Shop, outside: Outside) -> None:
    sell(shop, SESSIONS[:1])
    outside.points.planned_errors["after an insert"] = [OperationalError("the connection broke")]
    with pytest.raises(StoreUnavailable):
        shop.rest()
    assert outside.mailbox == {}

    shop.rest()

    assert list(outside.mailbox) == RECEIPTS[:1]
    assert types(shop, RECEIPTS[0]) == ["Requested", "AttemptStarted", "Succeeded"]


def test_a_claim_that_conflicts_with_itself_is_gone_on_with_at_once(shop: Shop, outside: Outside) -> None:
    """The library repeats an insert whose acknowledgement was lost, and finds its own."""
    sell(shop, SESSIONS[:1])
    outside.points.planned_errors["after an insert"] = [IntegrityError("it is there already")]

    shop.rest()

    assert list(outside.mailbox) == RECEIPTS[:1]
    assert types(shop, RECEIPTS[0]) == ["Requested", "AttemptStarted", "Succeeded"]


def test_what_is_done_takes_no_room_from_what_is_due_while_the_view_is_behind(shop: Shop, outside: Outside) -> None:
    sell(shop, SESSIONS)
    executor = Later()
    mails = EffectKind(handler=SendMail(outside), concurrency=2, retry=RETRY)
    runner = a_runner(shop, kinds={MAIL: mails}, executor=executor)
    runner.turn()
    shop.runtime.engine.run_until_quiet(effects=False)
    executor.work()

    runner.turn()
    executor.work()

    assert sorted(outside.mailbox) == RECEIPTS


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is claimed than is called at a time."""
    monkeypatch.setattr("application.running.candidates._CLAIMED_MIN", 1)
    monkeypatch.setattr("application.running.candidates._CLAIMED_TIMES", 1)


@pytest.mark.usefixtures("little_room")
def test_no_more_effects_of_a_kind_are_under_way_than_it_has_room_for(shop: Shop, outside: Outside) -> None:
    sell(shop, SESSIONS)
    executor = Later()
    mails = EffectKind(handler=SendMail(outside), concurrency=2, retry=RETRY)
    runner = a_runner(shop, kinds={MAIL: mails}, executor=executor)
    under_way = []

    for finished in (0, 0, 1, 0):
        executor.work(finished)
        shop.runtime.engine.run_until_quiet(effects=False)
        runner.turn()
        under_way.append(len(executor.waiting))

    assert under_way == [2, 2, 2, 2]
    executor.work()
    assert sorted(outside.mailbox) == RECEIPTS[:3]


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("concurrency", [1, 3])
def test_how_many_mails_are_under_way_is_a_setting(open_shop: Open, concurrency: int) -> None:
    shop = open_shop(catalog=CATALOG, environment={"FULFILL_MAIL_CONCURRENCY": str(concurrency)})
    sell(shop, SESSIONS)

    shop.rest()

    log = shop.runtime.log.store.select_notifications(None, 1000)
    of_mails = [each.topic for each in log if each.originator_id in RECEIPTS]
    begun = [topic == "Effect.AttemptStarted" for topic in of_mails if topic != "Effect.Requested"]
    assert max(len(list(run)) for is_begun, run in groupby(begun) if is_begun) == concurrency


@pytest.mark.usefixtures("little_room")
def test_how_many_deliveries_are_under_way_is_a_setting_of_each_kind(open_shop: Open) -> None:
    shop = open_shop(
        catalog='[products.prod_access]\ndelivery = "courier"\n[products.prod_drone]\ndelivery = "drone"\n',
        own_kinds=("courier", "drone"),
        environment={"FULFILL_DELIVERY_CONCURRENCY": "3, courier=1"},
    )
    for number, product in enumerate(["prod_access", "prod_drone"] * 4):
        session = as_session(f"cs_test_{number}")
        shop.outside.checkouts[session] = a_checkout(line_items=[a_line_item(product=product)])
        shop.visit(session)
    shop.runtime.engine.run_until_quiet(effects=False)

    shop.rest()

    assert longest_run(shop, "courier") == 1
    assert longest_run(shop, "drone") == 3


def longest_run(shop: Shop, kind: str) -> int:
    """How many deliveries of this kind began before one of them ended."""
    requested = [event for event in shop.events_of(Effect.Requested) if event.kind == kind]
    streams = {event.originator_id for event in requested}
    events = [event for event in shop.events() if event.originator_id in streams and event not in requested]
    begun = [isinstance(event, Effect.AttemptStarted) for event in events]
    return max(len(list(run)) for is_begun, run in groupby(begun) if is_begun)


@pytest.mark.usefixtures("little_room")
def test_a_kind_without_room_holds_up_no_other(shop: Shop, outside: Outside) -> None:
    sell(shop, SESSIONS)
    hear_of(shop, as_session("cs_test_other"))
    executor = Later()
    kinds = {
        MAIL: EffectKind(handler=SendMail(outside), concurrency=1, retry=RETRY),
        RETRIEVE: EffectKind(handler=Retrieve(outside, shop.clock, shop.runtime.catalog), concurrency=1, retry=RETRY),
    }
    before = outside.retrievals

    a_runner(shop, kinds=kinds, executor=executor).turn()
    executor.work()

    assert (list(outside.mailbox), outside.retrievals - before) == (RECEIPTS[:1], 1)


@pytest.mark.parametrize("outages", [1, 3])
def test_an_outcome_that_could_not_be_stored_is_kept_and_stored_later(
    outages: int, shop: Shop, outside: Outside
) -> None:
    hear_of(shop, as_session("cs_test_1"))
    time = TimeInHand()
    kinds = {
        RETRIEVE: EffectKind(handler=Retrieve(outside, shop.clock, shop.runtime.catalog), concurrency=1, retry=RETRY)
    }
    runner = a_runner(shop, kinds=kinds, threads=time)
    outside.points.planned_errors["before an insert"] = [None, *[OperationalError("the disk is full")] * outages]

    runner.turn()

    assert types(shop, effect_id(as_session("cs_test_1"), "retrieve_completed")) == [
        "Requested",
        "AttemptStarted",
        "Succeeded",
    ]
    assert shop.session("cs_test_1").is_paid
    assert outside.retrievals == 1
    assert len(time.slept) == outages - 1, "once at once, then after a while"
    assert not runner.is_busy


@pytest.mark.parametrize("knows_the_kind", [True, False])
def test_an_old_hint_ends_no_attempt_of_another_worker_that_is_at_it(
    knows_the_kind: bool, shop: Shop, outside: Outside
) -> None:
    """Neither because it is not wanted nor because no handler here knows it: it may be about to succeed there."""
    hear_of(shop, as_session("cs_test_1"))
    id = effect_id(as_session("cs_test_1"), "retrieve_completed")
    kinds = {
        RETRIEVE: EffectKind(handler=Retrieve(outside, shop.clock, shop.runtime.catalog), concurrency=1, retry=RETRY)
    }
    executor = Later()
    a_runner(shop, kinds=kinds, executor=executor).turn()
    shop.visit(as_session("cs_test_1"))

    is_claimed = a_runner(shop, kinds=kinds if knows_the_kind else {}).turn()

    assert not is_claimed
    assert types(shop, id) == ["Requested", "AttemptStarted"]
    executor.work()
    assert types(shop, id) == ["Requested", "AttemptStarted", "Succeeded"]


def test_what_is_claimed_and_not_begun_when_the_engine_stops_is_given_back(
    shop: Shop, open_shop: Open, outside: Outside
) -> None:
    sell(shop, SESSIONS)
    executor = Later()
    runner = a_runner(shop, executor=executor)
    runner.turn()
    executor.work(1)
    assert under_way(runner)

    runner.stop()

    assert not under_way(runner)
    assert sorted(outside.mailbox) == RECEIPTS[:1]
    assert [types(shop, id)[-1] for id in RECEIPTS] == ["Succeeded", *["AttemptReleased"] * 3]
    shop.kill()
    open_shop(catalog=CATALOG, clock=shop.clock).rest()
    assert sorted(outside.mailbox) == RECEIPTS


def test_a_call_does_not_wait_until_the_outcome_of_the_one_before_is_stored(shop: Shop, outside: Outside) -> None:
    sell(shop, SESSIONS)
    executor = Later()
    runner = a_runner(shop, executor=executor)
    runner.turn()

    shop.runtime.writer.has_thread = True  # one that takes no turn: a caller that waited would never return
    executor.work()
    assert sorted(outside.mailbox) == RECEIPTS
    assert under_way(runner)

    shop.runtime.writer.has_thread = False
    shop.rest()
    assert not under_way(runner)
    assert [types(shop, id) for id in RECEIPTS] == [["Requested", "AttemptStarted", "Succeeded"]] * 4


def test_nothing_is_claimed_in_half_a_log(shop: Shop) -> None:
    sell(shop, SESSIONS[:1])
    runner = a_runner(shop)
    shop.runtime.log.store.replace_bookkeeping({COPYING: 1}, [])

    with pytest.raises(UnfinishedCopy):
        runner.turn()

    assert shop.outside.mailbox == {}


def test_an_outcome_that_waits_to_be_stored_when_the_engine_stops_is_stored(shop: Shop, outside: Outside) -> None:
    sell(shop, SESSIONS[:1])
    executor, keeper = Later(), Later()
    runner = a_runner(shop, executor=executor, keeper=keeper)
    runner.turn()
    outside.points.planned_errors["before an insert"] = [OperationalError("the disk is full")]
    executor.work()

    runner.stop()
    keeper.work()

    assert types(shop, RECEIPTS[0]) == ["Requested", "AttemptStarted", "Succeeded"]
    assert not runner.is_busy


def test_a_claim_that_is_won_while_the_engine_stops_is_given_back(shop: Shop, outside: Outside) -> None:
    sell(shop, SESSIONS[:1])
    executor = ThreadPoolExecutor(1)
    runner = a_runner(shop, executor=executor)
    runner.stop()

    runner.turn()

    assert not runner.is_busy
    assert outside.mailbox == {}
    assert types(shop, RECEIPTS[0]) == ["Requested", "AttemptStarted", "AttemptReleased"]


def test_orphans_do_not_wait_until_nothing_else_is_due(shop: Shop, open_shop: Open, outside: Outside) -> None:
    sell(shop, SESSIONS[:1])
    a_runner(shop, executor=Later()).turn()
    shop.kill()
    next_shop = open_shop(catalog=CATALOG, clock=shop.clock)
    sell(next_shop, SESSIONS[1:2])
    executor = Later()

    a_runner(next_shop, executor=executor).turn()
    executor.work()

    assert sorted(outside.mailbox) == RECEIPTS[:2]


def test_a_delivery_that_ends_its_thread_is_a_failed_attempt(shop: Shop, outside: Outside) -> None:
    sell(shop, SESSIONS[:1])
    ends = [SystemExit("oh")]

    class Ending(SendMail):
        def perform(self, attempt: Attempt) -> Done:
            if ends:
                raise ends.pop()
            return super().perform(attempt)

    mails = EffectKind(handler=Ending(outside), concurrency=1, retry=RETRY)
    executor = ThreadPoolExecutor(1)
    runner = a_runner(shop, kinds={MAIL: mails}, executor=executor)
    runner.turn()
    executor.shutdown()
    assert not runner.is_busy

    shop.runtime.engine.run_until_quiet(effects=False)
    [*_, failed] = shop.runtime.log.streams([RECEIPTS[0]])[RECEIPTS[0]]
    assert isinstance(failed, Effect.AttemptFailed)
    assert in_words(failed.error).startswith("Unexpected SystemExit in test_claims.py")
    shop.clock.advance(1)
    shop.rest()
    assert list(outside.mailbox) == RECEIPTS[:1]
