"""The composition root: settings in, a running engine out.

Production, the command line, the demo and the tests all come through here; what tests replace is passed in. Adapters
with large libraries are imported when they are made: a command that reads does not wait for Stripe's SDK.
"""

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from application.fulfill_checkout import FulfillCheckout
from application.log.leading import OWN_DELIVERIES, THE_CATALOG, THE_POLICIES, Terms, terms
from application.log.log import Log
from application.ports import Clock, Deliverer, Mailer, StripeGateway, WebhookReader, WorkerLocks
from application.reading.due_effects import DueEffects
from application.reading.projector import Projector
from application.reading.queries import Queries
from application.reading.rebuild import Rebuild
from application.reading.redacted import HIDDEN
from application.reading.views import Views
from application.running.effect_kinds import EffectKind, Handler, RetryRule
from application.running.effects import EffectRunner
from application.running.engine import Engine
from application.running.followers import Followers
from application.running.handlers import Deliver, Retrieve, SendMail
from application.running.readings import readings
from application.running.registry import READERS
from application.running.stripe_key import WatchedGateway
from application.staff.commands import Staff
from application.threads import Threads
from application.writing.long_streams import LongStreams
from application.writing.recent_states import RecentStates
from application.writing.writer import Writer
from domain.catalog import Catalog
from domain.deliveries.kind import DeliveryKind
from domain.effect import MAIL, RETRIEVE
from domain.mail import Mail, SentMail
from domain.policies.emails import EmailPolicy
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.inventory import InventoryPolicy
from domain.policies.payments import PaymentPolicy
from domain.policies.stripe_events import StripeEventPolicy
from domain.policy import Policy
from infrastructure.deliveries.time_limit import TimeLimit
from infrastructure.setting_values import SettingsError
from infrastructure.settings import Effort, Settings
from infrastructure.stores import Stores, stores
from infrastructure.stripe.webhook_reader import SignedWebhooks
from infrastructure.views.sqlite import scratch_views
from interfaces.databases import projections, utc_now

if TYPE_CHECKING:
    from infrastructure.customer_texts.customer_texts import CustomerTexts

_KEEPERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacements:
    """The parts that a test replaces."""

    clock: Clock = utc_now
    random: Callable[[], float] = random.random
    threads: Threads = field(default_factory=Threads)
    gateway: StripeGateway | None = None
    mailer: Mailer | None = None
    deliveries: Mapping[str, Deliverer] | None = None
    """Replaces the kinds of installed packages. Searching for those costs 10 ms."""
    executor: Executor | None = None
    stores: Stores | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """A wired engine that has not started."""

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
    gateway: WatchedGateway
    fulfill_checkout: FulfillCheckout
    staff: Staff
    queries: Queries
    rebuild: Rebuild
    webhook_reader: WebhookReader
    locks: WorkerLocks
    terms: Terms
    """The settings that the policies decide by, as digests."""
    void: Sequence[str]
    """The views that were found to be made from another log, and are being rebuilt."""

    def preview(self, mail: Mail) -> SentMail:
        """The mail as the customer would read it, without its license keys: who looks at those is in the log."""
        from infrastructure.mail.addresses import Sender
        from infrastructure.mail.message import preview

        lines = tuple(replace(line, keys=tuple(HIDDEN for _ in line.keys)) for line in mail.lines)
        return preview(replace(mail, lines=lines), self.texts, sender=Sender.parse(self.settings.mail_from))


