"""`SMTP_URL`: the address of the mail server, and how to connect to it."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"smtp": 587, "smtps": 465}
_SHAPE = "it must be like smtp://user:password@mail.example.com:587 or smtps://mail.example.com."

Security = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """With `starttls`, the connection is encrypted if the server offers it; otherwise no password is sent."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_smtp_url(text: str) -> SmtpServer:
    """Read `smtp://user:password@host:587`, which uses STARTTLS, or `smtps://`, which uses TLS from the start. To this
    machine, `smtp://` is not encrypted.

    Special characters in the user and the password are percent-encoded.

    Raises:
        ValueError: it is neither. The message repeats nothing of the text, which may contain a password.
    """
    parts, port = _split(text)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in {"", "/"} or "?" in text or "#" in text:
        raise ValueError(_SHAPE)
    username, password = _login(parts)
    return SmtpServer(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        security=_security(parts),
        username=username,
        password=password,
    )


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        _ = (parts.hostname or "").encode("idna")  # raises for a host that can't be looked up
        return parts, parts.port
    except ValueError:
        raise ValueError(_SHAPE) from None  # the cause may quote the password


def _login(parts: SplitResult) -> tuple[str | None, str | None]:
    username, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    if (username is None) != (password is None):
        raise ValueError("it must have a user and a password, as in smtp://user:password@..., or neither.")
    for part in (username or "", password or ""):
        if not (part.isascii() and part.isprintable()):
            raise ValueError("the user and the password in smtp://user:password@... must be printable ASCII.")
    return username, password


def _security(parts: SplitResult) -> Security:
    if parts.scheme == "smtps":
        return "tls"
    return "none" if parts.hostname in _LOOPBACK else "starttls"
