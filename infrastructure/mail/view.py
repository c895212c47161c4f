"""What the templates show of a mail: texts that are ready and one line each, so that a template only arranges them."""

from dataclasses import dataclass

from domain.checkout import Address
from domain.mail import Mail, MailKind, MailLine
from domain.personal import Personal
from infrastructure.formatting import format_date, format_money
from infrastructure.mail.words import next_step, words
from infrastructure.safe_text import one_line, web_link

_TITLE_LENGTH_MAX = 300
_REFERENCE_LENGTH_MAX = 60
_KEY_LENGTH_MAX = 4000
_QUESTIONS = "Questions? Just answer this mail."


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    title: str
    quantity: int
    amount: str
    next_step: str
    keys: tuple[str, ...]
    link: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    label: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    shop: str
    subject: str
    heading: str
    greeting: str
    lead: str
    closing: str
    questions: str | None
    order: str
    """Which order this is about: its reference, if it has one, and when it was made."""
    lines: tuple[LineView, ...]
    sums: tuple[Sum, ...]
    """What the total is made of; nothing where the lines say it all."""
    sums_note: str | None
    total: str
    in_own_currency: str | None
    """The total as the customer saw and pays it, where that is in another currency than the shop's."""
    carrier: str | None
    tracking: str | None
    tracking_link: str | None
    ship_to: tuple[str, ...]


def mail_view(mail: Mail, *, shop: str, is_answered: bool) -> MailView:
    said, name = words(mail.kind), one_line(mail.name.text) if mail.name else ""
    reference = one_line(mail.reference.text, _REFERENCE_LENGTH_MAX) if mail.reference else ""
    day = format_date(mail.ordered_at, mail.locale)
    return MailView(
        shop=shop,
        subject=said.subject.format(order=f"Your order {reference}".rstrip()),
        heading=said.heading,
        greeting=f"Hello {name}," if name else "Hello,",
        lead=said.lead,
        closing=said.closing,
        questions=_QUESTIONS if is_answered else None,
        order=f"Order {reference} of {day}" if reference else f"Order of {day}",
        lines=tuple(_line(mail, line) for line in mail.lines),
        sums=_sums(mail),
        sums_note=_sums_note(mail),
        total=_money(mail, mail.amount_total),
        in_own_currency=_in_own_currency(mail),
        carrier=one_line(mail.carrier) if mail.carrier else None,
        tracking=one_line(mail.tracking.text) if mail.tracking else None,
        tracking_link=web_link(mail.tracking.text) if mail.tracking else None,
        ship_to=_postal_lines(mail.ship_to) if mail.ship_to else (),
    )


def _line(mail: Mail, line: MailLine) -> LineView:
    hands_over = mail.kind in {MailKind.RECEIPT, MailKind.DELIVERED}
    return LineView(
        title=one_line(line.title, _TITLE_LENGTH_MAX),
        quantity=line.quantity,
        amount=_money(mail, line.amount_total),
        next_step=next_step(line) if hands_over else "",
        keys=tuple(one_line(key.text, _KEY_LENGTH_MAX) for key in line.keys) if hands_over else (),
        link=web_link(line.link) if hands_over else None,
    )


def _money(mail: Mail, amount: int) -> str:
    return format_money(amount, mail.currency, mail.locale)


def _in_own_currency(mail: Mail) -> str | None:
    own = mail.presentment
    return format_money(own.amount, own.currency, mail.locale) if own else None


def _sums(mail: Mail) -> tuple[Sum, ...]:
    parts = [
        ("Discount", -mail.amount_discount),
        ("Shipping", mail.amount_shipping),
        (_tax_label(mail), mail.amount_tax),
    ]
    sums = [Sum(label=label, amount=_money(mail, amount)) for label, amount in parts if amount]
    return (Sum(label="Subtotal", amount=_money(mail, mail.amount_subtotal)), *sums) if sums else ()


def _tax_label(mail: Mail) -> str:
    """Prices can be with tax or without; Stripe says which only by how the amounts add up."""
    untaxed = mail.amount_subtotal - mail.amount_discount + mail.amount_shipping
    if untaxed + mail.amount_tax == mail.amount_total:
        return "Tax"
    return "Tax, included" if untaxed == mail.amount_total else "Tax, in part included"


def _sums_note(mail: Mail) -> str | None:
    """Stripe's amount of a line is what was paid for it: only in the simple case do they add up to the subtotal."""
    if sum(line.amount_total for line in mail.lines) == mail.amount_subtotal:
        return None
    is_discounted, is_taxed = mail.amount_discount > 0, mail.amount_tax > 0
    what = " and ".join(["after discounts"] * is_discounted + ["with tax"] * is_taxed) or "its share of the total"
    return f"The amount beside each item is {what}."


def _postal_lines(address: Address) -> tuple[str, ...]:
    town = [address.postal_code, address.city, address.state]
    lines = [[address.line1], [address.line2], town, [address.country]]
    return tuple(text for line in lines if (text := _joined(line)))


def _joined(parts: list[Personal | None]) -> str:
    return one_line(" ".join(part.text for part in parts if part))
