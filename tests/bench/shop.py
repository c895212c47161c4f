"""The engine with a world outside, in memory or over the product's own ports, and a watch on what it writes."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.bodies import SECRET, SKUS, SignedBody, intent_id, line_item_id
from bench.outside import Outside
from fakes.outside import as_written
from typed_ids import as_line, as_pool, as_sku

from application.log.insertion import Inserted, Insertion
from application.log.log import Log
from application.receive import receive
from application.staff.by import By
from domain.checkout import Address, Checkout, Contact, LineItem
from domain.mail import Mail, SentMail
from domain.personal import Personal
from infrastructure.logs import configure_logs
from infrastructure.mail.smtp_url import SmtpServer
from infrastructure.settings import Settings, load_settings
from interfaces.bootstrap import Replacements, Runtime, bootstrap
from interfaces.cli.main import tune_the_interpreter
from interfaces.databases import migrate

PIECES = 1_000_000
_KEYS_MAX = 5000
_RECEIPT = "_mail_receipt"
BY = By(name="Benchmark", reason="to measure")
_CATALOG = """
[products.prod_course]
delivery = "access"
link = "https://shop.example.com/course"
""" + "".join(
    f"""
[products.prod_key{number}]
delivery = "license_key"
pool = "pool{number}"

[products.prod_seat{number}]
delivery = "access"
sku = "seat{number}"
track_stock = true
"""
    for number in range(SKUS)
)
_ADDRESS = Address(
    line1=Personal("1 Example Road"), city=Personal("Exampleton"), postal_code=Personal("12345"), country=Personal("DE")
)
_CUSTOMER = Contact(name=Personal("Ada Example"), email=Personal("ada@example.com"), address=_ADDRESS)


Products = Callable[[str], Sequence[str]]
"""The products of a session, by its ID."""


def open_shop(directory: str, url: str, products: Products) -> Runtime:
    """An engine over an empty database that logs as in production, not started; Stripe and the mail server are in
    memory. `directory` is for the rest."""
    settings = _ready(Path(directory), url)
    return bootstrap(settings, Replacements(gateway=PaidSessions(products), mailer=MailServer()))


def open_shop_with_ports(directory: str, url: str, outside: Outside) -> Runtime:
    """The same with Stripe's SDK over HTTP, and mails over SMTP with STARTTLS."""
    settings = _ready(Path(directory), url)
    os.environ["SSL_CERT_FILE"] = outside.certificates
    smtp = SmtpServer(host="localhost", port=outside.smtp_port, security="starttls")
    return bootstrap(replace(settings, stripe_api_base=outside.api_base, smtp=smtp))


def _ready(directory: Path, url: str) -> Settings:
    tune_the_interpreter()
    configure_logs((directory / "engine.log").open("w"))
    settings = _settings(directory, url)
    migrate(settings.database)
    return settings


def fill_shelves(runtime: Runtime, keys: int) -> None:
    """Of everything enough; `keys` of license keys, over all pools."""
    for number in range(SKUS):
        runtime.staff.count(as_sku(f"seat{number}"), PIECES, BY)
        pool = as_pool(f"pool{number}")
        for start in range(0, keys // SKUS + 1, _KEYS_MAX):
            end = min(start + _KEYS_MAX, keys // SKUS + 1)
            runtime.staff.import_keys(pool, [f"{pool}-EXAMPLE-{key:08}" for key in range(start, end)], BY)


def _settings(directory: Path, database_url: str) -> Settings:
    catalog = directory / "catalog.toml"
    catalog.write_text(_CATALOG)
    settings = load_settings(
        {
            "STRIPE_API_KEY": "sk_test_of0the0benchmark",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": database_url,
            "FULFILL_CATALOG": str(catalog),
        },
        None,
    )
    return replace(settings, outbox=directory / "outbox")


@dataclass(frozen=True, slots=True)
class PaidSessions:
    """In Stripe's place: every session is complete and paid, with these products."""

    products: Products

    def retrieve(self, session_id: str) -> Checkout:
        items = tuple(
            _line_item(line_item_id(session_id, n), product) for n, product in enumerate(self.products(session_id))
        )
        total = sum(item.amount_total for item in items)
        return Checkout(
            mode="payment",
            status="complete",
            payment_status="paid",
            livemode=False,
            created=datetime.now(UTC),
            currency="eur",
            amount_subtotal=total,
            amount_discount=0,
            amount_shipping=0,
            amount_tax=0,
            amount_total=total,
            line_items=items,
            payment_intent=intent_id(session_id),
            payment_method_types=("card",),
            contact=_CUSTOMER,
            metadata={"basket": Personal(session_id[-8:])},
            locale="en",
        )


def _line_item(id: str, product: str) -> LineItem:
    return LineItem(
        id=as_line(id),
        price=product.replace("prod_", "price_"),
        product=product,
        description=f"The product {product}",
        quantity=1,
        currency="eur",
        amount_subtotal=1000,
        amount_discount=0,
        amount_tax=0,
        amount_total=1000,
    )


class MailServer:
    """Takes a millisecond for each mail."""

    def send(self, mail: Mail, *, message_id: str) -> SentMail:
        time.sleep(0.001)
        return as_written(mail)


class Watch:
    """What a log took in: how much of what, and when a session was fulfilled and its mail known to be sent."""

    def __init__(self, log: Log, on_mailed: Callable[[str], None] = lambda _: None) -> None:
        self._on_mailed = on_mailed
        self._changed = threading.Condition()
        self.commits = 0
        self.topics: Counter[str] = Counter()
        self.fulfilled_at: dict[str, float] = {}
        self.mailed_at: dict[str, float] = {}
        self._insert = log.store.insert
        log.store.insert = self._watched  # type: ignore[method-assign]  # whatever the store's class is

    def wait(self, is_so: Callable[[], bool], timeout_seconds: float) -> None:
        with self._changed:
            if not self._changed.wait_for(is_so, timeout_seconds):
                raise TimeoutError(f"It took longer than {timeout_seconds:.0f} seconds: {self.topics}")

    def _watched(self, insertion: Insertion) -> Inserted:
        inserted = self._insert(insertion)
        now = time.perf_counter()
        self.commits += 1
        self.topics.update(stored.topic for stored in insertion.events)
        for stored in insertion.events:
            self._note(stored.topic, str(stored.originator_id), now)
        with self._changed:
            self._changed.notify_all()
        return inserted

    def _note(self, topic: str, id: str, now: float) -> None:
        if topic == "Fulfillment.Completed":
            self.fulfilled_at[id.removeprefix("ful_")] = now
        elif topic == "Effect.Succeeded" and id.endswith(_RECEIPT):
            session_id = id.removeprefix("eff_").removesuffix(_RECEIPT)
            self.mailed_at[session_id] = now
            self._on_mailed(session_id)


def deliver(runtime: Runtime, signed: SignedBody) -> "Future[bool]":
    """Hand over what Stripe sent, as the web server does: verify it, then have it appended."""
    delivery = runtime.webhook_reader.expect(signed.signature)(signed.body)
    waiter: Future[bool] = Future()
    receive(runtime.writer, runtime.clock, delivery.event_id, delivery.received, waiter)
    runtime.writer.wake.set()
    return waiter
