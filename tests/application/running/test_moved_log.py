"""A shop moves from SQLite to PostgreSQL in the middle of its work: everything is finished there, and nothing twice."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from builders import a_checkout, a_line_item
from eventsourcing.persistence import StoredEvent
from fakes.crash import Crash
from fakes.outside import FixedClock, Outside
from shop import AtOnce
from typed_ids import as_session

from application.copies.copying import Copied
from application.log.log import Log
from application.ports import DeliveryReceipt, DeliveryRequest
from domain.effect import Effect
from domain.event import Event
from domain.identifiers import SessionId
from domain.source import Source
from infrastructure.database import parse_database
from infrastructure.settings import load_settings
from interfaces.bootstrap import Replacements, Runtime, bootstrap
from interfaces.databases import migrate, open_copy

CATALOG = """
[products.prod_mug]
delivery = "courier"

[products.prod_course]
delivery = "access"
"""
DONE, UNDER_WAY, NEXT = as_session("cs_test_done"), as_session("cs_test_underway"), as_session("cs_test_next")
CLOCK = FixedClock()


@dataclass
class Courier(Outside):
    """Delivers, and notes who asked; the process that asked may end before it gets the answer."""

    asked: list[tuple[str, int]] = field(default_factory=list)
    is_last_call: bool = False

    def deliver(self, request: DeliveryRequest) -> DeliveryReceipt:
        self.asked.append((request.idempotency_key, request.attempt))
        receipt = super().deliver(request)
        if self.is_last_call:
            raise Crash
        return receipt


@pytest.fixture
def courier() -> Courier:
    items = [a_line_item("li_mug", product="prod_mug"), a_line_item("li_course", product="prod_course")]
    return Courier(checkouts=dict.fromkeys((DONE, UNDER_WAY, NEXT), a_checkout(line_items=items)))


def open_engine(url: str, directory: Path, courier: Courier) -> Runtime:
    (directory / "catalog.toml").write_text(CATALOG)
    settings = load_settings(
        {
            "STRIPE_API_KEY": "sk_test_123456789012",
            "STRIPE_WEBHOOK_SECRET": "whsec_for_tests",
            "FULFILL_CATALOG": str(directory / "catalog.toml"),
            "DATABASE_URL": url,
        },
        None,
    )
    migrate(settings.database)
    outside = Replacements(
        clock=CLOCK,
        random=lambda: 0.5,
        gateway=courier,
        mailer=courier,
        deliveries={"courier": courier},
        executor=AtOnce(),
    )
    return bootstrap(settings, outside)


def kill(runtime: Runtime) -> None:
    runtime.locks.release()
    runtime.log.close()
    runtime.views.close()


def sell(runtime: Runtime, session: SessionId) -> None:
    runtime.fulfill_checkout(session, source=Source.LANDING_PAGE, actor="customer")
    runtime.engine.run_until_quiet()


def copy(source: str, target: str) -> Copied:
    with open_copy(parse_database(source), parse_database(target)) as copy_all:
        return copy_all()


def events(log: Log) -> list[Event]:
    return [log.decode(stored) for stored in log.store.select_notifications(None, 1000)]


def test_an_attempt_that_was_under_way_is_made_again_under_its_key(
    tmp_path: Path, postgres_url: str, courier: Courier
) -> None:
    sqlite_url = f"sqlite:///{tmp_path}/fulfillment.db"
    old = open_engine(sqlite_url, tmp_path, courier)
    sell(old, DONE)
    courier.is_last_call = True
    with pytest.raises(Crash):
        sell(old, UNDER_WAY)
    before = old.log.store.max_notification_id() or 0
    kill(old)
    mails, courier.is_last_call = dict(courier.mailbox), False

    assert copy(sqlite_url, postgres_url).is_same
    new = open_engine(postgres_url, tmp_path, courier)
    new.engine.run_until_quiet()

    (done, first), (key, second), (again, third) = courier.asked
    assert (first, second, third) == (1, 1, 2)
    assert (key == again, key != done) == (True, True)
    assert len(courier.deliveries) == 2
    assert courier.mailbox.items() >= mails.items()
    assert len(courier.mailbox) == 2
    documents = [new.queries.checkout(as_session(session)) for session in (DONE, UNDER_WAY)]
    assert {str(document.state) for document in documents if document} == {"fulfilled"}
    happened = events(new.log)
    succeeded = Counter(each.originator_id for each in happened if isinstance(each, Effect.Succeeded))
    requested = [each.originator_id for each in happened if isinstance(each, Effect.Requested)]
    assert succeeded == dict.fromkeys(requested, 1)
    assert len(set(requested)) == len(requested)
    assert not [each for each in happened[before:] if each.session_id == DONE], "nothing is decided again"

    sell(new, NEXT)

    assert len(courier.deliveries) == 3
    new.engine.stop()


def test_nothing_is_decided_again(tmp_path: Path, postgres_url: str, courier: Courier) -> None:
    sqlite_url = f"sqlite:///{tmp_path}/fulfillment.db"
    old = open_engine(sqlite_url, tmp_path, courier)
    sell(old, DONE)
    (last,) = [stored.originator_version for stored in old.log.store.select_streams([DONE])][-1:]
    unreadable = StoredEvent(DONE, last + 1, "CheckoutSession.Invented:v9", b"{}")
    old.log.store.insert_events([unreadable])
    old.engine.run_until_quiet()
    parked, end = old.log.store.select_parked_events(), old.log.store.max_notification_id()
    old.engine.stop()

    copy(sqlite_url, postgres_url)
    new = open_engine(postgres_url, tmp_path, courier)
    new.engine.run_until_quiet()

    assert parked != []
    assert new.log.store.select_parked_events() == parked
    assert new.log.store.max_notification_id() == end
    new.engine.stop()
