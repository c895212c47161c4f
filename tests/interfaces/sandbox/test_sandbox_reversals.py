"""Refunds and disputes: money that goes back, never more than came, in the API, the events and the books."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import loopback
import pytest
import stripe
from hypothesis import strategies

from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.model.values import Money
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.webhooks.inbox import Inbox


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox()) as server:
        yield server


@pytest.fixture
def sandbox(server: SandboxServer) -> Sandbox:
    return server.sandbox


@pytest.fixture
def client(server: SandboxServer) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_0123456789", base_addresses={"api": server.url})


def eur(amount: int) -> Money:
    return Money(amount=amount, currency="eur")


def paid(sandbox: Sandbox, *, unit_amount: int = 1500) -> tuple[str, str]:
    """A session of twice this amount, and its payment intent."""
    price = {"currency": "eur", "unit_amount": unit_amount, "product_data": {"name": "Mug"}}
    values = {"mode": "payment", "success_url": "http://localhost/after"}
    session = sandbox.create_session({**values, "line_items": [{"price_data": price, "quantity": 2}]})
    session = sandbox.pay(session.id)
    assert session.payment_intent_id is not None
    return session.id, session.payment_intent_id


def bought(client: stripe.StripeClient, card: str) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {"amount": 3000, "currency": "eur", "payment_method": card, "confirm": True}
    )


def reported(sandbox: Sandbox, about: str | None) -> list[str]:
    """The types of the events about this object, oldest first."""
    return [event.type for event in sandbox.events() if event.object_id == about]


def charge_of(client: stripe.StripeClient, intent_id: str) -> stripe.Charge:
    charge = client.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]}).latest_charge
    assert isinstance(charge, stripe.Charge)
    return charge


def test_a_refund_in_parts_is_counted_up_until_nothing_is_left(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    session_id, intent_id = paid(sandbox)

    first = client.v1.refunds.create({"payment_intent": intent_id, "amount": 1000, "reason": "requested_by_customer"})
    charge = charge_of(client, intent_id)
    assert (first.object, first.status, first.amount, first.charge) == ("refund", "succeeded", 1000, charge.id)
    assert (charge.amount_refunded, charge.refunded) == (1000, False)

    second = client.v1.refunds.create({"charge": charge.id})
    charge = charge_of(client, intent_id)
    assert (second.amount, second.payment_intent) == (2000, intent_id)
    assert (charge.amount_refunded, charge.refunded) == (3000, True)

    booked = sandbox.books.payment_of(session_id)
    assert booked is not None
    assert (booked.paid, booked.refunded, booked.disputed) == (eur(3000), eur(3000), eur(0))
    assert [refund.id for refund in client.v1.refunds.list({"payment_intent": intent_id}).data] == [second.id, first.id]
    assert client.v1.refunds.retrieve(first.id) == first


NEVER_OR_RARELY: dict[type[stripe.StripeObject], set[str]] = {
    stripe.PaymentIntent: {
        *("allowed_payment_method_types", "hooks", "managed_payments", "payment_details", "payment_record"),
        "presentment_details",
    },
    stripe.Charge: {
        *("authorization_code", "level3", "presentment_details", "radar_options", "refunds", "transfer"),
    },
    stripe.Refund: {
        *("customer_account", "description", "failure_balance_transaction", "failure_reason", "instructions_email"),
        *("next_action", "payment_method", "pending_reason", "presentment_details"),
    },
    stripe.Dispute: {"intended_submission_method", "network_reason_code"},
}
"""Fields that Stripe shows only in some cases, none of which is known here, or only when they are asked for."""


def test_every_field_at_the_pinned_version_is_there(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    _, intent_id = paid(sandbox)
    refund, dispute = sandbox.refund(intent_id, 1), sandbox.dispute(intent_id)

    shown: list[stripe.StripeObject] = [
        client.v1.payment_intents.retrieve(intent_id),
        charge_of(client, intent_id),
        client.v1.refunds.retrieve(refund.id),
        client.v1.disputes.retrieve(dispute.id),
    ]

    for each in shown:
        missing = set(type(each).__annotations__) - set(each.to_dict())
        assert missing <= {"OBJECT_NAME", *NEVER_OR_RARELY[type(each)]}


def test_no_more_is_refunded_than_is_left(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    _, intent_id = paid(sandbox)
    client.v1.refunds.create({"payment_intent": intent_id, "amount": 2999})

    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.v1.refunds.create({"payment_intent": intent_id, "amount": 2})
    client.v1.refunds.create({"payment_intent": intent_id, "amount": 1})
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.refunds.create({"payment_intent": intent_id})

    assert (too_much.value.param, again.value.code) == ("amount", "charge_already_refunded")
    assert sandbox.books.payments[intent_id].refunded == eur(3000)


def test_a_refund_that_is_asked_for_twice_under_one_key_is_made_once(
    sandbox: Sandbox, client: stripe.StripeClient
) -> None:
    _, intent_id = paid(sandbox)

    made = [
        client.v1.refunds.create({"payment_intent": intent_id, "amount": 700}, {"idempotency_key": f"k-{intent_id}"})
        for _ in range(2)
    ]

    assert made[0].id == made[1].id
    assert sandbox.books.payments[intent_id].refunded == eur(700)
    assert reported(sandbox, made[0].id) == ["refund.created"]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "payment_intent"),
        ({"payment_intent": "pi_none"}, "payment_intent"),
        ({"charge": "ch_none"}, "charge"),
        ({"payment_intent": "{intent}", "amount": 0}, "amount"),
        ({"payment_intent": "{intent}", "reason": "whim"}, "reason"),
        ({"payment_intent": "{intent}", "surprise": "yes"}, "surprise"),
    ],
)
def test_a_wrong_parameter_of_a_refund_is_named(
    sandbox: Sandbox, client: stripe.StripeClient, params: dict[str, Any], param: str
) -> None:
    _, intent_id = paid(sandbox)
    filled = {name: intent_id if value == "{intent}" else value for name, value in params.items()}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.raw_request("post", "/v1/refunds", **filled)

    assert refused.value.param == param
    assert sandbox.books.payments[intent_id].refunded == eur(0)


def test_what_has_not_arrived_is_not_given_back(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 3000, "currency": "eur"})

    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id})
    with pytest.raises(StripeError):
        sandbox.dispute(intent.id)


def test_the_event_of_a_refund_says_what_was_before(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    with Inbox() as inbox:
        endpoint = sandbox.add_webhook(inbox.url, events=["charge.refunded"])
        _, intent_id = paid(sandbox)
        for amount in (1000, 2000):
            sandbox.refund(intent_id, amount)
        received = [inbox.next(), inbox.next()]

    events = [client.construct_event(each.body, each.signature, endpoint.secrets[-1].value) for each in received]
    by_amount = sorted(events, key=lambda event: event.data.object.amount_refunded)
    before = [event.data.previous_attributes for event in by_amount]
    assert [event.data.object.amount_refunded for event in by_amount] == [1000, 3000]
    assert [dict(each.to_dict()) for each in before if each] == [
        {"amount_refunded": 0},
        {"amount_refunded": 1000, "refunded": False},
    ]


def test_a_refunds_metadata_can_be_changed(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    _, intent_id = paid(sandbox)
    refund = client.v1.refunds.create({"payment_intent": intent_id, "metadata": {"a": "1"}})

    changed = client.v1.refunds.update(refund.id, {"metadata": {"b": "2"}})

    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}
    assert reported(sandbox, refund.id) == ["refund.created", "charge.refund.updated", "refund.updated"]
    assert sandbox.books.payments[intent_id].refunded == eur(3000)


def test_a_card_can_be_disputed_from_the_first_moment(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    intent = bought(client, "pm_card_createDispute")

    [dispute] = client.v1.disputes.list({"payment_intent": intent.id}).data

    assert (dispute.amount, dispute.status, dispute.is_charge_refundable) == (3000, "needs_response", False)
    assert charge_of(client, intent.id).disputed
    assert reported(sandbox, dispute.id) == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert sandbox.books.payments[intent.id].disputed == eur(3000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"


def test_an_inquiry_takes_no_money_and_its_payment_can_be_refunded(
    sandbox: Sandbox, client: stripe.StripeClient
) -> None:
    intent = bought(client, "pm_card_createDisputeInquiry")
    [inquiry] = client.v1.disputes.list({"charge": str(intent.latest_charge)}).data
    assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)

    client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
    closed = client.v1.disputes.close(inquiry.id)

    assert closed.status == "warning_closed"
    assert reported(sandbox, inquiry.id) == ["charge.dispute.created", "charge.dispute.closed"]
    booked = sandbox.books.payments[intent.id]
    assert (booked.refunded, booked.disputed) == (eur(100), eur(0))


@pytest.mark.parametrize(
    ("evidence", "status", "disputed", "events"),
    [
        ("winning_evidence", "won", 0, ["charge.dispute.funds_reinstated", "charge.dispute.closed"]),
        ("losing_evidence", "lost", 3000, ["charge.dispute.closed"]),
        ("a letter", "needs_response", 3000, ["charge.dispute.updated"]),
    ],
)
def test_evidence_of_a_trial_decides_a_dispute(
    sandbox: Sandbox, client: stripe.StripeClient, evidence: str, status: str, disputed: int, events: list[str]
) -> None:
    session_id, intent_id = paid(sandbox)
    dispute = sandbox.dispute(intent_id)

    changed = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}})

    assert changed.status == status
    assert client.v1.disputes.retrieve(dispute.id) == changed
    assert reported(sandbox, dispute.id)[2:] == events
    booked = sandbox.books.payment_of(session_id)
    assert booked is not None
    assert booked.disputed == eur(disputed)


def test_who_gives_in_loses_and_only_once(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    _, intent_id = paid(sandbox)
    dispute = sandbox.dispute(intent_id, amount=1200)

    assert client.v1.disputes.close(dispute.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(dispute.id)

    assert sandbox.books.payments[intent_id].disputed == eur(1200)


def test_a_bank_can_dispute_by_a_control(server: SandboxServer, client: stripe.StripeClient) -> None:
    session_id, intent_id = paid(server.sandbox)
    client.v1.refunds.create({"payment_intent": intent_id, "amount": 1000})

    answer = loopback.post(f"{server.url}/sandbox/payment_intents/{intent_id}/dispute")

    assert (answer.status_code, answer.json()["amount"]) == (200, 2000)
    shown = loopback.get(f"{server.url}/sandbox/books").json()["payments"]
    [payment] = [payment for payment in shown if payment["session_id"] == session_id]
    assert [payment[name]["amount"] for name in ("paid", "refunded", "disputed")] == [3000, 1000, 2000]


def test_these_events_have_a_thin_form_too(server: SandboxServer, client: stripe.StripeClient) -> None:
    _, intent_id = paid(server.sandbox)
    server.sandbox.refund(intent_id, 1000)
    server.sandbox.dispute(intent_id)

    one_of_each_type = {event.type: event for event in server.sandbox.events()}
    for event in one_of_each_type.values():
        thin = client.raw_request("get", f"/v2/core/events/{event.id}", stripe_version="2026-10-28.endive").data
        related = thin["related_object"]
        found = loopback.get(
            f"{server.url}{related['url']}", headers={"Authorization": "Bearer sk_test_example"}
        ).json()
        assert (thin["type"], found["object"]) == (f"v1.{event.type}", related["type"])


AMOUNTS = strategies.one_of(strategies.none(), strategies.integers(1, 150))
ACTS = strategies.lists(
    strategies.one_of(
        strategies.tuples(strategies.just("refund"), AMOUNTS),
        strategies.tuples(strategies.just("dispute"), AMOUNTS),
        strategies.tuples(strategies.just("inquire"), AMOUNTS),
        strategies.tuples(strategies.just("win"), strategies.none()),
        strategies.tuples(strategies.just("lose"), strategies.none()),
    ),
    max_size=8,
)


@hypothesis.given(acts=ACTS)
def test_whatever_is_done_no_more_goes_back_than_came(acts: list[tuple[str, int | None]]) -> None:
    sandbox = Sandbox()
    _, intent_id = paid(sandbox, unit_amount=50)
    refunded, dispute_ids = 0, []

    for act, amount in acts:
        try:
            match act:
                case "refund":
                    refunded += sandbox.refund(intent_id, amount).money.amount
                case "dispute" | "inquire":
                    opened = sandbox.dispute(intent_id, amount=amount, is_inquiry=act == "inquire")
                    dispute_ids.append(opened.id)
                case _:
                    sandbox.close_dispute(dispute_ids[-1] if dispute_ids else "none", is_won=act == "win")
        except StripeError:
            continue

    booked = sandbox.books.payments[intent_id]
    assert booked.paid == eur(100)
    assert booked.refunded == eur(refunded)
    assert 0 <= booked.refunded.amount + booked.disputed.amount <= 100
