"""`fulfill serve` as a process of its own: killed, stopped, and beside the commands of staff."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx2
import loopback
import pytest
import stripe

from domain.effect import Effect
from domain.event import Event
from domain.stripe_event import StripeEvent
from infrastructure.database import SQLiteFile
from interfaces.databases import open_read_side
from interfaces.demo.engine_process import EngineProcess
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer

SECRET = "whsec_for_tests"


@pytest.fixture
def stripe_server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox()) as server:
        yield server


@pytest.fixture
def engine(tmp_path: Path, stripe_server: SandboxServer) -> Iterator[EngineProcess]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    settings = {
        "STRIPE_API_KEY": "sk_test_example1234",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": stripe_server.url,
    }
    engine = EngineProcess(tmp_path, port, settings)
    engine.start()
    yield engine
    engine.stop()


def deliver(engine: EngineProcess, number: int) -> str | None:
    """The ID of the Stripe event if its delivery was answered 2xx."""
    id = f"evt_{number}"
    session = {"id": f"cs_test_{number}", "object": "checkout.session", "payment_status": "paid"}
    event = {"id": id, "object": "event", "type": "checkout.session.completed", "livemode": False}
    body = json.dumps({**event, "created": int(time.time()), "data": {"object": session}})
    signature = stripe.WebhookSignature.generate_signature_header(body, SECRET)
    try:
        answer = loopback.post(f"{engine.url}/webhook", content=body, headers={"Stripe-Signature": signature})
    except httpx2.HTTPError:
        return None
    return id if answer.is_success else None


def events_in(engine: EngineProcess) -> list[Event]:
    with open_read_side(SQLiteFile(engine.directory / "fulfillment.db")) as side:
        log = side.log
        return [log.decode(found) for found in log.store.select_notifications(None, 100_000)]


def stored(engine: EngineProcess) -> set[str]:
    return {event.originator_id for event in events_in(engine) if isinstance(event, StripeEvent.Received)}


def asked_for(engine: EngineProcess) -> set[str | None]:
    """The sessions that Stripe was asked for: the sandbox knows none of them, so each attempt fails."""
    return {event.session_id for event in events_in(engine) if isinstance(event, Effect.AttemptFailed)}


def test_every_delivery_answered_2xx_is_in_the_log_after_a_kill(engine: EngineProcess) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(deliver, engine, number) for number in range(300)]
        while sum(answer.done() for answer in answers) < 100:
            time.sleep(0.005)
        engine.kill()
        acknowledged = {id for answer in answers if (id := answer.result()) is not None}

    assert 90 < len(acknowledged) < 300, "the kill was to come in the middle"
    assert acknowledged <= stored(engine)


def test_a_restart_takes_up_what_was_left(engine: EngineProcess) -> None:
    for number in range(20):
        deliver(engine, number)
    engine.kill()

    engine.start()

    deadline = time.monotonic() + 10
    while len(asked := asked_for(engine)) < 20:
        assert time.monotonic() < deadline, f"{len(asked)} of 20 sessions were asked for"
        time.sleep(0.05)


def test_after_a_signal_it_ends_well_within_ten_seconds(engine: EngineProcess) -> None:
    deliver(engine, 1)
    started = time.monotonic()

    code = engine.stop()

    assert code == 0
    assert time.monotonic() - started < 10


def visit(engine: EngineProcess, session: str) -> None:
    with suppress(httpx2.HTTPError):
        loopback.get(f"{engine.url}/after-checkout", params={"session_id": session}, timeout=15)


@pytest.mark.long
def test_after_a_signal_it_ends_within_ten_seconds_while_stripe_hangs(
    engine: EngineProcess, stripe_server: SandboxServer
) -> None:
    stripe_server.sandbox.fail_next_requests(100, status=None, delay_seconds=15.0)
    delivered = {deliver(engine, number) for number in range(5)}
    with ThreadPoolExecutor(1) as pool:
        pool.submit(visit, engine, "cs_test_5")
        while stripe_server.sandbox.faults.remaining > 94:
            time.sleep(0.02)
        started = time.monotonic()

        code = engine.stop()

        assert code == 0
        assert time.monotonic() - started < 10
    assert delivered <= stored(engine)
    assert not list(engine.directory.glob("*.worker-*.lock"))


@pytest.mark.parametrize(
    "is_used", [True, pytest.param(False, marks=pytest.mark.long)], ids=["by a delivery", "by itself"]
)
def test_it_ends_and_says_why_when_its_log_is_taken_away(engine: EngineProcess, is_used: bool) -> None:
    assert deliver(engine, 1)
    for ending in ("", "-wal", "-shm"):
        (engine.directory / f"fulfillment.db{ending}").unlink()

    answer = deliver(engine, 2) if is_used else None

    assert answer is None
    deadline = time.monotonic() + 5
    while "fulfillment.db was deleted, moved or replaced while it was open" not in engine.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert engine.stop() == 1


def test_staff_work_beside_the_running_server(engine: EngineProcess) -> None:
    started = time.monotonic()

    engine.fulfill("stock", "count", "mug", "5", "--as", "kim", "--reason", "delivery")

    assert time.monotonic() - started < 5
    with open_read_side(SQLiteFile(engine.directory / "fulfillment.db")) as side:
        assert [(level.sku, level.on_hand) for level in side.queries.stock()] == [("mug", 5)]


@pytest.mark.long
def test_its_log_is_one_json_object_a_line_and_says_nothing_secret(engine: EngineProcess) -> None:
    deliver(engine, 7)
    loopback.get(f"{engine.url}/after-checkout", params={"session_id": "cs_test_7"})
    engine.stop()

    lines = [json.loads(line) for line in engine.log.read_text().splitlines()]

    assert {"webhook delivery", "decision", "effect attempted"} <= {line["event"] for line in lines}
    assert any(line.get("session_id") == "cs_test_7" for line in lines)
    assert SECRET not in engine.log.read_text()
    assert "session_id=" not in engine.log.read_text()
    assert "sk_test_" not in engine.log.read_text()
