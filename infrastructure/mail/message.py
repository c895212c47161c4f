"""A mail as a message on the wire: headers, a text and an HTML part."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from application.ports import Permanent
from domain.mail import Mail
from infrastructure.mail.render import render
from infrastructure.safe_text import one_line

_ADDRESS_MAX = 320


def mail_message(mail: Mail, *, message_id: str, mail_from: str) -> EmailMessage:
    """The mail under its ID; only its date is that of the attempt.

    Raises:
        Permanent: the customer's address can't be one.
    """
    written, sender = render(mail), parseaddr(mail_from)
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(*sender)
    message["To"] = _recipient(mail)
    message["Subject"] = written.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{message_id}@{sender[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(written.text, cte="quoted-printable")
    message.add_alternative(written.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{message_id[-60:]}")
    return message


def _recipient(mail: Mail) -> Address:
    text = mail.to.text if mail.to else ""
    try:
        if len(text) > _ADDRESS_MAX:
            raise ValueError
        return _address(one_line(mail.name.text) if mail.name else "", text)
    except (ValueError, IndexError) as error:
        raise Permanent("The customer's address, as Stripe has it, is none that a mail can be sent to.") from error


def _address(name: str, text: str) -> Address:
    local, _, domain = text.rpartition("@")
    if not local or not domain or not text.isprintable() or any(c in text for c in ' <>,;"()[]\\'):
        raise ValueError("not an address")
    return Address(display_name=name[:200], username=local, domain=domain)
