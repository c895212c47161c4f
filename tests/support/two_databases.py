"""A log in one database and an empty other one, of each kind that there is."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from eventsourcing.persistence import StoredEvent
from postgres_databases import Databases
from sample_log import sample_log

from application.copies.copying import Copied, Copy, OpenDatabase, Stage, silently
from application.log.insertion import Bookkeeping, Insertion, Move, ParkedEvent
from application.log.log import MARKS, Log, Notification
from application.ports import WorkerLocks
from domain import reasons
from infrastructure.database import Database, PostgresDatabase, SQLiteFile, parse_database
from infrastructure.settings import Settings, load_settings
from infrastructure.stores import stores
from infrastructure.views.sqlite import views_path

PAIRS = ("SQLite to PostgreSQL", "PostgreSQL to SQLite", "SQLite to SQLite", "PostgreSQL to PostgreSQL")
EVENTS = len(sample_log()) + 3
PARKED = [
    ParkedEvent(
        policy=policy,
        position=position,
        subject="evt_1",
        error=reasons.as_written("no"),
        parked_at=datetime(2026, 11, 24, 9, 0, 0, position, tzinfo=UTC),
    )
    for policy, position in (("intake", 3), ("emails", 66))
]
POSITIONS = {"intake": 60, "emails": EVENTS, "emails reads Effect.Succeeded": 30, "of a later version": 5}


@dataclass
class TwoDatabases:
    source: Database
    target: Database
    directory: Path
    stack: ExitStack = field(default_factory=ExitStack)

    def log(self, database: Database) -> Log:
        return self.stack.enter_context(closing(stores(database).open_log()))

    def locks(self, database: Database) -> WorkerLocks:
        """Those of another process."""
        locks = stores(database).locks()
        self.stack.callback(locks.release)
        return locks

    def open(self, database: Database, stack: ExitStack) -> OpenDatabase:
        kept = stores(database)
        locks = kept.locks()
        stack.callback(locks.release)
        return OpenDatabase(
            name=str(database),
            log=stack.enter_context(closing(kept.open_log())),
            views=stack.enter_context(closing(kept.open_views())),
            locks=locks,
        )

    def copy(self, stage: Stage = silently, *, batch_max: int = 10) -> Copied:
        """By a process of its own, which says with every batch how far it is."""
        seconds = iter(range(0, 1_000_000, 2))
        with ExitStack() as stack:
            both = self.open(self.source, stack), self.open(self.target, stack)
            return Copy(*both, timer=lambda: float(next(seconds)), batch_max=batch_max)(stage)

    def url(self, database: Database) -> str:
        return database.url if isinstance(database, PostgresDatabase) else f"sqlite:///{database.path}"

    def settings(self, database: Database) -> Settings:
        """Of an engine that works there, for a shop that sells nothing."""
        (self.directory / "catalog.toml").touch()
        environment = {
            "STRIPE_API_KEY": "sk_test_123456789012",
            "STRIPE_WEBHOOK_SECRET": "whsec_for_tests",
            "FULFILL_CATALOG": str(self.directory / "catalog.toml"),
            "DATABASE_URL": self.url(database),
        }
        return load_settings(environment, None)

    def spoil_event(self, database: Database, position: int) -> None:
        """Change its bytes from outside the engine."""
        match database:
            case PostgresDatabase():
                self._run(
                    database,
                    "UPDATE fulfillment.fulfillment_events SET state=state||'x'::bytea "
                    f"WHERE notification_id={position}",
                )
            case SQLiteFile(path):
                self._run_in(path, f"UPDATE stored_events SET state=CAST(state||'x' AS BLOB) WHERE rowid={position}")

    def spoil_stock(self, database: Database) -> None:
        """Change every row of a view past the projector."""
        match database:
            case PostgresDatabase():
                self._run(database, "UPDATE fulfillment_views.stock_v1_g1 SET on_hand=99")
            case SQLiteFile(path):
                self._run_in(views_path(path), "UPDATE stock_v1_g1 SET on_hand=99")

    def _run(self, database: PostgresDatabase, statement: str) -> None:
        with psycopg.connect(database.url, autocommit=True) as connection:
            assert connection.execute(statement.encode()).rowcount

    def _run_in(self, path: Path, statement: str) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            assert connection.execute(statement).rowcount


def fill(log: Log) -> None:
    """What a log may have in it: also unreadable events, and positions without an event."""
    log.store.insert_events(log.encode(sample_log()))
    log.store.insert_events([StoredEvent("cs_test_later", 1, "CheckoutSession.InventedLater:v9", b'{"new": true}')])
    log.store.insert_events([StoredEvent("cs_test_garbled", 1, "CheckoutSession.Noted", b"\x00\xff{")])
    log.store.insert_events([StoredEvent("cs_test_späť", 1, "CheckoutSession.Noted", b"")])
    moves = [Move(follower=name, since=0, to=position) for name, position in POSITIONS.items()]
    log.store.insert(Insertion(books=Bookkeeping(moves=moves, park=PARKED)))


def two_databases(pair: str, directory: Path, databases: Databases) -> Iterator[TwoDatabases]:
    kinds = pair.split(" to ")
    urls = [
        databases.create() if kind == "PostgreSQL" else f"sqlite:///{directory}/log{number}.db"
        for number, kind in enumerate(kinds)
    ]
    source, target = map(parse_database, urls)
    two = TwoDatabases(source, target, directory)
    for database in (two.source, two.target):
        stores(database).migrate()
    try:
        with closing(stores(two.source).open_log()) as log:
            fill(log)
        yield two
    finally:
        two.stack.close()
        for url in urls:
            if url.startswith("postgres"):
                databases.drop(url)


def content(log: Log) -> tuple[Sequence[Notification], object, object]:
    """Everything that a log keeps, but for the marks of a copy."""
    positions = {name: at for name, at in log.store.select_positions_of_followers().items() if name not in MARKS}
    parked = [(each.policy, each.position, each.parked_at) for each in log.store.select_parked_events()]
    return log.store.select_notifications(None, 1000), positions, parked
