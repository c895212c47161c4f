"""A mail as a message on the wire: headers that nothing can be slipped into, a text and an HTML part."""

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from application.ports import Permanent
from domain import reasons
from domain.mail import Mail, SentMail
from domain.personal import Personal
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.shop import Logo
from infrastructure.mail.addresses import Sender, header_text, mail_address
from infrastructure.mail.render import render


def mail_message(mail: Mail, texts: CustomerTexts, *, message_id: str, sender: Sender, at: datetime) -> EmailMessage:
    """Return the mail as a message with this ID. `at` is the time of sending, the only difference between two attempts.

    Raises:
        Permanent: the customer's address is invalid.
    """
    to = _recipient(mail)
    shop = texts.shop
    is_answered = shop.email is not None or sender.is_answered
    written = render(mail, texts, shop=shop.name or sender.shop, is_answered=is_answered)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender.address
    message["To"] = to
    if shop.email is not None:
        message["Reply-To"] = mail_address("", shop.email)
    message["Subject"] = header_text(written.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{digest(message_id)}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message.set_content(written.text, cte="quoted-printable")
    message.add_alternative(written.html, subtype="html", cte="quoted-printable")
    if shop.logo is not None:
        _add_logo(message, shop.logo, boundary="=_" + digest(f"{message_id} with the logo"))
    # "=_" never occurs in quoted-printable, so that no content can look like the end of its part
    message.set_boundary("=_" + digest(message_id))
    return message


def _add_logo(message: EmailMessage, logo: Logo, *, boundary: str) -> None:
    """Carry the logo along with the HTML part, which names it by its content ID."""
    html = message.get_body(("html",))
    assert html is not None, "every mail has an HTML part"
    name = f"logo.{logo.subtype}"
    html.add_related(
        logo.content, "image", logo.subtype, cid=f"<{logo.content_id}>", disposition="inline", filename=name
    )
    html.set_boundary(boundary)


def as_sent(message: EmailMessage) -> SentMail:
    """Return what the customer reads of the mail."""
    text = message.get_body(("plain",))
    assert text is not None, "every mail has a text part"
    return SentMail(subject=Personal(str(message["Subject"])), text=Personal(text.get_content()))


def preview(mail: Mail, texts: CustomerTexts, *, sender: Sender) -> SentMail:
    """Return what the customer would read of the mail."""
    is_answered = texts.shop.email is not None or sender.is_answered
    written = render(mail, texts, shop=texts.shop.name or sender.shop, is_answered=is_answered)
    return SentMail(subject=Personal(written.subject), text=Personal(written.text))


def digest(message_id: str) -> str:
    """Return a digest that is as unique as the message ID. The ID itself contains that of the session, which opens
    the customer's landing page, and mail servers log this header."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:40]


def _recipient(mail: Mail) -> Address:
    try:
        return mail_address(mail.name.text if mail.name else "", mail.to.text if mail.to else "")
    except ValueError:
        # not as the cause: it may quote the address
        raise Permanent(reasons.invalid_address()) from None
