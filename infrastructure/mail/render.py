"""What a mail says, as text and as HTML. Everything that a customer or Stripe typed is escaped."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.catalog import LICENSE_KEY, SHIPMENT
from domain.mail import Mail, MailKind, MailLine
from infrastructure.formatting import format_date, format_money
from infrastructure.safe_text import one_line, web_link

_TEMPLATES = Path(__file__).parent / "templates"
_LINES_MAX = 200
_TITLES = {
    MailKind.RECEIPT: "Thank you for your order",
    MailKind.PAYMENT_PENDING: "We have your order; your payment is on its way",
    MailKind.PAYMENT_FAILED: "Your payment did not go through",
    MailKind.SHIPPED: "A parcel is on its way to you",
    MailKind.BACKORDERED: "A part of your order needs more time",
    MailKind.DELIVERED: "Something of your order is ready",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    title: str
    quantity: int
    amount: str
    next_step: str
    link: str | None
    keys: tuple[str, ...]


def render(mail: Mail) -> Written:
    title = _TITLES[mail.kind]
    values = {
        "title": title,
        "kind": str(mail.kind),
        "name": one_line(mail.name.text) if mail.name else None,
        "reference": one_line(mail.reference) if mail.reference else None,
        "day": format_date(mail.ordered_at, mail.locale),
        "lines": [_line(mail, line) for line in mail.lines[:_LINES_MAX]],
        "more": max(0, len(mail.lines) - _LINES_MAX),
        "sums": _sums(mail),
        "total": _money(mail, mail.amount_total),
        "ship_to": _ship_to(mail),
        "carrier": one_line(mail.carrier) if mail.carrier else None,
        "tracking": one_line(mail.tracking) if mail.tracking else None,
    }
    subject = f"{title} ({one_line(mail.reference, 60)})" if mail.reference else title
    return Written(
        subject=subject,
        text=_environment(is_html=False).get_template("mail.txt").render(values),
        html=_environment(is_html=True).get_template("mail.html").render(values),
    )


@lru_cache(maxsize=2)
def _environment(*, is_html: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=is_html,  # noqa: S701 - the other one is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _money(mail: Mail, amount: int) -> str:
    return format_money(amount, mail.currency, mail.locale)


def _sums(mail: Mail) -> list[tuple[str, str]]:
    """What makes up the total, where it is more than the lines."""
    if mail.amount_total == mail.amount_subtotal and not mail.amount_tax:
        return []
    sums = [("Subtotal", _money(mail, mail.amount_subtotal))]
    if mail.amount_discount:
        sums.append(("Discount", _money(mail, -mail.amount_discount)))
    if mail.amount_shipping:
        sums.append(("Shipping", _money(mail, mail.amount_shipping)))
    if mail.amount_tax:
        is_within = mail.amount_subtotal - mail.amount_discount + mail.amount_shipping == mail.amount_total
        sums.append(("Tax, included" if is_within else "Tax", _money(mail, mail.amount_tax)))
    return sums


def _line(mail: Mail, line: MailLine) -> _Line:
    return _Line(
        title=one_line(line.title),
        quantity=line.quantity,
        amount=_money(mail, line.amount_total),
        next_step=_next_step(mail.kind, line),
        link=web_link(line.link),
        keys=tuple(one_line(key.text) for key in line.keys),
    )


def _next_step(kind: MailKind, line: MailLine) -> str:
    """What the customer can do or expect, in the state that the line had when the mail was decided."""
    if kind in {MailKind.PAYMENT_PENDING, MailKind.PAYMENT_FAILED, MailKind.SHIPPED}:
        return ""
    if line.state == "delivered":
        return "" if line.link or line.keys else "It is yours now."
    if line.delivery == SHIPMENT and line.state == "pending":
        return "We pack it, and write to you when it leaves."
    if line.state == "backordered":
        what = "a key" if line.delivery == LICENSE_KEY else "it"
        return f"We do not have {what} here at this moment. You need not do anything: it comes as soon as we do."
    return "A person takes care of it."


def _ship_to(mail: Mail) -> list[str]:
    address = mail.ship_to
    if address is None:
        return []
    city = " ".join(part.text for part in (address.postal_code, address.city) if part)
    parts = [address.line1, address.line2]
    lines = [part.text for part in parts if part] + [city]
    lines += [part.text for part in (address.state, address.country) if part]
    return [one_line(line) for line in lines if line]
