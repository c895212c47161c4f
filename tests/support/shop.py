"""A whole engine without threads, over a store and a world outside that both survive it."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal, ParamSpec, Protocol, TypeVar

import psycopg
from fakes.crash import CrashingViews, CrashPoints, open_crashing_log
from fakes.outside import FixedClock, MemoryLocks, Outside, PassingTime

from application.log.log import Log
from application.ports import Deliverer
from application.reading.checkout_state import CheckoutState, checkout_state
from application.reading.projector import Projector
from application.reading.views import Views
from application.receive import receive
from application.writing.states import StateRows
from domain.checkout_session import CheckoutSession
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import SessionId, StripeEventId, fulfillment_id
from domain.source import Source
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent
from infrastructure.event_store.postgres import postgres_environment
from infrastructure.event_store.sqlite import sqlite_environment
from infrastructure.settings import load_settings
from infrastructure.views.postgres import PostgresViews
from infrastructure.views.postgres_states import PostgresStates
from infrastructure.views.sqlite import SQLiteViews
from infrastructure.views.sqlite_states import SQLiteStates
from interfaces.bootstrap import Replacements, Runtime, bootstrap

P = ParamSpec("P")
T = TypeVar("T")

COMPLETED = "checkout.session.completed"
SUCCEEDED = "checkout.session.async_payment_succeeded"
FAILED = "checkout.session.async_payment_failed"
EXPIRED = "checkout.session.expired"

_numbers = count()


class AtOnce(Executor):
    """Does what it is given before it returns."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Store(Protocol):
    """What outlives the engine."""

    kind: Literal["SQLite", "PostgreSQL"]
    is_shared: bool
    held: dict[str, object]

    def open_log(self, points: CrashPoints) -> Log: ...

    def open_views(self) -> Views: ...

    def open_states(self) -> StateRows: ...

    def clear(self) -> None:
        """As it was at first, once it is unused."""

    def close(self) -> None: ...


class SQLiteStore:
    """A log and views in memory that outlive the engine's connections."""

    kind: Literal["SQLite", "PostgreSQL"] = "SQLite"
    is_shared = False

    def __init__(self) -> None:
        self.held: dict[str, object] = {}
        self._begin()

    def _begin(self) -> None:
        number = next(_numbers)
        self._database = f"file:shop{number}?mode=memory&cache=shared"
        self._views = f"file:views{number}?mode=memory&cache=shared"
        self._anchors = [sqlite3.connect(name, uri=True) for name in (self._database, self._views)]

    def open_log(self, points: CrashPoints) -> Log:
        return open_crashing_log(sqlite_environment(self._database, create_tables=True), points)

    def open_views(self) -> Views:
        return SQLiteViews(self._views)

    def open_states(self) -> StateRows:
        return SQLiteStates(self._views)

    def clear(self) -> None:
        self.held.clear()
        self.close()
        self._begin()

    def copy(self) -> "SQLiteStore":
        """What is in it now, without the locks that processes hold."""
        copy = SQLiteStore()
        for ours, theirs in zip(self._anchors, copy._anchors, strict=True):
            ours.backup(theirs)
        return copy

    def close(self) -> None:
        for anchor in self._anchors:
            anchor.close()


class PostgresStore:
    """A database that has its tables already, with every view begun in it, as `fulfill migrate` leaves it."""

    kind: Literal["SQLite", "PostgreSQL"] = "PostgreSQL"
    is_shared = True

    def __init__(self, url: str) -> None:
        self._url = url
        self.held: dict[str, object] = {}
        with closing(self.open_log(CrashPoints())) as log, closing(self.open_views()) as views:
            Projector(log, views).prepare()

    def open_log(self, points: CrashPoints) -> Log:
        return open_crashing_log(postgres_environment(self._url), points)

    def open_views(self) -> Views:
        return PostgresViews(self._url)

    def open_states(self) -> StateRows:
        return PostgresStates(self._url)

    def close(self) -> None:
        """The database goes with the fixture it came from."""

    def clear(self) -> None:
        """Far quicker than another database."""
        self.held.clear()
        with psycopg.connect(self._url) as connection:
            tables = connection.execute(_FILLED).fetchall()
            for statement in (*(row[0] for row in tables), *_AT_THE_BEGINNING):
                connection.execute(statement)


def shop_store(url: str) -> Store:
    """In that database; of SQLite in memory instead, since a file takes much longer."""
    return SQLiteStore() if url.startswith("sqlite:") else PostgresStore(url)


_FILLED = """
SELECT format('DELETE FROM %I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname IN ('fulfillment', 'fulfillment_views') AND tablename NOT IN ('schema_version', 'views')
"""
_AT_THE_BEGINNING = (
    "UPDATE fulfillment_views.views "
    "SET position=0, last_position=NULL, last_stream=NULL, last_version=NULL, last_digest=NULL",
    "SELECT setval(pg_get_serial_sequence('fulfillment.fulfillment_events', 'notification_id'), 1, false)",
)


