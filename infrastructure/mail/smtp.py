"""Mails handed to a mail server."""

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cache
from typing import Any

from application.ports import NotTaken, Permanent, PortError, Temporary
from domain import reasons
from domain.mail import Mail, SentMail
from domain.reason import Peer, Reason, SmtpAbout
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.mail.addresses import Sender
from infrastructure.mail.message import as_sent, mail_message
from infrastructure.mail.refusal import refusal, smtp_reply
from infrastructure.mail.smtp_url import SmtpServer, parse_smtp_url

__all__ = ["SmtpMailer", "SmtpServer", "parse_smtp_url"]

TIMEOUT_SECONDS = 20.0


class SmtpMailer:
    """Implements `application.ports.Mailer`: a connection for each mail, each step of it within `timeout_seconds`.

    Any error before the server is asked to take the mail is `NotTaken`, even a wrong password: the mail itself is fine,
    and goes out once an operator has fixed the setting.
    """

    def __init__(
        self,
        smtp: SmtpServer,
        mail_from: str,
        texts: CustomerTexts,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """`trust` makes the TLS context; by default it trusts the certificates that this machine trusts."""
        self._trust = cache(trust)  # reading the machine's certificates takes 20 ms of CPU: once, not for each mail
        self._smtp = smtp
        self._sender = Sender.parse(mail_from)
        self._texts = texts
        self._timeout_seconds = timeout_seconds

    def send(self, mail: Mail, *, message_id: str) -> SentMail:
        message = mail_message(mail, self._texts, message_id=message_id, sender=self._sender, at=datetime.now(UTC))
        sent = as_sent(message)
        connection = self._ready()
        try:
            connection.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            # not as the cause, which quotes the customer's address
            raise _translated(error, message, self._smtp.host, was_data_sent=connection.was_data_sent) from None
        # The server has the mail. Whatever goes wrong from here on must not send it again.
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()
        return sent

    def _ready(self) -> "_Connection":
        """A connection that is as safe as it has to be, and logged in."""
        try:
            connection = self._connect()
            try:
                self._secure(connection)
                self._log_in(connection)
            except BaseException:
                connection.close()
                raise
        except (smtplib.SMTPException, OSError) as error:
            raise NotTaken(_why_not_ready(error, self._smtp.host)) from error
        return connection

    def _connect(self) -> "_Connection":
        smtp, me, timeout = self._smtp, self._sender.domain, self._timeout_seconds
        if smtp.security == "tls":
            return _TlsConnection(smtp.host, smtp.port, me, timeout=timeout, context=self._trust())
        return _Connection(smtp.host, smtp.port, me, timeout=timeout)

    def _secure(self, connection: smtplib.SMTP) -> None:
        """STARTTLS where it is offered. Where it is not, a mail may go in the clear, but never a password."""
        if self._smtp.security != "starttls":
            return
        connection.ehlo_or_helo_if_needed()
        if connection.has_extn("starttls"):
            connection.starttls(context=self._trust())
        elif self._smtp.password is not None:
            raise NotTaken(reasons.no_encryption())

    def _log_in(self, connection: smtplib.SMTP) -> None:
        if self._smtp.username is not None and self._smtp.password is not None:
            connection.login(self._smtp.username, self._smtp.password)


class _Connection(smtplib.SMTP):
    was_data_sent = False
    """Whether the server may have the whole mail by now. It can't before it was asked to take it by `DATA`."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.was_data_sent = True
        return super().data(msg)


class _TlsConnection(_Connection, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""


def _translated(error: Exception, message: EmailMessage, host: str, *, was_data_sent: bool) -> PortError:
    """The server's answer to a mail. Its text may quote the customer's address, so it is not kept."""
    without_answer = Temporary if was_data_sent else NotTaken
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
            return refusal(SmtpAbout.RECIPIENT, code, answer)
        case smtplib.SMTPSenderRefused():
            return refusal(SmtpAbout.SENDER, error.smtp_code, error.smtp_error)
        case smtplib.SMTPResponseException():
            return refusal(SmtpAbout.MAIL, error.smtp_code, error.smtp_error)
        case smtplib.SMTPNotSupportedError():
            about = SmtpAbout.SENDER if str(message["To"]).isascii() else SmtpAbout.RECIPIENT
            return Permanent(reasons.only_ascii_addresses(about))
        case _:
            return without_answer(_broken_off(error, host))


def _why_not_ready(error: Exception, host: str) -> Reason:
    match error:
        case smtplib.SMTPAuthenticationError():
            return smtp_reply(SmtpAbout.PASSWORD, error.smtp_code, error.smtp_error)
        case smtplib.SMTPNotSupportedError():
            return reasons.no_login()
        case smtplib.SMTPResponseException():
            return smtp_reply(SmtpAbout.CONNECTION, error.smtp_code, error.smtp_error)
        case ssl.SSLCertVerificationError():
            return reasons.tls_failed(Peer.MAIL_SERVER, host, error.verify_message)
        case ssl.SSLError():
            return reasons.tls_failed(Peer.MAIL_SERVER, host, "")
        case socket.gaierror():
            return reasons.host_not_found(Peer.MAIL_SERVER, host)
        case ConnectionRefusedError():
            return reasons.connection_refused(Peer.MAIL_SERVER, host)
        case _:
            return _broken_off(error, host)


def _broken_off(error: Exception, host: str) -> Reason:
    """Why there was no answer. The library's texts are not kept: they may quote the customer's address."""
    if _is_timeout(error):
        return reasons.timed_out(Peer.MAIL_SERVER, host)
    return reasons.connection_failed(Peer.MAIL_SERVER, host, type(error).__name__)


def _is_timeout(error: Exception) -> bool:
    """`smtplib` raises a lost connection for every error while it reads, and keeps that error as its context."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
