"""What the templates show of a mail: texts that are ready and one line each, so that a template only arranges them."""

from dataclasses import dataclass

from domain.mail import Mail, MailKind, MailLine
from domain.order_number import with_prefix
from infrastructure.customer_texts.formatting import format_date, format_money
from infrastructure.customer_texts.language import Language
from infrastructure.customer_texts.mail_texts import greeting, mail_text, next_step, order_of
from infrastructure.customer_texts.postal import postal_lines
from infrastructure.customer_texts.sums import Sum, sums, sums_note
from infrastructure.safe_text import one_line, web_link

_TITLE_LENGTH_MAX = 300
_REFERENCE_LENGTH_MAX = 60
_KEY_LENGTH_MAX = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class LineContent:
    title: str
    quantity: str | None
    """How many, where it is not one."""
    amount: str
    next_step: str
    keys: tuple[str, ...]
    link: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailContent:
    shop: str
    """The name of the shop; empty if it has none."""
    subject: str
    heading: str
    greeting: str
    lead: str
    closing: str
    is_answered: bool
    """Whether the shop reads replies of customers."""
    order: str
    """Which order this is about: its number, the merchant's reference, if it has one, and when it was made."""
    lines: tuple[LineContent, ...]
    sums: tuple[Sum, ...]
    """The parts of the total; empty where the lines already show them."""
    sums_note: str | None
    total: str
    in_own_currency: str | None
    """The total as the customer saw and pays it, where that is in another currency than the shop's."""
    carrier: str | None
    tracking: str | None
    tracking_link: str | None
    ship_to: tuple[str, ...]


def mail_content(
    mail: Mail, language: Language, *, shop: str, order_prefix: str | None, is_answered: bool
) -> MailContent:
    name = one_line(mail.name.text) if mail.name else ""
    reference = _order(mail, order_prefix)
    text = mail_text(mail, language, reference=reference)
    return MailContent(
        shop=shop,
        subject=text.subject,
        heading=text.heading,
        greeting=greeting(name, language),
        lead=text.lead,
        closing=text.closing,
        is_answered=is_answered,
        order=order_of(reference, format_date(mail.ordered_at, language.locale), language),
        lines=tuple(_line(mail, line, language) for line in mail.lines),
        sums=sums(mail, language),
        sums_note=sums_note(mail, (line.amount_total for line in mail.lines), language),
        total=_money(mail, mail.amount_total, language),
        in_own_currency=_in_own_currency(mail, language),
        carrier=one_line(mail.carrier) if mail.carrier else None,
        tracking=one_line(mail.tracking.text) if mail.tracking else None,
        tracking_link=web_link(mail.tracking.text) if mail.tracking else None,
        ship_to=postal_lines(mail.ship_to, language.locale) if mail.ship_to else (),
    )


def _order(mail: Mail, prefix: str | None) -> str:
    """What the order is called: its number, and the merchant's own reference."""
    number = with_prefix(mail.order_number, prefix) if mail.order_number else None
    reference = one_line(mail.reference.text, _REFERENCE_LENGTH_MAX) if mail.reference else ""
    return " · ".join(filter(None, (number, reference)))


def _line(mail: Mail, line: MailLine, language: Language) -> LineContent:
    hands_over = mail.kind in {MailKind.RECEIPT, MailKind.DELIVERED, MailKind.KEYS_REPLACED}
    return LineContent(
        title=one_line(line.title, _TITLE_LENGTH_MAX),
        quantity=language.number(line.quantity) if line.quantity != 1 else None,
        amount=_money(mail, line.amount_total, language),
        next_step=next_step(line, language) if hands_over else "",
        keys=tuple(one_line(key.text, _KEY_LENGTH_MAX) for key in line.keys) if hands_over else (),
        link=web_link(line.link) if hands_over else None,
    )


def _money(mail: Mail, amount: int, language: Language) -> str:
    return format_money(amount, mail.currency, language.locale)


def _in_own_currency(mail: Mail, language: Language) -> str | None:
    own = mail.presentment
    return format_money(own.amount, own.currency, language.locale) if own else None