@dataclass(frozen=True)
class CrashingStores:
    """The stores of one process, which may end at any write."""

    store: Store
    points: CrashPoints
    held: MemoryLocks

    @property
    def is_shared(self) -> bool:
        return self.store.is_shared

    def migrate(self) -> None:
        """They are made already."""

    def check(self) -> None:
        """They are right."""

    def open_log(self) -> Log:
        return self.store.open_log(self.points)

    def open_views(self) -> Views:
        return CrashingViews(self.store.open_views(), self.points)

    def open_states(self) -> StateRows:
        return self.store.open_states()

    def locks(self) -> MemoryLocks:
        return self.held


@dataclass
class Shop:
    """One process of the engine. `kill` ends it as `kill -9` would; another `Shop` over the same store goes on."""

    directory: Path
    store: Store
    outside: Outside
    clock: FixedClock = field(default_factory=FixedClock)
    catalog: str = ""
    own_kinds: Sequence[str] = ("courier",)
    deliveries: Mapping[str, Deliverer] = field(default_factory=dict)
    """Deliverers of some kinds, instead of the world outside."""
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[Runtime], None] | None = None

    def __post_init__(self) -> None:
        catalog = self.directory / "catalog.toml"
        catalog.write_text(self.catalog)
        settings = load_settings(
            {
                "STRIPE_API_KEY": "sk_test_123456789012",
                "STRIPE_WEBHOOK_SECRET": "whsec_for_tests",
                "DATABASE_URL": f"sqlite:///{self.directory}/fulfillment.db",
                "FULFILL_CATALOG": str(catalog),
                **self.environment,
            },
            None,
        )
        self.locks = MemoryLocks(self.store.held)
        self._more_locks: list[MemoryLocks] = []
        self.runtime = bootstrap(
            settings,
            Replacements(
                clock=self.clock,
                random=lambda: 0.5,
                threads=PassingTime(self.clock),
                gateway=self.outside,
                mailer=self.outside,
                deliveries={**dict.fromkeys(self.own_kinds, self.outside), **self.deliveries},
                executor=AtOnce(),
                stores=CrashingStores(self.store, self.outside.points, self.locks),
            ),
        )

    def more_locks(self) -> MemoryLocks:
        """Those of another worker, which goes with the process."""
        self._more_locks.append(MemoryLocks(self.store.held))
        return self._more_locks[-1]

    def kill(self) -> None:
        for locks in (self.locks, *self._more_locks):
            locks.release()
        self.runtime.log.close()
        self.runtime.views.close()

    def rest(self) -> None:
        """Let the engine do everything that it does by itself at this moment."""
        self.runtime.engine.run_until_quiet()

    def hear(
        self,
        kind: str,
        session_id: SessionId | None,
        *,
        id: StripeEventId,
        payment_status: str | None = None,
        payment_intent: str | None = None,
        livemode: bool = False,
        at: datetime | None = None,
    ) -> bool:
        """A webhook delivery, verified: about a session, or about a payment alone. Whether it was new."""
        received = StripeEvent.Received(
            type=kind,
            livemode=livemode,
            api_version="2026-10-28.endive",
            account=None,
            object_id=session_id or payment_intent,
            payment_status=payment_status,
            payment_intent=payment_intent,
            signature="t=1,v1=00",
            body="{}",
            occurred_at=at or self.clock(),
            session_id=session_id,
        )
        writer = self.runtime.writer
        waiter: Future[bool] = Future()
        receive(writer, self.clock, id, received, waiter)
        return writer.result(waiter)

    def visit(self, session_id: SessionId) -> CheckoutSession:
        """The customer comes to the landing page."""
        return self.runtime.fulfill_checkout(session_id, source=Source.LANDING_PAGE, actor="customer")

    def session(self, session_id: str) -> CheckoutSession:
        return self.runtime.log.get(CheckoutSession, session_id)

    def fulfillment(self, session_id: SessionId) -> Fulfillment:
        return self.runtime.log.get(Fulfillment, fulfillment_id(session_id))

    def stock(self, sku: str) -> StockItem:
        return self.runtime.log.get(StockItem, f"sku_{sku}")

    def state(self, session_id: SessionId) -> CheckoutState:
        return checkout_state(self.session(session_id), self.fulfillment(session_id))

    def events(self) -> list[Event]:
        """The whole log, in order."""
        log = self.runtime.log
        return [log.decode(stored) for stored in log.store.select_notifications(None, 100_000)]

    def events_of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events() if isinstance(event, kind)]
