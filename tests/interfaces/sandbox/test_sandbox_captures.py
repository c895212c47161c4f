"""A card that is authorized at the checkout, whose money the merchant takes later or lets go of."""

from collections.abc import Iterator

import pytest
import stripe

from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.model.values import Session
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.stripe_json.events import FULFILLING_EVENTS


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox()) as server:
        yield server


@pytest.fixture
def sandbox(server: SandboxServer) -> Sandbox:
    return server.sandbox


@pytest.fixture
def client(server: SandboxServer) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_example", base_addresses={"api": server.url})


def authorized(sandbox: Sandbox, **changes: object) -> Session:
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Mug"}}
    values = {
        "mode": "payment",
        "success_url": "http://localhost:4242/after-checkout",
        "line_items": [{"price_data": price, "quantity": 2}],
        "payment_intent_data": {"capture_method": "manual"},
    }
    return sandbox.pay(sandbox.create_session({**values, **changes}).id)


def intent_of(client: stripe.StripeClient, session: Session) -> stripe.PaymentIntent:
    shown = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.payment_method"]})
    assert (shown.status, shown.payment_status) == ("complete", sandbox_status(shown))
    assert isinstance(shown.payment_intent, stripe.PaymentIntent)
    return shown.payment_intent


def sandbox_status(shown: stripe.checkout.Session) -> str:
    assert isinstance(shown.payment_intent, stripe.PaymentIntent)
    return "paid" if shown.payment_intent.status == "succeeded" else "unpaid"


def reported(sandbox: Sandbox) -> list[str]:
    """What the sandbox has sent after the checkout."""
    types = [event.type for event in sandbox.events()]
    return types[types.index("checkout.session.completed") + 1 :]


def test_an_authorized_session_is_complete_and_unpaid(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    session = authorized(sandbox)

    intent = intent_of(client, session)

    assert (intent.status, intent.capture_method, intent.amount_capturable) == ("requires_capture", "manual", 1000)
    assert isinstance(intent.payment_method, stripe.PaymentMethod)
    assert intent.payment_method.type == "card"
    entry = sandbox.books.of(session.id)
    assert (entry.is_authorized, entry.is_to_fulfill, entry.paid) == (True, False, None)
    assert sandbox.books.taken() == {}


def test_a_capture_pays_the_session_and_no_event_of_the_session_says_so(
    client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    session = authorized(sandbox)

    client.v1.payment_intents.capture(session.payment_intent_id or "")

    assert intent_of(client, session).status == "succeeded"
    assert reported(sandbox) == ["charge.captured", "payment_intent.succeeded"]
    assert sandbox.books.of(session.id).is_to_fulfill
    assert sandbox.books.taken()["eur"].amount == 1000


def test_a_cancellation_leaves_the_session_complete_and_unpaid(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    session = authorized(sandbox)

    canceled = client.v1.payment_intents.cancel(
        session.payment_intent_id or "", {"cancellation_reason": "requested_by_customer"}
    )

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "requested_by_customer")
    assert intent_of(client, session).status == "canceled"
    assert reported(sandbox) == ["payment_intent.canceled"]
    assert not sandbox.books.of(session.id).is_to_fulfill


def test_what_is_taken_or_let_go_of_is_so_for_good(client: stripe.StripeClient, sandbox: Sandbox) -> None:
    taken, let_go = authorized(sandbox), authorized(sandbox)
    sandbox.capture(taken.payment_intent_id or "")
    sandbox.cancel(let_go.payment_intent_id or "")

    for session in (taken, let_go):
        for act in (client.v1.payment_intents.capture, client.v1.payment_intents.cancel):
            with pytest.raises(stripe.InvalidRequestError, match="could not be"):
                act(session.payment_intent_id or "")


def test_a_part_is_not_captured(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    session = authorized(sandbox)

    with pytest.raises(stripe.InvalidRequestError, match="captures the whole amount"):
        client.v1.payment_intents.capture(session.payment_intent_id or "", {"amount_to_capture": 400})


def test_a_debit_can_not_be_captured_later(sandbox: Sandbox) -> None:
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Mug"}}
    session = sandbox.create_session(
        {
            "mode": "payment",
            "success_url": "http://localhost:4242/after-checkout",
            "line_items": [{"price_data": price, "quantity": 1}],
            "payment_intent_data": {"capture_method": "manual"},
        }
    )
    session = sandbox.pay(session.id, by="debit_succeeds")

    with pytest.raises(StripeError, match="status of processing"):
        sandbox.capture(session.payment_intent_id or "")


def test_an_intent_of_its_own_is_captured_later_too(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {
            "amount": 700,
            "currency": "eur",
            "capture_method": "manual",
            "confirm": True,
            "payment_method": "pm_card_visa",
        }
    )

    assert intent.status == "requires_capture"
    assert client.v1.payment_intents.capture(intent.id).amount_received == 700


def test_the_endpoint_of_the_engine_hears_of_it_and_one_for_sessions_alone_does_not(sandbox: Sandbox) -> None:
    sandbox.pause_deliveries()
    engine = sandbox.add_webhook("http://127.0.0.1:9/webhook", events=FULFILLING_EVENTS)
    other = sandbox.add_webhook("http://127.0.0.1:9/other")

    session = authorized(sandbox)
    sandbox.capture(session.payment_intent_id or "")

    heard = {
        each.id: [event.type for event in sandbox.events() if each.id in event.endpoint_ids] for each in (engine, other)
    }
    assert heard[engine.id] == ["checkout.session.completed", "charge.captured", "payment_intent.succeeded"]
    assert heard[other.id] == ["checkout.session.completed"]
