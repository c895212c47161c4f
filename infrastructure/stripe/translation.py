"""Stripe's JSON of a session, at the API version that the gateway pins, turned into our values."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec

from application.text.storable import storable_json
from domain.checkout import (
    Address,
    Checkout,
    Consent,
    Contact,
    CustomField,
    Discount,
    LineItem,
    PaymentAddress,
    Presentment,
    ShippingRate,
    TaxId,
)
from domain.identifiers import LineItemId
from domain.personal import Personal, personal

T = TypeVar("T")

_REASON_MAX = 200
_LATEST_SECONDS = 253_370_764_800  # the year 9999
_Moment = Annotated[int, msgspec.Meta(ge=0, lt=_LATEST_SECONDS)]


class Unintelligible(Exception):
    """Stripe's answer is not of the documented shape. The message names the field, never the value."""


class _PaymentMethod(msgspec.Struct):
    type: str | None = None


class _Intent(msgspec.Struct):
    """https://docs.stripe.com/api/payment_intents/object, as far as we keep it."""

    id: str
    status: str | None = None
    capture_method: str | None = None
    payment_method: str | _PaymentMethod | None = None


class _Product(msgspec.Struct):
    id: str
    metadata: dict[str, str] | None = None


class _Price(msgspec.Struct):
    id: str
    product: str | _Product | None = None


class LineItemJson(msgspec.Struct):
    id: str
    currency: str
    amount_total: int
    amount_subtotal: int
    amount_discount: int = 0
    amount_tax: int = 0
    description: str | None = None
    quantity: int | None = None
    price: _Price | None = None


class LineItemPage(msgspec.Struct):
    data: list[LineItemJson]
    has_more: bool = False


class _Address(msgspec.Struct):
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None


class _TaxId(msgspec.Struct):
    type: str
    value: str | None = None


class _Contact(msgspec.Struct):
    name: str | None = None
    business_name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: _Address | None = None
    tax_ids: list[_TaxId] | None = None


class _Collected(msgspec.Struct):
    business_name: str | None = None
    shipping_details: _Contact | None = None


class _ShippingRate(msgspec.Struct):
    id: str
    display_name: str | None = None


class _ShippingCost(msgspec.Struct):
    shipping_rate: str | _ShippingRate | None = None


class _Coupon(msgspec.Struct):
    id: str
    name: str | None = None


class _PromotionCode(msgspec.Struct):
    id: str
    code: str | None = None


class _Discount(msgspec.Struct):
    coupon: str | _Coupon | None = None
    promotion_code: str | _PromotionCode | None = None


class _Consent(msgspec.Struct):
    promotions: str | None = None
    terms_of_service: str | None = None


class _TotalDetails(msgspec.Struct):
    amount_discount: int = 0
    amount_shipping: int | None = 0
    amount_tax: int = 0


class _Value(msgspec.Struct):
    value: str | None = None


class _Label(msgspec.Struct):
    custom: str | None = None


class _CustomField(msgspec.Struct):
    key: str
    label: _Label | None = None
    text: _Value | None = None
    numeric: _Value | None = None
    dropdown: _Value | None = None


class _Presentment(msgspec.Struct):
    presentment_amount: int
    presentment_currency: str


class _Recovery(msgspec.Struct):
    url: str | None = None
    expires_at: _Moment | None = None


class _AfterExpiration(msgspec.Struct):
    recovery: _Recovery | None = None


class SessionJson(msgspec.Struct):
    """https://docs.stripe.com/api/checkout/sessions/object, as far as we keep it."""

    id: str
    mode: str
    payment_status: str
    livemode: bool
    created: _Moment
    status: str | None = None
    currency: str | None = None
    amount_subtotal: int | None = None
    amount_total: int | None = None
    total_details: _TotalDetails | None = None
    line_items: LineItemPage | None = None
    payment_intent: str | _Intent | None = None
    payment_method_types: list[str] | None = None
    customer: str | None = None
    customer_email: str | None = None
    customer_details: _Contact | None = None
    collected_information: _Collected | None = None
    custom_fields: list[_CustomField] | None = None
    metadata: dict[str, str] | None = None
    client_reference_id: str | None = None
    payment_link: str | None = None
    subscription: str | None = None
    invoice: str | None = None
    locale: str | None = None
    presentment_details: _Presentment | None = None
    shipping_cost: _ShippingCost | None = None
    discounts: list[_Discount] | None = None
    consent: _Consent | None = None
    recovered_from: str | None = None
    url: str | None = None
    expires_at: _Moment | None = None
    after_expiration: _AfterExpiration | None = None


# Made once, before any thread asks: msgspec crashes where two threads meet the same class for the first time.
_session = msgspec.json.Decoder(SessionJson)
_line_items = msgspec.json.Decoder(LineItemPage)


def read_session(body: bytes | str) -> SessionJson:
    """Raises `Unintelligible`."""
    return _read(body, _session)


def read_line_items(body: bytes | str) -> LineItemPage:
    """Raises `Unintelligible`."""
    return _read(body, _line_items)


def _read(body: bytes | str, decoder: msgspec.json.Decoder[T]) -> T:
    raw = body.encode() if isinstance(body, str) else body
    try:
        return decoder.decode(storable_json(raw))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Unintelligible(str(error)[:_REASON_MAX]) from error


