"""What `stripe listen` says and hears, without the Stripe CLI; `tests/stripe_cli` has the CLI itself say it."""

import json
from collections.abc import Iterator
from pathlib import Path

import loopback
import pytest
import stripe
from eventually import wait_for
from listening import SNAPSHOTS, THIN, Refused, asked_for, connected, listening, payload

from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.model.values import Session
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.webhooks.inbox import Inbox
from interfaces.sandbox.webhooks.listeners import AWAY_SECONDS_MAX, LISTENERS_MAX, WAITING_MAX, Listeners

EXPIRED = "checkout.session.expired"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox()) as server:
        yield server


@pytest.fixture
def sandbox(server: SandboxServer) -> Sandbox:
    return server.sandbox


def opened(sandbox: Sandbox) -> Session:
    price = {"currency": "eur", "unit_amount": 1500, "product_data": {"name": "Mug"}}
    values = {"mode": "payment", "success_url": "http://localhost/after"}
    return sandbox.create_session({**values, "line_items": [{"price_data": price, "quantity": 2}]})


def expired(sandbox: Sandbox) -> str:
    """The ID of the one event that this gives."""
    session = sandbox.expire(opened(sandbox).id)
    return sandbox.books.of(session.id).event_ids[-1]


def resend(server: SandboxServer, event_id: str) -> None:
    url, headers = f"{server.url}/v1/events/{event_id}/retry", {"Authorization": "Bearer sk_test_example"}
    loopback.post(url, data={"for_stripecli": "true"}, headers=headers).raise_for_status()


def test_the_cli_gets_an_address_and_a_secret(server: SandboxServer) -> None:
    reported = asked_for(server, SNAPSHOTS)

    assert reported["websocket_url"] == f"{server.url.replace('http', 'ws')}/subscribe"
    assert reported["secret"].startswith("whsec_")
    assert reported["default_version"] == "2026-10-28.endive"


def test_a_client_without_a_key_gets_nothing(server: SandboxServer) -> None:
    assert loopback.post(f"{server.url}/v1/stripecli/sessions").status_code == 401


def test_the_secret_is_that_of_the_key_and_outlives_a_restart(tmp_path: Path) -> None:
    secrets = []
    for _ in range(2):
        with SandboxServer(Sandbox(state_path=tmp_path / "s.json")) as server:
            keys = [f"sk_test_{name}" for name in ("one", "two", "one")]
            secrets.append([asked_for(server, SNAPSHOTS, key=key)["secret"] for key in keys])

    one, two, one_again = secrets[0]
    assert one == one_again
    assert one != two
    assert secrets[1] == secrets[0]
    assert "sk_test_one" not in (tmp_path / "s.json").read_text()


def test_an_event_is_sent_for_the_accounts_version_and_for_the_latest(server: SandboxServer) -> None:
    with listening(server) as listener:
        event_id = expired(server.sandbox)
        messages = [listener.hear(), listener.hear()]

    assert listener.subprotocol == "stripecli-devproxy-v1"
    assert [message["type"] for message in messages] == ["webhook_event", "webhook_event"]
    assert [message["endpoint"]["api_version"] for message in messages] == [None, "2026-10-28.endive"]
    for message in messages:
        signature = message["http_headers"]["Stripe-Signature"]
        event = stripe.Webhook.construct_event(message["event_payload"], signature, listener.secret)
        assert (event.id, event.type, event.data.object.status) == (event_id, EXPIRED, "expired")


def test_a_thin_listener_is_sent_what_names_the_session_only(server: SandboxServer) -> None:
    session = opened(server.sandbox)
    with listening(server, THIN) as listener:
        server.sandbox.expire(session.id)
        message = listener.hear()

    signature = message["http_headers"]["Stripe-Signature"]
    client = stripe.StripeClient("sk_test_example")
    notice = client.parse_event_notification(message["payload"], signature, listener.secret)
    assert (message["type"], notice.type) == ("v2_event", f"v1.{EXPIRED}")
    assert payload(message)["related_object"]["id"] == session.id
    assert "data" not in payload(message)


def test_two_listeners_hear_the_same_each_signed_with_its_own_secret(server: SandboxServer) -> None:
    other = asked_for(server, SNAPSHOTS, key="sk_test_other")
    with listening(server) as one, connected(server, other) as two:
        event_id = expired(server.sandbox)
        messages = [(listener, listener.hear()) for listener in (one, two)]

    assert one.secret != two.secret
    for listener, message in messages:
        signature = message["http_headers"]["Stripe-Signature"]
        assert stripe.WebhookSignature.verify_header(message["event_payload"], signature, listener.secret)
        assert payload(message)["id"] == event_id


def test_listening_takes_nothing_from_the_endpoints(server: SandboxServer) -> None:
    with Inbox() as inbox, listening(server) as listener:
        server.sandbox.add_webhook(inbox.url)
        event_id = expired(server.sandbox)

        assert json.loads(inbox.next().body)["id"] == payload(listener.hear())["id"] == event_id


