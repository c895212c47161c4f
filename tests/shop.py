"""A whole engine without threads, over a store and a world outside that both survive it."""

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from fakes.crash import CrashingViews, open_crashing_log
from fakes.outside import FixedClock, MemoryLocks, Outside

from application.checkout_state import CheckoutState, checkout_state
from application.receive import receive
from domain.checkout_session import CheckoutSession, Source
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.identifiers import fulfillment_id
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent
from infrastructure.settings import load_settings
from infrastructure.views.sqlite import SQLiteViews
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


class Store:
    """A log in memory that outlives the engine's connections, and a file of views."""

    def __init__(self, directory: Path) -> None:
        number = next(_numbers)
        self.database = f"file:shop{number}?mode=memory&cache=shared"
        self.views = directory / f"views{number}.db"
        self._anchor = sqlite3.connect(self.database, uri=True)
        self.locks: dict[str, object] = {}

    def close(self) -> None:
        self._anchor.close()


@dataclass
class Shop:
    """One process of the engine. `kill` ends it as `kill -9` would; another `Shop` over the same store goes on."""

    directory: Path
    store: Store
    outside: Outside
    clock: FixedClock = field(default_factory=FixedClock)
    catalog: str = ""
    own_kinds: Sequence[str] = ("courier",)
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
        self.locks = MemoryLocks(self.store.locks)
        self.runtime = bootstrap(
            settings,
            Replacements(
                clock=self.clock,
                random=lambda: 0.5,
                gateway=self.outside,
                mailer=self.outside,
                deliveries=dict.fromkeys(self.own_kinds, self.outside),
                executor=AtOnce(),
                locks=self.locks,
                open_log=lambda _: open_crashing_log(self.store.database, self.outside.points),
                open_views=lambda _: CrashingViews(SQLiteViews(self.store.views), self.outside.points),
            ),
        )

    def kill(self) -> None:
        self.locks.release()
        self.runtime.log.close()

    def rest(self) -> None:
        """Let the engine do everything that it does by itself at this moment."""
        self.runtime.engine.run_until_quiet()

    def hear(
        self,
        kind: str,
        session_id: str,
        *,
        id: str,
        payment_status: str | None = None,
        livemode: bool = False,
        at: datetime | None = None,
    ) -> bool:
        """A webhook delivery, verified. Whether it was new."""
        received = StripeEvent.Received(
            type=kind,
            livemode=livemode,
            api_version="2026-10-28.endive",
            account=None,
            object_id=session_id,
            payment_status=payment_status,
            signature="t=1,v1=00",
            body="{}",
            occurred_at=at or self.clock(),
            session_id=session_id,
        )
        writer = self.runtime.writer
        return writer.result(receive(writer, self.clock, id, received))

    def visit(self, session_id: str) -> CheckoutSession:
        """The customer comes to the landing page."""
        return self.runtime.fulfill_checkout(session_id, source=Source.LANDING_PAGE, actor="customer")

    def session(self, session_id: str) -> CheckoutSession:
        return self.runtime.log.get(CheckoutSession, session_id)

    def fulfillment(self, session_id: str) -> Fulfillment:
        return self.runtime.log.get(Fulfillment, fulfillment_id(session_id))

    def stock(self, sku: str) -> StockItem:
        return self.runtime.log.get(StockItem, f"sku_{sku}")

    def state(self, session_id: str) -> CheckoutState:
        return checkout_state(self.session(session_id), self.fulfillment(session_id))

    def events(self) -> list[Event]:
        """The whole log, in order."""
        log = self.runtime.log
        return [log.decode(stored) for stored in log.store.select_notifications(None, 100_000)]

    def events_of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events() if isinstance(event, kind)]
