"""Which text of an event is no personal data, and why. What a person typed or is known by is `Personal`."""

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import pytest

from domain.event import Event
from domain.personal import Personal
from infrastructure.event_store.topics import TOPICS

OURS = "a code, a number or words of our own"
STRIPE = "an ID, a code or an enum of Stripe's"
MERCHANT = "the merchant's catalog or product: the same for every customer"
OPERATORS = "what a port says: `application.ports` asks for words for staff without personal data (ADR 8)"

UNMARKED = {
    OURS: """
        Event.originator_id Event.cause Event.session_id
        Effect.AttemptStarted.worker Effect.Requested.kind Effect.Requested.step
        CheckoutSession.ResendRequested.step Fulfillment.Requested.catalog Fulfillment.Replanned.catalog
        """,
    STRIPE: """
        Checkout.capture_method Checkout.currency Checkout.customer Checkout.intent_status Checkout.invoice
        Checkout.locale Checkout.mode Checkout.payment_intent Checkout.payment_link Checkout.payment_method_type
        Checkout.payment_method_types Checkout.payment_status Checkout.recovered_from Checkout.status
        Checkout.subscription Consent.promotions Consent.terms_of_service Discount.coupon Discount.promotion_code
        ShippingRate.id TaxId.type
        CheckoutSession.AsyncPaymentFailed.stripe_event CheckoutSession.AsyncPaymentSucceeded.stripe_event
        CheckoutSession.Completed.payment_status CheckoutSession.Completed.stripe_event
        CheckoutSession.Expired.stripe_event CheckoutSession.Paid.currency CheckoutSession.Paid.payment_status
        Payment.Reported.stripe_event Payment.Reported.type
        StripeEvent.Received.account StripeEvent.Received.api_version StripeEvent.Received.object_id
        StripeEvent.Received.payment_intent StripeEvent.Received.payment_status StripeEvent.Received.signature
        StripeEvent.Received.snapshot_event StripeEvent.Received.type
        Fulfillment.Requested.currency LineItem.currency LineItem.id LineItem.price LineItem.product
        Mail.currency Mail.locale Mail.order_number Presentment.currency MailLine.id
        Fulfillment.LineItemBlocked.line_item Fulfillment.LineItemDelivered.line_item
        Fulfillment.KeysShown.lines Fulfillment.KeysRevoked.line_item
        Fulfillment.KeysAwaited.line_item Fulfillment.KeysWaitEnded.line_item Fulfillment.KeysReplaced.line_item
        KeyPool.Revoked.line_item
        Fulfillment.LineItemReserved.line_item Fulfillment.LineItemResumed.line_item Fulfillment.Shipped.lines
        Fulfillment.LineItemsCanceled.lines KeyPool.Returned.line_item
        KeyPool.Assigned.line_item KeyPool.RanOut.line_item KeyPool.WaitEnded.line_item
        StockItem.Backordered.line_item StockItem.Dispatched.line_item StockItem.Released.line_item
        StockItem.Reserved.line_item StockItem.Returned.line_item
        """,
    MERCHANT: """
        CustomField.key CustomField.label Discount.code Discount.coupon_name LineItem.description LineItem.metadata
        ShippingRate.name
        Fulfillment.LineItemDelivered.link MailLine.delivery MailLine.link MailLine.title
        PlannedLine.delivery PlannedLine.name PlannedLine.settings PlannedLine.sku
        Fulfillment.Shipped.carrier Fulfillment.ParcelCorrected.carrier Mail.carrier
        """,
    OPERATORS: """
        Effect.Succeeded.note Fulfillment.LineItemDelivered.note
        """,
    "an ID, a name of the merchant's, of Stripe's or of ours, or what a port says": "Reason.parameters",
    "the name of a member of staff, who answers for what they do": "Event.actor",
    "the bytes that Stripe signed, which prove what it sent; to erase personal data is to erase them": (
        "StripeEvent.Received.body"
    ),
}
"""By the reason, every field of an event that holds plain text. A new one is named here, or is a `Personal`."""


def plain_texts(kind: type[Any], only: frozenset[str] | None = None) -> Iterator[str]:
    name = kind.TOPIC if issubclass(kind, Event) and kind is not Event else kind.__qualname__
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if only is None or field.name in only:
            for inner in _parts(hints[field.name]):
                if inner is str:
                    yield f"{name}.{field.name}"
                elif dataclasses.is_dataclass(inner) and inner is not Personal:
                    yield from plain_texts(inner)


def _parts(hint: Any) -> Iterator[type]:
    """The classes that a type is made of, through unions and containers. An enum is no text; keys are names of ours, of
    Stripe's or of the merchant's program."""
    if isinstance(hint, typing.NewType):
        yield from _parts(hint.__supertype__)
    elif typing.get_origin(hint) is not None or isinstance(hint, types.UnionType):
        is_mapping = typing.get_origin(hint) in (dict, Mapping)
        for argument in typing.get_args(hint)[is_mapping:]:
            yield from _parts(argument)
    elif isinstance(hint, type) and not issubclass(hint, Enum):
        yield hint


def every_plain_text() -> set[str]:
    common = frozenset(field.name for field in dataclasses.fields(Event))
    found = set(plain_texts(Event))
    for kind in TOPICS.values():
        found |= set(plain_texts(kind, frozenset(field.name for field in dataclasses.fields(kind)) - common))
    return found


def test_every_plain_text_of_an_event_is_known_to_be_no_personal_data() -> None:
    known = {name for names in UNMARKED.values() for name in names.split()}

    new, gone = every_plain_text() - known, known - every_plain_text()

    assert not new, f"{', '.join(sorted(new))}: mark it with `Personal`, or say in UNMARKED why it is no personal data"
    assert not gone, f"{', '.join(sorted(gone))} in UNMARKED: no event has such a text"


@pytest.mark.parametrize("reason", UNMARKED)
def test_no_field_has_two_reasons(reason: str) -> None:
    others = {name for other, names in UNMARKED.items() if other != reason for name in names.split()}

    assert not others & set(UNMARKED[reason].split())
