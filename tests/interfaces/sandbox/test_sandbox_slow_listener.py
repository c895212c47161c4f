"""Listeners over real connections that do not behave: who does not read, who says too much, who vanishes."""

from collections.abc import Iterator
from contextlib import suppress

import loopback
import pytest
from eventually import wait_for
from listening import listening, payload
from wsproto.events import CloseConnection

from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.webhooks.listeners import WAITING_MAX

EVENTS = 12_000
"""So many bytes that no kernel's buffers hold them: 50 MB."""


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox()) as server:
        yield server


def expired(sandbox: Sandbox, number: int = 0) -> str:
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Mug"}}
    values = {"mode": "payment", "success_url": "http://localhost/after", "metadata": {"number": number}}
    session = sandbox.create_session({**values, "line_items": [{"price_data": price, "quantity": 1}]})
    sandbox.expire(session.id)
    return sandbox.events()[-1].id


@pytest.mark.long
def test_a_listener_that_does_not_read_blocks_no_other_and_loses_the_oldest(server: SandboxServer) -> None:
    listeners = server.sandbox.post_office.listeners
    many, last = expired(server.sandbox), expired(server.sandbox)
    with listening(server) as slow, listening(server) as fast:
        hearing = fast.messages()
        for _ in range(EVENTS // 100):
            for _ in range(100):
                listeners.announce(many)
            # each event comes as two messages
            assert [payload(next(hearing))["id"] for _ in range(200)] == [many] * 200
        listeners.announce(last)
        assert loopback.get(f"{server.url}/sandbox").status_code == 200

        got = 0
        for message in slow.messages():
            got += 1
            if payload(message)["id"] == last:
                break

    assert WAITING_MAX < got < EVENTS, "it is sent the latest events, and not all of them"


def test_who_vanishes_without_a_word_makes_room(server: SandboxServer) -> None:
    with listening(server) as listener:
        kept = server.sandbox.post_office.listeners.find(listener.id)
        assert kept is not None
        assert kept.is_connected

    assert wait_for(lambda: not kept.is_connected)


def test_who_says_too_much_at_once_is_sent_away(server: SandboxServer) -> None:
    # what was sent may be lost with the connection
    with listening(server) as listener, suppress(ConnectionError):
        listener.say("x" * (1024 * 1024 + 1))

        assert [event.code for event in listener.events() if isinstance(event, CloseConnection)] == [1009]

    assert loopback.get(f"{server.url}/sandbox").status_code == 200
