"""Nothing that is rebuilt can act: not by what it imports, not by what it is given, not by its types."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grimp
import pytest
from fakes.outside import Outside
from log_parts import COURSE, MUG, SERVICE, checkout
from read_side import ReadSide
from sample_log import sample_log
from shop import COMPLETED, Shop, shop_store
from typed_ids import as_event, as_session

from application.reading.following import Feed, ReadableLog
from application.reading.rebuild import Rebuild
from application.reading.registry import PROJECTIONS
from infrastructure.views.sqlite import scratch_views

pytestmark = pytest.mark.every_store

ROOT = Path(__file__).parents[3]
READING = "application.reading"
READ_SIDE = {"application.log.anchor", "application.log.insertion", "application.log.log", "application.log.tail"}
"""What of the log reading takes in hand, beside its own room."""
WORDS = "application.text"
NEITHER = {
    "application",
    "application.errors",
    "application.log",
    "application.log.leading",
    "application.log_line",
    "application.threads",
}
OUTSIDE = {
    "socket",
    "smtplib",
    "ssl",
    "urllib",
    "http",
    "httpx2",
    "stripe",
    "anyio",
    "asyncio",
    "subprocess",
    "sqlite3",
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        "domain", "application", "infrastructure", "interfaces", include_external_packages=True, cache_dir=None
    )


def is_within(module: str, rooms: Sequence[str]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def reads(module: str) -> bool:
    return module in READ_SIDE or module == READING or module.startswith(f"{READING}.")


def acting(graph: grimp.ImportGraph) -> set[str]:
    """Every use case that is not listed as reading, so that a new one counts as acting until it is listed."""
    own = {module for module in graph.modules if module.partition(".")[0] == "application"}
    return {module for module in own - NEITHER if not reads(module) and not is_within(module, [WORDS])}


def test_nothing_that_reads_imports_anything_that_acts_however_indirectly(graph: grimp.ImportGraph) -> None:
    forbidden = acting(graph)
    for module in sorted(filter(reads, graph.modules)):
        reached = graph.find_upstream_modules(module)
        far = {each for each in reached if each.partition(".")[0] in {"infrastructure", "interfaces"}}

        assert not reached & forbidden, f"{module} reaches {', '.join(sorted(reached & forbidden))}, which can act."
        assert not far, f"{module} reaches {', '.join(sorted(far))}, and with it the world outside."


def test_nothing_that_reads_or_decides_imports_a_way_out(graph: grimp.ImportGraph) -> None:
    for module in sorted(graph.modules):
        if reads(module) or module.partition(".")[0] == "domain":
            ways_out = graph.find_modules_directly_imported_by(module) & OUTSIDE
            assert not ways_out, f"{module} imports {', '.join(sorted(ways_out))}."


@dataclass(frozen=True, slots=True)
class OnlyFeed:
    """The order of the log, and nothing with which one could append to it."""

    feed: Feed

    def select_notifications(self, *args: Any, **kwargs: Any) -> Any:
        return self.feed.select_notifications(*args, **kwargs)

    def select_positions(self, positions: Sequence[int]) -> Any:
        return self.feed.select_positions(positions)

    def max_notification_id(self) -> int | None:
        return self.feed.max_notification_id()


@dataclass(frozen=True, slots=True)
class OnlyReadable:
    log: ReadableLog

    @property
    def store(self) -> Feed:
        return OnlyFeed(self.log.store)

    def read(self, after: int, limit: int, until: int | None = None) -> Any:
        return self.log.read(after, limit, until)

    def entry(self, notification: Any) -> Any:
        return self.log.entry(notification)


def test_a_rebuild_needs_no_more_of_the_log_than_to_read_it(read_side: ReadSide) -> None:
    read_side.append(sample_log())
    read_side.projector.catch_up()
    rebuild = Rebuild(OnlyReadable(read_side.log), read_side.views, scratch_views)

    for projection in PROJECTIONS:
        rebuild.rebuild(projection.name)

        assert rebuild.verify(projection.name).is_right


def test_rebuilding_everything_causes_no_effect_and_no_event(store_url: str, tmp_path: Path) -> None:
    """In a whole engine, with effects due that it would carry out at its next turn."""
    outside = Outside()
    store = shop_store(store_url)
    shop = Shop(directory=tmp_path, store=store, outside=outside)
    for name, is_at_rest in (("done", True), ("due", False)):
        outside.checkouts[f"cs_test_{name}"] = checkout(MUG, COURSE, SERVICE)
        shop.hear(COMPLETED, as_session(f"cs_test_{name}"), id=as_event(f"evt_{name}"), payment_status="paid")
        if is_at_rest:
            shop.rest()
    shop.runtime.engine.run_until_quiet(effects=False)
    before = (shop.events(), dict(outside.mailbox), dict(outside.deliveries), outside.retrievals)
    outside.points.reached.clear()
    assert shop.runtime.queries.due_effects.due(shop.clock.now, 10) != []
    assert outside.mailbox != {}

    for projection in PROJECTIONS:
        shop.runtime.rebuild.rebuild(projection.name)
        assert shop.runtime.rebuild.verify(projection.name).is_right

    assert set(outside.points.reached) == {"before a change of views", "after a change of views"}
    assert (shop.events(), dict(outside.mailbox), dict(outside.deliveries), outside.retrievals) == before
    shop.kill()
    store.close()


SNIPPET = """
from application.log.log import Log
from application.ports import Mailer
from application.reading.following import ReadableLog
from application.reading.projection import Change, Projection, Table
from application.reading.rebuild import Rebuild
from domain.event import Event
from collections.abc import Iterable

def pure(event: Event, position: int) -> Iterable[Change]:
    return []

def with_a_port(event: Event, position: int, mailer: Mailer) -> Iterable[Change]:
    return []

def appends(log: ReadableLog) -> None:
    log.store.insert_events([])

def is_readable(log: Log) -> ReadableLog:
    return log

def projection(table: Table) -> None:
    Projection(name="a", version=1, table=table, reads=None, fold=pure)
    Projection(name="a", version=1, table=table, reads=None, fold=with_a_port)
"""


@pytest.mark.long
def test_the_types_let_no_projection_have_a_port_and_no_rebuild_append(tmp_path: Path) -> None:
    from mypy import api

    snippet = tmp_path / "acts.py"
    snippet.write_text(SNIPPET)
    cache = tmp_path / "cache"

    found, stderr, _ = api.run(
        ["--strict", "--explicit-package-bases", "--no-error-summary", f"--cache-dir={cache}", str(snippet)]
    )

    assert stderr == ""
    errors = [line.partition(": error: ")[2] for line in found.splitlines() if ": error: " in line]
    assert [error.partition(", Iterable")[0] for error in errors] == [
        '"Feed" has no attribute "insert_events"  [attr-defined]',
        'Argument "fold" to "Projection" has incompatible type "Callable[[Event, int, Mailer]',
    ]
