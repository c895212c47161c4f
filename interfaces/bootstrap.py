"""The composition root: settings in, a running engine out. The only module that names adapters.

Production, the command line, the demo and the tests all come through here; what tests replace is passed in. Adapters
with large libraries are imported when they are made: a command that reads does not wait for Stripe's SDK.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eventsourcing.persistence import PersistenceError

from application.copying import Copy, Place
from application.errors import NotMigrated
from application.fulfill_checkout import FulfillCheckout
from application.handlers import Deliver, Retrieve, SendMail
from application.log.leading import OWN_DELIVERIES, THE_CATALOG, Terms, terms
from application.log.log import Log
from application.log.long_streams import LongStreams
from application.log.recent_states import RecentStates
from application.log.writer import Writer
from application.ports import Clock, Delivery, Mailer, StripeGateway, WebhookReader, WorkerLocks
from application.reading.projection import Projection
from application.reading.projector import Projector
from application.reading.queries import Queries
from application.reading.rebuild import Rebuild
from application.reading.registry import PROJECTIONS
from application.reading.views import Views
from application.running.effect_kinds import Kind, RetryRule
from application.running.effects import EffectRunner
from application.running.engine import Engine
from application.running.followers import Followers
from application.staff import Staff
from application.threads import Threads
from domain.catalog import Catalog
from domain.deliveries.kind import DeliveryKind
from domain.effect import MAIL, RETRIEVE
from domain.policies.emails import EmailPolicy
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.intake import Intake
from domain.policies.inventory import InventoryPolicy
from domain.policies.payments import PaymentPolicy
from domain.policies.policy import Policy
from infrastructure.database import Database
from infrastructure.settings import Settings, SettingsError
from infrastructure.stores import Stores, stores
from infrastructure.stripe.webhook_reader import SignedWebhooks
from infrastructure.views.sqlite import scratch_views

if TYPE_CHECKING:
    from infrastructure.customer_texts.customer_texts import CustomerTexts

_KEEPERS = 4

__all__ = [
    "ReadSide",
    "Replacements",
    "Runtime",
    "bootstrap",
    "check_log",
    "make_ready",
    "migrate",
    "open_copy",
    "open_read_side",
    "reopen",
]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacements:
    """What a test puts in the place of the real thing."""

    clock: Clock = utc_now
    random: Callable[[], float] = random.random
    threads: Threads = field(default_factory=Threads)
    gateway: StripeGateway | None = None
    mailer: Mailer | None = None
    deliveries: Mapping[str, Delivery] | None = None
    """Replaces the kinds of installed packages. Searching for those costs 10 ms."""
    executor: Executor | None = None
    stores: Stores | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Everything wired, nothing started."""

    settings: Settings
    is_shared: bool
    """Whether processes on other machines may use the same database."""
    catalog: Catalog
    texts: "CustomerTexts"
    clock: Clock
    threads: Threads
    log: Log
    views: Views
    writer: Writer
    engine: Engine
    fulfill_checkout: FulfillCheckout
    staff: Staff
    queries: Queries
    rebuild: Rebuild
    webhook_reader: WebhookReader
    locks: WorkerLocks
    terms: Terms
    """What the policies here decide by."""
    void: Sequence[str]
    """The views that were found to be made from another log, and are being rebuilt."""


def _projections() -> Sequence[Projection]:
    """
    Raises:
        NotLoaded: one that an installed package offers can't be used.
    """
    from infrastructure.views.own import own_projections

    return (*PROJECTIONS, *own_projections())


def migrate(database: Database) -> None:
    """Make or upgrade every table, and begin the views that this version has and the database has not.

    Raises:
        NotMigrated: a later version has upgraded them already.
        PersistenceError, OSError: the database can't be used.
    """
    kept = stores(database)
    kept.migrate()
    if kept.is_shared:
        with closing(kept.open_log()) as log, closing(kept.open_views()) as views:
            Projector(log, views, _projections()).prepare()


