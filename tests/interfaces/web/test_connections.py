"""Connections that send nothing, or too little, keep no other client out."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import loopback
import pytest
from running import RunningShop, running_shop

from interfaces.demo.engine_process import EngineProcess
from interfaces.web.connections import HEAD_SECONDS_MAX, limits_within

HALF_A_HEAD = b"POST /webhook HTTP/1.1\r\nHost: x\r\n"
A_REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
A_BODY_THAT_NEVER_COMES = (
    b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
    b"Stripe-Signature: t=1767225600,v1=" + b"0" * 64 + b"\r\n\r\n{"
)
ANSWERED_EARLY = b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    with running_shop(tmp_path_factory.mktemp("connections")) as shop:
        yield shop


def connected(url: str, sent: bytes = b"") -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=HEAD_SECONDS_MAX + 4)
    connection.sendall(sent)
    return connection


def answer(connection: socket.socket) -> bytes:
    received = b""
    while b"alive" not in received and (more := connection.recv(1000)):
        received += more
    return received


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1000) == b""
    except ConnectionError:
        return True


def test_who_sends_no_whole_head_within_ten_seconds_is_left(shop: RunningShop) -> None:
    with ExitStack() as stack:
        silent, half, again, early, well = (
            stack.enter_context(connected(shop.url, sent))
            for sent in (b"", HALF_A_HEAD, A_REQUEST, ANSWERED_EARLY, A_REQUEST)
        )
        assert all(answer(connection).startswith(b"HTTP/1.1 200") for connection in (again, early, well))
        again.sendall(HALF_A_HEAD)
        early.sendall(b"{")  # the rest of a body that is not waited for
        started = time.monotonic()

        closed = [is_closed(connection) for connection in (silent, half, again, early)]

        assert closed == [True] * 4
        assert HEAD_SECONDS_MAX - 2 < time.monotonic() - started < HEAD_SECONDS_MAX + 2
        well.sendall(A_REQUEST)
        assert answer(well).startswith(b"HTTP/1.1 200")


class FewDescriptors(EngineProcess):
    def _command(self, arguments: Sequence[str]) -> list[str]:
        return ["sh", "-c", 'ulimit -n 256; exec "$@"', "sh", *super()._command(arguments)]


def test_more_connections_than_file_descriptors_keep_no_client_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    settings = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_for_tests"}
    engine = FewDescriptors(tmp_path, port, settings)
    with ExitStack() as stack:
        stack.callback(engine.stop)
        engine.start()
        answers = []
        for _ in range(40):
            for _ in range(10):
                stack.enter_context(connected(engine.url))
            answers.append(loopback.post(f"{engine.url}/webhook", content=b"{}"))

    log = engine.log.read_text()
    assert [answer.status_code for answer in answers] == [400] * 40
    assert "out of system resource" not in log
    assert 1 <= log.count("too many connections") <= 3


def test_who_has_waited_longest_makes_room(tmp_path: Path) -> None:
    """Some webhooks come over connections that were opened a moment before: they are not the ones to be cut."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    settings = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_for_tests"}
    engine = FewDescriptors(tmp_path, port, settings)
    with ExitStack() as stack:
        stack.callback(engine.stop)
        engine.start()
        for _ in range(5):
            for _ in range(50):
                stack.enter_context(connected(engine.url, A_BODY_THAT_NEVER_COMES))
            fresh = stack.enter_context(connected(engine.url))
            for _ in range(20):
                stack.enter_context(connected(engine.url))
            fresh.sendall(A_REQUEST)
            assert answer(fresh).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("descriptors", [64, 256, 1024, 4096, 20_000, 1_048_576])
def test_there_are_descriptors_for_connections_that_come_and_go(descriptors: int) -> None:
    limits = limits_within(descriptors)

    assert limits.connections >= 20
    assert limits.backlog >= 5
    if descriptors >= 256:
        assert limits.connections + 4 * limits.backlog <= descriptors - 100


def test_without_descriptors_who_comes_is_refused_at_once_and_served_when_there_are_some_again() -> None:
    script = Path(__file__).parent / "without_descriptors.py"

    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.splitlines() == ["refused", "refused", "HTTP/1.1 200 OK"]
    assert done.stderr == ""
