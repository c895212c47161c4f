"""Days of traffic: drawn from a seed, the same again with the same one, and played in compressed time."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping

import pytest
from eventually import wait_for

from interfaces.sandbox.faults.weather import CORRUPTIONS
from interfaces.sandbox.model.books import BookEntry
from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.model.values import WebhookDelivery
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.traffic.customers import actions_of
from interfaces.sandbox.traffic.day import PACE, Day, Moment
from interfaces.sandbox.traffic.scenarios import SCENARIOS
from interfaces.sandbox.traffic.stall import GOODS, SAMPLE, stocked
from interfaces.sandbox.traffic.summary import Summary, summary_of
from interfaces.sandbox.webhooks.inbox import Inbox

STORMY = SCENARIOS["stormy-day"]
AT_ONCE = 1_000_000.0
GIVES_UP_SECONDS = 25
"""Sooner than a visitor or a delivery would give up by itself, and much later than at once."""


def a_day(sandbox: Sandbox, url: str, *, seed: int = 5, customers: int = 30, name: str = "stormy-day") -> Day:
    return Day(
        sandbox=sandbox,
        scenario=SCENARIOS[name],
        seed=seed,
        landing_url=url,
        speed=AT_ONCE,
        customers=customers,
    )


def played(seed: int) -> tuple[Mapping[str, BookEntry], dict[str, WebhookDelivery], Summary]:
    with Inbox() as inbox, Sandbox(pace=PACE, seed=seed) as sandbox:
        sandbox.add_webhook(inbox.url)
        day = a_day(sandbox, inbox.url, seed=seed)
        day.play(lambda _: None)
        assert day.is_over
        with sandbox.reading() as state:
            deliveries = dict(state.deliveries)
        return sandbox.books.entries, deliveries, summary_of(sandbox)


def test_the_same_seed_gives_the_same_day_and_another_one_another() -> None:
    (books, deliveries, summary), (books_again, deliveries_again, summary_again), (others, _, _) = map(
        played, (5, 5, 6)
    )

    assert books == books_again
    assert {key: kept.fate for key, kept in deliveries.items()} == {
        key: kept.fate for key, kept in deliveries_again.items()
    }
    assert (summary.mishaps, summary.paid) == (summary_again.mishaps, summary_again.paid)
    assert books.keys() != others.keys()


def test_in_the_end_everything_was_delivered_and_nothing_is_open() -> None:
    books, deliveries, summary = played(5)

    assert {delivery.state for delivery in deliveries.values()} == {"delivered"}
    assert {entry.status for entry in books.values()} == {"complete", "expired"}
    assert not any(entry.is_debit_pending for entry in books.values())
    assert sum(summary.sessions.values()) == len(books) >= 30
    assert summary.sessions["paid"] == sum(entry.paid is not None for entry in books.values())
    assert summary.paid.keys() == {"eur", "usd", "jpy"}
    assert sum(summary.paid.values()) == sum(entry.paid.amount for entry in books.values() if entry.paid is not None)


def test_a_shop_that_believes_everything_is_found_out() -> None:
    _, deliveries, summary = played(5)

    corrupted = [fate for kept in deliveries.values() for fate in kept.fate.mishaps if fate in CORRUPTIONS]
    assert summary.believed == len(corrupted) > 0


def test_customers_do_everything_that_customers_do() -> None:
    actions = actions_of(STORMY, 1, 2000)

    ways = Counter(action.customer.pays_by for action in actions if action.deed == "order")
    returns = Counter((action.customer.number, action.order) for action in actions if action.deed == "return")
    pays = {(action.customer.number, action.order): action.at for action in actions if action.deed == "pay"}
    late = [
        action
        for action in actions
        if action.deed == "return" and action.at > pays[action.customer.number, action.order] + 3600
    ]
    assert ways["card"] > ways["debit_succeeds"] > ways["debit_fails"] > 0
    assert ways["free"] > 0
    assert ways[None] > 0
    assert max(returns.values()) > 3
    assert len(pays) > len(returns) > 0
    assert late
    assert any(action.order == 1 and action.deed == "pay" for action in actions)
    assert any(action.customer.quantity is not None for action in actions)
    assert {good for action in actions for good in action.customer.goods} == {*GOODS, SAMPLE}


def test_a_day_is_in_order_and_each_customer_orders_before_paying_before_returning() -> None:
    actions = actions_of(STORMY, 1)

    assert [action.at for action in actions] == sorted(action.at for action in actions)
    assert {action.at % 1 for action in actions} == {0.5}
    for key in {(action.customer.number, action.order) for action in actions}:
        deeds = [action.deed for action in actions if (action.customer.number, action.order) == key]
        assert deeds == ["order", "pay", "return", *["return"] * 9][: len(deeds)]
    assert len({action.customer.number for action in actions}) == STORMY.customers


def test_the_rush_is_when_the_scenario_says() -> None:
    actions = actions_of(SCENARIOS["black-friday"], 1)

    hours = Counter(int(action.at // 3600) for action in actions if action.deed == "order")
    assert hours[0] > 3 * hours[3]


def test_a_day_is_as_long_as_its_speed_says_and_can_be_stopped() -> None:
    moments: list[Moment] = []
    with Inbox() as inbox, Sandbox(pace=PACE, seed=1) as sandbox:
        sandbox.add_webhook(inbox.url)
        day = a_day(sandbox, inbox.url)
        day.speed = 0.001
        stopper = threading.Timer(0.1, day.is_stopped.set)
        stopper.start()
        day.play(moments.append)

    assert moments == []
    assert not day.is_over


def first_request(listening: socket.socket) -> socket.socket:
    """The first connection that sends something, as opposed to one that only checks the port."""
    while True:
        request, _ = listening.accept()
        request.settimeout(60)
        if request.recv(1):
            return request
        request.close()


@pytest.mark.parametrize("is_night", [False, True], ids=["visitors wait", "deliveries wait"])
def test_a_day_is_stopped_while_the_shop_does_not_answer(is_night: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, Inbox() as inbox, Sandbox(pace=PACE, seed=1) as sandbox:
        deaf.settimeout(60)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        sandbox.add_webhook(url if is_night else inbox.url)
        day = a_day(sandbox, inbox.url if is_night else url, name="quiet-day")
        playing = threading.Thread(target=day.play, args=(lambda _: None,), daemon=True)
        playing.start()
        request = first_request(deaf)
        assert not is_night or wait_for(lambda: sandbox.clock.now() > time.time() + 25 * 3600)

        day.is_stopped.set()
        playing.join(GIVES_UP_SECONDS)
        has_ended = not playing.is_alive()
        request.close()

    assert has_ended
    assert not day.is_over


def test_what_is_sold_needs_no_catalog() -> None:
    sandbox = Sandbox(seed=1)

    stocked(sandbox)

    with sandbox.reading() as state:
        assert {product.metadata["delivery"] for product in state.products.values()} == {"access", "shipment", "manual"}
        assert all(product.metadata["sku"] for product in state.products.values())


def test_customers_go_nowhere_but_to_this_machine() -> None:
    with Sandbox(pace=PACE, seed=1) as sandbox, pytest.raises(StripeError, match="localhost"):
        a_day(sandbox, "https://shop.example.com/after-checkout").play(lambda _: None)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_is_a_day_of_chances(name: str) -> None:
    scenario = SCENARIOS[name]

    assert len(scenario.hours) == 24
    assert all(0 < chance < 1 for _, chance in scenario.faults)
    assert actions_of(scenario, 1)