def checkout_of(session: SessionJson, items: Sequence[LineItemJson]) -> Checkout:
    """Return the checkout. `items` are all the line items of the session, from every page."""
    totals = session.total_details or _TotalDetails()
    collected, intent = session.collected_information, _intent(session)
    method, details = intent.payment_method, session.customer_details or _Contact()
    return Checkout(
        mode=session.mode,
        status=session.status or "open",
        payment_status=session.payment_status,
        livemode=session.livemode,
        created=datetime.fromtimestamp(session.created, UTC),
        currency=session.currency or "",
        amount_subtotal=session.amount_subtotal or 0,
        amount_discount=totals.amount_discount,
        amount_shipping=totals.amount_shipping or 0,
        amount_tax=totals.amount_tax,
        amount_total=session.amount_total or 0,
        line_items=tuple(map(_line_item, items)),
        payment_intent=intent.id or None,
        intent_status=intent.status,
        capture_method=intent.capture_method,
        payment_method_types=tuple(session.payment_method_types or ()),
        payment_method_type=method.type if isinstance(method, _PaymentMethod) else None,
        customer=session.customer,
        contact=_customer(session),
        shipping=_contact(collected.shipping_details) if collected and collected.shipping_details else None,
        custom_fields=tuple(map(_custom_field, session.custom_fields or ())),
        metadata={key: Personal(text) for key, text in (session.metadata or {}).items()},
        client_reference_id=personal(session.client_reference_id),
        payment_link=session.payment_link,
        subscription=session.subscription,
        invoice=session.invoice,
        locale=session.locale,
        presentment=_presentment(session.presentment_details),
        shipping_rate=_shipping_rate(session.shipping_cost),
        discounts=tuple(map(_discount, session.discounts or ())),
        business_name=personal(details.business_name or (collected.business_name if collected else None)),
        tax_ids=tuple(TaxId(type=each.type, value=personal(each.value)) for each in details.tax_ids or ()),
        consent=_consent(session.consent),
        recovered_from=session.recovered_from,
        payment_page=_payment_page(session),
    )


def _payment_page(session: SessionJson) -> PaymentAddress | None:
    """An expired session has the page of the one that continues it, where the shop has enabled recovery."""
    recovery = session.after_expiration.recovery if session.after_expiration else None
    if session.status == "expired":
        return _page(recovery.url, recovery.expires_at) if recovery else None
    return _page(session.url, session.expires_at) if session.status == "open" else None


def _page(url: str | None, closes_at: int | None) -> PaymentAddress | None:
    until = datetime.fromtimestamp(closes_at, UTC) if closes_at is not None else None
    return PaymentAddress(url=Personal(url), until=until) if url else None


def _intent(session: SessionJson) -> _Intent:
    """The payment intent as it was expanded; with an empty ID if there is none, as without anything to pay at once."""
    named = session.payment_intent
    return named if isinstance(named, _Intent) else _Intent(id=named or "")


def _line_item(item: LineItemJson) -> LineItem:
    product = item.price.product if item.price else None
    return LineItem(
        id=LineItemId(item.id),
        price=item.price.id if item.price else None,
        product=product.id if isinstance(product, _Product) else product,
        description=item.description or "",
        quantity=1 if item.quantity is None else item.quantity,
        currency=item.currency,
        amount_subtotal=item.amount_subtotal,
        amount_discount=item.amount_discount,
        amount_tax=item.amount_tax,
        amount_total=item.amount_total,
        metadata=(product.metadata or {}) if isinstance(product, _Product) else {},
    )


def _presentment(details: _Presentment | None) -> Presentment | None:
    if details is None:
        return None
    return Presentment(amount=details.presentment_amount, currency=details.presentment_currency)


def _shipping_rate(cost: _ShippingCost | None) -> ShippingRate | None:
    rate = cost.shipping_rate if cost else None
    if isinstance(rate, _ShippingRate):
        return ShippingRate(id=rate.id, name=rate.display_name)
    return ShippingRate(id=rate) if rate else None


def _discount(discount: _Discount) -> Discount:
    coupon, code = discount.coupon, discount.promotion_code
    return Discount(
        coupon=coupon.id if isinstance(coupon, _Coupon) else coupon,
        coupon_name=coupon.name if isinstance(coupon, _Coupon) else None,
        promotion_code=code.id if isinstance(code, _PromotionCode) else code,
        code=code.code if isinstance(code, _PromotionCode) else None,
    )


def _consent(consent: _Consent | None) -> Consent | None:
    if consent is None:
        return None
    return Consent(promotions=consent.promotions, terms_of_service=consent.terms_of_service)


def _customer(session: SessionJson) -> Contact:
    """What the customer typed on the payment page; the address known beforehand where there is none."""
    contact = _contact(session.customer_details or _Contact())
    if contact.email is None and session.customer_email:
        return _contact(msgspec.structs.replace(session.customer_details or _Contact(), email=session.customer_email))
    return contact


def _contact(contact: _Contact) -> Contact:
    return Contact(
        name=personal(contact.name),
        email=personal(contact.email),
        phone=personal(contact.phone),
        address=_address(contact.address) if contact.address else None,
    )


def _address(address: _Address) -> Address:
    return Address(
        line1=personal(address.line1),
        line2=personal(address.line2),
        city=personal(address.city),
        postal_code=personal(address.postal_code),
        state=personal(address.state),
        country=personal(address.country),
    )


def _custom_field(field: _CustomField) -> CustomField:
    value = field.text or field.numeric or field.dropdown or _Value()
    label = field.label.custom if field.label else None
    return CustomField(key=field.key, label=label or field.key, value=personal(value.value))
