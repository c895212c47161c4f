"""A policy decides over what concerns it and over nothing else, however ready the rest of the log is."""

from collections.abc import Mapping, Sequence

import pytest
from builders import a_checkout, a_line_item
from sample_log import MUG, sample_log
from scenario import NOW, SAID_AT, SESSION, Streams, streams

from application.unit_of_work import HotStates, Stamp, UnitOfWork
from domain.catalog import ACCESS, Catalog, Rule
from domain.checkout_session import CheckoutSession, Source
from domain.effect import Effect
from domain.event import Event
from domain.fulfillment import Fulfillment
from domain.key_pool import KeyPool
from domain.mail import MailKind
from domain.policies.emails import EmailPolicy
from domain.policies.fulfillment import FulfillmentPolicy
from domain.policies.intake import Intake
from domain.policies.inventory import InventoryPolicy
from domain.policies.policy import Policy
from domain.stock_item import StockItem
from domain.stripe_event import StripeEvent

CATALOG = Catalog(products={"prod_li_course": Rule(delivery=ACCESS)})
CONCERNS: Sequence[tuple[Policy, set[type[Event]]]] = [
    (
        Intake(livemode=False),
        {StripeEvent.Received, StripeEvent.RetryRequested, CheckoutSession.RetryRequested},
    ),
    (
        FulfillmentPolicy(CATALOG),
        {
            CheckoutSession.Retrieved,
            CheckoutSession.AsyncPaymentFailed,
            CheckoutSession.Paid,
            CheckoutSession.RetryRequested,
            Fulfillment.Requested,
            Fulfillment.Replanned,
            Fulfillment.LineItemReserved,
            Fulfillment.LineItemDelivered,
            KeyPool.Assigned,
            Effect.Succeeded,
            Effect.GivenUp,
            Effect.Withdrawn,
            Effect.RetryRequested,
        },
    ),
    (
        InventoryPolicy(),
        {
            Fulfillment.StockHeld,
            Fulfillment.HoldReleased,
            Fulfillment.Requested,
            Fulfillment.Replanned,
            Fulfillment.LineItemDelivered,
            StockItem.Reserved,
            StockItem.Backordered,
        },
    ),
    (
        EmailPolicy(frozenset(MailKind), CATALOG),
        {
            CheckoutSession.Retrieved,
            CheckoutSession.AsyncPaymentFailed,
            CheckoutSession.RetryRequested,
            Fulfillment.Requested,
            Fulfillment.Replanned,
            Fulfillment.LineItemReserved,
            Fulfillment.LineItemBlocked,
            Fulfillment.LineItemDelivered,
            Fulfillment.Shipped,
        },
    ),
]
SAMPLES = {type(event): event for event in sample_log()}
SAMPLES[Fulfillment.Replanned] = Fulfillment.Replanned(lines=(MUG,), replaced=(MUG,), catalog="beef")
each_policy = pytest.mark.parametrize(
    ("policy", "concerns"), [pytest.param(policy, concerns, id=policy.name) for policy, concerns in CONCERNS]
)


class Looked(Exception):
    """The policy reached for an aggregate."""


def look(ids: Sequence[str]) -> Mapping[str, list[Event]]:
    raise Looked


def looks(policy: Policy, event: Event) -> bool:
    unit = UnitOfWork(look, HotStates())
    try:
        with unit.attempt(Stamp(actor="policy", now=NOW, session_id=event.session_id)):
            policy.decide(event, unit)
    except Looked:
        return True
    return False


@each_policy
def test_a_policy_does_not_even_look_at_what_does_not_concern_it(policy: Policy, concerns: set[type[Event]]) -> None:
    assert {kind for kind, event in SAMPLES.items() if looks(policy, event)} == concerns


def a_session_that_is_told_as_paid() -> Streams:
    """Stripe's events say paid; Stripe's API has not been asked."""
    completed = CheckoutSession.Completed(stripe_event="evt_1", payment_status="paid", occurred_at=SAID_AT)
    unpaid = CheckoutSession.Retrieved(
        checkout=a_checkout(line_items=[a_line_item("li_course")], payment_status="unpaid"),
        source=Source.WEBHOOK,
        occurred_at=SAID_AT,
    )
    return streams((SESSION, completed), (SESSION, unpaid))


@each_policy
def test_nothing_is_handed_over_on_the_word_of_a_stripe_event(policy: Policy, concerns: set[type[Event]]) -> None:
    succeeded = CheckoutSession.AsyncPaymentSucceeded(stripe_event="evt_2", occurred_at=SAID_AT)

    a_session_that_is_told_as_paid().when(policy, SESSION, succeeded).then_nothing()
