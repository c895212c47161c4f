"""Taking in webhook deliveries: what a request costs, and how long it takes."""

import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count

import msgspec
from bench import children
from bench.figures import Section, Spread, Table, Target, percentile
from bench.load import Outcome, Plan
from bench.processes import cpu_seconds, pin
from bench.servers import APP_SAVE, ENGINE, FLOOR, TUTORIAL, VARIANTS
from bench.stores import FreshDatabase, Store, database_cpu_seconds, fresh

_SERVER_CORE, _LOAD_CORE = 0, 1
_REQUESTS_PER_SECOND_MAX = 16_000
_NAMES = {
    ENGINE: "the engine",
    FLOOR: "(a) the floor",
    APP_SAVE: "(b) `app.save()` per request",
    TUTORIAL: "(c) the tutorial's handler",
}
_METHOD = """
The server runs on one core and the client on the other, where there are two; PostgreSQL runs wherever it can. The
client opens so many connections; each sends a new signed delivery of 4.5 KB, waits for the
answer, and sends the next. Every server answers after the data is synchronized to the disk. CPU is user and system
time of the server and of the database's processes, per request, from `/proc`.

- **The engine** takes in, and nothing follows: its writer and its own web server, logging as in production.
- **(a) The floor** is the same web server with a bare route: HMAC, the event's ID out of the JSON, and a plain insert
  of everything that arrived during the last one.
- **(b)** is one `app.save()` of `eventsourcing` per request, in Starlette's thread pool, under uvicorn as it comes.
  Verified with the SDK's signature check and `json.loads`, which is cheaper than `construct_event`.
- **(c)** is `stripe.Webhook.construct_event`, an insert and a commit, likewise.
"""
_run_numbers = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    variants: Sequence[str] = VARIANTS
    connections: Sequence[int] = (1, 16, 64, 256)
    rounds: int = 3
    seconds: float = 1.2


@dataclass(slots=True)
class _Measured:
    per_second: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    server_us: list[float] = field(default_factory=list)
    database_us: list[float] = field(default_factory=list)

    @property
    def cpu_us(self) -> float:
        return Spread.of([a + b for a, b in zip(self.server_us, self.database_us, strict=True)]).middle


_Figures = dict[tuple[str, int], _Measured]
"""By variant and number of connections."""


@dataclass(frozen=True, slots=True)
class _Server:
    variant: str
    database: FreshDatabase
    port: int
    process: subprocess.Popen[bytes]


def measure(stores: Sequence[Store], size: Size, say: Callable[[str], None]) -> Section:
    figures = {store.name: _measure_store(store, size, say) for store in stores}
    return Section(
        title="Ingest",
        method=_METHOD,
        tables=[_table(name, found, size) for name, found in figures.items()],
        targets=[target for name, found in figures.items() for target in _targets(name, found)],
    )


def _measure_store(store: Store, size: Size, say: Callable[[str], None]) -> _Figures:
    """Every variant in turn, again and again, so that a busy moment of the machine meets them all."""
    figures: _Figures = defaultdict(_Measured)
    with ExitStack() as stack:
        servers = [stack.enter_context(_serving(store, variant)) for variant in size.variants]
        for server in servers:
            _window(server, 4, size.seconds / 4)  # what is made at the first request is made before
        for round_number in range(size.rounds):
            for connections in size.connections:
                say(f"ingest on {store.name}: round {round_number + 1} of {size.rounds}, {connections} connections")
                for server in servers:
                    _note(figures[server.variant, connections], *_window(server, connections, size.seconds))
    return figures


@contextmanager
def _serving(store: Store, variant: str) -> Iterator[_Server]:
    with fresh(store) as database, children.start("servers", variant, database.url, str(database.directory)) as process:
        pin(process.pid, _SERVER_CORE)
        try:
            yield _Server(variant, database, int(children.read_line(process)), process)
        finally:
            process.terminate()


def _window(server: _Server, connections: int, seconds: float) -> tuple[Outcome, float, float]:
    """What came of it, and the CPU seconds of server and database meanwhile."""
    plan = Plan(
        port=server.port,
        connections=connections,
        seconds=seconds,
        run=f"run{next(_run_numbers)}x",
        requests_max=int(_REQUESTS_PER_SECOND_MAX * seconds),
    )
    with children.start("load") as load:
        pin(load.pid, _LOAD_CORE)
        children.write_line(load, msgspec.json.encode(plan))
        children.read_line(load)
        before = cpu_seconds(server.process.pid), database_cpu_seconds(server.database)
        children.write_line(load, b"go")
        outcome = msgspec.json.decode(children.read_line(load), type=Outcome)
        after = cpu_seconds(server.process.pid), database_cpu_seconds(server.database)
    if outcome.refused or not outcome.answered:
        raise RuntimeError(f"{server.variant} answered {outcome.answered} with 200 and {outcome.refused} otherwise")
    return outcome, after[0] - before[0], after[1] - before[1]


def _note(into: _Measured, outcome: Outcome, server_seconds: float, database_seconds: float) -> None:
    into.per_second.append(outcome.answered / outcome.seconds)
    into.p50_ms.append(percentile(outcome.latencies_ms, 0.5))
    into.p99_ms.append(percentile(outcome.latencies_ms, 0.99))
    into.server_us.append(server_seconds / outcome.answered * 1e6)
    into.database_us.append(database_seconds / outcome.answered * 1e6)


def _table(store: str, figures: _Figures, size: Size) -> Table:
    rows = []
    for connections in size.connections:
        for variant, name in _NAMES.items():
            found = figures.get((variant, connections))
            if found is not None:
                engine = figures.get((ENGINE, connections))
                rows.append(_row(connections, name, found, engine))
    head = [
        f"{store}: connections",
        "",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "server µs",
        "database µs",
        "the engine's CPU, in times of this",
    ]
    return Table(head=head, rows=rows)


def _row(connections: int, name: str, found: _Measured, engine: _Measured | None) -> list[str]:
    return [
        str(connections),
        name,
        Spread.of(found.per_second).text(),
        Spread.of(found.p50_ms).text(1),
        Spread.of(found.p99_ms).text(1),
        Spread.of(found.server_us).text(),
        Spread.of(found.database_us).text(),
        f"{engine.cpu_us / found.cpu_us:.2f}" if engine else "",
    ]


def _targets(store: str, figures: _Figures) -> Iterator[Target]:
    at_64 = {variant: figures.get((variant, 64)) for variant in VARIANTS}
    engine, at_16 = at_64[ENGINE], figures.get((ENGINE, 16))
    if engine is None:
        return
    usual = 1 / 4 if store == "SQLite" else 1 / 10
    for variant, wanted in ((FLOOR, 1.3), (APP_SAVE, usual), (TUTORIAL, usual)):
        other = at_64[variant]
        if other is not None:
            what = f"Ingest on {store}, 64 connections: CPU of the engine, in times of {_NAMES[variant]}"
            yield Target(what=what, wanted=wanted, measured=engine.cpu_us / other.cpu_us, digits=2)
    if at_16 is not None:
        p99 = Spread.of(at_16.p99_ms).middle
        yield Target(what=f"Ingest on {store}, 16 connections: p99", wanted=50, measured=p99, unit="ms", digits=1)
