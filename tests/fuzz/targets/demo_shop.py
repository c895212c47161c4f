"""The pages of the demo shop."""

from functools import cache

from fuzz.asgi import ask, read_request
from fuzz.shops import plain_shop
from fuzz.target import Target, scratch
from starlette.applications import Starlette

from interfaces.demo.goods import stocked
from interfaces.demo.storefront import Storefront
from interfaces.sandbox.sandbox import Sandbox


@cache
def _app() -> Starlette:
    directory, sandbox = scratch(), Sandbox(seed=1)
    runtime, outbox = plain_shop(directory).runtime, directory / "outbox"
    shop = Storefront(sandbox, "http://localhost:12111", stocked(sandbox), runtime.queries, runtime.staff, outbox)
    return Starlette(routes=shop.routes())


def check(data: bytes) -> str:
    answer = ask(_app(), read_request(data))
    assert answer.status < 500, answer
    return f"answered {answer.status}"


TARGET = Target(
    check=check,
    runs=1000,
    bytes_max=512,
    seeds=[
        b"",
        b"GET /demo",
        b"POST /demo/buy/course\nhost: localhost:4242",
        b"POST /demo/buy/course\nhost: ]",
        b"POST /demo/buy/none",
        b"POST /demo/orders/cs_test_a1/ship",
        b"POST /demo/stock/mug-blue",
        b"GET /demo/orders/cs_test_a1",
        b"GET /demo/mails/eff_cs_test_a1_mail_receipt",
        b"GET /demo/mails/../as-sent",
        b"GET /demo/static/shop.css",
    ],
)