def test_events_resend_reaches_the_listeners_and_no_endpoint(server: SandboxServer) -> None:
    with Inbox() as inbox:
        event_id = expired(server.sandbox)
        server.sandbox.add_webhook(inbox.url)
        with listening(server) as listener:
            resend(server, event_id)

            assert payload(listener.hear())["id"] == event_id
        assert server.sandbox.wait_for_deliveries()
        assert inbox.is_empty()


def test_an_answer_that_was_forwarded_is_an_attempt_of_the_delivery(server: SandboxServer) -> None:
    url = "http://localhost:4242/webhook"
    event_id = expired(server.sandbox)
    response = {"type": "webhook_response", "forward_url": url, "notification_id": event_id, "body": "no"}
    shown = f"{server.url}/sandbox/deliveries?event={event_id}"
    with listening(server) as listener:
        listener.say('{"type":"event_ack"}')
        listener.say(json.dumps({**response, "status": 500}))
        listener.say(json.dumps({**response, "status": 200}))
        assert wait_for(lambda: "delivered" in loopback.get(shown).text)

    [delivery] = loopback.get(shown).json()["deliveries"]
    assert (delivery["endpoint_id"], delivery["state"]) == (url, "delivered")
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 200]


@pytest.mark.parametrize(
    "response", ["nonsense", "[]", b"\x00", '{"type":"webhook_response","notification_id":"evt_none","status":200}']
)
def test_who_talks_nonsense_still_hears(server: SandboxServer, response: str | bytes) -> None:
    with listening(server) as listener:
        listener.say(response)
        event_id = expired(server.sandbox)

        assert payload(listener.hear())["id"] == event_id


def test_while_deliveries_are_dropped_no_listener_gets_an_event(server: SandboxServer) -> None:
    with listening(server) as listener:
        server.sandbox.drop_deliveries = True
        lost = expired(server.sandbox)
        server.sandbox.drop_deliveries = False
        event_id = expired(server.sandbox)

        assert payload(listener.hear())["id"] == event_id != lost


def test_while_deliveries_are_paused_events_wait(server: SandboxServer) -> None:
    with listening(server) as listener:
        server.sandbox.pause_deliveries()
        first, second = expired(server.sandbox), expired(server.sandbox)
        assert listener.hears_nothing()
        server.sandbox.resume_deliveries()

        assert [payload(listener.hear())["id"] for _ in range(4)] == [first, first, second, second]


def test_a_listener_that_reconnects_has_missed_nothing(server: SandboxServer) -> None:
    reported = asked_for(server, SNAPSHOTS)
    with connected(server, reported) as listener:
        known = server.sandbox.post_office.listeners.find(listener.id)
        assert known is not None
    assert wait_for(lambda: not known.is_connected)
    event_id = expired(server.sandbox)

    with connected(server, reported) as listener:
        assert payload(listener.hear())["id"] == event_id


def test_an_unknown_listener_is_asked_to_start_over(server: SandboxServer) -> None:
    reported = {**asked_for(server, SNAPSHOTS), "websocket_id": "cliws_of_yesterday"}

    with pytest.raises(Refused) as refused, connected(server, reported):
        pass

    assert json.loads(refused.value.args[1]) == {"error": {"message": "Unknown WebSocket ID."}}


def test_no_listener_takes_the_place_of_another(server: SandboxServer) -> None:
    reported = asked_for(server, SNAPSHOTS)

    with connected(server, reported), pytest.raises(Refused) as refused, connected(server, reported):
        pass

    assert refused.value.args[0] == 409


class Times:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_who_reads_too_slowly_loses_the_oldest_and_no_more_than_so_many_wait() -> None:
    listener = Listeners().open("cliws_1", secret="whsec_1", features=[SNAPSHOTS])

    for number in range(WAITING_MAX + 5):
        listener.put(f"evt_{number}")

    waiting = list(iter(listener.take, None))
    assert waiting == [f"evt_{number}" for number in range(5, WAITING_MAX + 5)]


def test_who_has_gone_is_forgotten_after_a_while() -> None:
    clock = Times()
    listeners = Listeners(clock)
    gone, here = (listeners.open(id, secret="whsec_1", features=[SNAPSHOTS]) for id in ("cliws_1", "cliws_2"))
    for listener in (gone, here):
        assert listener.connect(lambda: None)
    gone.disconnect()

    clock.now = AWAY_SECONDS_MAX
    assert listeners.find("cliws_1") is gone
    clock.now += 1
    assert listeners.find("cliws_1") is None
    assert listeners.find("cliws_2") is here


def test_there_are_no_more_listeners_than_a_hundred() -> None:
    listeners = Listeners()
    opened = [
        listeners.open(f"cliws_{number}", secret="whsec_1", features=[SNAPSHOTS]) for number in range(LISTENERS_MAX)
    ]
    for listener in opened[1:]:
        listener.connect(lambda: None)

    # listeners that only asked for the secret make room
    assert listeners.open("cliws_a", secret="whsec_1", features=[SNAPSHOTS]).connect(lambda: None)
    assert listeners.find("cliws_0") is None
    with pytest.raises(StripeError) as refused:
        listeners.open("cliws_b", secret="whsec_1", features=[SNAPSHOTS])
    assert refused.value.status == 429
