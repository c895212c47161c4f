"""What long streams cost those who have nothing to do with them: `python -m bench.growth` is the process measured."""

import gc
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from bench import children
from bench.bodies import ONE_LINE, SECRET, SignedBody, random_id, signed_bodies
from bench.figures import Section, Table, Target, percentile
from bench.shop import BY, Watch, deliver, open_shop
from bench.stores import Store, fresh
from typed_ids import as_line, as_session, as_stream

from application.log.insertion import Bookkeeping, Move
from application.reading.projections.daily_sales import DAILY_SALES
from application.reading.registry import PROJECTIONS
from application.reading.views import ViewState
from application.writing.unit_of_work import Stamp, stamped
from domain.event import Event
from domain.key_pool import KeyPool
from domain.personal import Personal
from domain.policies.emails import EmailPolicy
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.inventory import InventoryPolicy
from domain.policies.payments import PaymentPolicy
from domain.policies.stripe_events import StripeEventPolicy
from domain.stock_item import StockItem
from infrastructure.database import SQLiteFile, parse_database
from infrastructure.views.sqlite import views_path
from interfaces.bootstrap import Runtime

_POLICIES = (StripeEventPolicy, FulfillmentPolicy, InventoryPolicy, EmailPolicy, PaymentPolicy)
_SKU, _POOL = as_stream("sku_seat0"), as_stream("keys_pool0")
_STAMP = Stamp(actor="policy:inventory", now=datetime(2026, 1, 1, tzinfo=UTC))
_CHUNK = 10_000
_KEYS_PER_EVENT = 1000
_WAIT_SECONDS_MAX = 1800.0
_RAISED = [projection for projection in PROJECTIONS if projection is not DAILY_SALES]
"""All but the one that each engine makes for its time zone."""
LONGEST_MS = 50
_METHOD = """
A SKU with {sales:,} past sales and {open:,} open parcels, and a pool of {keys:,} license keys. A webhook of another
checkout comes every {pause:.0f} ms, while the named thing happens; its wait is the time until it is durable and may be
acknowledged. Each case begins when nothing is left to do of the one before. **Quiet** is the same engine under the same
webhooks for {seconds:.0f} seconds after the case: these waits are for the disk and for other programs of the machine.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    sales: int = 1_000_000
    open: int = 10_000
    keys: int = 1_000_000
    seconds: float = 10.0
    pause_seconds: float = 0.02
    """Between two webhooks."""


class Plan(msgspec.Struct):
    url: str
    directory: str
    sales: int
    open: int
    keys: int
    seconds: float
    pause_seconds: float


class Case(msgspec.Struct):
    name: str
    waits_ms: list[float]
    """Of the other webhooks."""
    quiet_ms: list[float]
    """Of webhooks to the same engine afterwards, when nothing else happens."""
    seconds: float
    """Until what was waited for was done."""


def measure(stores: Sequence[Store], size: Size, say: Callable[[str], None]) -> Section:
    cases: list[tuple[str, Case]] = []
    for store in stores:
        say(f"growth on {store.name}: {size.sales:,} sales, {size.keys:,} keys")
        with fresh(store) as database:
            directory = str(database.directory)
            plan = Plan(database.url, directory, size.sales, size.open, size.keys, size.seconds, size.pause_seconds)
            cases += [(store.name, case) for case in children.run("growth", plan, list[Case])]
    return Section(
        title="Growth",
        method=_METHOD.format(
            sales=size.sales,
            open=size.open,
            keys=size.keys,
            pause=size.pause_seconds * 1000,
            seconds=size.seconds,
        ),
        tables=[
            Table(
                head=["", "", "done after s", *_of_waits("during it"), *_of_waits("quiet")],
                rows=[_row(store, case) for store, case in cases],
            )
        ],
        targets=[
            Target(
                what=f"Growth on {store}: {case.name}, longest wait of another webhook",
                wanted=LONGEST_MS,
                measured=max(case.waits_ms),
                unit="ms",
            )
            for store, case in cases
        ],
    )


def _of_waits(when: str) -> list[str]:
    return [f"webhooks {when}", "median ms", "p99 ms", "longest ms"]


def _row(store: str, case: Case) -> list[str]:
    return [store, case.name, f"{case.seconds:.1f}", *_figures(case.waits_ms), *_figures(case.quiet_ms)]


def _figures(waits: Sequence[float]) -> list[str]:
    return [f"{len(waits):,}", *(f"{percentile(waits, share):.1f}" for share in (0.5, 0.99, 1))]


def _measured(plan: Plan) -> list[Case]:
    _fill(plan)
    cases = []
    views = "views as they were"
    if isinstance(database := parse_database(plan.url), SQLiteFile):
        views = "all views to be built"
        for file in views_path(database.path).parent.glob("*-views.db*"):
            file.unlink()
    mailed: set[str] = set()
    shop = _Shop(plan, mailed)
    cases.append(shop.case(f"first sale of the SKU, no state row, {views}", shop.sale("prod_seat0")))
    cases.append(shop.case("first key of the pool, no state row", shop.sale("prod_key0")))
    shop.wait_for_rows()
    shop.close()
    shop = _Shop(plan, mailed)
    cases.append(shop.case("first sale of the SKU after a start", shop.sale("prod_seat0")))
    cases.append(shop.case("first key of the pool after a start", shop.sale("prod_key0")))
    cases.append(shop.case("`stock count` by another process", shop.command("stock", "count", "seat0", "2000000")))
    cases.append(shop.case("the next sale of the SKU", shop.sale("prod_seat0")))
    cases.append(shop.case(f"`keys import` of {plan.keys:,} keys by another process", shop.import_keys()))
    cases.append(shop.case("the next key of the pool", shop.sale("prod_key0")))
    standby = _Shop(plan, mailed)
    cases.append(standby.case("the leader stops, and this server leads", standby.succeed(shop)))
    standby.close()
    shop.close()
    _raise_view_versions()
    shop = _Shop(plan, mailed)
    cases.append(shop.case(f"a release with the version of {len(_RAISED)} views raised", shop.built_views()))
    shop.close()
    return cases


def _raise_view_versions() -> None:
    """What a release does that changes these projections, for the rest of this process."""
    for projection in _RAISED:
        if projection.continues:
            object.__setattr__(projection, "continues", {projection.version: projection.table})
        object.__setattr__(projection, "version", projection.version + 1)


class _Shop:
    """An engine over what was filled in, and webhooks that come to it."""

    def __init__(self, plan: Plan, mailed: set[str]) -> None:
        """`mailed` gets the sessions whose mail went out: of another shop too, where that leads."""
        self._plan = plan
        self._mailed = mailed
        self._products: dict[str, str] = {}
        self._number = itertools.count()
        self._sent: set[str] = set()
        self._run = random_id("", str(time.time_ns()), 8)
        self.runtime: Runtime = open_shop(plan.directory, plan.url, self._products_of)
        self._watch = Watch(self.runtime.log, mailed.add)
        self.runtime.engine.start()

    def _products_of(self, session_id: str) -> Sequence[str]:
        return [self._products.get(session_id, "prod_course")]

    def case(self, name: str, begin: Callable[[], Callable[[], bool]]) -> Case:
        """`begin` starts it, and returns what says whether it is done. Webhooks come all the while.
        What is left to do then, of views and checkouts, is waited for, so that the next case begins quietly."""
        started = time.perf_counter()
        waits, done_at = self._webhooks(name, begin())
        self._settle()
        quiet, _ = self._webhooks("quiet", lambda: True)
        self._settle()
        return Case(name, waits, quiet, done_at - started)

    def _webhooks(self, name: str, is_done: Callable[[], bool]) -> tuple[list[float], float]:
        """The milliseconds that each webhook waits until it is done, and when that was."""
        waits: list[float] = []
        started, done_at = time.perf_counter(), None
        while done_at is None or time.perf_counter() - started < self._plan.seconds:
            self._webhook(waits)
            time.sleep(self._plan.pause_seconds)
            if done_at is None and is_done():
                done_at = time.perf_counter()
            if time.perf_counter() - started > _WAIT_SECONDS_MAX:
                raise TimeoutError(f"{name} is not done after {_WAIT_SECONDS_MAX:.0f} s")
        time.sleep(min(1.0, self._plan.seconds))  # for the last of the waits
        return waits, done_at

    def _settle(self) -> None:
        is_built = self.built_views()()
        deadline = time.monotonic() + _WAIT_SECONDS_MAX
        while not (is_built() and self._sent <= self._mailed):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self._sent - self._mailed)} checkouts are not done")
            time.sleep(0.1)

    def _webhook(self, waits: list[float]) -> None:
        body = self._next()
        self._sent.add(body.session_id)
        sent = time.perf_counter()
        deliver(self.runtime, body).add_done_callback(lambda _: waits.append((time.perf_counter() - sent) * 1000))

    def _next(self) -> SignedBody:
        return next(signed_bodies(f"{self._run} {next(self._number)}", 1, start=ONE_LINE))

    def sale(self, product: str) -> Callable[[], Callable[[], bool]]:
        def begin() -> Callable[[], bool]:
            body = self._next()
            self._products[body.session_id] = product
            deliver(self.runtime, body)
            return lambda: body.session_id in self._watch.fulfilled_at

        return begin

    def succeed(self, leader: "_Shop") -> Callable[[], Callable[[], bool]]:
        """Have the leader stop, and fulfill something: only a server that leads does. Which webhook that is depends on
        how many the leader still fulfills."""

        def begin() -> Callable[[], bool]:
            threading.Thread(target=leader.runtime.engine.stop).start()
            return lambda: bool(self._watch.fulfilled_at)

        return begin

    def built_views(self) -> Callable[[], Callable[[], bool]]:
        wanted = {(projection.name, projection.version) for projection in _RAISED}

        def are_built() -> bool:
            views = self.runtime.queries.projections()
            return wanted <= {(view.name, view.version) for view in views if view.state == ViewState.LIVE}

        return lambda: are_built

    def command(self, *arguments: str) -> Callable[[], Callable[[], bool]]:
        environment = {
            **os.environ,
            "STRIPE_API_KEY": "sk_test_of0the0benchmark",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": self._plan.url,
            "FULFILL_CATALOG": str(Path(self._plan.directory, "catalog.toml")),
        }
        by = ["--as", BY.name, "--reason", BY.reason]
        command = [str(Path(sys.executable).with_name("fulfill")), *arguments, *by]

        def begin() -> Callable[[], bool]:
            process = subprocess.Popen(
                command, env=environment, cwd=self._plan.directory, stdout=subprocess.DEVNULL, stderr=sys.stderr
            )
            return lambda: process.poll() is not None

        return begin

    def import_keys(self) -> Callable[[], Callable[[], bool]]:
        file = Path(self._plan.directory, "keys.txt")
        file.write_text("\n".join(f"NEW-{number:08}" for number in range(self._plan.keys)))
        return self.command("keys", "import", "pool0", str(file))

    def wait_for_rows(self) -> None:
        """Until the engine has written what it prepared, which nothing outside it can see."""
        time.sleep(min(30.0, self._plan.seconds * 3))

    def close(self) -> None:
        self.runtime.engine.stop()
        # In a server its memory goes with its process. Here the next shop would wait for it: a state of a million
        # entries takes 0.1 s to free.
        self.runtime.log.close()
        self.runtime.views.close()
        del self.runtime, self._watch
        gc.collect()


def _fill(plan: Plan) -> None:
    runtime = open_shop(plan.directory, plan.url, lambda _: [])
    for events in (_sales(plan), _keys(plan)):
        while some := list(itertools.islice(events, _CHUNK if plan.keys > _CHUNK else 100)):
            runtime.log.append(some)
    end = runtime.log.store.max_notification_id() or 0
    moves = [Move(follower=policy.name, since=0, to=end) for policy in _POLICIES]
    runtime.log.append([], Bookkeeping(moves=moves))
    runtime.queries.due_effects.due(runtime.clock(), 1)
    runtime.log.close()
    runtime.views.close()


def _sales(plan: Plan) -> Iterator[Event]:
    versions = itertools.count(1)
    yield stamped(StockItem.Counted(on_hand=10 * plan.sales + plan.open + 1000), _STAMP, _SKU, next(versions))
    for number in range(plan.sales + plan.open):
        id = f"cs_test_past{number:053}"
        reserved = StockItem.Reserved(line_item=as_line("li_1"), quantity=1, session_id=as_session(id))
        yield stamped(reserved, _STAMP, _SKU, next(versions))
        if number >= plan.open:
            dispatched = StockItem.Dispatched(line_item=as_line("li_1"), quantity=1, session_id=as_session(id))
            yield stamped(dispatched, _STAMP, _SKU, next(versions))


def _keys(plan: Plan) -> Iterator[Event]:
    for version, start in enumerate(range(0, plan.keys, _KEYS_PER_EVENT), 1):
        keys = tuple(Personal(f"KEY-{number:08}") for number in range(start, start + _KEYS_PER_EVENT))
        yield stamped(KeyPool.Imported(keys=keys), _STAMP, _POOL, version)


if __name__ == "__main__":
    children.carry_out(Plan, _measured)
