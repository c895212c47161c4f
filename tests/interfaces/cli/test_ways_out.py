"""Each kind of work in the queue has a way out: its commands are pasted, filled in and run, and take the row away."""

import shutil
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import CUSTOMER, a_checkout, a_line_item
from every_store import sqlite_url
from fakes.outside import FixedClock, Outside
from pasted_commands import arguments_of
from sandbox_sales import paid
from shop import COMPLETED, EXPIRED, AtOnce
from typed_ids import as_event, as_pool, as_session, as_sku

from application.log.insertion import Bookkeeping, Insertion, ParkedEvent
from application.ports import Permanent, Temporary
from application.reading.remedies import KINDS
from application.reading.work import OtherWork, Work, WorkKind
from application.receive import receive
from application.staff.by import By
from domain import reasons
from domain.order_number import order_number
from domain.personal import Personal
from domain.stripe_event import StripeEvent
from infrastructure.settings import load_settings
from interfaces.bootstrap import Replacements, Runtime, bootstrap
from interfaces.databases import migrate
from interfaces.sandbox.sandbox import Sandbox

Fulfill = Callable[..., Any]
BY = By(name="kim", reason="Monday")
CATALOG = """
[products.prod_course]
delivery = "access"
[products.prod_mug]
delivery = "shipment"
sku = "mug"
track_stock = true
low_stock = 2
[products.prod_key]
delivery = "license_key"
pool = "pro"
low_stock = 1
[products.prod_hook]
delivery = "http"
url = "http://127.0.0.1:9/"
"""
NEW_RULE = '[products.prod_poster]\ndelivery = "access"\n'
SETTINGS = {
    "STRIPE_API_KEY": "sk_test_example1234",
    "STRIPE_WEBHOOK_SECRET": "whsec_example",
    "FULFILL_SECRET_KEY": "x" * 32,
}
REFUSED_KEY = Temporary(reasons.stripe_key_refused("HTTP 401"))


@dataclass(frozen=True, slots=True)
class Building:
    """A shop three weeks ago, in which something comes to wait for a person."""

    session: str
    runtime: Runtime
    outside: Outside
    clock: FixedClock

    def sell(self, *products: str, session: str = "", **changes: Any) -> None:
        session = session or self.session
        items = [a_line_item(f"li_{each}", product=f"prod_{each}") for each in products]
        self.outside.checkouts[session] = replace(a_checkout(line_items=items), **changes)
        self.hear(COMPLETED, session)

    def hear(self, type: str, object_id: str, *, livemode: bool = False) -> None:
        self.clock.advance(1)
        received = StripeEvent.Received(
            type=type,
            livemode=livemode,
            api_version="2026-10-28.endive",
            account=None,
            object_id=object_id,
            payment_status=None,
            signature="t=1,v1=00",
            body="{}",
            occurred_at=self.clock(),
            session_id=as_session(object_id) if object_id.startswith("cs_") else None,
        )
        waiter: Future[bool] = Future()
        name = f"evt_{type.rpartition('.')[2]}{len(object_id)}"
        receive(self.runtime.writer, self.clock, as_event(name), received, waiter)
        self.runtime.writer.result(waiter)
        self.runtime.engine.run_until_quiet()

    def sell_parcel(self) -> None:
        self.runtime.staff.count(as_sku("mug"), 9, BY)
        self.sell("mug")

    def await_keys(self) -> None:
        self.runtime.staff.import_keys(as_pool("pro"), ["AAAA-1"], BY)
        self.sell("key")
        self.runtime.staff.replace_keys(as_session(self.session), None, [], BY)

    def fail_mails(self) -> None:
        self.outside.mailers_error = Permanent("no such mailbox")
        self.sell("course")

    def fail_retrieval(self, error: Exception) -> None:
        self.outside.planned_errors = [error]
        self.sell("course")

    def contradict(self) -> None:
        self.sell("course", "poster")
        self.hear(EXPIRED, self.session)

    def pay_twice(self) -> None:
        self.runtime.staff.count(as_sku("mug"), 9, BY)
        reference = Personal("ORDER-17")
        self.sell("mug", session="cs_test_a1TheFirst", client_reference_id=reference)
        self.sell("mug", client_reference_id=reference)

    def park_event(self) -> None:
        self.sell("course")
        end = self.runtime.log.store.max_notification_id() or 0
        parked = ParkedEvent(
            policy="emails",
            position=end,
            subject=self.session,
            error=reasons.as_written("no"),
            parked_at=self.clock(),
        )
        self.runtime.log.store.insert(Insertion(events=(), books=Bookkeeping(park=[parked])))

    def run_low(self) -> None:
        self.runtime.staff.count(as_sku("mug"), 1, BY)
        self.runtime.staff.import_keys(as_pool("pro"), ["AAAA-1"], BY)


