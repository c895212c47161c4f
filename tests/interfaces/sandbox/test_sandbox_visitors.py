"""Customers who come back to the shop: from where they come, and what becomes of those who get no answer."""

import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from interfaces.sandbox.traffic.visitors import Visitors

GOES_ON = threading.Event()


class Shop(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.visits: dict[str, set[str]] = {}
        """The addresses that came, by what they asked for."""

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_port}/after-checkout"


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Shop)
        self.server.visits.setdefault(self.path, set()).add(self.client_address[0])
        self.send_response(302)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as shop:
        serving = threading.Thread(target=shop.serve_forever, args=(0.02,))
        serving.start()
        yield shop
        shop.shutdown()
        serving.join()


def test_each_customer_comes_from_an_address_of_their_own_and_is_led_nowhere_else(shop: Shop) -> None:
    visitors = Visitors(shop.url)
    for customer, session in ((1, "a"), (1, "b"), (600, "c")):
        visitors.visit(customer, session)

    assert visitors.leave(GOES_ON) == {"302": 3}
    one, again, other = (shop.visits[f"/after-checkout?session_id={session}"] for session in "abc")
    if sys.platform == "darwin":
        assert one == again == other == {"127.0.0.1"}
    else:
        assert (one, again, other) == ({"127.64.0.1"}, {"127.64.0.1"}, {"127.64.2.88"})


def test_a_shop_that_can_not_be_reached_from_there_is_visited_all_the_same() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listening:
        visitors = Visitors(f"http://[::1]:{listening.getsockname()[1]}/")
        visitors.visit(1, "a")
        listening.settimeout(60)
        visitor, (address, *_) = listening.accept()
        visitor.close()

    assert visitors.leave(GOES_ON) == {"none": 1}
    assert address == "::1"


def test_a_visitor_without_a_server_has_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/"
    visitors = Visitors(url)
    visitors.visit(1, "a")

    assert visitors.leave(GOES_ON) == {"none": 1}
