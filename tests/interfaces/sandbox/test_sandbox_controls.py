"""The controls over HTTP, the state file, and the running program."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
import loopback
import pytest
import stripe
from fixed_ports import PYTHON_PATH_OF_PROCESSES

from interfaces.sandbox.model.values import Session
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.webhooks.courier import Pace
from interfaces.sandbox.webhooks.inbox import Inbox

FAST = Pace(debit_delay_seconds=0.05, retry_first_seconds=0.01, attempts_max=3)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(pace=FAST)) as server:
        yield server


@pytest.fixture
def sandbox(server: SandboxServer) -> Sandbox:
    return server.sandbox


@pytest.fixture
def http(server: SandboxServer) -> Iterator[httpx2.Client]:
    with loopback.client(base_url=server.url) as http:
        yield http


def opened(sandbox: Sandbox) -> Session:
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Mug"}}
    item = {"price_data": price, "quantity": 1, "adjustable_quantity": {"enabled": True}}
    return sandbox.create_session({"mode": "payment", "success_url": "http://localhost/after", "line_items": [item]})


def test_a_session_is_paid_and_settled_by_another_process(sandbox: Sandbox, http: httpx2.Client) -> None:
    session = opened(sandbox)
    http.post("/sandbox/clock", data={"held": "true"}).raise_for_status()
    quantities: Mapping[str, object] = {session.line_items[0].id: 3}

    paid = http.post(
        f"/sandbox/sessions/{session.id}/pay",
        json={"by": "debit_succeeds", "email": "b@example.com", "quantities": quantities},
    )
    settled = http.post(f"/sandbox/sessions/{session.id}/settle")

    assert (paid.json()["status"], paid.json()["payment_status"]) == ("complete", "unpaid")
    assert paid.json()["customer_details"]["email"] == "b@example.com"
    assert settled.json()["payment_status"] == "paid"
    (entry,) = http.get("/sandbox/books").json()["entries"]
    assert (entry["session_id"], entry["paid"]) == (session.id, {"amount": 1500, "currency": "eur"})


@pytest.mark.parametrize("seconds", [-1, 367 * 24 * 3600, 999_999_999_999])
def test_the_clock_goes_neither_back_nor_beyond_the_calendar(
    sandbox: Sandbox, http: httpx2.Client, seconds: int
) -> None:
    before = sandbox.clock.now()

    refused = http.post("/sandbox/clock", json={"advance_seconds": seconds})

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "advance_seconds")
    assert before <= sandbox.clock.now() < before + 24 * 3600
    assert http.get("/").status_code == 200


@pytest.mark.parametrize(("step", "by"), [("fail", "debit_succeeds"), ("expire", None)])
def test_a_session_fails_or_expires_by_another_process(
    sandbox: Sandbox, http: httpx2.Client, step: str, by: str | None
) -> None:
    session = opened(sandbox)
    sandbox.hold_clock()
    if by is not None:
        http.post(f"/sandbox/sessions/{session.id}/pay", json={"by": by}).raise_for_status()

    answer = http.post(f"/sandbox/sessions/{session.id}/{step}")

    assert answer.json()["status"] == ("complete" if by else "expired")
    assert http.post(f"/sandbox/sessions/{session.id}/{step}").status_code == 400


def test_deliveries_are_dropped_paused_and_sent_again_by_another_process(sandbox: Sandbox, http: httpx2.Client) -> None:
    with Inbox() as inbox:
        sandbox.add_webhook(inbox.url)
        http.post("/sandbox/deliveries", json={"dropped": True}).raise_for_status()
        sandbox.pay(opened(sandbox).id)
        (lost,) = sandbox.events("checkout.session.completed")
        (delivery,) = http.get("/sandbox/deliveries", params={"event": lost.id}).json()["deliveries"]
        assert delivery["state"] == "dropped"

        http.post(f"/sandbox/events/{lost.id}/resend").raise_for_status()
        assert json.loads(inbox.next().body)["id"] == lost.id

        http.post("/sandbox/deliveries", json={"dropped": False, "paused": True}).raise_for_status()
        sandbox.pay(opened(sandbox).id)
        assert inbox.is_empty()
        http.post("/sandbox/deliveries", json={"paused": False}).raise_for_status()
        inbox.next()


def test_faults_are_added_and_cleared_by_another_process(http: httpx2.Client) -> None:
    key = {"Authorization": "Bearer sk_test_example"}
    http.post("/sandbox/faults", json={"count": 6, "status": 503}).raise_for_status()

    assert http.get("/v1/products", headers=key).status_code == 503
    assert http.get("/sandbox").json()["faults_left"] == 5
    http.delete("/sandbox/faults").raise_for_status()
    assert http.get("/v1/products", headers=key).status_code == 200


@pytest.mark.parametrize("status", [-1, 1, 99, 200, 302, 399, 600])
def test_a_fault_that_is_no_error_is_refused(http: httpx2.Client, status: int) -> None:
    refused = http.post("/sandbox/faults", json={"status": status})

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "status")
    assert http.get("/sandbox").json()["faults_left"] == 0


@pytest.mark.parametrize(("status", "answered"), [(0, 200), (400, 400), (599, 599)])
def test_a_fault_is_any_error_or_none(http: httpx2.Client, status: int, answered: int) -> None:
    http.post("/sandbox/faults", json={"status": status}).raise_for_status()

    assert http.get("/v1/products", headers={"Authorization": "Bearer sk_test_example"}).status_code == answered


def test_a_secret_is_rolled_and_a_status_pretended_by_another_process(sandbox: Sandbox, http: httpx2.Client) -> None:
    session = opened(sandbox)
    endpoint = sandbox.add_webhook("http://localhost:9/webhook")

    secret = http.post(f"/sandbox/webhook_endpoints/{endpoint.id}/roll_secret").json()["secret"]
    shown = http.post(f"/sandbox/sessions/{session.id}/payment_status", json={"payment_status": "in_orbit"})

    assert secret.startswith("whsec_")
    assert shown.json()["payment_status"] == "in_orbit"


def test_wrong_controls_are_refused_in_words(http: httpx2.Client) -> None:
    assert http.post("/sandbox/clock", json={"speed": 2}).json()["error"]["param"] == "speed"
    assert http.post("/sandbox/clock", content=b"{", headers={"content-type": "application/json"}).status_code == 400
    assert http.post("/sandbox/sessions/cs_test_unknown/pay").status_code == 404


def test_a_state_file_carries_everything_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with SandboxServer(Sandbox(state_path=path)) as server:
        endpoint = server.sandbox.add_webhook("http://localhost:9/webhook")
        session = server.sandbox.pay(opened(server.sandbox).id)
        books = server.sandbox.books

    with SandboxServer(Sandbox(state_path=path)) as server:
        client = stripe.StripeClient("sk_test_example", base_addresses={"api": server.url})
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
        assert server.sandbox.books == books
        assert server.sandbox.webhook_at(endpoint.url) == endpoint


def test_a_request_repeated_after_a_restart_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    def create_product() -> stripe.Product:
        with SandboxServer(Sandbox(state_path=path)) as server:
            client = stripe.StripeClient("sk_test_example", base_addresses={"api": server.url})
            product = client.v1.products.create({"name": "Mug"}, {"idempotency_key": "mug-1"})
            assert len(client.v1.products.list().data) == 1
            return product

    first = create_product()
    again = create_product()

    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert "sk_test_example" not in path.read_text()


def test_a_place_where_no_state_can_be_kept_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Sandbox(state_path=tmp_path / "nowhere" / "state.json")


def test_a_state_that_can_not_be_written_for_a_while_is_written_later(tmp_path: Path) -> None:
    path = tmp_path / "here" / "state.json"
    path.parent.mkdir()
    with Sandbox(state_path=path, pace=FAST) as sandbox:
        path.parent.rename(tmp_path / "there")
        opened(sandbox)
        time.sleep(0.5)
        (tmp_path / "there").rename(path.parent)
        last = opened(sandbox)

    assert last.id in path.read_text()


def test_deliveries_and_debits_that_were_pending_go_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with Inbox() as inbox:
        with Sandbox(state_path=path, pace=FAST) as sandbox:
            sandbox.hold_clock()
            sandbox.pause_deliveries()
            sandbox.add_webhook(inbox.url)
            sandbox.pay(opened(sandbox).id, by="debit_succeeds")

        with Sandbox(state_path=path, pace=FAST) as sandbox:
            sandbox.advance_clock(1)
            types = {json.loads(inbox.next().body)["type"] for _ in range(2)}

    assert types == {"checkout.session.completed", "checkout.session.async_payment_succeeded"}


@pytest.mark.parametrize("content", ["", "[]", '{"version": 99}', '{"sessions": {"cs_test_1": {}}}'])
def test_a_file_that_is_no_state_is_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "notes.json"
    path.write_text(content)

    with pytest.raises(ValueError, match=r"notes\.json"):
        Sandbox(state_path=path)

    assert path.read_text() == content


def test_a_seed_makes_the_same_ids_again() -> None:
    first, second = Sandbox(seed=7), Sandbox(seed=7)

    assert opened(first).id == opened(second).id
    assert opened(first).id != opened(second).url


def test_how_many_requests_come_changes_no_session_s_id() -> None:
    quiet, busy = Sandbox(seed=7), Sandbox(seed=7)

    for _ in range(3):
        busy.ids.request()
        busy.ids.object("evt")

    assert opened(quiet).id == opened(busy).id


def test_the_program_prints_its_address_and_secret_and_stops_when_asked(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from interfaces.sandbox.server import serve_sandbox\n"
        "serve_sandbox(port=0, state_path=Path('state.json'), webhook_url='http://localhost:4242/webhook')\n"
    )
    root = str(Path(__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([root, PYTHON_PATH_OF_PROCESSES])},
    ) as process:
        assert process.stdout is not None
        url, secret = process.stdout.readline().strip(), process.stdout.readline().strip()
        answer = loopback.get(f"{url}/v1/webhook_endpoints", auth=("sk_test_example", ""))
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)

    assert secret.startswith("whsec_")
    assert answer.json()["data"][0]["url"] == "http://localhost:4242/webhook"
    assert status == 0
    assert json.loads((tmp_path / "state.json").read_text())["endpoints"]
