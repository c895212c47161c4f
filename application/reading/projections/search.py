"""Search: the words under which a checkout is found."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import get_args

from application.reading.projection import Change, Column, Projection, Put, Table, topics
from domain.checkout import Checkout, Contact
from domain.checkout_session import CheckoutSession, CheckoutSessionFact
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.plan import PlannedLine
from domain.stripe_event import StripeEvent

_TERM_MAX = 200
_TERMS_MAX = 2000
"""Per event: Stripe lists at most a hundred line items, and their titles are short."""
_PUNCTUATION = ".,;:!?()[]\"'"

Found = tuple[str, str | None]
"""Under which heading a text is found, and the text."""


def words(text: str) -> list[str]:
    """The words of a text as they are stored and asked for: without case, accents and punctuation at their ends."""
    plain = text if text.isascii() and text.isprintable() else _plain(text)
    return [word for word in (raw.strip(_PUNCTUATION)[:_TERM_MAX] for raw in plain.casefold().split()) if word]


def _plain(text: str) -> str:
    letters = [c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)]
    return "".join(c for c in letters if c.isprintable() or c.isspace())


def fold(event: Event, position: int) -> Iterable[Change]:  # noqa: ARG001 - every fold has the same shape
    if event.session_id is None:
        return []
    terms = {word: field for field, text in _found(event) for word in words(text or "")}
    rows = [{"term": term, "session_id": event.session_id, "field": field} for term, field in terms.items()]
    return [Put(row) for row in rows[:_TERMS_MAX]]


def _found(event: Event) -> Iterator[Found]:
    if isinstance(event, CheckoutSessionFact):
        yield "session", event.session_id
    match event:
        case StripeEvent.Received():
            yield "stripe_event", event.originator_id
        case (
            CheckoutSession.Completed()
            | CheckoutSession.AsyncPaymentSucceeded()
            | CheckoutSession.AsyncPaymentFailed()
            | CheckoutSession.Expired()
        ):
            yield "stripe_event", event.stripe_event
        case CheckoutSession.Retrieved(checkout=checkout):
            yield from _of_checkout(checkout)
        case (
            Fulfillment.Requested(plan=lines) | Fulfillment.Replanned(lines=lines) | Fulfillment.StockHeld(lines=lines)
        ):
            yield from _of_lines(lines)
        case Fulfillment.Shipped():
            yield "tracking", event.tracking.text if event.tracking else None
        case _:
            pass


def _of_checkout(checkout: Checkout) -> Iterator[Found]:
    yield from _of_contact(checkout.contact)
    if checkout.shipping:
        yield from _of_contact(checkout.shipping)
    yield "payment_intent", checkout.payment_intent
    yield "customer", checkout.customer
    yield "subscription", checkout.subscription
    yield "invoice", checkout.invoice
    yield "client_reference_id", checkout.client_reference_id.text if checkout.client_reference_id else None
    for item in checkout.line_items:
        yield "title", item.description


def _of_contact(contact: Contact) -> Iterator[Found]:
    if contact.name:
        yield "name", contact.name.text
    if contact.email:
        yield "email", contact.email.text


def _of_lines(lines: Iterable[PlannedLine]) -> Iterator[Found]:
    for line in lines:
        yield "title", line.name
        yield "sku", line.sku


SEARCH = Projection(
    name="search",
    version=1,
    table=Table(
        columns={"term": Column.TEXT, "session_id": Column.TEXT, "field": Column.TEXT},
        key=("term", "session_id"),
        indexes=(("session_id",),),
    ),
    reads=topics(
        *get_args(CheckoutSessionFact),
        StripeEvent.Received,
        Fulfillment.StockHeld,
        Fulfillment.Requested,
        Fulfillment.Replanned,
        Fulfillment.Shipped,
    ),
    fold=fold,
)
