"""Sample mails of every kind, with all optional parts and with none, for testing templates."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from domain.checkout import Address, Presentment
from domain.deliveries.kind import DeliveryKind
from domain.identifiers import LineItemId
from domain.line import LineState
from domain.mail import Mail, MailKind, MailLine
from domain.order_number import OrderNumber
from domain.personal import Personal
from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.own_templates import Samples
from infrastructure.mail.content import mail_content


def sample_mails(texts: CustomerTexts) -> Samples:
    """Return the values with which the templates of each kind are rendered."""
    language = texts.language(None)
    samples: dict[str, list[dict[str, object]]] = {}
    for kind in MailKind:
        for mail in _mails(kind):
            content = mail_content(
                mail, language, shop="Shop", order_prefix=None, is_answered=mail.reference is not None
            )
            for form in ("txt", "html"):
                samples.setdefault(f"mails/{kind}.{form}", []).append({"mail": content})
    return samples


def _mails(kind: MailKind) -> Iterator[Mail]:
    full = Mail(
        kind=kind,
        to=Personal("ada@example.com"),
        name=Personal("Ada Example"),
        locale=None,
        currency="eur",
        amount_subtotal=3000,
        amount_discount=300,
        amount_shipping=490,
        amount_tax=475,
        amount_total=3190,
        lines=(
            _line(DeliveryKind.SHIPMENT, quantity=2),
            _line(DeliveryKind.LICENSE_KEY, quantity=2, keys=(Personal("AAAA-0001"), Personal("AAAA-0002"))),
            _line(DeliveryKind.ACCESS, link="https://example.com/"),
        ),
        ordered_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        order_number=OrderNumber("K7Q2M-9XDRT"),
        reference=Personal("1001"),
        ship_to=Address(line1=Personal("1 Example Road"), city=Personal("Exampleton"), country=Personal("DE")),
        carrier="Carrier",
        tracking=Personal("0001"),
        presentment=Presentment(amount=3500, currency="usd"),
    )
    yield full
    yield replace(full, tracking=Personal("https://example.com/"))
    yield replace(
        full,
        name=None,
        amount_subtotal=900,
        amount_discount=0,
        amount_shipping=0,
        amount_tax=0,
        amount_total=900,
        lines=(_line(DeliveryKind.SHIPMENT, state=LineState.PENDING),),
        reference=None,
        ship_to=None,
        carrier=None,
        tracking=None,
        presentment=None,
    )


def _line(
    delivery: str,
    *,
    quantity: int = 1,
    state: LineState = LineState.DELIVERED,
    keys: tuple[Personal, ...] = (),
    link: str | None = None,
) -> MailLine:
    return MailLine(
        id=LineItemId(f"li_{delivery}"),
        title="Article",
        quantity=quantity,
        amount_total=900,
        delivery=delivery,
        state=state,
        keys=keys,
        link=link,
    )
