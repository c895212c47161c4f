"""The texts of settings as values. A wrong one is named in one clear sentence, which never repeats a secret."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.identifiers import InvalidIdentifier
from domain.mail import MailKind
from domain.mail_address import mail_address
from domain.order_number import is_order_prefix
from infrastructure.database import Database, parse_database
from infrastructure.mail.addresses import Sender

if TYPE_CHECKING:
    from infrastructure.mail.smtp import SmtpServer

_API_KEY = re.compile(r"(sk|rk)_(test|live)_[A-Za-z0-9_]{1,250}")
_WEBHOOK_SECRET = re.compile(r"whsec_[\x21-\x7e]{1,250}")
_PHONE = re.compile(r"\+?(?:[ ()./-]*[0-9]){3,20}")
_DIGITS = re.compile(r"[0-9]{1,9}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SECRET_KEY_MIN = 32
_PHONE_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True)
class Range:
    least: int
    most: int

    @property
    def text(self) -> str:
        return f"{self.least} to {self.most}"


CONCURRENCY, ATTEMPTS, PAUSE_SECONDS = Range(1, 100), Range(1, 1000), Range(1, 86_400)
TIMEOUT_SECONDS = Range(1, 3600)


class SettingsError(Exception):
    """A setting is missing or wrong. The message names it and what it must be."""


def api_key(name: str, text: str) -> str:
    """Return the key of a Stripe account, secret or restricted.

    Raises:
        SettingsError: the text is something else.
    """
    if not _API_KEY.fullmatch(text):
        raise SettingsError(
            f"{name} must be a Stripe API key that starts with sk_test_, sk_live_, rk_test_ or rk_live_."
        )
    return text


def webhook_secrets(name: str, text: str) -> tuple[str, ...]:
    """Return one signing secret or several.

    Raises:
        SettingsError: the text is something else.
    """
    secrets = tuple(part.strip() for part in text.split(",") if part.strip())
    if not secrets or not all(_WEBHOOK_SECRET.fullmatch(secret) for secret in secrets):
        raise SettingsError(f"{name} must be a secret that starts with whsec_, or several of them separated by commas.")
    return secrets


def secret_key(name: str, text: str) -> str:
    """Return a text that is long enough to sign with.

    Raises:
        SettingsError: it is shorter.
    """
    if len(text) < SECRET_KEY_MIN:
        raise SettingsError(f"{name} must have {SECRET_KEY_MIN} characters or more.")
    return text


def url(name: str, text: str) -> str:
    """Return a URL without a slash at its end; https, unless it is on this machine.

    Raises:
        SettingsError: the text is something else.
    """
    parts = _split(text)
    is_right = parts is not None and parts.scheme in {"http", "https"} and parts.hostname and not parts.username
    if parts is None or not is_right or parts.query or parts.fragment:
        raise SettingsError(f"{name} must be a URL such as https://shop.example.com, without a query.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise SettingsError(f"{name} must start with https:// unless it is on this machine.")
    return text.rstrip("/")


def time_zone(name: str, text: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        SettingsError: there is none of this name.
    """
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"{name} must be the IANA name of a time zone, such as Europe/Berlin or UTC (got {text[:50]!r})."
        ) from error


def path(_name: str, text: str) -> Path:
    return Path(text)


def whole_number(name: str, text: str, accepted: Range) -> int:
    """Return a number within this range.

    Raises:
        SettingsError: the text is something else.
    """
    if _DIGITS.fullmatch(text) and accepted.least <= int(text) <= accepted.most:
        return int(text)
    raise SettingsError(f"{name} must be a whole number from {accepted.text} (got {text[:50]!r}).")


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for one that is none
    except ValueError:
        return None
    return parts


def database(text: str) -> Database:
    """Return the database of the log.

    Raises:
        SettingsError: the text is something else.
    """
    try:
        return parse_database(text)
    except ValueError as error:
        raise SettingsError(f"DATABASE_URL {error}") from None  # the cause could quote the password


def smtp_server(name: str, text: str) -> "SmtpServer":
    """Return the mail server.

    Raises:
        SettingsError: the text is something else.
    """
    from infrastructure.mail.smtp import parse_smtp_url

    try:
        return parse_smtp_url(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None  # the cause could quote the password


def mail_from(text: str) -> str:
    """Return the sender of mails, with a name or without.

    Raises:
        SettingsError: the text is something else.
    """
    try:
        Sender.parse(text)
    except ValueError as error:
        raise SettingsError(
            "MAIL_FROM must be an address such as orders@example.com or Example Mugs <orders@example.com>."
        ) from error
    return text


def sender_name(mail_from: str) -> str | None:
    """Return the name before the address of the sender; empty without one."""
    return Sender.parse(mail_from).address.display_name or None


def email(name: str, text: str) -> str:
    """Return an address that mails can be sent to.

    Raises:
        SettingsError: the text is something else.
    """
    try:
        mail_address(text)
    except InvalidIdentifier:
        raise SettingsError(f"{name} must be an address such as help@shop.example.com.") from None
    return text


def phone(name: str, text: str) -> str:
    """Return a phone number as people write it.

    Raises:
        SettingsError: the text is something else.
    """
    if len(text) > _PHONE_LENGTH_MAX or not _PHONE.fullmatch(text):
        raise SettingsError(f"{name} must be a phone number such as +49 30 1234567 (got {text[:50]!r}).")
    return text


def order_prefix(name: str, text: str) -> str:
    """Return the prefix of order numbers.

    Raises:
        SettingsError: the text is something else.
    """
    if not is_order_prefix(text):
        raise SettingsError(
            f"{name} must be 1 to 10 capital letters and digits, a letter first, such as MUG (got {text[:50]!r})."
        )
    return text


def mails(text: str) -> frozenset[MailKind]:
    """Return the kinds of mails that go out.

    Raises:
        SettingsError: the text is something else.
    """
    names = [] if text == "none" else [part.strip() for part in text.split(",") if part.strip()]
    unknown = [name for name in names if name not in set(MailKind)]
    if unknown:
        raise SettingsError(f"FULFILL_MAILS must be none, or some of {', '.join(MailKind)} (got {unknown[0][:50]!r}).")
    return frozenset(map(MailKind, names))
