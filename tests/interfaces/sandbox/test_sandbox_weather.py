"""What befalls webhook deliveries, and that the same seed brings the same again."""

import json
from collections.abc import Iterator, Sequence

import loopback
import pytest
import stripe

from interfaces.sandbox.faults.weather import CORRUPTIONS, Corruption, Mishap, Skies, Weather
from interfaces.sandbox.model.values import WebhookDelivery
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.webhooks.courier import Pace
from interfaces.sandbox.webhooks.inbox import Inbox, Received

FAST = Pace(debit_delay_seconds=0.05, retry_first_seconds=0.01, retry_cap_seconds=0.05, attempts_max=4)
COMPLETED = "checkout.session.completed"
EXPIRED = "checkout.session.expired"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(pace=FAST, seed=1) as sandbox:
        yield sandbox


def paid(sandbox: Sandbox) -> str:
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Mug"}}
    session = sandbox.create_session(
        {"mode": "payment", "success_url": "http://localhost/x", "line_items": [{"price_data": price, "quantity": 1}]}
    )
    return sandbox.pay(session.id).id


def delivery_of(sandbox: Sandbox, session_id: str) -> WebhookDelivery:
    (event,) = [event for event in sandbox.events(COMPLETED) if event.object_id == session_id]
    (delivery,) = sandbox.deliveries(event.id)
    return delivery


def statuses(delivery: WebhookDelivery) -> list[tuple[int | None, tuple[str, ...]]]:
    return [(attempt.status, attempt.mishaps) for attempt in delivery.attempts]


def is_genuine(received: Received, secret: str) -> bool:
    try:
        stripe.Webhook.construct_event(received.body, received.signature, secret)
    except (stripe.SignatureVerificationError, ValueError):
        return False
    return True


def test_in_calm_weather_nothing_is_done_to_a_delivery(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)

    session_id = paid(sandbox)
    assert sandbox.wait_for_deliveries()

    assert statuses(delivery_of(sandbox, session_id)) == [(200, ())]


