"""All that a stranger can ask the web application for, but the webhook: a page, a 4xx, and never a crash.

What may be seen on the landing page is `tests/interfaces/web/test_landing_safety.py`'s; here it is that there is one.
"""

from pathlib import Path

from builders import a_checkout
from fakes.outside import Outside
from fuzz.asgi import ask, read_request
from fuzz.shops import Shops, position, web_of
from fuzz.target import Target
from shop import Shop, SQLiteStore

_KNOWN = ("cs_test_known", "cs_test_unpaid")
_STATUSES = {200, 304, 400, 404, 405, 206, 416}
"""Static files know of ranges and of what has not changed."""


def _open(directory: Path) -> Shop:
    unpaid = a_checkout(payment_status="unpaid", status="open", payment_intent=None)
    return Shop(directory, SQLiteStore(), Outside(checkouts=dict(zip(_KNOWN, (a_checkout(), unpaid), strict=True))))


_shops = Shops(_open)


def check(data: bytes) -> str:
    shop = _shops.one()
    request = read_request(data)
    if request.target.startswith(b"/webhook"):
        return "left out"
    before = position(shop)

    answer = ask(web_of(shop), request)

    assert answer.status in _STATUSES, answer
    assert len(answer.body) < 200_000
    is_known = any(id.encode() in request.target for id in _KNOWN) or b"%" in request.target
    assert is_known or position(shop) == before
    return f"answered {answer.status}"


_VISIT = b"GET /after-checkout?session_id="

TARGET = Target(
    check=check,
    runs=4000,
    bytes_max=1024,
    seeds=[
        b"",
        _VISIT + b"cs_test_known\naccept: text/html",
        _VISIT + b"cs_test_unpaid\naccept: application/json;q=0.5, text/html",
        _VISIT + b"cs_test_unknown",
        _VISIT + b"cs_test_unknown\naccept-language: pt-BR, de;q=0.9, *;q=0",
        _VISIT + b"cs_live_known\naccept: application/json",
        _VISIT + b"%00%ff&session_id=cs_test_known",
        _VISIT + b"cs_test_" + b"a" * 201,
        _VISIT + b"cs_test_known\nx-forwarded-for: 203.0.113.9, [::1]:80\nx-forwarded-proto: https",
        b"POST /after-checkout",
        b"HEAD /after-checkout",
        b"GET /healthz",
        b"GET /static/../app.py",
        b"GET /static/%2e%2e/app.py",
        b"GET /static/landing.css\nrange: bytes=0-10\nif-modified-since: x",
        b"GET /static/%00",
    ],
)
