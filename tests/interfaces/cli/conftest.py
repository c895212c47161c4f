"""Commands run in-process, in a directory of their own: over a log in which everything occurs, or a small shop's."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from builders import a_checkout, a_line_item
from fakes.outside import FixedClock, Outside
from sample_log import sample_log
from shop import COMPLETED, AtOnce

from application.log import Log
from application.receive import receive
from application.staff import By
from domain.checkout import Checkout, LineItem
from domain.event import Event
from domain.stripe_event import StripeEvent
from infrastructure.event_store.sqlite import sqlite_environment
from infrastructure.settings import load_settings
from interfaces.bootstrap import Replacements, Runtime, bootstrap, migrate
from interfaces.cli.main import run

KEYS = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_example"}


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


@pytest.fixture
def fulfill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run one command and return what it said."""
    monkeypatch.chdir(tmp_path)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)

    def fulfill(*arguments: str) -> Said:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return fulfill


@pytest.fixture
def installed() -> Path:
    """The console script, as it is installed."""
    return Path(sys.executable).with_name("fulfill")


@pytest.fixture
def clean_environment() -> Mapping[str, str]:
    """Nothing but what a login shell has."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


def write_log(directory: Path, events: list[Event]) -> Path:
    """A log, where commands look for one."""
    path = directory / "fulfillment.db"
    log = Log(dict(sqlite_environment(path, create_tables=True)))
    log.store.insert_events(log.encode(events))
    log.close()
    return path


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    """The sample log."""
    return write_log(tmp_path, sample_log())


SHOP_CATALOG = """
[products.prod_course]
delivery = "access"
link = "https://shop.example.com/course"

[products.prod_mug]
delivery = "shipment"
sku = "mug-blue"
track_stock = true

[products.prod_wrap]
delivery = "manual"

[products.prod_key]
delivery = "license_key"
pool = "pro"
"""
NEW_RULE = """
[products.prod_poster]
delivery = "access"
link = "https://shop.example.com/poster"
"""
ORDER, DEBIT, POSTER = "cs_test_a1Q7xK2mVd", "cs_test_b2R8yL3nWe", "cs_test_c3S9zM4oXf"


@pytest.fixture
def small_shop(tmp_path: Path) -> Path:
    """What a real engine made of three orders and a Stripe event that nobody understands, at fixed times.

    The catalog has got a rule since, for what the third order bought.
    """
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(SHOP_CATALOG)
    outside, clock = Outside(checkouts=_orders()), FixedClock()
    settings = load_settings({**KEYS, "DATABASE_URL": f"sqlite:///{tmp_path}/fulfillment.db"}, None)
    settings = replace(settings, catalog=catalog)
    migrate(settings)
    replacements = Replacements(clock=clock, random=lambda: 0.5, gateway=outside, mailer=outside, executor=AtOnce())
    runtime = bootstrap(settings, replacements)
    runtime.staff.count("mug-blue", 5, By(name="kim", reason="Monday count"))
    for number, object_id in enumerate((ORDER, DEBIT, POSTER, "price_1"), 1):
        clock.advance(60)
        _hear(runtime, clock, f"evt_{number}", object_id)
    runtime.engine.stop()
    catalog.write_text(SHOP_CATALOG + NEW_RULE)
    return tmp_path


def _hear(runtime: Runtime, clock: FixedClock, event_id: str, object_id: str) -> None:
    said_at = clock().replace(microsecond=0)
    clock.advance(0.7)
    received = StripeEvent.Received(
        type=COMPLETED,
        livemode=False,
        api_version="2026-10-28.endive",
        account=None,
        object_id=object_id,
        payment_status=None,
        signature="t=1,v1=00",
        body="{}",
        occurred_at=said_at,
        session_id=object_id if object_id.startswith("cs_") else None,
    )
    runtime.writer.result(receive(runtime.writer, clock, event_id, received))
    runtime.engine.run_until_quiet()


def _orders() -> dict[str, Checkout]:
    def bought(id: str, title: str, amount: int, quantity: int = 1) -> LineItem:
        item = a_line_item(f"li_{id}", quantity=quantity, amount_total=amount, description=title)
        return replace(item, product=f"prod_{id}")

    items = [
        bought("course", "Online course: drawing trees", 3900),
        bought("mug", "Mug, blue", 2400, quantity=2),
        bought("wrap", "Gift wrap", 300),
        bought("key", "Licence for Pro", 4900),
    ]
    return {
        ORDER: a_checkout(line_items=items, client_reference_id="ORDER-17", payment_intent="pi_17"),
        DEBIT: a_checkout(line_items=items[1:2], payment_status="unpaid", client_reference_id="ORDER-18"),
        POSTER: a_checkout(line_items=[bought("poster", "Poster as a file", 900)], client_reference_id="ORDER-19"),
    }