WAYS_IN: dict[WorkKind, Callable[[Building], None]] = {
    Work.PARCEL_TO_PACK: Building.sell_parcel,
    Work.MANUAL_LINE: lambda shop: shop.sell("poster"),
    Work.BACKORDERED_LINE: lambda shop: shop.sell("mug", "key"),
    Work.GIVEN_UP_LINE: lambda shop: shop.sell("hook"),
    Work.AWAITED_KEYS: Building.await_keys,
    Work.MAIL_FAILED: Building.fail_mails,
    Work.MAIL_WITHOUT_ADDRESS: lambda shop: shop.sell("course", contact=replace(CUSTOMER, email=None)),
    Work.RETRIEVAL_FAILED: lambda shop: shop.fail_retrieval(Permanent("HTTP 400")),
    Work.FAILING_EFFECT: lambda shop: shop.fail_retrieval(Temporary("HTTP 500")),
    Work.STRIPE_KEY_REFUSED: lambda shop: shop.fail_retrieval(REFUSED_KEY),
    Work.PAYMENT_OVERDUE: lambda shop: shop.sell("mug", payment_status="unpaid"),
    Work.PAYMENT_TO_CAPTURE: lambda shop: shop.sell(
        "mug", payment_status="unpaid", payment_intent="pi_1", intent_status="requires_capture"
    ),
    Work.CONTRADICTED: Building.contradict,
    Work.PARKED_SESSION: lambda shop: shop.sell("course", payment_status="new_thing"),
    Work.PAID_TWICE: Building.pay_twice,
    Work.FAILED_STRIPE_EVENT: lambda shop: shop.hear(COMPLETED, "price_1"),
    OtherWork.PARKED_EVENT: Building.park_event,
    OtherWork.LOW_STOCK: Building.run_low,
    OtherWork.LOW_KEYS: Building.run_low,
}
STILL_THERE = {
    (Work.FAILED_STRIPE_EVENT, "retry"),
    (Work.PARKED_SESSION, "retry"),
    (Work.PAYMENT_OVERDUE, "retry"),
}
"""The commands after which a row stays: a retry that has nothing better to find, or whose answer decides."""


@pytest.fixture
def build(tmp_path: Path, sandbox: Sandbox) -> Callable[[WorkKind], None]:
    """Makes the files of a shop with work of this kind, where commands look for them. Stripe knows its checkout."""

    def build(kind: WorkKind) -> None:
        catalog, outside = tmp_path / "catalog.toml", Outside()
        catalog.write_text(CATALOG)
        clock = FixedClock(now=datetime.now(UTC) - timedelta(days=21))
        settings = load_settings({**SETTINGS, "DATABASE_URL": sqlite_url(tmp_path)}, None)
        migrate(settings.database)
        runtime = bootstrap(
            replace(settings, catalog=catalog),
            Replacements(clock=clock, random=lambda: 0.5, gateway=outside, mailer=outside, executor=AtOnce()),
        )
        WAYS_IN[kind](Building(paid(sandbox, "access"), runtime, outside, clock))
        runtime.engine.stop()
        runtime.log.close()
        runtime.views.close()
        catalog.write_text(CATALOG + NEW_RULE)
        (tmp_path / "keys.txt").write_text("BBBB-2\nBBBB-3\n")

    return build


