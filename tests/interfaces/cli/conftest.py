"""Commands run in-process, in a directory of their own: over a log in which everything occurs, or a small shop's."""

import fcntl
import json
import os
import pty
import shutil
import struct
import sys
import termios
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

import pytest
from builders import ADDRESS, CUSTOMER, a_checkout, a_line_item
from every_store import sqlite_url
from fakes.outside import FixedClock, Outside
from fixed_ports import PYTHON_PATH_OF_PROCESSES
from postgres_databases import Databases
from sample_log import sample_log
from shop import COMPLETED, AtOnce
from typed_ids import as_event, as_session, as_sku

from application.log.log import Log
from application.receive import receive
from application.staff.by import By
from domain.checkout import Checkout, Contact, CustomField, LineItem, ShippingRate
from domain.event import Event
from domain.identifiers import StripeEventId
from domain.personal import Personal
from domain.stripe_event import StripeEvent
from infrastructure.event_store.sqlite import sqlite_environment
from infrastructure.settings import load_settings
from interfaces.bootstrap import Replacements, Runtime, bootstrap
from interfaces.cli.main import run
from interfaces.databases import migrate
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer

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
    """Run one command and return its exit code and output."""
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
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """What answers in the place of Stripe."""
    with SandboxServer(Sandbox()) as server:
        monkeypatch.setenv("STRIPE_API_BASE", server.url)
        yield server.sandbox


@pytest.fixture
def installed() -> Path:
    """The console script, as it is installed."""
    return Path(sys.executable).with_name("fulfill")


@pytest.fixture
def clean_environment() -> Mapping[str, str]:
    """Nothing but what a login shell has, and what keeps a process from fixed ports."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": PYTHON_PATH_OF_PROCESSES}


@pytest.fixture
def start(
    tmp_path: Path, installed: Path, clean_environment: Mapping[str, str]
) -> Iterator[Callable[..., "Popen[str]"]]:
    """Begin to run the console script as a process, or a line of bash in which it occurs; none outlives the test."""
    started: list[Popen[str]] = []

    def start(*arguments: str, line: str = "", **variables: str) -> "Popen[str]":
        command = ["bash", "-c", line.replace("fulfill", str(installed))] if line else [str(installed), *arguments]
        environment = {**clean_environment, **variables}
        process = Popen(command, cwd=tmp_path, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=60)


@pytest.fixture
def script(start: Callable[..., "Popen[str]"]) -> Command:
    """Run it to its end and return its exit code and output."""

    def script(*arguments: str, line: str = "", **variables: str) -> Said:
        process = start(*arguments, line=line, **variables)
        out, err = process.communicate(timeout=60)
        return Said(process.returncode, out, err)

    return script


@pytest.fixture
def on_terminal(tmp_path: Path, installed: Path, clean_environment: Mapping[str, str]) -> Command:
    """Run one command as a process on a terminal of its own, so many columns wide."""

    def on_terminal(*arguments: str, columns: int = 100, **variables: str) -> Said:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {**clean_environment, "TERM": "xterm-256color", "LANG": "C.UTF-8", "PAGER": "cat", **variables}
        command = [str(installed), *arguments]
        process = Popen(command, cwd=tmp_path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        out = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
        return Said(process.wait(60), out.decode(), "")

    return on_terminal


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # raised once the other end of the terminal is closed
        return b""


@pytest.fixture
def write_log(tmp_path: Path) -> Callable[[Iterable[Event]], Path]:
    """Make a log where commands look for one."""

    def write_log(events: Iterable[Event]) -> Path:
        path = tmp_path / "fulfillment.db"
        log = Log(dict(sqlite_environment(path, create_tables=True)))
        log.store.insert_events(log.encode(list(events)))
        log.close()
        return path

    return write_log


@pytest.fixture
def log_file(write_log: Callable[[Iterable[Event]], Path]) -> Path:
    """The sample log."""
    return write_log(sample_log())


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


@pytest.fixture(scope="session")
def small_shop_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each test has a copy of: to make it takes much longer."""
    directory = tmp_path_factory.mktemp("small-shop")
    _make_small_shop(sqlite_url(directory), directory)
    return directory