def bootstrap(settings: Settings, replacements: Replacements | None = None) -> Runtime:
    """Wire everything up. It starts nothing and calls no one; only views of another log are emptied, before anything is
    written that they would take for something they know.

    Raises:
        CatalogError, NotLoaded, OwnTextsError, SettingsError: with one clear sentence.
        UnfinishedCopy, LogMoved: the log is still being copied from elsewhere, or another database has replaced it.
        PersistenceError: the log or the views can't be used.
    """
    from infrastructure.catalog_file import load_catalog
    from infrastructure.customer_texts.postal import countries
    from infrastructure.deliveries.own import own_deliveries

    use = replacements or Replacements()
    own = own_deliveries() if use.deliveries is None else use.deliveries
    catalog = load_catalog(settings.catalog, frozenset(own))
    _check_secret_key(settings, catalog)
    _check_kinds(settings, own)
    texts = customer_texts(settings)
    kept = use.stores or stores(settings.database)
    log, views, locks = _open_log_at_work(kept), kept.open_views(), kept.locks()
    long_streams = LongStreams(log, kept.open_states(), use.threads)
    recent = RecentStates(log.store, long_streams)
    writer, leads_by = Writer(log, recent, threads=use.threads), _terms(settings, catalog, own)
    gateway = WatchedGateway(use.gateway or _gateway(settings))
    every = projections(settings.time_zone)
    projector = Projector(log, views, every, makes_views=not kept.is_shared, pause=writer.let_requests_pass)
    void = [view.name for view in projector.check()]
    queries = Queries(log, views, projector, use.clock, catalog.low_stock)
    runner = _runner(_kinds(settings, catalog, log, gateway, use, own, texts), queries.due_effects, writer, locks, use)
    engine = Engine(
        log=log,
        long_streams=long_streams,
        writer=writer,
        followers=Followers(log, policies(settings, catalog), recent, locks, use.clock, leads_by),
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
        gateway=gateway,
        fulfill_checkout=FulfillCheckout(log, writer, gateway, use.clock, catalog),
        staff=Staff(log, writer, catalog, use.clock, countries(), StripeEventPolicy(livemode=settings.livemode)),
        queries=queries,
        rebuild=Rebuild(log, views, scratch_views, every),
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
    from infrastructure.customer_texts.shop import LogoError, read_logo

    own = read_own_texts(settings.templates) if settings.templates else OwnTexts()
    try:
        logo = read_logo(settings.shop_logo) if settings.shop_logo else None
        texts = CustomerTexts(own, default=settings.locale, shop=dataclasses.replace(settings.shop, logo=logo))
    except LogoError as error:
        raise SettingsError(f"FULFILL_SHOP_LOGO: {error}") from error
    except LookupError as error:
        raise SettingsError(f"FULFILL_LOCALE {error}") from error
    if own.templates:
        from infrastructure.customer_texts.own_templates import check_own_templates
        from infrastructure.mail.sample_mails import sample_mails
        from interfaces.web.sample_pages import sample_pages

        check_own_templates(texts, own, {**sample_mails(texts), **sample_pages(texts)})
    return texts


def _runner(
    kinds: Mapping[str, EffectKind], due: DueEffects, writer: Writer, locks: WorkerLocks, use: Replacements
) -> EffectRunner:
    return EffectRunner(
        kinds=kinds,
        due=due,
        writer=writer,
        locks=locks,
        clock=use.clock,
        random=use.random,
        executors={name: use.executor or _threads_for(name, kind) for name, kind in kinds.items()},
        keeper=use.executor or ThreadPoolExecutor(_KEEPERS, "outcome"),
        threads=use.threads,
    )


def _threads_for(name: str, kind: EffectKind) -> Executor:
    return ThreadPoolExecutor(kind.concurrency, f"effect-{name}")


def policies(settings: Settings, catalog: Catalog) -> list[Policy]:
    return [
        StripeEventPolicy(livemode=settings.livemode),
        PaymentPolicy(),
        FulfillmentPolicy(catalog),
        InventoryPolicy(),
        EmailPolicy(settings.mails, catalog),
    ]


def _terms(settings: Settings, catalog: Catalog, own: Mapping[str, Deliverer]) -> Terms:
    """The settings by which the policies above decide, with their names for people."""
    return terms(
        {
            THE_CATALOG: catalog.digest,
            "FULFILL_MAILS": " ".join(sorted(settings.mails)),
            "STRIPE_API_KEY": settings.stripe_api_key,
            "the mode (test or live)": str(settings.livemode),
            OWN_DELIVERIES: " ".join(sorted(own)),
            THE_POLICIES: " ".join(sorted(each.name for each in readings(READERS))),
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
    """Without a secret, `http` deliveries could only be given up later, line by line, so the start is refused.

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
    catalog: Catalog,
    log: Log,
    gateway: StripeGateway,
    use: Replacements,
    own: Mapping[str, Deliverer],
    texts: "CustomerTexts",
) -> dict[str, EffectKind]:
    """Every kind of effect that can be carried out here."""
    mailer = use.mailer or _mailer(settings, texts)
    kinds = {
        RETRIEVE: _kind(Retrieve(gateway, use.clock, catalog), settings.retrieval, settings),
        MAIL: _kind(SendMail(mailer), settings.mail, settings),
    }
    deliverers = dict(own)
    if settings.secret_key is not None:
        from infrastructure.deliveries.http_callback import HttpDeliverer

        deliverers.setdefault(DeliveryKind.HTTP, HttpDeliverer(settings.secret_key))
    for name, deliverer in deliverers.items():
        effort = settings.deliveries.get(name, settings.delivery)
        in_time = TimeLimit(name, deliverer, effort.timeout_seconds, use.threads)
        kinds[name] = _kind(Deliver(in_time, log), effort, settings)
    return kinds


def _check_kinds(settings: Settings, own: Mapping[str, Deliverer]) -> None:
    """
    Raises:
        SettingsError: a setting is for a kind of delivery that calls nothing, or that there is not.
    """
    kinds = {*own, DeliveryKind.HTTP.value}
    if unknown := sorted(settings.deliveries.keys() - kinds):
        raise SettingsError(
            "FULFILL_DELIVERY_CONCURRENCY, _ATTEMPTS or _TIMEOUT_SECONDS has a number for the kind of delivery "
            f"'{unknown[0][:50]}', which is not installed. The kinds are {', '.join(sorted(kinds))}."
        )


def _kind(handler: Handler, effort: Effort, settings: Settings) -> EffectKind:
    retry = RetryRule(attempts_max=effort.attempts_max, cap_seconds=settings.retry_pause_seconds_max)
    return EffectKind(handler=handler, concurrency=effort.concurrency, retry=retry)


def _gateway(settings: Settings) -> StripeGateway:
    from infrastructure.stripe.gateway import SdkGateway

    return SdkGateway(settings.stripe_api_key, api_base=settings.stripe_api_base)


def _mailer(settings: Settings, texts: "CustomerTexts") -> Mailer:
    if settings.smtp is None:
        from infrastructure.mail.files import FileMailer

        return FileMailer(settings.outbox, settings.mail_from, texts)
    from infrastructure.mail.smtp import SmtpMailer

    return SmtpMailer(settings.smtp, settings.mail_from, texts)
