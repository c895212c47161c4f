"""Tests keep to ports that the operating system gives them, and so does every process that they start."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable

import fixed_ports
import pytest
from fixed_ports import PYTHON_PATH_OF_PROCESSES

from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.webhooks.courier import Pace

A_SHOP = ("127.0.0.1", 4242)


def listen() -> None:
    socket.create_server(A_SHOP).close()


def connect() -> None:
    socket.create_connection(A_SHOP, timeout=1).close()


@pytest.mark.parametrize("touch", [listen, connect])
def test_a_fixed_port_is_refused_and_noticed_in_every_thread(touch: Callable[[], None]) -> None:
    def touch_and_be_refused() -> None:
        with pytest.raises(OSError, match="must not use the fixed port 4242"):
            touch()

    touch_and_be_refused()
    thread = threading.Thread(target=touch_and_be_refused)
    thread.start()
    thread.join()

    here, there = fixed_ports.touched()

    assert here.splitlines()[0].endswith(" 127.0.0.1:4242")
    assert there.splitlines()[0].endswith(" 127.0.0.1:4242")


def test_a_delivery_to_a_fixed_port_is_noticed_although_the_sandbox_goes_on() -> None:
    sandbox = Sandbox(pace=Pace(attempts_max=1))
    sandbox.add_webhook("http://127.0.0.1:4242/webhook")
    item = {"price_data": {"currency": "eur", "unit_amount": 100, "product_data": {"name": "Mug"}}, "quantity": 1}
    values = {"mode": "payment", "success_url": "http://localhost/x", "line_items": [item]}
    sandbox.pay(sandbox.create_session(values).id)

    assert sandbox.wait_for_deliveries()
    sandbox.close()

    assert {touched.splitlines()[0] for touched in fixed_ports.touched()} == {"socket.connect 127.0.0.1:4242"}


def test_a_process_that_tests_start_refuses_it_too() -> None:
    program = f"import socket; socket.create_server({A_SHOP!r})"
    environment = {"PYTHONPATH": PYTHON_PATH_OF_PROCESSES}

    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )

    assert "A test must not use the fixed port 4242" in ended.stderr


def test_other_ports_are_free_to_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        assert fixed_ports.touched() == []