@pytest.fixture(scope="session")
def small_shop_database(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[str]:
    """The same in PostgreSQL."""
    url = databases.create()
    _make_small_shop(url, tmp_path_factory.mktemp("small-shop"))
    yield url
    databases.drop(url)


@pytest.fixture
def small_shop(small_shop_files: Path, tmp_path: Path) -> Path:
    """A small shop's files, where commands look for them."""
    shutil.copytree(small_shop_files, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def database(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database of either kind that commands use, with nothing in it. PostgreSQL has its tables already."""
    monkeypatch.setenv("DATABASE_URL", store_url)
    return store_url


@pytest.fixture
def small_shop_anywhere(
    database: str, request: pytest.FixtureRequest, small_shop_files: Path, tmp_path: Path, databases: Databases
) -> str:
    """A small shop's database of either kind."""
    if database == sqlite_url(tmp_path):
        shutil.copytree(small_shop_files, tmp_path, dirs_exist_ok=True)
        return database
    shutil.copytree(small_shop_files, tmp_path, ignore=shutil.ignore_patterns("*.db*"), dirs_exist_ok=True)
    databases.replace(database, by=request.getfixturevalue("small_shop_database"))
    return database


def _make_small_shop(url: str, directory: Path) -> None:
    """What a real engine made of three orders and a Stripe event of no known object, at fixed times.

    The catalog has got a rule since, for what the third order bought.
    """
    catalog = directory / "catalog.toml"
    catalog.write_text(SHOP_CATALOG)
    outside, clock = Outside(checkouts=_orders()), FixedClock()
    settings = load_settings({**KEYS, "DATABASE_URL": url}, None)
    settings = replace(settings, catalog=catalog)
    migrate(settings.database)
    replacements = Replacements(clock=clock, random=lambda: 0.5, gateway=outside, mailer=outside, executor=AtOnce())
    runtime = bootstrap(settings, replacements)
    runtime.staff.count(as_sku("mug-blue"), 5, By(name="kim", reason="Monday count"))
    for number, object_id in enumerate((ORDER, DEBIT, POSTER, "price_1"), 1):
        clock.advance(60)
        _hear(runtime, clock, as_event(f"evt_{number}"), object_id)
    runtime.engine.stop()
    runtime.log.close()
    runtime.views.close()
    catalog.write_text(SHOP_CATALOG + NEW_RULE)
    (directory / "parcels.csv").write_text(f"order,carrier,tracking\n{ORDER},DHL,00340434161094\n")


def _hear(runtime: Runtime, clock: FixedClock, event_id: StripeEventId, object_id: str) -> None:
    completed_at = clock().replace(microsecond=0)
    if object_id == DEBIT:
        completed_at -= timedelta(
            days=31
        )  # so long ago that a server which is started here does not ask about it again
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
        occurred_at=completed_at,
        session_id=as_session(object_id) if object_id.startswith("cs_") else None,
    )
    waiter: Future[bool] = Future()
    receive(runtime.writer, clock, event_id, received, waiter)
    runtime.writer.result(waiter)
    runtime.engine.run_until_quiet()


def _orders() -> dict[str, Checkout]:
    def bought(id: str, title: str, amount: int, quantity: int = 1) -> LineItem:
        item = a_line_item(f"li_{id}", quantity=quantity, amount_total=amount, description=title)
        return replace(item, product=f"prod_{id}")

    items = [
        bought("course", "Online course: drawing trees", 3900),
        bought("mug", "Mug, blue", 2400, quantity=2),
        bought("wrap", "Gift wrap", 300),
        bought("key", "License for Pro", 4900),
    ]
    return {
        ORDER: a_checkout(
            line_items=items,
            client_reference_id=Personal("ORDER-17"),
            payment_intent="pi_17",
            payment_method_type="card",
            contact=replace(CUSTOMER, phone=Personal("+49 30 1234567")),
            shipping=Contact(name=Personal("Grace Example"), address=ADDRESS),
            shipping_rate=ShippingRate(id="shr_1a2B", name="Standard, 3 to 5 days"),
            custom_fields=(CustomField(key="card", label="Greeting card", value=Personal("Happy birthday!")),),
        ),
        DEBIT: a_checkout(
            line_items=items[1:2],
            payment_status="unpaid",
            client_reference_id=Personal("ORDER-18"),
            payment_intent="pi_18",
        ),
        POSTER: a_checkout(
            line_items=[bought("poster", "Poster as a file", 900)],
            client_reference_id=Personal("ORDER-19"),
            payment_intent="pi_19",
        ),
    }