def test_every_kind_of_work_that_a_command_resolves_is_tried() -> None:
    by_a_later_version_or_a_server = {OtherWork.INCOMPLETE_VIEW, OtherWork.WAITING_EFFECT}

    assert {*KINDS} == {*WAYS_IN, *by_a_later_version_or_a_server}


@pytest.mark.parametrize("kind", WAYS_IN)
def test_what_the_queue_offers_for_work_of_a_kind_works_as_it_is_pasted(
    fulfill: Fulfill,
    build: Callable[[WorkKind], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: WorkKind,
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    build(kind)
    rows = tasks(fulfill, kind)
    assert rows

    for number, (row, command) in enumerate((row, command) for row, each in rows.items() for command in each):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(tmp_path, copy, ignore=shutil.ignore_patterns("copy*"))
        monkeypatch.chdir(copy)
        result = fulfill(*arguments_of(command))
        assert result.code == 0, (command, result)
        is_left = row in tasks(fulfill, kind)
        assert is_left is ((kind, command.split()[1]) in STILL_THERE), command
        monkeypatch.chdir(tmp_path)


def tasks(fulfill: Fulfill, kind: WorkKind) -> dict[tuple[str, str], list[str]]:
    """The commands for each row of this kind."""
    found = fulfill("queue", "--kind", kind.value, "--json").json
    return {(row["subject"], row["item"]): row["commands"] for row in found}


def test_work_that_is_not_dismissed_is_not_reported_as_dismissed(
    fulfill: Fulfill, build: Callable[[WorkKind], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    build(Work.STRIPE_KEY_REFUSED)
    [(subject, _)] = tasks(fulfill, Work.STRIPE_KEY_REFUSED)

    result = fulfill("dismiss", subject, "--reason", "seen")

    assert (result.code, result.out) == (1, "")
    assert "`fulfill retry " in result.err
    assert "CheckoutSession.Dismissed" not in fulfill("checkout", subject, "--json").out


def test_a_dismissed_checkout_says_what_it_still_owes_and_the_story_who_dismissed_it(
    fulfill: Fulfill, build: Callable[[WorkKind], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    build(Work.CONTRADICTED)
    [(subject, _)] = tasks(fulfill, Work.CONTRADICTED)

    first, again = (fulfill("dismiss", subject, "--as", "kim", "--reason", "seen") for _ in range(2))

    assert "Still in the queue: manual line (complete or replan or cancel).\n" in first.out
    assert (again.code, "can't be dismissed" in again.err) == (1, True)
    dismissals = [
        (event["actor"], event["reason"])
        for event in fulfill("checkout", subject, "--json").json["story"]
        if event["type"] == "CheckoutSession.Dismissed"
    ]
    assert dismissals == [("staff:kim", "seen")]


def test_an_order_that_is_possibly_paid_twice_is_not_handed_over_before_a_person_decides(
    fulfill: Fulfill, build: Callable[[WorkKind], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    build(Work.PAID_TWICE)
    [(subject, _)] = tasks(fulfill, Work.PAID_TWICE)

    for command in (("complete", subject), ("ship", subject, "--carrier", "DHL")):
        result = fulfill(*command, "--as", "kim")
        assert (result.code, result.out) == (1, "")
        assert f"Order {order_number(as_session('cs_test_a1TheFirst'))} was paid with the same reference" in result.err
        assert result.err.endswith("`fulfill replan` delivers it by the catalog, `fulfill cancel` does not.\n")
    assert tasks(fulfill, Work.PAID_TWICE)
