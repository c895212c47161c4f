"""Stripe's copy of an order as named fields of a page, for the people who pack it, answer its customer and book it."""

from collections.abc import Iterable, Iterator, Sequence

from application.reading.redacted import HIDDEN
from domain.checkout import Address, Checkout, Consent, Discount
from domain.personal import Personal
from interfaces.cli.output.text import label, money

Field = tuple[str, str]


def text(value: Personal | None) -> str:
    return value.text if value else ""


def order_fields(checkout: Checkout, *, hides_personal: bool) -> Iterator[Field]:
    """The fields that the order has, each with its name. A block of several lines names the first."""
    yield from _amounts(checkout)
    yield from _customer(checkout, hides_personal=hides_personal)
    if checkout.shipping:
        person, phone = checkout.shipping.name, checkout.shipping.phone or checkout.contact.phone
        address = _postal(checkout.shipping.address, hides_personal=hides_personal)
        yield from _block("Ship to", (text(person), *address, text(phone)))
    for field in checkout.custom_fields:
        yield "Custom field", f"{field.label}: {text(field.value)}"
    if checkout.client_reference_id:
        yield "Reference", checkout.client_reference_id.text
    for key, value in checkout.metadata.items():
        yield "Metadata", f"{key}: {value.text}"
    for name, id in _ids(checkout):
        if id:
            yield name, id


def _amounts(checkout: Checkout) -> Iterator[Field]:
    own, currency = checkout.presentment, checkout.currency
    if own:
        yield "Presentment", f"{money(own.amount, own.currency)}, in the customer's currency"
    if checkout.payment_method_type:
        is_payer = checkout.is_paid and checkout.is_payment_required
        yield "Paid by" if is_payer else "Payment method", label(checkout.payment_method_type)
    if checkout.amount_discount or checkout.discounts:
        yield "Discount", _with(money(checkout.amount_discount, currency), map(_discount, checkout.discounts))
    if checkout.amount_shipping or checkout.shipping_rate:
        rate = checkout.shipping_rate
        named = (f"{rate.name} ({rate.id})" if rate.name else rate.id,) if rate else ()
        yield "Shipping", _with(money(checkout.amount_shipping, currency), named)
    if checkout.amount_tax:
        yield "Tax", money(checkout.amount_tax, currency)


def _customer(checkout: Checkout, *, hides_personal: bool) -> Iterator[Field]:
    contact = checkout.contact
    for name, value in (
        ("Customer", contact.name),
        ("Business", checkout.business_name),
        ("Email", contact.email),
        ("Phone", contact.phone),
    ):
        if value:
            yield name, value.text
    for tax_id in checkout.tax_ids:
        yield "Tax ID", f"{text(tax_id.value)} ({tax_id.type})"
    yield from _block("Billing", _postal(contact.address, hides_personal=hides_personal))
    if checkout.consent:
        yield "Consent", ", ".join(_consent(checkout.consent))


def _ids(checkout: Checkout) -> Sequence[tuple[str, str | None]]:
    return (
        ("Payment intent", checkout.payment_intent),
        ("Payment link", checkout.payment_link),
        ("Subscription", checkout.subscription),
        ("Invoice", checkout.invoice),
        ("Stripe customer", checkout.customer),
        ("Recovered from", checkout.recovered_from),
    )


def _postal(address: Address | None, *, hides_personal: bool) -> Sequence[str]:
    """The lines of an envelope, as the country writes them, with its name in English."""
    if address is None or address == Address():
        return ()
    if hides_personal:
        return (HIDDEN.text,)
    from infrastructure.customer_texts.formatting import english
    from infrastructure.customer_texts.postal import postal_lines

    return postal_lines(address, english())


def _block(name: str, lines: Sequence[str]) -> Iterator[Field]:
    for line in filter(None, lines):
        yield name, line
        name = ""


def _with(amount: str, details: Iterable[str]) -> str:
    return ", ".join((amount, *details))


def _discount(discount: Discount) -> str:
    name = discount.coupon_name or discount.coupon
    code = discount.code or discount.promotion_code
    return f"{name} (code {code})" if name and code else name or f"code {code}"


def _consent(consent: Consent) -> Iterator[str]:
    if consent.terms_of_service:
        yield f"terms of service {label(consent.terms_of_service)}"
    if consent.promotions:
        yield f"promotions {label(consent.promotions)}"