def make_ready(database: Database) -> None:
    """What comes before anything that may write: one machine makes its tables by itself, of many only `migrate` does.

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
    missing = [each.name for each in _projections() if begun.get(each.name, 0) < each.version]
    if missing:
        raise NotMigrated(f"The {database} lacks the views {', '.join(missing)}. Run `fulfill migrate`.")


def check_log(database: Database) -> None:
    """
    Raises:
        NotFound, NotMigrated: there is no log that this version can go on with.
    """
    stores(database).check()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSide:
    """What people can ask and make afresh; nothing here can act."""

    log: Log
    queries: Queries
    rebuild: Rebuild
    trouble: str | None = None
    """Why others had to be made in the place of the views, if they had to."""
    void: Sequence[str] = ()
    """The views that were found to be made from another log, and are being rebuilt."""


@contextmanager
def open_read_side(database: Database, *, needs_views: bool = False) -> Iterator[ReadSide]:
    """The log and its views, with or without a server running beside.

    Where the views can't be used, other ones are made from the log for as long as this is open, unless it is the
    views themselves that are needed.

    Raises:
        NotFound, NotMigrated: there is no log there that this version can read.
        UnfinishedCopy: there is not all of it yet.
        PersistenceError: the log can't be used, or the views that are needed.
    """
    kept = stores(database)
    kept.check()
    log = kept.open_log()
    try:
        log.check_is_whole()
        with ExitStack() as stack:
            trouble = None
            try:
                views: Views = stack.enter_context(closing(kept.open_views()))
            except PersistenceError as error:
                if needs_views:
                    raise
                views, trouble = stack.enter_context(scratch_views()), str(error)
            projections = _projections()
            projector = Projector(log, views, projections, makes_views=not kept.is_shared, mends=False)
            void = [view.name for view in projector.check()]
            queries = Queries(log, views, projector, utc_now)
            rebuild = Rebuild(log, views, scratch_views, projections)
            yield ReadSide(log=log, queries=queries, rebuild=rebuild, trouble=trouble, void=void)
    finally:
        log.close()


@contextmanager
def open_copy(source: Database, target: Database) -> Iterator[Copy]:
    """The copy of a whole log into another database, whose tables are made if they are missing.

    Raises:
        NotFound, NotMigrated: there is no log at the source, or one of the two is of another version.
        Refused: somebody works at the source.
        PersistenceError, OSError: one of the two can't be used.
    """
    stores(source).check()
    with ExitStack() as stack:
        here = _place(stack, source)
        here.lead()
        stores(target).migrate()
        yield Copy(here, _place(stack, target), _projections())


def reopen(database: Database) -> bool:
    """Let processes work again at a log that was copied elsewhere. False if they may already.

    Raises:
        NotFound, NotMigrated, UnfinishedCopy, PersistenceError: there is no log that this version can go on with.
    """
    kept = stores(database)
    kept.check()
    with closing(kept.open_log()) as log:
        log.check_is_whole()
        was_moved = log.is_moved
        if was_moved:
            log.store.set_moved(False)
    return was_moved


def _place(stack: ExitStack, database: Database) -> Place:
    kept = stores(database)
    log, views = stack.enter_context(closing(kept.open_log())), stack.enter_context(closing(kept.open_views()))
    locks = kept.locks()
    stack.callback(locks.release)
    return Place(name=str(database), log=log, views=views, locks=locks)


def bootstrap(settings: Settings, replace: Replacements | None = None) -> Runtime:
    """Wire everything up. It starts nothing and calls no one; only views of another log are emptied, before anything is
    written that they would take for something they know.

    Raises:
        CatalogError, NotLoaded, OwnTextsError, SettingsError: with one clear sentence.
        UnfinishedCopy, LogMoved: the log is still being copied from elsewhere, or goes on elsewhere.
        PersistenceError: the log or the views can't be used.
    """
    from infrastructure.catalog_file import load_catalog
    from infrastructure.deliveries.own import own_deliveries

    use = replace or Replacements()
    own = own_deliveries() if use.deliveries is None else use.deliveries
    catalog = load_catalog(settings.catalog, frozenset(own))
    _check_secret_key(settings, catalog)
    texts = customer_texts(settings)
    kept = use.stores or stores(settings.database)
    log, views, locks = _open_log_at_work(kept), kept.open_views(), kept.locks()
    long_streams = LongStreams(log, kept.open_states(), use.threads)
    recent = RecentStates(log.store, long_streams)
    writer, leads_by = Writer(log, recent, threads=use.threads), _terms(settings, catalog, own)
    gateway = use.gateway or _gateway(settings)
    projections = _projections()
    projector = Projector(log, views, projections, makes_views=not kept.is_shared)
    void = [view.name for view in projector.check()]
    queries = Queries(log, views, projector, use.clock)
    kinds = _kinds(settings, log, gateway, use, own, texts)
    runner = EffectRunner(
        kinds=kinds,
        due=queries.due_effects,
        writer=writer,
        locks=locks,
        clock=use.clock,
        random=use.random,
        executors={name: use.executor or _threads_for(name, kind) for name, kind in kinds.items()},
        keeper=use.executor or ThreadPoolExecutor(_KEEPERS, "outcome"),
        threads=use.threads,
    )
    engine = Engine(
        log=log,
        long_streams=long_streams,
        writer=writer,
        followers=Followers(log, _policies(settings, catalog), recent, locks, use.clock, leads_by),
        projector=projector,
        runner=runner,
        locks=locks,
        views=views,
        threads=use.threads,
    )
    return Runtime(
        settings=settings,
        is_shared=kept.is_shared,
        catalog=catalog,
        texts=texts,
        clock=use.clock,
        threads=use.threads,
        log=log,
        views=views,
        writer=writer,
        engine=engine,
        fulfill_checkout=FulfillCheckout(log, writer, gateway, use.clock),
        staff=Staff(log, writer, catalog, use.clock),
        queries=queries,
        rebuild=Rebuild(log, views, scratch_views, projections),
        webhook_reader=SignedWebhooks(settings.webhook_secrets, use.clock),
        locks=locks,
        terms=leads_by,
        void=void,
    )


def customer_texts(settings: Settings) -> "CustomerTexts":
    """Return mails and pages with the merchant's own texts and templates, which are tried out.

    Raises:
        OwnTextsError, SettingsError: with one clear sentence.
    """
    from infrastructure.customer_texts.customer_texts import CustomerTexts
    from infrastructure.customer_texts.own_texts import OwnTexts, read_own_texts

    own = read_own_texts(settings.templates) if settings.templates else OwnTexts()
    try:
        texts = CustomerTexts(own, default=settings.locale)
    except LookupError as error:
        raise SettingsError(f"FULFILL_LOCALE {error}") from error
    if own.templates:
        from infrastructure.customer_texts.own_templates import check_own_templates
        from infrastructure.mail.sample_mails import sample_mails
        from interfaces.web.sample_pages import sample_pages

        check_own_templates(texts, own, {**sample_mails(texts), **sample_pages(texts)})
    return texts


def _threads_for(name: str, kind: Kind) -> Executor:
    return ThreadPoolExecutor(kind.concurrency, f"effect-{name}")


def _policies(settings: Settings, catalog: Catalog) -> list[Policy]:
    return [
        Intake(livemode=settings.livemode),
        PaymentPolicy(),
        FulfillmentPolicy(catalog),
        InventoryPolicy(),
        EmailPolicy(settings.mails, catalog),
    ]


def _terms(settings: Settings, catalog: Catalog, own: Mapping[str, Delivery]) -> Terms:
    """What the policies above decide by, and what a person calls it."""
    return terms(
        {
            THE_CATALOG: catalog.digest,
            "FULFILL_MAILS": " ".join(sorted(settings.mails)),
            "STRIPE_API_KEY": settings.stripe_api_key,
            "the mode (test or live)": str(settings.livemode),
            OWN_DELIVERIES: " ".join(sorted(own)),
        }
    )


def _open_log_at_work(kept: Stores) -> Log:
    log = kept.open_log()
    try:
        log.check_is_at_work()
    except BaseException:
        log.close()
        raise
    return log


def _check_secret_key(settings: Settings, catalog: Catalog) -> None:
    """An `http` delivery could only be given up later, line by line: better said at the start.

    Raises:
        SettingsError: the catalog has one, and there is nothing to sign it with.
    """
    rules = (*catalog.prices.values(), *catalog.products.values())
    if settings.secret_key is None and any(rule.delivery == DeliveryKind.HTTP for rule in rules):
        raise SettingsError(
            "FULFILL_SECRET_KEY is not set, but the catalog has an http delivery, which needs it for signatures."
        )


def _kinds(
    settings: Settings,
    log: Log,
    gateway: StripeGateway,
    use: Replacements,
    own: Mapping[str, Delivery],
    texts: "CustomerTexts",
) -> dict[str, Kind]:
    """Every kind of effect that can be carried out here."""
    mailer = use.mailer or _mailer(settings, texts)
    kinds = {
        RETRIEVE: Kind(handler=Retrieve(gateway, use.clock), concurrency=16, retry=RetryRule(attempts_max=30)),
        MAIL: Kind(handler=SendMail(mailer), concurrency=4, retry=RetryRule(attempts_max=40)),
    }
    deliveries = dict(own)
    if settings.secret_key is not None:
        from infrastructure.deliveries.http_callback import HttpDelivery

        deliveries.setdefault(DeliveryKind.HTTP, HttpDelivery(settings.secret_key))
    for name, delivery in deliveries.items():
        handler = Deliver(delivery, log)
        kinds[name] = Kind(handler=handler, concurrency=8, retry=RetryRule(attempts_max=40))
    return kinds


def _gateway(settings: Settings) -> StripeGateway:
    from infrastructure.stripe.gateway import SdkGateway

    return SdkGateway(settings.stripe_api_key, api_base=settings.stripe_api_base)


def _mailer(settings: Settings, texts: "CustomerTexts") -> Mailer:
    if settings.smtp is None:
        from infrastructure.mail.files import FileMailer

        return FileMailer(settings.outbox, settings.mail_from, texts)
    from infrastructure.mail.smtp import SmtpMailer

    return SmtpMailer(settings.smtp, settings.mail_from, texts)
