"""Search: the terms that find a checkout; see `application.reading.search_terms`."""

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from application.reading.projection import Change, Column, Projection, Put, Table, topics
from application.reading.search_terms import (
    TERM_MAX,
    term_of_id,
    terms_of_amount,
    terms_of_code,
    terms_of_email,
    terms_of_phone,
    terms_of_reference,
    terms_of_text,
    terms_of_tracking,
    words,
)
from domain.checkout import Checkout, Contact
from domain.checkout_session import CheckoutSession
from domain.checkout_session_events import CheckoutSessionFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.money import major_units
from domain.order_number import order_number
from domain.personal import Personal
from domain.plan import PlannedLine
from domain.stripe_event import StripeEvent

_TERMS_MAX = 2000
"""The limit for each event: Stripe lists at most a hundred line items, and their titles are short."""

_NAMING = range(1, 3)
"""The versions of a checkout's events that find it by its ID: the first, and one more in case that can't be read."""

AMOUNT = "amount"
"""The field of amounts, which a query finds only as wholes."""

NAMES = ("session", "payment_intent", "subscription", "invoice", "line_item")
"""The fields of IDs that name the one checkout they belong to, as a whole and by their ends."""

Found = tuple[str, Iterable[str]]
"""The field of a finding, and its terms."""


def fold(event: Event, position: int) -> Iterable[Change]:  # noqa: ARG001 - every fold has the same shape
    if event.session_id is None:
        return []
    terms = dict.fromkeys((term[:TERM_MAX], field) for field, found in _found(event) for term in found if term)
    rows = [{"term": term, "session_id": event.session_id, "field": field} for term, field in terms]
    return [Put(row) for row in rows[:_TERMS_MAX]]


def _found(event: Event) -> Iterator[Found]:
    if isinstance(event, CheckoutSessionFact) and event.originator_version in _NAMING:
        yield "session", _of_id(event.session)
        yield "order_number", words(order_number(event.session))
    match event:
        case StripeEvent.Received():
            yield "stripe_event", words(event.originator_id)
        case (
            CheckoutSession.Completed()
            | CheckoutSession.AsyncPaymentSucceeded()
            | CheckoutSession.AsyncPaymentFailed()
            | CheckoutSession.Expired()
        ):
            yield "stripe_event", words(event.stripe_event)
        case CheckoutSession.Retrieved(checkout=checkout):
            yield from _of_checkout(checkout)
        case CheckoutSession.Readdressed():
            yield "email", terms_of_email(event.to.text)
        case (
            Fulfillment.Requested(plan=lines) | Fulfillment.Replanned(lines=lines) | Fulfillment.StockHeld(lines=lines)
        ):
            yield from _of_lines(lines)
        case Fulfillment.ShippingCorrected():
            yield from _of_contact(event.to)
        case Fulfillment.Shipped() | Fulfillment.ParcelCorrected():
            yield "tracking", terms_of_tracking(_text(event.tracking))
        case _:
            pass


def _of_checkout(checkout: Checkout) -> Iterator[Found]:
    for value in checkout.metadata.values():
        yield "metadata", terms_of_text(value.text)
    yield AMOUNT, terms_of_amount(major_units(checkout.amount_total, checkout.currency), checkout.currency)
    if checkout.presentment:
        paid = checkout.presentment
        yield AMOUNT, terms_of_amount(major_units(paid.amount, paid.currency), paid.currency)
    for contact in filter(None, (checkout.contact, checkout.shipping)):
        yield from _of_contact(contact)
    for field, id in (
        ("payment_intent", checkout.payment_intent),
        ("subscription", checkout.subscription),
        ("invoice", checkout.invoice),
    ):
        yield field, _of_id(id)
    yield "payment_link", words(checkout.payment_link or "")
    yield "customer", words(checkout.customer or "")
    yield "client_reference_id", terms_of_reference(_text(checkout.client_reference_id))
    for item in checkout.line_items:
        yield "line_item", _of_id(item.id)
        yield "title", terms_of_text(item.description)


def _of_id(id: str | None) -> Sequence[str]:
    return [*words(id), term_of_id(id)] if id else ()


def _of_contact(contact: Contact) -> Iterator[Found]:
    if address := contact.address:
        for part in (address.line1, address.line2, address.city, address.state):
            yield "address", terms_of_text(_text(part))
        yield "postal_code", terms_of_code(_text(address.postal_code), _text(address.country))
    yield "name", terms_of_text(_text(contact.name))
    yield "email", terms_of_email(_text(contact.email))
    yield "phone", terms_of_phone(_text(contact.phone))


def _of_lines(lines: Iterable[PlannedLine]) -> Iterator[Found]:
    for line in lines:
        yield "title", terms_of_text(line.name or "")
        yield "sku", terms_of_text(line.sku or "")


def _text(text: Personal | None) -> str:
    return text.text if text else ""


SEARCH = Projection(
    name="search",
    version=8,
    table=Table(
        columns={"term": Column.TEXT, "session_id": Column.TEXT, "field": Column.TEXT},
        key=("term", "session_id", "field"),
        indexes=(("session_id", "term"),),
    ),
    reads=topics(
        *get_args(CheckoutSessionFact),
        StripeEvent.Received,
        Fulfillment.StockHeld,
        Fulfillment.Requested,
        Fulfillment.Replanned,
        Fulfillment.Shipped,
        Fulfillment.ParcelCorrected,
        Fulfillment.ShippingCorrected,
    ),
    fold=fold,
)
