"""Mails handed to a mail server."""

import re
import smtplib
import ssl
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from application.ports import Permanent, Temporary
from domain.mail import Mail
from infrastructure.mail.message import mail_message

TIMEOUT_SECONDS = 20.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"smtp": 587, "smtps": 465}
_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")

Security = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_smtp_url(text: str) -> SmtpServer:
    """`smtp://user:password@host:587` is STARTTLS, `smtps://` TLS from the start; on this machine `smtp://` is plain.

    Raises:
        ValueError: with a sentence that repeats nothing of the text, which may hold a password.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError("it is no address; one is like smtp://user:password@mail.example.com:587.") from error
    is_plain = parts.path in {"", "/"} and not parts.query and not parts.fragment
    if parts.scheme not in _PORTS or not parts.hostname or not is_plain:
        raise ValueError("it must be like smtp://user:password@mail.example.com:587 or smtps://mail.example.com.")
    if parts.scheme == "smtps":
        security: Security = "tls"
    else:
        security = "none" if parts.hostname in _LOOPBACK else "starttls"
    return SmtpServer(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        security=security,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class SmtpMailer:
    """Implements `application.ports.Mailer`: a connection for each mail, each step of it within 20 seconds."""

    def __init__(self, server: SmtpServer, mail_from: str) -> None:
        self._server = server
        self._mail_from = mail_from

    def send(self, mail: Mail, *, message_id: str) -> None:
        message = mail_message(mail, message_id=message_id, mail_from=self._mail_from)
        try:
            with self._connect() as connection:
                connection.send_message(message)
        except smtplib.SMTPAuthenticationError as error:
            # Nothing is wrong with the mail: once an operator has put the password right, it goes out.
            raise Temporary(f"The mail server refuses the user or password in SMTP_URL ({error.smtp_code}).") from error
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _refusal(code, answer, "the customer's address") from error
        except smtplib.SMTPSenderRefused as error:
            raise _refusal(error.smtp_code, error.smtp_error, "the sender in MAIL_FROM") from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error, "the mail") from error
        except smtplib.SMTPNotSupportedError as error:
            raise Temporary("The mail server offers no encryption or login as SMTP_URL needs it.") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Temporary(f"The mail server was not reached, or broke off ({type(error).__name__}).") from error

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            if server.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.username is not None:
                connection.login(server.username, server.password or "")
        except BaseException:
            connection.close()
            raise
        return connection


def _refusal(code: int, answer: bytes | str, what: str) -> Permanent | Temporary:
    """4xx asks us to come back, 5xx is for good. The server's own words may quote the address: only its code stays."""
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    enhanced = _CODE.search(text)
    said = f"{code} {enhanced[0]}" if enhanced else str(code)
    if 500 <= code < 600:
        return Permanent(f"The mail server refuses {what} for good ({said}).")
    return Temporary(f"The mail server does not take {what} now ({said}).")
