"""A mail as a message on the wire: headers that nothing can be slipped into, a text and an HTML part."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import quote

from application.ports import Permanent
from domain.mail import Mail
from infrastructure.mail.render import render
from infrastructure.safe_text import one_line

_ADDRESS_LENGTH_MAX = 320
_NAME_LENGTH_MAX = 100
_NOT_IN_ADDRESSES = frozenset(' <>,;:"()[]\\')


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who writes to the customers, as `MAIL_FROM` says."""

    address: Address

    @classmethod
    def parse(cls, mail_from: str) -> "Sender":
        """Read `Shop <orders@example.com>` or `orders@example.com`.

        Raises:
            ValueError: it is neither.
        """
        return cls(address=_address(*parseaddr(mail_from)))

    @property
    def shop(self) -> str:
        return self.address.display_name or self.domain

    @property
    def domain(self) -> str:
        return self.address.domain

    @property
    def is_answered(self) -> bool:
        """Whether somebody reads what customers answer: not where the address itself says `no-reply`."""
        name = self.address.username.lower().replace("-", "").replace("_", "").replace(".", "")
        return not name.startswith(("noreply", "donotreply"))


def mail_message(mail: Mail, *, message_id: str, sender: Sender, at: datetime) -> EmailMessage:
    """The mail under its ID. `at` is when it is sent, and all that differs between two attempts.

    Raises:
        Permanent: the customer's address can't be one.
    """
    to = _recipient(mail)
    written = render(mail, shop=sender.shop, is_answered=sender.is_answered)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender.address
    message["To"] = to
    message["Subject"] = _header_text(written.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{quote(message_id, safe='')}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message.set_content(written.text, cte="quoted-printable")
    message.add_alternative(written.html, subtype="html", cte="quoted-printable")
    # "=_" never occurs in quoted-printable, so that no content can look like the end of its part
    message.set_boundary("=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32])
    return message


def _recipient(mail: Mail) -> Address:
    try:
        return _address(mail.name.text if mail.name else "", mail.to.text if mail.to else "")
    except ValueError:
        # not as the cause: it may quote the address
        raise Permanent("The customer's address, as Stripe has it, is none that a mail can be sent to") from None


def _address(name: str, text: str) -> Address:
    """An address, with its domain as the name service knows it.

    Raises:
        ValueError: `text` is none.
    """
    local, _, domain = text.rpartition("@")
    is_plain = text.isprintable() and _NOT_IN_ADDRESSES.isdisjoint(text) and "@" not in local and "=?" not in text
    if not local or not domain or not is_plain or len(text) > _ADDRESS_LENGTH_MAX:
        raise ValueError("not an address")
    try:
        known_domain = domain.encode("idna").decode("ascii")
        shown = _header_text(one_line(name, _NAME_LENGTH_MAX))
        return Address(display_name=shown, username=local, domain=known_domain)
    except (ValueError, IndexError, AttributeError) as error:
        raise ValueError("not an address") from error


def _header_text(text: str) -> str:
    """`text` that holds no encoded word (RFC 2047): the library would decode it, and write its line breaks too."""
    return text.replace("=?", "= ?")