def test_a_dropped_delivery_comes_only_when_it_is_sent_again(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.change_weather(Weather(drop=1))
    session_id = paid(sandbox)
    assert sandbox.wait_for_deliveries()
    dropped = delivery_of(sandbox, session_id)
    assert (dropped.state, dropped.attempts, inbox.is_empty()) == ("dropped", (), True)

    sandbox.resend(dropped.event_id)
    assert sandbox.wait_for_deliveries()

    assert statuses(delivery_of(sandbox, session_id)) == [(200, ("resent",))]


def test_a_lost_attempt_is_repeated_as_any_other_that_failed(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.change_weather(Weather(lose=1))

    session_id = paid(sandbox)
    assert sandbox.wait_for_deliveries()

    assert statuses(delivery_of(sandbox, session_id)) == [(None, ("lost",)), (200, ())]
    inbox.next()
    assert inbox.is_empty()


def test_an_endpoint_whose_answer_is_lost_hears_it_twice(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.change_weather(Weather(lose_answer=1))

    session_id = paid(sandbox)
    assert sandbox.wait_for_deliveries()

    assert statuses(delivery_of(sandbox, session_id)) == [(None, ("answer_lost",)), (200, ())]
    assert json.loads(inbox.next().body)["id"] == json.loads(inbox.next().body)["id"]


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_what_is_corrupted_is_not_genuine_and_its_repetition_is(
    sandbox: Sandbox, inbox: Inbox, kind: Corruption
) -> None:
    secret = sandbox.add_webhook(inbox.url).secrets[-1].value
    sandbox.change_weather(Weather(corrupt=1, corrupt_as=(kind,)))
    inbox.answer_with(400)

    session_id = paid(sandbox)
    assert sandbox.wait_for_deliveries()

    assert statuses(delivery_of(sandbox, session_id)) == [(400, (kind,)), (200, ())]
    assert [is_genuine(inbox.next(), secret) for _ in range(2)] == [False, True]


def test_a_doubled_delivery_comes_twice(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.change_weather(Weather(double=1))

    session_id = paid(sandbox)
    assert sandbox.wait_for_deliveries()

    assert statuses(delivery_of(sandbox, session_id)) == [(200, ("doubled",))] * 2
    assert inbox.next().body != b""
    assert inbox.next().body != b""


def test_a_delayed_delivery_comes_later(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.change_weather(Weather(delay=1, delay_seconds=0.3))

    session_id = paid(sandbox)
    assert sandbox.wait_for_deliveries()

    delayed = delivery_of(sandbox, session_id)
    assert statuses(delayed) == [(200, ("delayed",))]
    assert delayed.attempts[0].at - delayed.made_at >= 0.3


def test_a_reordered_delivery_comes_after_the_next_one(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.change_weather(Weather(reorder=1, delay_seconds=3600, count=1))

    first, second = paid(sandbox), paid(sandbox)
    assert sandbox.wait_for_deliveries()

    assert [json.loads(inbox.next().body)["data"]["object"]["id"] for _ in range(2)] == [second, first]


def test_who_waits_for_one_that_never_comes_goes_after_a_while(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.change_weather(Weather(reorder=1, delay_seconds=0.2))

    session_id = paid(sandbox)
    assert sandbox.wait_for_deliveries()

    assert statuses(delivery_of(sandbox, session_id)) == [(200, ("reordered",))]


def test_late_deliveries_keep_no_other_waiting(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.change_weather(Weather(delay=1, delay_seconds=3600, count=100))
    for _ in range(100):
        paid(sandbox)

    on_time = paid(sandbox)

    assert json.loads(inbox.next().body)["data"]["object"]["id"] == on_time


def test_the_weather_is_that_of_an_endpoint_or_of_all_others(sandbox: Sandbox, inbox: Inbox) -> None:
    with Inbox() as sheltered:
        stormy, calm = sandbox.add_webhook(inbox.url), sandbox.add_webhook(sheltered.url)
        sandbox.change_weather(Weather(drop=1))
        sandbox.change_weather(Weather(), calm.id)

        paid(sandbox)
        assert sandbox.wait_for_deliveries()

    states = {delivery.endpoint_id: delivery.state for delivery in sandbox.deliveries(sandbox.events(COMPLETED)[0].id)}
    assert states == {stormy.id: "dropped", calm.id: "delivered"}


def test_weather_for_so_many_deliveries_ends_after_them(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.change_weather(Weather(drop=1, count=2))

    states = [delivery_of(sandbox, paid(sandbox)).state for _ in range(3)]

    assert states == ["dropped", "dropped", "pending"]


STORM = Weather(drop=0.1, lose=0.4, lose_answer=0.4, corrupt=0.4, double=0.4, delay=0.4, reorder=0.4)


def test_the_same_seed_brings_the_same_mishaps_and_another_one_others() -> None:
    def fates(seed: int) -> list[object]:
        skies = Skies(seed)
        skies.change(STORM)
        return [skies.fate(COMPLETED, "we_1") for _ in range(50)]

    assert fates(7) == fates(7)
    assert fates(7) != fates(8)
    assert len({str(fate) for fate in fates(7)}) > 10


def test_neither_other_events_nor_other_chances_change_a_fate() -> None:
    def fates(*between: str, double: float = 0.0) -> list[Sequence[Mishap]]:
        skies = Skies(7)
        skies.change(Weather(delay=0.4, double=double))
        found: list[Sequence[Mishap]] = []
        for _ in range(50):
            for type in between:
                skies.fate(type, "we_1")
            found.append(skies.fate(COMPLETED, "we_1").mishaps)
        return found

    assert fates() == fates(EXPIRED)
    assert [set(fate) - {"doubled"} for fate in fates(double=0.5)] == [set(fate) for fate in fates()]


def test_everything_that_can_happen_happens_about_as_often_as_it_should() -> None:
    skies = Skies(1)
    skies.change(Weather(lose=0.3, double=0.1))

    fates = [skies.fate(COMPLETED, "we_1").mishaps for _ in range(2000)]

    assert sum("lost" in fate for fate in fates) == pytest.approx(600, abs=80)
    assert sum("doubled" in fate for fate in fates) == pytest.approx(200, abs=60)


def test_another_process_changes_the_weather() -> None:
    with SandboxServer(Sandbox()) as server, loopback.client(base_url=server.url) as http:
        endpoint = server.sandbox.add_webhook("http://localhost:4242/webhook")
        changes = {
            "weather": {"lose": 0.5, "corrupt_as": ["truncated"], "count": 3},
            "endpoint": endpoint.id,
            "seed": 9,
        }

        shown = http.post("/sandbox/deliveries", json=changes).json()

        assert (shown["seed"], [each["endpoint"] for each in shown["weather"]]) == (9, [None, endpoint.id])
        assert server.sandbox.post_office.skies.weather() == {
            None: Weather(),
            endpoint.id: Weather(lose=0.5, corrupt_as=("truncated",), count=3),
        }


@pytest.mark.parametrize(
    "wrong",
    [
        {"weather": {"rain": 1}},
        {"weather": {"drop": 1.5}},
        {"weather": {"drop": "often"}},
        {"weather": {"corrupt_as": ["eaten"]}},
        {"weather": {"count": 0}},
        {"weather": {"delay_seconds": -1}},
        {"weather": {"drop": 1}, "endpoint": "we_unknown"},
        {"seed": 3},
    ],
)
def test_weather_that_can_not_be_is_refused(wrong: dict[str, object]) -> None:
    with SandboxServer(Sandbox()) as server:
        refused = loopback.post(f"{server.url}/sandbox/deliveries", json=wrong)

        assert refused.status_code in (400, 404)
        assert server.sandbox.post_office.skies.weather() == {None: Weather()}


def test_what_was_done_is_seen_by_another_process_and_survives_in_the_state(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.add_webhook(inbox.url)
    sandbox.change_weather(Weather(corrupt=1, corrupt_as=("altered",), double=1))
    paid(sandbox)
    assert sandbox.wait_for_deliveries()

    with SandboxServer(sandbox) as server:
        (shown,) = loopback.get(f"{server.url}/sandbox/deliveries").json()["deliveries"]

    assert sorted(attempt["mishaps"] for attempt in shown["attempts"]) == [["doubled"], ["doubled", "altered"]]
