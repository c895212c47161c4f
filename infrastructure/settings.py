"""Settings: environment variables, or a `.env` file beside them; the environment wins.

A wrong setting stops the start with one clear sentence, which never repeats a secret.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from domain.mail import MailKind
from infrastructure import setting_values
from infrastructure.customer_texts.shop import Shop
from infrastructure.database import Database, PostgresDatabase
from infrastructure.setting_list import SETTINGS
from infrastructure.setting_values import ATTEMPTS, CONCURRENCY, PAUSE_SECONDS, TIMEOUT_SECONDS, Range, SettingsError

if TYPE_CHECKING:
    from infrastructure.mail.smtp import SmtpServer

T = TypeVar("T")

_TEXT_MAX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How many effects of one kind a process carries out at a time, and how often it tries each."""

    concurrency: int
    attempts_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEffort(Effort):
    timeout_seconds: int
    """How long one call may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveShop:
    """What a shop with real customers needs: mails that reach them, a catalog and a name."""

    catalog: Path
    mails_reach_no_one: bool
    """Mails are on, and there is no mail server for them."""
    is_named: bool


_EVERY = ""
"""In the place of a kind of delivery: every kind that has no number of its own."""
_DEFAULTS: Mapping[str, str] = {each.name: each.default for each in SETTINGS if each.default is not None}
_NAMES = tuple(each.name for each in SETTINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    stripe_api_key: str = field(repr=False)
    webhook_secrets: Sequence[str] = field(repr=False)
    stripe_api_base: str | None
    database: Database
    catalog: Path
    public_url: str | None
    secret_key: str | None = field(repr=False)
    smtp: "SmtpServer | None" = field(repr=False)
    mail_from: str
    shop: Shop
    """Without its logo, which is read when it is needed."""
    shop_logo: Path | None
    mails: frozenset[MailKind]
    locale: str
    time_zone: ZoneInfo
    templates: Path | None
    retrieval: Effort
    mail: Effort
    delivery: DeliveryEffort
    """Of each kind of delivery that calls out, unless `deliveries` has it."""
    deliveries: Mapping[str, DeliveryEffort]
    """Of the kinds that the settings name."""
    retry_pause_seconds_max: int
    outbox: Path = Path("outbox")

    @property
    def livemode(self) -> bool:
        return _is_live(self.stripe_api_key)

    @property
    def live_shop(self) -> LiveShop | None:
        """None in test mode."""
        if not self.livemode:
            return None
        mails_reach_no_one = bool(self.mails) and self.smtp is None
        return LiveShop(catalog=self.catalog, mails_reach_no_one=mails_reach_no_one, is_named=self.shop.is_named)

    @property
    def secrets(self) -> Sequence[str]:
        """The values that must never be shown or logged."""
        password = self.smtp.password if self.smtp else None
        known = (self.stripe_api_key, *self.webhook_secrets, self.secret_key, password, self._database_password)
        return [secret for secret in known if secret]

    @property
    def _database_password(self) -> str | None:
        return self.database.password if isinstance(self.database, PostgresDatabase) else None


def load_settings(environ: Mapping[str, str], dotenv: Path | None) -> Settings:
    """Return every setting, from the environment and from the file `dotenv` if it exists.

    Raises:
        SettingsError: one is missing or wrong.
    """
    values = _values(environ, dotenv)
    delivery, deliveries = _read_deliveries(values)
    settings = Settings(
        stripe_api_key=_required(values, "STRIPE_API_KEY", setting_values.api_key, dotenv),
        webhook_secrets=_required(values, "STRIPE_WEBHOOK_SECRET", setting_values.webhook_secrets, dotenv),
        stripe_api_base=_optional(values, "STRIPE_API_BASE", setting_values.url),
        database=setting_values.database(values["DATABASE_URL"]),
        catalog=Path(values["FULFILL_CATALOG"]),
        public_url=_optional(values, "FULFILL_PUBLIC_URL", setting_values.url),
        secret_key=_optional(values, "FULFILL_SECRET_KEY", setting_values.secret_key),
        smtp=_optional(values, "SMTP_URL", setting_values.smtp_server),
        mail_from=setting_values.mail_from(values["MAIL_FROM"]),
        shop=_shop(values),
        shop_logo=_optional(values, "FULFILL_SHOP_LOGO", setting_values.path),
        mails=setting_values.mails(values["FULFILL_MAILS"]),
        locale=values["FULFILL_LOCALE"],
        time_zone=setting_values.time_zone("FULFILL_TIME_ZONE", values["FULFILL_TIME_ZONE"]),
        templates=_optional(values, "FULFILL_TEMPLATES", setting_values.path),
        retrieval=_read_effort(values, "RETRIEVAL"),
        mail=_read_effort(values, "MAIL"),
        delivery=delivery,
        deliveries=deliveries,
        retry_pause_seconds_max=_whole_number(values, "FULFILL_RETRY_PAUSE_SECONDS", PAUSE_SECONDS),
    )
    if settings.smtp is not None and values["MAIL_FROM"] == _DEFAULTS["MAIL_FROM"]:
        raise SettingsError("SMTP_URL is set, but MAIL_FROM is not. Set it to a sender that your mail server accepts.")
    return settings


def _shop(values: Mapping[str, str]) -> Shop:
    """The shop as customers know it."""
    name, url = _shop_name(values), _optional(values, "FULFILL_SHOP_URL", setting_values.url)
    return Shop(
        name=name or (url and _domain(url)),
        is_named=name is not None,
        url=url,
        email=_optional(values, "FULFILL_SHOP_EMAIL", setting_values.email),
        phone=_optional(values, "FULFILL_SHOP_PHONE", setting_values.phone),
        order_prefix=_optional(values, "FULFILL_ORDER_PREFIX", setting_values.order_prefix),
    )


def _domain(url: str) -> str | None:
    host = urlsplit(url).hostname
    return host and host.removeprefix("www.")


def _shop_name(values: Mapping[str, str]) -> str | None:
    return values.get("FULFILL_SHOP_NAME") or setting_values.sender_name(setting_values.mail_from(values["MAIL_FROM"]))


def load_database(environ: Mapping[str, str], dotenv: Path | None) -> Database:
    """Return the database of the log, which is all that a command that only reads needs.

    Raises:
        SettingsError: `DATABASE_URL` is wrong.
    """
    return setting_values.database(_values(environ, dotenv)["DATABASE_URL"])


def load_staff_name(environ: Mapping[str, str], dotenv: Path | None) -> str | None:
    """Return the name of the member of staff who uses the command line, if `FULFILL_AS` has it."""
    return _values(environ, dotenv).get("FULFILL_AS")


def load_catalog_path(environ: Mapping[str, str], dotenv: Path | None) -> Path:
    """Return the path of the catalog, for a command that only reads."""
    return Path(_values(environ, dotenv)["FULFILL_CATALOG"])


def load_time_zone(environ: Mapping[str, str], dotenv: Path | None) -> ZoneInfo:
    """Return the shop's time zone, for a command that only reads.

    Raises:
        SettingsError: `FULFILL_TIME_ZONE` is wrong.
    """
    return setting_values.time_zone("FULFILL_TIME_ZONE", _values(environ, dotenv)["FULFILL_TIME_ZONE"])


def load_public_url(environ: Mapping[str, str], dotenv: Path | None) -> str | None:
    """Return the URL at which customers reach the server, for a command that only reads.

    Raises:
        SettingsError: `FULFILL_PUBLIC_URL` is wrong.
    """
    return _optional(_values(environ, dotenv), "FULFILL_PUBLIC_URL", setting_values.url)


def load_order_prefix(environ: Mapping[str, str], dotenv: Path | None) -> str | None:
    """Return the prefix of order numbers, for a command that only reads.

    Raises:
        SettingsError: it is wrong.
    """
    return _optional(_values(environ, dotenv), "FULFILL_ORDER_PREFIX", setting_values.order_prefix)


def load_live_shop(environ: Mapping[str, str], dotenv: Path | None) -> LiveShop | None:
    """Return the same for a command that only reads; None in test mode, or without a key, which shows the mode.

    Raises:
        SettingsError: `FULFILL_MAILS` or `MAIL_FROM` is wrong.
    """
    values = _values(environ, dotenv)
    if not _is_live(values.get("STRIPE_API_KEY", "")):
        return None
    mails = setting_values.mails(values["FULFILL_MAILS"])
    return LiveShop(
        catalog=Path(values["FULFILL_CATALOG"]),
        mails_reach_no_one=bool(mails) and "SMTP_URL" not in values,
        is_named=_shop_name(values) is not None,
    )


def _is_live(stripe_api_key: str) -> bool:
    return "_live_" in stripe_api_key[:8]


def _values(environ: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    """Every setting that has a value; an empty one is as good as none."""
    written = {**_from_file(dotenv), **environ}
    for name in written:
        near = get_close_matches(name, _NAMES, 1, 0.85) if name.startswith("FULFILL_") and name not in _NAMES else []
        if near:
            raise SettingsError(f"Unknown setting {name[:100]}. Did you mean {near[0]}?")
    values = {name: written[name].strip() for name in _NAMES if written.get(name, "").strip()}
    for name, value in values.items():
        if len(value) > _TEXT_MAX or not value.isprintable():
            raise SettingsError(f"{name} must be one line of at most {_TEXT_MAX} printable characters.")
    return {**_DEFAULTS, **values}


def _from_file(dotenv: Path | None) -> dict[str, str]:
    if dotenv is None or not dotenv.is_file():
        return {}
    from dotenv import dotenv_values

    try:
        return {name: value or "" for name, value in dotenv_values(dotenv, interpolate=False).items()}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file {dotenv} can't be read: {type(error).__name__}.") from error


def _required(values: Mapping[str, str], name: str, read: Callable[[str, str], T], dotenv: Path | None) -> T:
    if name not in values:
        raise SettingsError(f"{name} is not set. Set it in the environment or in {_in_which_file(dotenv)}")
    return read(name, values[name])


def _in_which_file(dotenv: Path | None) -> str:
    if dotenv is None:
        return "a file named .env."
    if dotenv.is_file():
        return f"{dotenv}."
    return f"a file named {dotenv}. There is none here: run commands in the directory of your shop."


def _optional(values: Mapping[str, str], name: str, read: Callable[[str, str], T]) -> T | None:
    return read(name, values[name]) if name in values else None


def _read_effort(values: Mapping[str, str], noun: str) -> Effort:
    return Effort(
        concurrency=_whole_number(values, f"FULFILL_{noun}_CONCURRENCY", CONCURRENCY),
        attempts_max=_whole_number(values, f"FULFILL_{noun}_ATTEMPTS", ATTEMPTS),
    )


def _read_deliveries(values: Mapping[str, str]) -> tuple[DeliveryEffort, Mapping[str, DeliveryEffort]]:
    """The effort of every delivery, and that of the kinds that have one of their own."""
    concurrency = _by_kind(values, "FULFILL_DELIVERY_CONCURRENCY", CONCURRENCY)
    attempts = _by_kind(values, "FULFILL_DELIVERY_ATTEMPTS", ATTEMPTS)
    timeouts = _by_kind(values, "FULFILL_DELIVERY_TIMEOUT_SECONDS", TIMEOUT_SECONDS)

    def effort(kind: str) -> DeliveryEffort:
        return DeliveryEffort(
            concurrency=concurrency.get(kind, concurrency[_EVERY]),
            attempts_max=attempts.get(kind, attempts[_EVERY]),
            timeout_seconds=timeouts.get(kind, timeouts[_EVERY]),
        )

    kinds = (concurrency.keys() | attempts.keys() | timeouts.keys()) - {_EVERY}
    return effort(_EVERY), {kind: effort(kind) for kind in kinds}


def _by_kind(values: Mapping[str, str], name: str, accepted: Range) -> Mapping[str, int]:
    """Numbers by kinds of delivery: `8, courier=2` is 2 for `courier` and 8 for every other one."""
    found: dict[str, int] = {}
    for part in values[name].split(","):
        kind, _, number = part.rpartition("=")
        kind = kind.strip()
        if kind in found:
            raise SettingsError(f"{name} must have one number for each kind of delivery (got {values[name][:50]!r}).")
        found[kind] = setting_values.whole_number(name, number.strip(), accepted)
    return {_EVERY: int(_DEFAULTS[name]), **found}


def _whole_number(values: Mapping[str, str], name: str, accepted: Range) -> int:
    return setting_values.whole_number(name, values[name], accepted)
