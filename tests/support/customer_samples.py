"""Every mail and page that customers can get, about one small shop, in one language."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from customer_language import TEXTS, render, render_not_found, render_too_many, render_unavailable
from kinds import ACCESS, LICENSE_KEY, MANUAL, SHIPMENT
from landing_samples import pages
from typed_ids import as_line

from domain.checkout import Address, Presentment
from domain.line import LineState
from domain.mail import Mail, MailKind, MailLine
from domain.order_number import OrderNumber
from domain.payment_wait import PaymentWait
from domain.personal import Personal
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.mail.render import Written
from infrastructure.mail.render import render as render_mail

SHOP = "Pottery & Co."
_ORDERED_AT = datetime(2026, 3, 4, 17, 5, tzinfo=UTC)


def _line(title: str, delivery: str, state: str, amount: int, *, quantity: int = 1, **more: object) -> MailLine:
    line = MailLine(
        id=as_line(f"li_{title}"),
        title=title,
        quantity=quantity,
        amount_total=amount,
        delivery=delivery,
        state=LineState(state),
    )
    return replace(line, **more)  # type: ignore[arg-type]


_KEYS = tuple(map(Personal, ("PRO-0001-ABCD-EFGH", "PRO-0002-ABCD-EFGH")))
_MUG = _line("Mug, blue", SHIPMENT, LineState.DELIVERED, 123450, quantity=1200)
_COURSE = _line("Bread course", ACCESS, LineState.DELIVERED, 4900, link="https://example.com/course")
_APP = _line("Recipe app Pro", LICENSE_KEY, LineState.DELIVERED, 9800, quantity=2, keys=_KEYS)
_ADDRESSES: Mapping[str, Address] = {
    country: Address(
        line1=Personal(line1),
        line2=Personal(line2) if line2 else None,
        postal_code=Personal(code),
        city=Personal(city),
        state=Personal(state) if state else None,
        country=Personal(country),
    )
    for country, line1, line2, code, city, state in (
        ("US", "1 Main Street", "Apt. 2", "62701", "Springfield", "IL"),
        ("DE", "Hauptstraße 1", "", "10115", "Berlin", ""),
        ("ES", "Calle Mayor 1", "", "28901", "Getafe", "Madrid"),
        ("FR", "1 rue de la Paix", "Bât. B", "75002", "Paris", ""),
        ("IT", "Via Roma 1", "", "10121", "Torino", "TO"),
        ("JP", "神宮前1-2-3", "青山ビル4階", "150-0001", "渋谷区", "東京都"),
        ("NL", "Damrak 1", "", "1012 LG", "Amsterdam", ""),
        ("PT", "Rua Augusta 1", "2.º Esq.", "1100-053", "Lisboa", ""),
        ("IL", "רחוב הרצל 1", "", "6688101", "תל אביב", ""),
    )
}
LANGUAGES = ("en", "de", "es", "fr", "it", "ja", "nl", "pt", "he")
_COUNTRIES = {**{language: language.upper() for language in LANGUAGES}, "en": "US", "ja": "JP", "he": "IL"}
"""Where the customers live."""


def sample_mails(language: str, texts: CustomerTexts = TEXTS) -> dict[str, Written]:
    """Return every mail by a name for its file."""
    return {
        name: render_mail(mail, texts, shop=SHOP, is_answered=name != "receipt-free")
        for name, mail in _mails(language).items()
    }


def _mails(language: str) -> dict[str, Mail]:
    receipt = Mail(
        kind=MailKind.RECEIPT,
        to=Personal("zoe@example.com"),
        name=Personal("Zoë Müller-李"),
        locale=language,
        currency="eur",
        amount_subtotal=150000,
        amount_discount=15000,
        amount_shipping=490,
        amount_tax=21629,
        amount_total=135490,
        lines=(
            _MUG,
            _COURSE,
            _APP,
            _line("Plate", SHIPMENT, LineState.PENDING, 2400, quantity=2),
            _line("Teapot", SHIPMENT, LineState.BACKORDERED, 8900),
            _line("Engraving", MANUAL, LineState.MANUAL, 1500),
        ),
        ordered_at=_ORDERED_AT,
        order_number=OrderNumber("K7Q2M-9XDRT"),
        reference=Personal("ORDER-17"),
        presentment=Presentment(amount=158200, currency="usd"),
    )
    coming = (
        _line("Recipe app Pro", LICENSE_KEY, LineState.PENDING, 0),
        _line("Membership", "own", LineState.PENDING, 0),
        _line("Newsletter", "own", LineState.DELIVERED, 0),
        _line("Gift wrap", MANUAL, LineState.DELIVERED, 0),
    )
    free = replace(
        receipt,
        name=None,
        order_number=None,
        reference=None,
        amount_subtotal=0,
        amount_discount=0,
        amount_shipping=0,
        amount_tax=0,
        amount_total=0,
        lines=coming,
        presentment=None,
    )
    shipped = replace(
        receipt,
        kind=MailKind.SHIPPED,
        lines=(_MUG, receipt.lines[3]),
        ship_to=_ADDRESSES[_COUNTRIES[language]],
        carrier="DHL",
        tracking=Personal("00340434161094000000"),
    )
    delivered = replace(receipt, kind=MailKind.DELIVERED, lines=(_COURSE, replace(_APP, quantity=1, keys=_KEYS[:1])))
    short = _line("Recipe app Pro", LICENSE_KEY, LineState.BACKORDERED, 9800, quantity=2, is_short_of_keys=True)
    short_of_keys = (short, receipt.lines[4])
    awaiting = replace(_APP, title="Baking app", keys=(), is_short_of_keys=True)
    lost = replace(_APP, title="Pasta app", keys=(), has_lost_its_keys=True)
    canceled = _line("Teapot", SHIPMENT, LineState.CANCELED, 8900)
    taxed = replace(receipt, lines=(_MUG,), amount_subtotal=123000, amount_discount=0, presentment=None)
    return {
        "receipt": receipt,
        "receipt-free": free,
        "receipt-taxed": replace(taxed, amount_shipping=0, amount_tax=450, amount_total=123450),
        "receipt-partly-taxed": replace(taxed, amount_shipping=0, amount_tax=900, amount_total=123450),
        "receipt-discounted": replace(taxed, amount_discount=500, amount_tax=0),
        "receipt-shared": replace(taxed, amount_tax=0),
        "receipt-free-backordered": replace(free, lines=(receipt.lines[4],)),
        "receipt-trial": replace(free, amount_total=900, is_payment_required=False),
        "payment-pending": replace(receipt, kind=MailKind.PAYMENT_PENDING),
        **{
            f"payment-pending-{wait}": replace(receipt, kind=MailKind.PAYMENT_PENDING, payment_wait=wait)
            for wait in (PaymentWait.BANK, PaymentWait.CUSTOMER, PaymentWait.CAPTURE)
        },
        "payment-failed": replace(receipt, kind=MailKind.PAYMENT_FAILED),
        "shipped": shipped,
        "shipped-with-link": replace(shipped, lines=(_MUG,), tracking=Personal("https://track.example/1?a=1&b=2")),
        "shipped-untracked": replace(shipped, lines=(_MUG,), tracking=None),
        "shipped-corrected": replace(shipped, is_correction=True),
        "shipped-corrected-one": replace(shipped, lines=(_MUG,), is_correction=True),
        "backordered": replace(receipt, kind=MailKind.BACKORDERED, lines=receipt.lines[4:5]),
        "backordered-two": replace(receipt, kind=MailKind.BACKORDERED, lines=receipt.lines[3:5]),
        "backordered-keys": replace(receipt, kind=MailKind.BACKORDERED, lines=short_of_keys[:1]),
        "backordered-keys-two": replace(receipt, kind=MailKind.BACKORDERED, lines=short_of_keys),
        "receipt-keys": replace(receipt, lines=(*short_of_keys[:1], awaiting, lost)),
        "delivered": delivered,
        "delivered-one": replace(delivered, lines=(_COURSE,)),
        "keys-replaced": replace(receipt, kind=MailKind.KEYS_REPLACED, lines=(_APP,)),
        "canceled": replace(receipt, kind=MailKind.CANCELED, lines=(canceled,)),
        "canceled-order": replace(receipt, kind=MailKind.CANCELED, lines=(canceled,), is_order_canceled=True),
        "canceled-two": replace(
            receipt, kind=MailKind.CANCELED, lines=(canceled, replace(_MUG, state=LineState.CANCELED))
        ),
        **{
            f"canceled-unpaid-{wait}": replace(
                receipt, kind=MailKind.CANCELED, lines=(canceled,), payment_wait=wait, is_order_canceled=True
            )
            for wait in (PaymentWait.BANK, PaymentWait.CUSTOMER, PaymentWait.CAPTURE)
        },
        "receipt-canceled-order": replace(receipt, lines=(canceled,), is_order_canceled=True),
        "receipt-partly-canceled": replace(taxed, lines=(_MUG, canceled)),
    }


def sample_pages(language: str, texts: CustomerTexts = TEXTS) -> dict[str, str]:
    """Return every page by a name for its file."""
    spoken = texts.language(language)
    shown = {name: render(page, texts) for name, page in pages(spoken).items() if name not in {"soon", "wide", "long"}}
    return {
        **shown,
        "not-found": render_not_found(spoken, texts),
        "too-many": render_too_many(spoken, texts),
        "unavailable": render_unavailable(spoken, texts),
    }
