"""A mail as the customer reads it: a subject, and a text and an HTML part that say the same."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.mail import Mail
from infrastructure.mail.view import mail_view

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    subject: str
    text: str
    html: str


def render(mail: Mail, *, shop: str, is_answered: bool) -> Written:
    """`shop` is what the shop is called; `is_answered` is whether somebody reads what comes back."""
    view, templates = mail_view(mail, shop=shop, is_answered=is_answered), _templates()
    return Written(
        subject=view.subject,
        text=templates.get_template(f"{mail.kind}.txt").render(mail=view),
        html=templates.get_template(f"{mail.kind}.html").render(mail=view),
    )


@lru_cache(maxsize=1)
def _templates() -> Environment:
    """Everything is escaped but in the text part, which nothing reads as a markup."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
