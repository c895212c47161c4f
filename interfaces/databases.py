"""Databases as commands open them: made ready, read, copied and reopened. Wired like the rest, without an engine."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from eventsourcing.persistence import PersistenceError

from application.copies.copying import Copy, OpenDatabase
from application.errors import NotMigrated
from application.log.log import Log
from application.reading.projection import Projection
from application.reading.projector import Projector
from application.reading.queries import Queries
from application.reading.rebuild import Rebuild
from application.reading.registry import projections_in
from application.reading.views import Views
from domain.catalog import NEVER_LOW, Catalog, LowStock
from infrastructure.database import Database
from infrastructure.stores import stores
from infrastructure.views.sqlite import scratch_views


def utc_now() -> datetime:
    return datetime.now(UTC)


UTC_ZONE = ZoneInfo("UTC")


def projections(zone: ZoneInfo = UTC_ZONE) -> Sequence[Projection]:
    """Return the built-in projections, with days of this time zone, and those of installed packages.

    Raises:
        NotLoaded: one of an installed package can't be used.
    """
    from infrastructure.views.own import own_projections

    return (*projections_in(zone), *own_projections())


def migrate(database: Database, zone: ZoneInfo = UTC_ZONE) -> None:
    """Make or upgrade every table, and begin the views that this version has and the database has not.

    Raises:
        NotMigrated: a later version has upgraded them already.
        PersistenceError, OSError: the database can't be used.
    """
    kept = stores(database)
    kept.migrate()
    if kept.is_shared:
        with closing(kept.open_log()) as log, closing(kept.open_views()) as views:
            Projector(log, views, projections(zone)).prepare()


def make_ready(database: Database) -> None:
    """Prepare a database before anything writes: on one machine the tables are made automatically, for many only by
    `migrate`.

    Raises:
        NotMigrated, PersistenceError, OSError: the database can't be used as it is.
    """
    kept = stores(database)
    if not kept.is_shared:
        kept.migrate()
        return
    kept.check()
    with closing(kept.open_views()) as views:
        begun = {view.name: view.version for view in views.all()}
    missing = [each.name for each in projections() if begun.get(each.name, 0) < each.version]
    if missing:
        raise NotMigrated(f"The {database} lacks the views {', '.join(missing)}. Run `fulfill migrate`.")


def check_log(database: Database) -> None:
    """
    Raises:
        NotFound, NotMigrated: there is no log that this version can use.
    """
    stores(database).check()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSide:
    """Queries and rebuilds for people; nothing here can act."""

    log: Log
    queries: Queries
    rebuild: Rebuild
    problem: str | None = None
    """Why temporary views replace the stored ones; None if the stored ones are used."""
    void: Sequence[str] = ()
    """The views that were found to be made from another log, and are being rebuilt."""


def catalog_of(path: Path) -> Catalog:
    """Read the catalog. Installed kinds of delivery are not loaded for it.

    Raises:
        CatalogError: the catalog is wrong.
    """
    from infrastructure.catalog_file import load_catalog
    from infrastructure.deliveries.own import own_kinds

    return load_catalog(path, own_kinds())


@contextmanager
def open_read_side(
    database: Database, *, needs_views: bool = False, low_stock: LowStock = NEVER_LOW, zone: ZoneInfo = UTC_ZONE
) -> Iterator[ReadSide]:
    """The log and its views, with or without a server running beside.

    Where the views can't be used, other ones are made from the log for as long as this is open, unless it is the
    views themselves that are needed. `low_stock` is when the catalog asks for warnings, `zone` the shop's time zone.

    Raises:
        NotFound, NotMigrated: there is no log there that this version can read.
        UnfinishedCopy: the copy of the log is not complete.
        PersistenceError: the log can't be used, or the views that are needed.
    """
    kept = stores(database)
    kept.check()
    log = kept.open_log()
    try:
        log.check_is_whole()
        with ExitStack() as stack:
            problem = None
            try:
                views: Views = stack.enter_context(closing(kept.open_views()))
            except PersistenceError as error:
                if needs_views:
                    raise
                views, problem = stack.enter_context(scratch_views()), str(error)
            every = projections(zone)
            projector = Projector(log, views, every, makes_views=not kept.is_shared, mends=False)
            void = [view.name for view in projector.check()]
            queries = Queries(log, views, projector, utc_now, low_stock)
            rebuild = Rebuild(log, views, scratch_views, every)
            yield ReadSide(log=log, queries=queries, rebuild=rebuild, problem=problem, void=void)
    finally:
        log.close()


@contextmanager
def open_copy(source: Database, target: Database, zone: ZoneInfo = UTC_ZONE) -> Iterator[Copy]:
    """The copy of a whole log into another database, whose tables are made if they are missing.

    Raises:
        NotFound, NotMigrated: there is no log at the source, or one of the two is of another version.
        Refused: a process uses the source.
        PersistenceError, OSError: one of the two can't be used.
    """
    stores(source).check()
    with ExitStack() as stack:
        here = _open(stack, source)
        here.lead()
        stores(target).migrate()
        yield Copy(here, _open(stack, target), projections(zone))


def reopen(database: Database) -> bool:
    """Let processes use a log again that was copied elsewhere. Return False if they may already.

    Raises:
        NotFound, NotMigrated, UnfinishedCopy, PersistenceError: there is no log that this version can use.
    """
    kept = stores(database)
    kept.check()
    with closing(kept.open_log()) as log:
        log.check_is_whole()
        was_moved = log.is_moved
        if was_moved:
            log.store.set_moved(False)
    return was_moved


def _open(stack: ExitStack, database: Database) -> OpenDatabase:
    kept = stores(database)
    log, views = stack.enter_context(closing(kept.open_log())), stack.enter_context(closing(kept.open_views()))
    locks = kept.locks()
    stack.callback(locks.release)
    return OpenDatabase(name=str(database), log=log, views=views, locks=locks)
