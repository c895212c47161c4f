"""The stand-in for Stripe: its API, its pages' forms and its controls, answered and never with a crash."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from fuzz.asgi import Answer, ask, read_request
from fuzz.target import Target
from starlette.applications import Starlette

from interfaces.sandbox.app import create_app
from interfaces.sandbox.sandbox import Sandbox

_USES_MAX = 100
_LEFT_OUT = (b"/sandbox/faults", b"/sandbox/deliveries", b"/sandbox/webhook_endpoints", b"/v1/webhook_endpoints")
"""They ask for failures and for calls to other programs, and get them."""
_SUCCESS = "http://localhost:4242/after-checkout?session_id={CHECKOUT_SESSION_ID}"


@dataclass(slots=True)
class _OpenSandbox:
    app: Starlette
    names: dict[bytes, str]
    uses: int = 0


def _open() -> _OpenSandbox:
    """With a price, a session and a payment link: `{P}`, `{S}` and `{L}` in a request."""
    sandbox = Sandbox(seed=1)
    sandbox.drop_deliveries = True
    product = sandbox.create_product({"name": "Mug", "metadata": {"sku": "MUG"}})
    price = sandbox.create_price({"product": product.id, "unit_amount": 500, "currency": "eur"})
    items = [{"price": price.id, "quantity": 1, "adjustable_quantity": {"enabled": True}}]
    fields = [{"key": "n", "type": "numeric", "label": {"custom": "Number", "type": "custom"}}]
    session = sandbox.create_session(
        {
            "mode": "payment",
            "success_url": _SUCCESS,
            "line_items": items,
            "custom_fields": fields,
            "shipping_address_collection": {"allowed_countries": ["DE"]},
        }
    )
    link = sandbox.create_payment_link({"line_items": items})
    return _OpenSandbox(create_app(sandbox), {b"{P}": price.id, b"{S}": session.id, b"{L}": link.id})


_opened: list[_OpenSandbox] = []


def _reused() -> _OpenSandbox:
    if not _opened or _opened[0].uses >= _USES_MAX:
        _opened[:] = [_open()]
    _opened[0].uses += 1
    return _opened[0]


def check(data: bytes) -> str:
    sandbox = _reused()
    for mark, id in sandbox.names.items():
        data = data.replace(mark, id.encode())
    request = read_request(data)
    if request.target.startswith(_LEFT_OUT) or b"%" in request.target.partition(b"?")[0]:
        return "left out"
    answer = ask(sandbox.app, request)
    assert answer.status < 500, answer
    if request.target.startswith(b"/v1/") and request.method in {"GET", "POST"}:
        _check_api(answer)
    return f"answered {answer.status}"


def _check_api(answer: Answer) -> None:
    document = json.loads(answer.body or b"{}") if answer.status != 405 else {}
    assert answer.status == 200 or answer.status == 405 or document["error"]["message"]


_KEY = b"\nauthorization: Bearer sk_test_example\n"


def _post(path: bytes, form: dict[str, str], more: bytes = b"") -> bytes:
    return b"POST " + path + _KEY + more + b"\n" + urlencode(form).encode()


TARGET = Target(
    check=check,
    runs=6000,
    bytes_max=2048,
    seeds=[
        b"",
        b"GET /v1/prices?limit=3&expand[]=data.product" + _KEY,
        b"GET /v1/checkout/sessions/{S}?expand[]=line_items.data.price.product" + _KEY,
        b"GET /v1/checkout/sessions?created[gte]=1&ending_before={S}" + _KEY,
        b"GET /v1/events?types[]=checkout.session.completed" + _KEY,
        b"GET /v1/nothing\nauthorization: Basic c2tfdGVzdF8xOg==",
        b"GET /v1/products\nauthorization: Basic \xe9",
        _post(b"/v1/products", {"name": "Cup", "metadata[sku]": "CUP", "default_price_data[unit_amount]": "5"}),
        _post(b"/v1/prices", {"product": "{P}", "unit_amount": "1e3", "currency": "eur"}),
        _post(
            b"/v1/checkout/sessions",
            {
                "mode": "payment",
                "success_url": _SUCCESS,
                "line_items[0][price_data][currency]": "eur",
                "line_items[0][price_data][unit_amount]": "500",
                "line_items[0][price_data][product_data][name]": "Cup",
                "line_items[0][quantity]": "2",
                "metadata[a]": "b",
                "expires_at": "1",
            },
            b"idempotency-key: a\n",
        ),
        _post(b"/v1/payment_links", {"line_items[0][price]": "{P}", "line_items[0][quantity]": "1"}),
        _post(b"/v1/checkout/sessions/{S}/expire", {}),
        b"POST /v1/products" + _KEY + b'content-type: application/json\n\n{"name": "Cup", "metadata": {"a": 1}}',
        b"GET /\nhost: localhost:12111",
        b"GET /\nhost: [",
        b"GET /b/{L}?" + b"&".join(b"a=%d" % number for number in range(30)),
        b"GET /b/{L}?client_reference_id=a&prefilled_email=a@b&locale=de",
        b"GET /c/pay/{S}",
        b"POST /c/pay/{S}\n\n" + urlencode({"email": "a@b", "name": "A", "by": "card", "action": "update"}).encode(),
        b"POST /c/pay/{S}\n\n"
        + urlencode(
            {
                "email": "a@b", "name": "A", "by": "card", "line1": "1", "postal_code": "1", "city": "B",
                "country": "DE", "answer[n]": "7",
            }
        ).encode(),
        b"GET /c/pay/{S}/left",
        b"GET /assets/../x",
        b"POST /sandbox/sessions/{S}/pay\n\nby=debit_succeeds&quantities[0]=3",
        b"POST /sandbox/clock\n\nheld=true&advance_seconds=99999999999",
        b"GET /sandbox/books",
    ],
)  # fmt: skip
