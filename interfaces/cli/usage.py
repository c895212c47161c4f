"""The common parameters of commands, and the source of the settings."""

import os
import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import CoercionError, Parameter, Token

from domain import identifiers
from domain.identifiers import InvalidIdentifier, normal_sku, pool_name, stock_id
from interfaces.cli.choices import pools, reasons, skus

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from infrastructure.database import Database
    from infrastructure.settings import LiveShop, Settings

T = TypeVar("T")

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

_DURATION = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_WHOLE_NUMBER, _DIGITS_MAX = re.compile(r"-?\d+", re.ASCII), 100
_LINE_ITEM = re.compile(r"li_[A-Za-z0-9_]{1,200}")
_TEXT_SHOWN_MAX = 60
_NAME_MAX = 500
_PASSWORD = re.compile(r"(?<=://)[^\s@]*@|(?<=password=)[^\s&]*")
"""In the URL of a database, with the user's name."""


class UsageError(Exception):
    """An argument that can't be what is meant."""


def shown(text: str) -> str:
    text = without_passwords(text)
    return repr(text if len(text) <= _TEXT_SHOWN_MAX else f"{text[:_TEXT_SHOWN_MAX]}…")


def without_passwords(text: str) -> str:
    return _PASSWORD.sub("…", text)


def _name(_kind: object, text: str | None) -> None:
    if text is not None and not (text.strip() and text.isprintable() and len(text) <= _NAME_MAX):
        raise ValueError(
            "must be an order number, your reference, the ID of a session, payment intent, subscription, invoice or "
            "line item, the end of one, or a Dashboard URL"
        )


def whole_number(_kind: object, tokens: Sequence[Token]) -> int:
    """The parser's own reading would take 1.5 for 2.

    Raises:
        ValueError: it is not a whole number, or has more than 100 digits. What else is too large, a validator says.
    """
    [token] = tokens
    too_long = len(token.value) > _DIGITS_MAX
    if too_long or not _WHOLE_NUMBER.fullmatch(token.value):
        raise ValueError(
            f"must be a whole number of at most {_DIGITS_MAX} digits" if too_long else "must be a whole number"
        )
    return int(token.value)


def sku_of(_kind: object, tokens: Sequence[Token]) -> str:
    """
    Raises:
        ValueError: it is not a SKU.
    """
    [token] = tokens
    try:
        sku = normal_sku(token.value)
        stock_id(sku)
    except InvalidIdentifier as error:
        raise ValueError("must have 1 to 100 characters, without slashes or control characters") from error
    return sku


