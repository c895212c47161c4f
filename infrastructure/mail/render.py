"""A mail as the customer reads it: a subject, and a text and an HTML part with the same content."""

from dataclasses import dataclass

from domain.mail import Mail
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.mail.content import mail_content


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    subject: str
    text: str
    html: str


def render(mail: Mail, texts: CustomerTexts, *, shop: str, is_answered: bool) -> Written:
    """Return the rendered mail. `shop` is the name of the shop, or empty; `is_answered` is true if the shop reads
    replies."""
    language = texts.language(mail.locale)
    content = mail_content(mail, language, shop=shop, order_prefix=texts.shop.order_prefix, is_answered=is_answered)
    return Written(
        subject=content.subject,
        text=texts.render(f"mails/{mail.kind}.txt", language, mail=content),
        html=texts.render(f"mails/{mail.kind}.html", language, mail=content),
    )
