"""Log lines that any stranger can cause must not fill the disk."""

import socket
from pathlib import Path

import loopback
from processes import ServeProcess, ended

from interfaces.demo.engine_process import free_port
from interfaces.web.log_throttle import REFUSALS_PER_MINUTE, LogThrottle, Refusals

SETTINGS = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_for_tests"}


def test_log_lines_that_strangers_can_cause_are_throttled() -> None:
    times = iter((0.0, 1.0, 9.9, 10.0, 11.0, 30.0))
    is_time_to_log = LogThrottle(10.0, lambda: next(times))

    logged = [is_time_to_log() for _ in range(6)]

    assert logged == [True, False, False, True, False, True]


def test_sixty_refused_deliveries_a_minute_are_logged_and_the_others_counted() -> None:
    now = 0.0
    refusals = Refusals(lambda: now)

    logged = [refusals.unsaid_before() for _ in range(REFUSALS_PER_MINUTE + 5)]
    now = 1.0
    later = [refusals.unsaid_before() for _ in range(2)]

    assert logged == [0] * REFUSALS_PER_MINUTE + [None] * 5
    assert later == [5, None]


def test_floods_of_forged_deliveries_and_of_garbage_leave_few_lines(tmp_path: Path) -> None:
    port = free_port()
    server = ServeProcess(tmp_path, "serve", SETTINGS, port)
    with ended([server]):
        server.start()
        server.wait_until_ready()
        with loopback.client(base_url=server.url, timeout=20.0) as client:
            statuses = [client.post("/webhook", content=b"{}").status_code for _ in range(3 * REFUSALS_PER_MINUTE)]
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", port), timeout=20.0) as connection:
                connection.sendall(b"garbage\r\n\r\n")
                assert connection.recv(1000).startswith(b"HTTP/1.1 400")

        logged = [line["event"] for line in server.log_lines()]

    assert set(statuses) == {400}
    assert REFUSALS_PER_MINUTE <= logged.count("webhook delivery") < len(statuses)
    assert 1 <= logged.count("Invalid HTTP request received.") < 50