def duration(_kind: object, tokens: Sequence[Token]) -> timedelta:
    """
    Raises:
        ValueError: it is no number of minutes, hours or days.
    """
    [token] = tokens
    found = _DURATION.fullmatch(token.value)
    if not found:
        raise ValueError("must be a number of minutes, hours or days, such as 45m, 12h or 3d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def line_id(_kind: object, tokens: Sequence[Token]) -> identifiers.LineItemId:
    """
    Raises:
        ValueError: it is not the ID of a line item.
    """
    [token] = tokens
    if not _LINE_ITEM.fullmatch(token.value):
        raise ValueError("must be the ID of a line item, such as li_1A2b3C. `fulfill checkout` shows them")
    return identifiers.LineItemId(token.value)


def each(convert: Callable[[object, Sequence[Token]], T]) -> Callable[[object, Sequence[Token]], tuple[T, ...]]:
    """A converter for an option that may be repeated: the parser's own error would not name the wrong value."""

    def converted(kind: object, tokens: Sequence[Token]) -> tuple[T, ...]:
        found = []
        for token in tokens:
            try:
                found.append(convert(kind, [token]))
            except ValueError as error:
                raise CoercionError(msg=str(error), token=token) from error
        return tuple(found)

    return converted


def _pool(_kind: object, text: str) -> None:
    try:
        pool_name(text)
    except InvalidIdentifier as error:
        raise ValueError("must have 1 to 100 letters, digits, dots, hyphens or underscores") from error


Json = Annotated[
    bool, Parameter("--json", negative=(), show_default=False, help="Print the result as one JSON document.")
]
Redact = Annotated[
    bool,
    Parameter("--redact", negative=(), show_default=False, help="Hide personal data, for screenshots and tickets."),
]
TimeZone = Annotated[
    str | None, Parameter(help="Show times in this IANA time zone, such as Europe/Berlin (default: UTC).")
]
Local = Annotated[bool, Parameter(negative=(), show_default=False, help="Show times in the time zone of this machine.")]
_NAMES = (
    "Order number, your reference, ID of a session (cs_...), payment intent (pi_...), subscription, invoice or line "
    "item, the end of one, or Dashboard URL"
)
Session = Annotated[str, Parameter(name="SESSION", validator=_name, help=f"{_NAMES}.")]
SessionOrEvent = Annotated[
    str | None, Parameter(name="SESSION", validator=_name, help=f"{_NAMES}; or Stripe event ID (evt_...).")
]
Subject = Annotated[str, Parameter(name="SUBJECT", validator=_name, help=f"{_NAMES}; or Stripe event ID (evt_...).")]
Sku = Annotated[identifiers.Sku, Parameter(converter=sku_of, completer=skus, help="SKU, as in the catalog.")]
Pool = Annotated[
    identifiers.PoolName, Parameter(validator=_pool, completer=pools, help="Name of the key pool, as in the catalog.")
]
Who = Annotated[
    str | None,
    Parameter("--as", help="Your name, recorded in the audit trail (default: FULFILL_AS, else your login name)."),
]
Why = Annotated[str, Parameter("--reason", completer=reasons, help="Your reason, recorded in the audit trail.")]
Lines = Annotated[
    tuple[identifiers.LineItemId, ...],
    Parameter(
        "--line",
        converter=each(line_id),
        negative=(),
        show_default=False,
        help="Line item ID (li_...). May be repeated.",
    ),
]


class Verbosity(IntEnum):
    QUIET = -1
    NORMAL = 0
    VERBOSE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The options that every command takes."""

    env_file: Path | None = None
    """Replaces `.env`, and must exist."""
    verbosity: Verbosity = Verbosity.NORMAL
    has_pager: bool = True
    """Whether a long answer on a terminal goes through a pager."""


COMMON: ContextVar[Common] = ContextVar("COMMON", default=Common())  # noqa: B039 - it is frozen


def _environment_file() -> Path:
    """
    Raises:
        UsageError: the file that --env-file names does not exist.
    """
    named = COMMON.get().env_file
    if named is None:
        return Path(".env")
    if not named.is_file():
        raise UsageError(f"--env-file must be a file with settings (got {shown(str(named))}).")
    return named


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """Where a command takes its settings from: the environment, and a file."""

    environment_file: Path = field(default_factory=_environment_file)

    def settings(self) -> "Settings":
        from infrastructure.settings import load_settings

        return load_settings(os.environ, self.environment_file)

    def staff_name(self) -> str | None:
        from infrastructure.settings import load_staff_name

        return load_staff_name(os.environ, self.environment_file)

    def database(self) -> "Database":
        from infrastructure.settings import load_database

        return load_database(os.environ, self.environment_file)

    def catalog(self) -> Path:
        from infrastructure.settings import load_catalog_path

        return load_catalog_path(os.environ, self.environment_file)

    def time_zone(self) -> "ZoneInfo":
        from infrastructure.settings import load_time_zone

        return load_time_zone(os.environ, self.environment_file)

    def live_shop(self) -> "LiveShop | None":
        from infrastructure.settings import load_live_shop

        return load_live_shop(os.environ, self.environment_file)

    def order_prefix(self) -> str | None:
        from infrastructure.settings import load_order_prefix

        return load_order_prefix(os.environ, self.environment_file)

    def public_url(self) -> str | None:
        from infrastructure.settings import load_public_url

        return load_public_url(os.environ, self.environment_file)
