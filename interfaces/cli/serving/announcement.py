"""What `fulfill serve` and `fulfill worker` say at the start: what they do, where, and what a shop lacks."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.log_line import LogLine
from application.text.english import counted
from infrastructure.database import PostgresDatabase, SQLiteFile
from infrastructure.log_format import LogFormat
from interfaces.cli.output.printing import is_terminal, page
from interfaces.cli.running.shortcomings import shortcomings
from interfaces.cli.usage import COMMON, Verbosity

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger

    from domain.plan import Rule
    from interfaces.bootstrap import Runtime

_RULES_SHOWN_MAX = 12

Format = Annotated[
    LogFormat | None,
    Parameter("--log-format", help="Format of the log: text on a terminal by default, json elsewhere."),
]


def log_format(chosen: LogFormat | None) -> LogFormat:
    """The chosen format; else text where a person watches standard error."""
    if chosen is not None:
        return chosen
    return LogFormat.TEXT if is_terminal(sys.stderr) else LogFormat.JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    runtime: "Runtime"
    base_url: str | None = None
    """Where the web server listens; None without one."""
    has_worker: bool = True

    def log(self, logger: "BoundLogger", line: LogLine, **fields: object) -> None:
        """Log the start, and each warning."""
        settings = self.runtime.settings
        addresses = {"webhook": self._webhook, "landing_page": self._landing_page} if self.base_url else {}
        logger.info(
            line,
            **fields,
            mode=self._mode,
            **addresses,
            catalog=str(settings.catalog) if settings.catalog.exists() else None,
            rules=dict(self._kinds),
            mails="none" if not settings.mails else "smtp" if settings.smtp else "files",
            store=str(settings.database),
            with_worker=self.has_worker,
        )
        for warning in self._warnings():
            logger.warning(warning)

    def say(self) -> None:
        """Say the same to a person who watches standard error."""
        out = page(sys.stderr)
        if COMMON.get().verbosity is not Verbosity.QUIET:
            out.say(f"fulfill runs in {self._mode} mode. Press Ctrl-C to stop it.")
            out.fields(self._fields())
        for warning in self._warnings():
            out.warn(warning)

    @property
    def _mode(self) -> str:
        return "live" if self.runtime.settings.livemode else "test"

    @property
    def _public(self) -> str:
        return self.runtime.settings.public_url or self.base_url or ""

    @property
    def _webhook(self) -> str:
        return f"{self._public}/webhook"

    @property
    def _landing_page(self) -> str:
        return f"{self._public}/after-checkout"

    @property
    def _rules(self) -> Mapping[str, "Rule"]:
        catalog = self.runtime.catalog
        return {**catalog.prices, **catalog.products}

    @property
    def _kinds(self) -> Counter[str]:
        return Counter(rule.delivery for rule in self._rules.values())

    def _fields(self) -> Iterator[tuple[str, str]]:
        settings = self.runtime.settings
        if self.base_url:
            yield "Address", self.base_url
            yield "Webhook", self._webhook
            yield "Landing page", f"{self._landing_page}?session_id={{CHECKOUT_SESSION_ID}}"
        yield "Stripe", settings.stripe_api_base or "Stripe's API"
        yield "Catalog", self._catalog()
        for rule in self._rules_shown():
            yield "", rule
        yield "Mails", self._mails()
        yield "Store", self._store()
        yield "Worker", "runs here" if self.has_worker else "runs elsewhere: `fulfill worker`"

    def _catalog(self) -> str:
        path = self.runtime.settings.catalog.absolute()
        if not self._rules:
            return f"{path} {'has no rules' if path.exists() else 'does not exist'}"
        return f"{path}, {counted(len(self._rules), 'rule')}"

    def _rules_shown(self) -> Iterator[str]:
        rules = list(self._rules.items())
        for id, rule in rules[:_RULES_SHOWN_MAX]:
            yield " ".join((id, rule.delivery, *([f"(SKU {rule.sku})"] if rule.sku else [])))
        if len(rules) > _RULES_SHOWN_MAX:
            yield f"and {len(rules) - _RULES_SHOWN_MAX} more"

    def _mails(self) -> str:
        settings = self.runtime.settings
        if not settings.mails:
            return "none (FULFILL_MAILS)"
        if settings.smtp:
            return f"by {settings.smtp.host}:{settings.smtp.port}, from {settings.mail_from}"
        return f"written as files to {settings.outbox.absolute()}, sent to no one (SMTP_URL is not set)"

    def _store(self) -> str:
        match self.runtime.settings.database:
            case SQLiteFile(path=path):
                return f"SQLite file {path.absolute()}"
            case PostgresDatabase() as database:
                return str(database)

    def _warnings(self) -> Sequence[str]:
        shop = self.runtime.settings.live_shop
        return list(shortcomings(shop, self.runtime.catalog)) if shop else ()
