"""A log that was put back to an earlier moment, with views that know more: what is paid afterwards is fulfilled."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from builders import a_checkout, a_line_item
from eventually import wait_for
from every_store import put_back, sqlite_url
from fakes.outside import FixedClock, Outside
from shop import COMPLETED, AtOnce
from typed_ids import as_event, as_session

from application.reading.checkout_state import CheckoutState, checkout_state
from application.reading.registry import PROJECTIONS
from application.receive import receive
from application.staff.by import By
from domain.checkout_session import CheckoutSession
from domain.effect import Effect
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, fulfillment_id
from domain.retrievals import on_schedule
from domain.source import Source
from domain.step import effect_id
from domain.stripe_event import StripeEvent
from infrastructure.database import parse_database
from infrastructure.settings import load_settings
from interfaces.bootstrap import Replacements, Runtime, bootstrap
from interfaces.databases import make_ready, migrate

pytestmark = pytest.mark.every_store

BEFORE, LOST, AFTER = as_session("cs_test_before"), as_session("cs_test_lost"), as_session("cs_test_after")
KIM = By(name="kim", reason="the disk")
CATALOG = '[products.prod_course]\ndelivery = "access"\n'

Open = Callable[[str], Runtime]


@pytest.fixture
def outside() -> Outside:
    checkout = a_checkout(line_items=[a_line_item(product="prod_course")])
    return Outside(checkouts=dict.fromkeys((BEFORE, LOST, AFTER), checkout))


@pytest.fixture
def open_engine(tmp_path: Path, outside: Outside) -> Iterator[Open]:
    """Opens the engine over a database, as `serve`, `worker` and the commands of staff do."""
    (tmp_path / "catalog.toml").write_text(CATALOG)
    opened: list[Runtime] = []
    clock = FixedClock()

    def open_engine(url: str) -> Runtime:
        environment = {
            "STRIPE_API_KEY": "sk_test_123456789012",
            "STRIPE_WEBHOOK_SECRET": "whsec_for_tests",
            "FULFILL_CATALOG": str(tmp_path / "catalog.toml"),
            "DATABASE_URL": url,
        }
        settings = load_settings(environment, None)
        make_ready(settings.database)
        replace = Replacements(
            clock=clock, random=lambda: 0.5, gateway=outside, mailer=outside, deliveries={}, executor=AtOnce()
        )
        opened.append(bootstrap(settings, replace))
        return opened[-1]

    yield open_engine
    for runtime in opened:
        runtime.engine.stop()


def hear(runtime: Runtime, session: SessionId, *, payment_status: str = "paid") -> None:
    """Stripe says that it is complete."""
    received = StripeEvent.Received(
        type=COMPLETED,
        livemode=False,
        api_version=None,
        account=None,
        object_id=session,
        payment_status=payment_status,
        signature="t=1,v1=00",
        body="{}",
        occurred_at=runtime.clock(),
        session_id=session,
    )
    waiter: Future[bool] = Future()
    receive(runtime.writer, runtime.clock, as_event(f"evt_{session}"), received, waiter)
    assert runtime.writer.result(waiter)


def sell(runtime: Runtime, session: SessionId) -> int:
    """Where the log ends then."""
    hear(runtime, session)
    runtime.engine.run_until_quiet()
    return runtime.log.store.max_notification_id() or 0


def state(runtime: Runtime, session: SessionId) -> CheckoutState:
    fulfillment = runtime.log.get(Fulfillment, fulfillment_id(session))
    return checkout_state(runtime.log.get(CheckoutSession, session), fulfillment)


def assert_views_are_right(runtime: Runtime) -> None:
    runtime.engine.run_until_quiet(effects=False)
    assert [each.name for each in PROJECTIONS if not runtime.rebuild.verify(each.name).is_right] == []


@pytest.fixture
def restored(store_url: str, open_engine: Open) -> str:
    """The log knows nothing of the second sale any more, and the views do."""
    migrate(parse_database(store_url))
    first = open_engine(store_url)
    backup = sell(first, BEFORE)
    assert sell(first, LOST) > backup
    first.engine.stop()
    put_back(store_url, backup)
    return store_url


def test_what_is_paid_first_thing_after_a_restore_is_fulfilled(
    restored: str, open_engine: Open, outside: Outside
) -> None:
    runtime = open_engine(restored)

    hear(runtime, AFTER)
    runtime.engine._followers.turn()
    runtime.engine.run_until_quiet()

    assert set(runtime.void) == {each.name for each in PROJECTIONS}
    assert state(runtime, AFTER) is CheckoutState.FULFILLED
    assert outside.retrievals == 3
    document = runtime.queries.checkout(AFTER)
    assert document is not None
    assert document.state is CheckoutState.FULFILLED
    assert runtime.queries.checkout(LOST) is None
    assert_views_are_right(runtime)


def test_a_server_that_stayed_during_a_restore_forgets_what_it_remembered(store_url: str, open_engine: Open) -> None:
    migrate(parse_database(store_url))
    server = open_engine(store_url)
    backup = sell(server, BEFORE)
    sell(server, LOST)
    put_back(store_url, backup)
    server.engine._followers.check_positions()

    sell(server, LOST)
    server.staff.note(LOST, "we had to restore", KIM)
    server.engine.run_until_quiet()

    assert state(server, LOST) is CheckoutState.FULFILLED
    assert_views_are_right(server)


def test_a_running_server_notices_a_restore_by_itself(store_url: str, open_engine: Open) -> None:
    migrate(parse_database(store_url))
    server = open_engine(store_url)
    backup = sell(server, BEFORE)
    sell(server, LOST)
    server.engine.start()
    put_back(store_url, backup)

    hear(server, LOST)

    assert wait_for(lambda: state(server, LOST) is CheckoutState.FULFILLED)
    server.engine.stop()


def test_a_leader_that_stayed_during_a_restore_decides_over_the_checkout_as_it_is_now(
    store_url: str, open_engine: Open, outside: Outside
) -> None:
    """The backup has the positions that the leader had stored, so they are no sign of it. Nor is a conflict: over the
    state of before there is nothing to decide."""
    outside.checkouts[AFTER] = a_checkout(payment_status="unpaid", line_items=[a_line_item(product="prod_course")])
    migrate(parse_database(store_url))
    leader = open_engine(store_url)
    sell(leader, BEFORE)
    hear(leader, AFTER, payment_status="unpaid")
    leader.engine.run_until_quiet(effects=False)
    backup = leader.log.store.max_notification_id() or 0
    for _ in range(3):
        leader.staff.note(BEFORE, "this is lost", KIM)
    put_back(store_url, backup)
    other = open_engine(store_url)
    other.fulfill_checkout(AFTER, source=Source.LANDING_PAGE, actor="customer")
    for _ in range(3):
        other.staff.note(BEFORE, "we had to restore", KIM)

    leader.engine.run_until_quiet(effects=False)

    assert leader.log.get(Effect, effect_id(AFTER, on_schedule(1))).is_open, "Stripe is asked again in an hour"


def test_what_is_paid_first_thing_after_a_restore_is_fulfilled_by_the_threads(restored: str, open_engine: Open) -> None:
    runtime = open_engine(restored)
    runtime.engine.start()

    hear(runtime, AFTER)

    assert wait_for(lambda: state(runtime, AFTER) is CheckoutState.FULFILLED)
    runtime.engine.stop()


def test_a_command_of_staff_may_come_first_after_a_restore(restored: str, open_engine: Open) -> None:
    desk = open_engine(restored)
    desk.staff.note(BEFORE, "we had to restore", KIM)
    hear(desk, AFTER)
    desk.engine.run_until_quiet(effects=False)
    desk.engine.stop()

    server = open_engine(restored)
    server.engine.run_until_quiet()

    assert (set(desk.void), list(server.void)) == ({each.name for each in PROJECTIONS}, [])
    assert state(server, AFTER) is CheckoutState.FULFILLED
    assert_views_are_right(server)


def test_a_file_that_was_copied_under_a_running_server_and_put_back_is_a_log_of_before(
    tmp_path: Path, open_engine: Open
) -> None:
    """Without the write-ahead log beside it, the file is as the last checkpoint left it."""
    url, file = sqlite_url(tmp_path), tmp_path / "fulfillment.db"
    server = open_engine(url)
    sell(server, BEFORE)
    server.engine.stop()  # which writes everything into the file
    server = open_engine(url)
    sell(server, LOST)
    shutil.copyfile(file, tmp_path / "copy.db")
    server.engine.stop()
    for each in (file, file.with_name("fulfillment.db-wal"), file.with_name("fulfillment.db-shm")):
        each.unlink(missing_ok=True)
    (tmp_path / "copy.db").rename(file)

    server = open_engine(url)
    sell(server, AFTER)

    assert set(server.void) == {each.name for each in PROJECTIONS}
    assert state(server, LOST) is CheckoutState.OPEN
    assert state(server, AFTER) is CheckoutState.FULFILLED
    assert_views_are_right(server)
