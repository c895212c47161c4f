"""What Stripe's API refuses or repeats, and the failures that can be asked for."""

import gc
from collections.abc import Iterator
from typing import Unpack

import httpx2
import loopback
import pytest
import stripe
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItem

from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer

SUCCESS_URL = "http://localhost:4242/after-checkout?session_id={CHECKOUT_SESSION_ID}"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox()) as server:
        yield server


@pytest.fixture
def client(server: SandboxServer) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_example", base_addresses={"api": server.url})


def thing(number: int, unit_amount: int = 500) -> SessionCreateParamsLineItem:
    return {
        "price_data": {
            "currency": "eur",
            "unit_amount": unit_amount,
            "product_data": {"name": f"Thing {number}", "metadata": {"sku": f"THING-{number}"}},
        },
        "quantity": 1,
    }


def order(count: int = 1, **more: Unpack[SessionCreateParams]) -> SessionCreateParams:
    things = [thing(number) for number in range(count)]
    return {"mode": "payment", "success_url": SUCCESS_URL, "line_items": things, **more}


def test_a_limit_beyond_a_hundred_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.products.list({"limit": 101})

    assert refused.value.param == "limit"


def test_an_unknown_session_is_a_missing_resource(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.retrieve("cs_test_unknown")

    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert refused.value.request_id is not None
    assert refused.value.request_id.startswith("req_")


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"success_url": None}, "success_url", "parameter_missing"),
        ({"line_items": []}, "line_items", "parameter_missing"),
        ({"mode": "gift"}, "mode", None),
        ({"cancel_url": "javascript:alert(1)"}, "cancel_url", "url_invalid"),
        ({"success_url": "http://localhost:99999/"}, "success_url", "url_invalid"),
        ({"surprise": "yes"}, "surprise", "parameter_unknown"),
        ({"line_items": [{"price": "price_none", "quantity": 1}]}, "line_items[0][price]", "resource_missing"),
        ({"line_items": [{"price": "price_none"}]}, "line_items[0][price]", "resource_missing"),
        ({"expires_at": "soon"}, "expires_at", "parameter_invalid_integer"),
        ({"expand": ["color"]}, "expand", None),
    ],
)
def test_a_wrong_parameter_is_named(
    client: stripe.StripeClient, change: dict[str, object], param: str, code: str | None
) -> None:
    wanted = {name: value for name, value in {**order(), **change}.items() if value is not None}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.raw_request("post", "/v1/checkout/sessions", **wanted)

    assert (refused.value.http_status, refused.value.param, refused.value.code) == (400, param, code)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"name": "\xff"}', b'{"name": ' * 900 + b"1" + b"}" * 900, b'{"name": ' * 50_000],
    ids=["cut", "no object", "not UTF-8", "nested deep", "nested deeper"],
)
def test_a_body_that_cannot_be_read_is_refused(server: SandboxServer, body: bytes) -> None:
    gc.collect()  # or garbage of other tests may be finalized at the bottom of the recursion, where it fails
    answer = loopback.post(
        f"{server.url}/v1/products",
        content=body,
        headers={"Content-Type": "application/json"},
        auth=("sk_test_example", ""),
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_an_endless_position_in_a_list_is_refused_like_any_other(client: stripe.StripeClient) -> None:
    wanted = {**order(), "line_items": {"1" * 5000: {"price": "price_none"}}}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.raw_request("post", "/v1/checkout/sessions", **wanted)

    assert (refused.value.http_status, refused.value.code) == (400, "resource_missing")


@pytest.mark.parametrize("key", ["sk_live_0123456789", "sk_test_", "pk_test_0123456789"])
def test_only_a_secret_test_key_is_taken(server: SandboxServer, key: str) -> None:
    client = stripe.StripeClient(key, base_addresses={"api": server.url})

    with pytest.raises(stripe.AuthenticationError):
        client.v1.products.list()


def test_a_request_without_a_key_is_not_answered(server: SandboxServer) -> None:
    answer = loopback.get(f"{server.url}/v1/products")

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.headers["request-id"].startswith("req_")


def test_an_unknown_path_is_refused_in_stripes_words(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.raw_request("get", "/v1/unicorns")

    assert refused.value.http_status == 404


def test_a_repeated_idempotency_key_repeats_the_answer(client: stripe.StripeClient) -> None:
    before = len(client.v1.checkout.sessions.list({"limit": 100}).data)
    first = client.v1.checkout.sessions.create(order(), {"idempotency_key": "order-1"})
    again = client.v1.checkout.sessions.create(order(), {"idempotency_key": "order-1"})

    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert len(client.v1.checkout.sessions.list({"limit": 100}).data) == before + 1


def test_an_idempotency_key_belongs_to_its_parameters(client: stripe.StripeClient) -> None:
    client.v1.checkout.sessions.create(order(), {"idempotency_key": "order-2"})

    with pytest.raises(stripe.IdempotencyError):
        client.v1.checkout.sessions.create(order(2), {"idempotency_key": "order-2"})


def test_an_idempotency_key_belongs_to_its_api_key(server: SandboxServer, client: stripe.StripeClient) -> None:
    other = stripe.StripeClient("sk_test_another", base_addresses={"api": server.url})

    first = client.v1.products.create({"name": "Mug"}, {"idempotency_key": "product-2"})
    second = other.v1.products.create({"name": "Cup"}, {"idempotency_key": "product-2"})

    assert (first.name, second.name) == ("Mug", "Cup")


def test_a_refused_request_leaves_its_idempotency_key_free(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.products.create({"name": ""}, {"idempotency_key": "product-1"})

    assert client.v1.products.create({"name": "Mug"}, {"idempotency_key": "product-1"}).name == "Mug"


def test_a_product_with_a_price_cannot_be_deleted_even_when_both_are_inactive(client: stripe.StripeClient) -> None:
    product = client.v1.products.create({"name": "Mug", "active": False})
    client.v1.prices.create({"product": product.id, "unit_amount": 1200, "currency": "eur", "active": False})

    with pytest.raises(stripe.InvalidRequestError, match="one or more user-created prices") as refused:
        client.v1.products.delete(product.id)

    assert refused.value.http_status == 400
    assert client.v1.products.retrieve(product.id).id == product.id


def test_the_amount_of_a_price_and_the_name_of_a_product_cannot_be_taken_away(client: stripe.StripeClient) -> None:
    product = client.v1.products.create({"name": "Mug"})
    price = client.v1.prices.create({"product": product.id, "unit_amount": 1200, "currency": "eur"})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.raw_request("post", f"/v1/prices/{price.id}", unit_amount=1)
    assert refused.value.param == "unit_amount"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.products.update(product.id, {"name": ""})
    assert refused.value.param == "name"


@pytest.mark.parametrize("inactive", ["price", "product"])
def test_nothing_inactive_is_sold(client: stripe.StripeClient, inactive: str) -> None:
    product = client.v1.products.create({"name": "Mug"})
    price = client.v1.prices.create({"product": product.id, "unit_amount": 1200, "currency": "eur"})
    if inactive == "price":
        client.v1.prices.update(price.id, {"active": False})
    else:
        client.v1.products.update(product.id, {"active": False})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(order(line_items=[{"price": price.id, "quantity": 1}]))

    assert refused.value.param == "line_items[0][price]"


def test_an_expired_session_cannot_expire_again(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order())

    expired = client.v1.checkout.sessions.expire(session.id)

    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)


def test_the_next_requests_fail_as_asked(server: SandboxServer, client: stripe.StripeClient) -> None:
    server.sandbox.fail_next_requests(1, status=500)
    server.sandbox.fail_next_requests(1, status=429)

    with pytest.raises(stripe.APIError):
        client.v1.products.list()
    with pytest.raises(stripe.RateLimitError):
        client.v1.products.list()
    assert client.v1.products.list()["object"] == "list"


def test_a_failure_for_one_path_leaves_others_alone(server: SandboxServer, client: stripe.StripeClient) -> None:
    server.sandbox.fail_next_requests(1, path="/v1/checkout/sessions")

    assert client.v1.products.list()["object"] == "list"
    with pytest.raises(stripe.APIError):
        client.v1.checkout.sessions.list()


def test_an_answer_can_break_off_or_come_too_late(server: SandboxServer) -> None:
    with loopback.client(base_url=server.url, auth=("sk_test_example", "")) as http:
        server.sandbox.fail_next_requests(1, is_cut=True)
        with pytest.raises(httpx2.RemoteProtocolError):
            http.get("/v1/products")

        server.sandbox.fail_next_requests(1, status=None, delay_seconds=0.5)
        with pytest.raises(httpx2.ReadTimeout):
            http.get("/v1/products", timeout=0.05)


@pytest.mark.parametrize("credentials", [b"Basic \xe9", b"Basic a", b"Basic /w=="])
def test_a_key_that_can_not_be_read_is_none(server: SandboxServer, credentials: bytes) -> None:
    answer = loopback.get(f"{server.url}/v1/products", headers=[(b"Authorization", credentials)])

    assert answer.status_code == 401
