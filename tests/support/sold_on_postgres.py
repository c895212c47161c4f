"""A shop whose engine is many processes over one PostgreSQL database, with the sandbox in Stripe's place."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import loopback
import stripe
from log_invariants import (
    Findings,
    all_events,
    demand_deliveries,
    demand_fulfilled,
    demand_mails,
    demand_nothing_given_up,
    look_through,
)
from processes import ServeProcess, run_fulfill

from infrastructure.database import parse_database
from interfaces.databases import ReadSide, migrate, open_read_side
from interfaces.demo.goods import KEY_POOL, catalog_text, stocked
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer

SECRET = "whsec_for_tests"
_POLICIES = ("intake", "fulfillment", "inventory", "emails")


class Shop:
    def __init__(self, stripe_server: SandboxServer, directory: Path, url: str) -> None:
        self.sandbox = stripe_server.sandbox
        self.directory = directory
        self.outbox = directory / "outbox"
        self.database = parse_database(url)
        self.goods = stocked(self.sandbox)
        (directory / "catalog.toml").write_text(catalog_text(self.goods))
        self.settings = {
            "STRIPE_API_KEY": "sk_test_example1234",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "STRIPE_API_BASE": stripe_server.url,
            "DATABASE_URL": url,
        }
        self.paid: list[str] = []
        """Sessions."""
        self.acknowledged: set[str] = set()
        """Stripe events of which a delivery was answered 2xx."""
        self.answers: list[tuple[int, str | None]] = []
        """The status of each webhook delivery's answer, with its `Retry-After`."""
        self._read_up_to = 0
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def open(self, keys: int = 1000) -> None:
        """Make the tables, and have something to sell."""
        migrate(self.database)
        (self.directory / "keys.txt").write_text("\n".join(f"KEY-{number:06}" for number in range(keys)))
        self.by_staff("keys", "import", KEY_POOL, "keys.txt")

    def by_staff(self, *command: str) -> None:
        done = run_fulfill(self.directory, self.settings, *command, "--as", "kim", "--reason", "the day's work")
        assert done.returncode == 0, done.stderr

    def buy(self, *slugs: str) -> str:
        """The Stripe event that reports it."""
        is_parcel = any(self.goods[slug].is_parcel for slug in slugs)
        more = {"shipping_address_collection": {"allowed_countries": ["DE"]}} if is_parcel else {}
        session = self.sandbox.create_session(
            {
                "mode": "payment",
                "success_url": "http://localhost/x",
                "customer_email": "kim@example.com",
                "line_items": [{"price": self.goods[slug].price_id, "quantity": 1} for slug in slugs],
                **more,
            }
        )
        self.sandbox.pay(session.id)
        with self._lock:
            self.paid.append(session.id)
        return self.events_of(session.id)

    def events_of(self, session_id: str) -> str:
        with self.sandbox.reading() as state:
            newest = reversed(state.events.values())
            return next(
                event.id
                for event in newest
                if event.object_id == session_id and event.type == "checkout.session.completed"
            )

    def deliver(self, event_id: str, server: ServeProcess, client: httpx2.Client | None = None) -> bool:
        """Whether it was acknowledged."""
        body = self.sandbox.event_body(event_id).decode()
        signature = stripe.WebhookSignature.generate_signature_header(body, SECRET)
        post = client.post if client else _post
        try:
            answer = post(f"{server.url}/webhook", content=body, headers={"Stripe-Signature": signature})
        except httpx2.HTTPError:
            return False
        with self._lock:
            self.answers.append((answer.status_code, answer.headers.get("retry-after")))
            if answer.is_success:
                self.acknowledged.add(event_id)
        return answer.is_success

    @contextmanager
    def reading(self) -> Iterator[ReadSide]:
        with open_read_side(self.database) as side:
            yield side

    def is_at_rest(self) -> bool:
        """Whether all that was paid is fulfilled, and nothing more follows or is to be done."""
        with self._lock, self.reading() as side:
            store = side.log.store
            for position, event in all_events(side.log, self._read_up_to):
                self._read_up_to = position
                self._seen[event.TOPIC] += 1
            end = store.max_notification_id()
            followed = min(store.max_tracking_id(policy) or 0 for policy in _POLICIES)
        done = self._seen["Effect.Succeeded"] + self._seen["Effect.Withdrawn"] + self._seen["Effect.GivenUp"]
        is_done = self._seen["Effect.Requested"] == done and self._seen["Fulfillment.Completed"] >= len(self.paid)
        return is_done and followed == end == self._read_up_to

    def findings(self, *, is_first_log: bool = True) -> Findings:
        """What is to be found in the log when everything paid has been fulfilled. If the end of it was lost meanwhile,
        mails may have gone out of which it does not know."""
        with self.reading() as side:
            found = look_through(side.log)
            demand_nothing_given_up(found)
            for view in side.queries.projections():
                found.demand(side.rebuild.verify(view.name).is_right, f"the view {view.name} is wrong")
        demand_deliveries(found, self.acknowledged)
        demand_fulfilled(found, self.paid)
        if is_first_log:
            demand_mails(found, self.outbox)
        return found


@contextmanager
def shop_on(url: str, directory: Path) -> Iterator[Shop]:
    with SandboxServer(Sandbox()) as stripe_server:
        yield Shop(stripe_server, directory, url)


def _post(url: str, *, content: str, headers: dict[str, str]) -> httpx2.Response:
    return loopback.post(url, content=content, headers=headers, timeout=20.0)
