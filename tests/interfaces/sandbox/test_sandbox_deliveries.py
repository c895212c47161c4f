"""What a merchant's endpoint gets, checked by Stripe's own SDK."""

import json
import queue
from collections.abc import Iterator

import pytest
import stripe

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


def test_a_failed_delivery_is_repeated_with_a_signature_of_its_own(
    sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient
) -> None:
    endpoint = sandbox.add_webhook(inbox.url)
    inbox.answer_with(500, 302)

    sandbox.pay(opened(sandbox).id)
    assert sandbox.wait_for_deliveries()

    ids = {verified(client, inbox.next(), secret_of(endpoint)).id for _ in range(3)}
    assert len(ids) == 1
    assert inbox.is_empty()
    (delivery,) = sandbox.deliveries(ids.pop())
    assert delivery.state == "delivered"
    assert [attempt.status for attempt in delivery.attempts] == [500, 302, 200]


def test_a_delivery_is_given_up_after_the_last_attempt_and_listed_as_undelivered(
    sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient
) -> None:
    sandbox.add_webhook(inbox.url)
    inbox.answer_with(*[500] * FAST.attempts_max)

    sandbox.pay(opened(sandbox).id)
    assert sandbox.wait_for_deliveries()

    (event,) = sandbox.events(COMPLETED)
    (delivery,) = sandbox.deliveries(event.id)
    assert (delivery.state, len(delivery.attempts)) == ("given_up", FAST.attempts_max)
    undelivered = client.v1.events.list({"delivery_success": False, "types": [COMPLETED]})
    assert [found.id for found in undelivered.data] == [event.id]
    assert undelivered.data[0].pending_webhooks == 1


def test_an_endpoint_that_is_not_there_counts_as_no_answer(sandbox: Sandbox) -> None:
    with Inbox() as gone:
        pass
    sandbox.add_webhook(gone.url)

    sandbox.pay(opened(sandbox).id)
    assert sandbox.wait_for_deliveries()

    (delivery,) = sandbox.deliveries(sandbox.events(COMPLETED)[0].id)
    assert delivery.state == "given_up"
    assert {attempt.status for attempt in delivery.attempts} == {None}


def test_a_slow_endpoint_does_not_keep_others_waiting(inbox: Inbox) -> None:
    pace = Pace(attempt_timeout_seconds=0.2, attempts_max=1)
    with Inbox() as slow, Sandbox(pace=pace) as sandbox:
        slow.hold()
        sandbox.add_webhook(slow.url)
        sandbox.add_webhook(inbox.url)

        sandbox.pay(opened(sandbox).id)
        inbox.next()
        assert sandbox.wait_for_deliveries()

        states = [delivery.state for delivery in sandbox.deliveries(sandbox.events(COMPLETED)[0].id)]
    assert states == ["given_up", "delivered"]


def test_a_rolled_secret_signs_beside_the_new_one(sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient) -> None:
    endpoint = sandbox.add_webhook(inbox.url)
    old = secret_of(endpoint)
    new = sandbox.roll_secret(endpoint.id)

    sandbox.pay(opened(sandbox).id)

    received = inbox.next()
    assert received.signature.count("v1=") == 2
    assert verified(client, received, old).id == verified(client, received, new).id


def test_a_thin_endpoint_gets_events_that_only_name_their_session(
    sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient
) -> None:
    endpoint = client.v1.webhook_endpoints.create(
        {"url": inbox.url, "enabled_events": ["checkout.session.completed"], "metadata": {"payload": "thin"}}
    )
    session = opened(sandbox)

    sandbox.pay(session.id)

    received = inbox.next()
    notification = client.parse_event_notification(received.body, received.signature, str(endpoint.secret))
    assert notification.type == "v1.checkout.session.completed"
    assert json.loads(received.body)["related_object"]["id"] == session.id
    assert client.v2.core.events.retrieve(notification.id).type == notification.type


def test_an_endpoint_has_its_own_version_and_shows_its_secret_once(
    inbox: Inbox, sandbox: Sandbox, client: stripe.StripeClient
) -> None:
    endpoint = client.v1.webhook_endpoints.create(
        {"url": inbox.url, "enabled_events": ["*"], "api_version": "2025-09-30.clover"}
    )
    again = client.v1.webhook_endpoints.retrieve(endpoint.id)

    sandbox.expire(opened(sandbox).id)

    assert str(endpoint.secret).startswith("whsec_")
    assert "secret" not in again
    event = verified(client, inbox.next(), str(endpoint.secret))
    assert event.api_version == "2025-09-30.clover"


def test_a_disabled_or_deleted_endpoint_gets_nothing(
    sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient
) -> None:
    disabled, deleted = sandbox.add_webhook(inbox.url), sandbox.add_webhook(inbox.url)
    assert client.v1.webhook_endpoints.update(disabled.id, {"disabled": True}).status == "disabled"
    assert client.v1.webhook_endpoints.delete(deleted.id).deleted

    sandbox.pay(opened(sandbox).id)

    assert sandbox.wait_for_deliveries()
    assert inbox.is_empty()
    assert [endpoint.id for endpoint in client.v1.webhook_endpoints.list().data] == [disabled.id]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/webhook",
        "http://192.0.2.1/",
        "http://127.0.0.1.example.com/",
        "ftp://localhost/",
        "http://[::1",
    ],
)
def test_nothing_but_this_machine_can_be_an_endpoint(client: stripe.StripeClient, url: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})

    assert refused.value.param == "url"


def test_lost_deliveries_come_when_they_are_sent_again(
    sandbox: Sandbox, inbox: Inbox, client: stripe.StripeClient
) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.drop_deliveries = True
    sandbox.pay(opened(sandbox).id)
    assert sandbox.wait_for_deliveries()
    assert inbox.is_empty()

    (lost,) = client.v1.events.list({"delivery_success": False}).data
    client.raw_request("post", f"/v1/events/{lost.id}/retry")

    assert json.loads(inbox.next().body)["id"] == lost.id
    assert sandbox.wait_for_deliveries()
    assert client.v1.events.list({"delivery_success": False}).data == []
    assert client.v1.events.retrieve(lost.id).pending_webhooks == 0


def test_paused_deliveries_wait_in_any_number(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.pause_deliveries()
    sessions = {sandbox.pay(opened(sandbox).id).id for _ in range(5)}
    assert sandbox.wait_for_deliveries()
    assert inbox.is_empty()

    sandbox.resume_deliveries()

    assert {json.loads(inbox.next().body)["data"]["object"]["id"] for _ in range(5)} == sessions


def test_events_page_backwards_into_the_order_in_which_they_happened(
    sandbox: Sandbox, client: stripe.StripeClient
) -> None:
    for _ in range(7):
        sandbox.pay(opened(sandbox).id)
    events = [event.id for event in sandbox.events(COMPLETED)]

    later = client.v1.events.list({"ending_before": events[0], "types": [COMPLETED], "limit": 2})

    assert [event.id for event in later.auto_paging_iter()] == events[1:]


def test_nothing_arrives_that_was_not_sent(inbox: Inbox) -> None:
    with pytest.raises(queue.Empty):
        inbox.next(timeout_seconds=0.01)
