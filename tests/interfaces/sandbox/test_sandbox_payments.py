"""What paying, time and banks do to a session, and which events an endpoint gets."""

from collections.abc import Iterator

import pytest
import stripe

from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.model.values import Endpoint, Session
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.webhooks.courier import Pace
from interfaces.sandbox.webhooks.inbox import Inbox, Received

FAST = Pace(debit_delay_seconds=0.05, retry_first_seconds=0.01, retry_cap_seconds=0.05, attempts_max=4)
COMPLETED = "checkout.session.completed"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(pace=FAST)) as server:
        yield server


@pytest.fixture
def sandbox(server: SandboxServer) -> Sandbox:
    return server.sandbox


@pytest.fixture
def client(server: SandboxServer) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_example", base_addresses={"api": server.url})


def opened(sandbox: Sandbox, unit_amount: int = 500) -> Session:
    price = {"currency": "eur", "unit_amount": unit_amount, "product_data": {"name": "Mug"}}
    return sandbox.create_session(
        {
            "mode": "payment",
            "success_url": "http://localhost:4242/after-checkout",
            "line_items": [{"price_data": price, "quantity": 2}],
        }
    )


def secret_of(endpoint: Endpoint) -> str:
    return endpoint.secrets[-1].value


def verified(client: stripe.StripeClient, received: Received, secret: str) -> stripe.Event:
    return client.construct_event(received.body, received.signature, secret)


def shown(event: stripe.Event) -> stripe.checkout.Session:
    session = event.data.object
    assert isinstance(session, stripe.checkout.Session)
    return session


def test_a_card_payment_completes_as_paid(sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient) -> None:
    endpoint = sandbox.add_webhook(inbox.url)
    session = opened(sandbox)

    sandbox.pay(session.id)

    event = verified(client, inbox.next(), secret_of(endpoint))
    assert event.type == COMPLETED
    assert (event.api_version, event.livemode, event.pending_webhooks) == ("2026-10-28.endive", False, 1)
    assert (shown(event).id, shown(event).payment_status, shown(event).amount_total) == (session.id, "paid", 1000)
    assert "line_items" not in shown(event)
    assert sandbox.wait_for_deliveries()
    assert inbox.is_empty()


def test_a_debit_completes_unpaid_and_succeeds_later(
    sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient
) -> None:
    endpoint = sandbox.add_webhook(inbox.url)
    session = opened(sandbox)

    sandbox.pay(session.id, by="debit_succeeds")

    completed = verified(client, inbox.next(), secret_of(endpoint))
    succeeded = verified(client, inbox.next(), secret_of(endpoint))
    assert (completed.type, shown(completed).payment_status) == (COMPLETED, "unpaid")
    assert succeeded.type == "checkout.session.async_payment_succeeded"
    assert shown(succeeded).payment_status == "paid"
    assert sandbox.books.of(session.id).paid == sandbox.books.of(session.id).total


def test_a_refused_debit_leaves_the_session_complete_and_unpaid(
    sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient
) -> None:
    endpoint = sandbox.add_webhook(inbox.url, events=["checkout.session.async_payment_failed"])
    session = opened(sandbox)

    sandbox.pay(session.id, by="debit_fails")

    event = verified(client, inbox.next(), secret_of(endpoint))
    assert (shown(event).status, shown(event).payment_status) == ("complete", "unpaid")
    intent = client.v1.payment_intents.retrieve(str(shown(event).payment_intent))
    assert intent.status == "requires_payment_method"
    assert sandbox.books.of(session.id).paid is None


def test_a_free_order_needs_no_payment(sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient) -> None:
    endpoint = sandbox.add_webhook(inbox.url)
    session = opened(sandbox, unit_amount=0)

    sandbox.pay(session.id, by="free")

    event = verified(client, inbox.next(), secret_of(endpoint))
    assert shown(event).payment_status == "no_payment_required"
    assert shown(event).payment_intent is None


def test_what_costs_money_is_not_free(sandbox: Sandbox) -> None:
    session = opened(sandbox)

    with pytest.raises(StripeError):
        sandbox.pay(session.id, by="free")

    assert sandbox.session(session.id).status == "open"


def test_a_held_clock_keeps_a_debit_on_its_way_until_it_is_released(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url, events=["checkout.session.async_payment_succeeded"])
    session = opened(sandbox)
    sandbox.hold_clock()

    sandbox.pay(session.id, by="debit_succeeds")
    sandbox.advance_clock(3600)
    assert sandbox.session(session.id).payment_status == "unpaid"
    sandbox.release_clock()

    assert sandbox.session(session.id).payment_status == "paid"
    assert session.id.encode() in inbox.next().body


@pytest.mark.parametrize(("outcome", "status"), [("settle", "paid"), ("fail", "unpaid")])
def test_a_debit_can_be_ended_by_hand_once(sandbox: Sandbox, outcome: str, status: str) -> None:
    session = opened(sandbox)
    sandbox.hold_clock()
    sandbox.pay(session.id, by="debit_succeeds")

    ended = getattr(sandbox, outcome)(session.id)

    assert ended.payment_status == status
    with pytest.raises(StripeError):
        getattr(sandbox, outcome)(session.id)


def test_a_session_expired_through_the_api_names_the_request_that_did_it(
    sandbox: Sandbox, client: stripe.StripeClient
) -> None:
    session = opened(sandbox)

    client.v1.checkout.sessions.expire(session.id, {}, {"idempotency_key": "expire-1"})

    (event,) = client.v1.events.list({"type": "checkout.session.expired"}).data
    assert event.request is not None
    assert str(event.request.id).startswith("req_")
    assert event.request.idempotency_key == "expire-1"


def test_a_session_expires_when_its_time_has_come(sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient) -> None:
    endpoint = sandbox.add_webhook(inbox.url)
    session = opened(sandbox)

    sandbox.advance_clock(24 * 3600 + 1)

    event = verified(client, inbox.next(), secret_of(endpoint))
    assert (event.type, shown(event).status) == ("checkout.session.expired", "expired")
    with pytest.raises(StripeError):
        sandbox.pay(session.id)


def test_an_event_stays_as_it_was(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    session = opened(sandbox)
    sandbox.hold_clock()
    sandbox.pay(session.id, by="debit_succeeds")

    sandbox.settle(session.id)

    (completed,) = sandbox.events(COMPLETED)
    assert shown(client.v1.events.retrieve(completed.id)).payment_status == "unpaid"


def test_a_status_unknown_to_everyone_can_be_pretended(
    sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient
) -> None:
    endpoint = sandbox.add_webhook(inbox.url)
    session = opened(sandbox)
    sandbox.pretend_payment_status(session.id, "in_orbit")

    sandbox.pay(session.id)

    assert shown(verified(client, inbox.next(), secret_of(endpoint))).payment_status == "in_orbit"
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "in_orbit"
    assert sandbox.books.of(session.id).payment_status == "paid"
