"""Names that stand in events, in the catalog, and in what other programs read: added to, never changed."""

from enum import StrEnum

import pytest

from domain import effect
from domain.deliveries.kind import BUILT_IN
from domain.line import LineState
from domain.mail import MailKind
from domain.park_reason import ParkReason
from domain.policies import stripe_events
from domain.policies.emails import EmailPolicy
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.inventory import InventoryPolicy
from domain.policies.payments import PaymentPolicy
from domain.policies.stripe_events import StripeEventPolicy
from domain.source import Source


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Source, "webhook landing_page staff schedule"),
        (ParkReason, "wrong_mode connected_account unknown_payment_status unknown_to_stripe other_application"),
        (LineState, "pending delivered backordered manual given_up canceled"),
        (MailKind, "receipt payment_pending payment_failed shipped backordered delivered keys_replaced canceled"),
    ],
)
def test_what_events_name_keeps_its_name(kind: type[StrEnum], names: str) -> None:
    assert [each.value for each in kind] == names.split()


def test_effects_of_our_own_keep_their_names() -> None:
    assert (effect.RETRIEVE, effect.MAIL) == ("retrieve", "mail")


def test_policies_keep_the_names_under_which_their_positions_are_stored() -> None:
    names = [StripeEventPolicy.name, PaymentPolicy.name, FulfillmentPolicy.name, InventoryPolicy.name, EmailPolicy.name]

    assert names == ["intake", "payments", "fulfillment", "inventory", "emails"]


def test_deliveries_keep_their_names() -> None:
    assert {"access", "shipment", "license_key", "http", "manual"} == BUILT_IN


def test_stripe_is_understood_by_the_names_it_uses() -> None:
    assert stripe_events.HANDLED == (
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "payment_intent.succeeded",
        "payment_intent.canceled",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "charge.captured",
    )
