"""A mail as the customer reads it: a subject, and a text and an HTML part that say the same."""

from dataclasses import dataclass

from domain.mail import Mail
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.mail.view import mail_view


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    subject: str
    text: str
    html: str


def render(mail: Mail, texts: CustomerTexts, *, shop: str, is_answered: bool) -> Written:
    """`shop` is the name of the shop; `is_answered` is whether the shop reads replies."""
    language = texts.language(mail.locale)
    view = mail_view(mail, language, shop=shop, is_answered=is_answered)
    return Written(
        subject=view.subject,
        text=texts.render(f"mails/{mail.kind}.txt", language, mail=view),
        html=texts.render(f"mails/{mail.kind}.html", language, mail=view),
    )
