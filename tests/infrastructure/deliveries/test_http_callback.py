"""The `http` kind over real connections: what is sent, and what the answers mean."""

import json
from collections.abc import Callable

import pytest
from fakes.receiver import Receiver, answering
from standardwebhooks import Webhook, WebhookVerificationError

from application.ports import DeliveryReceipt, DeliveryRequest, Permanent, Temporary
from domain import reasons
from domain.reason import Peer, UrlProblem
from infrastructure.deliveries.callback_message import signing_secret
from infrastructure.deliveries.http_callback import ANSWER_BYTES_MAX, REFERENCE_MAX, HttpDeliverer

SECRET_KEY = "a secret key of the merchant's, 32 characters at least: ü"

RequestTo = Callable[..., DeliveryRequest]


def deliver(answer: object, request_to: RequestTo, status: int = 200) -> DeliveryReceipt:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    with Receiver(answering(status, body)) as receiver:
        return HttpDeliverer(SECRET_KEY).deliver(request_to(receiver.url))


def test_a_call_says_what_was_bought_and_by_whom(request_to: RequestTo) -> None:
    with Receiver(answering(200)) as receiver:
        HttpDeliverer(SECRET_KEY).deliver(request_to(receiver.url, attempt=3, metadata={"gift": "yes"}))

    (call,) = receiver.calls
    message = json.loads(call.body)
    assert call.request_line == "POST /deliver HTTP/1.1"
    assert call.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert call.headers["content-type"] == "application/json"
    assert message["type"] == "delivery.requested"
    assert message["data"] == {
        "idempotency_key": "eff_cs_test_a1_deliver_li_1",
        "attempt": 3,
        "session": {
            "id": "cs_test_a1",
            "livemode": False,
            "payment_intent": "pi_1",
            "client_reference_id": "order-7",
            "metadata": {"gift": "yes"},
            "custom_fields": [
                {"key": "seat", "label": "Name on the seat", "value": "Ada"},
                {"key": "diet", "label": "Diet", "value": None},
            ],
        },
        "line_item": {
            "id": "li_1",
            "price": "price_li_1",
            "product": "prod_li_1",
            "sku": "course-1",
            "name": "Course",
            "description": "Product of li_1",
            "quantity": 2,
            "currency": "eur",
            "amount_subtotal": 1000,
            "amount_discount": 0,
            "amount_tax": 0,
            "amount_total": 1000,
            "metadata": {"course": "python"},
        },
        "customer": {
            "name": "Ada Example",
            "email": "ada@example.com",
            "phone": None,
            "address": {
                "line1": "1 Example Road",
                "line2": None,
                "city": "Exampleton",
                "postal_code": "12345",
                "state": None,
                "country": "DE",
            },
        },
        "shipping": None,
    }


def test_a_receiver_verifies_the_signature_with_the_standard_library(request_to: RequestTo) -> None:
    with Receiver(answering(200)) as receiver:
        HttpDeliverer(SECRET_KEY).deliver(request_to(receiver.url))

    (call,) = receiver.calls
    verified = Webhook(signing_secret(SECRET_KEY)).verify(call.body, call.headers)
    assert verified["data"]["session"]["id"] == "cs_test_a1"
    with pytest.raises(WebhookVerificationError):
        Webhook(signing_secret(SECRET_KEY)).verify(call.body.replace(b'"quantity":2', b'"quantity":9'), call.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing_secret("another secret key")).verify(call.body, call.headers)


def test_every_attempt_has_the_same_id_and_a_timestamp_of_its_own(request_to: RequestTo) -> None:
    moments = iter([1_795_510_000.9, 1_795_513_600.0])
    deliverer = HttpDeliverer(SECRET_KEY, now=lambda: next(moments))

    with Receiver(answering(200)) as receiver:
        for attempt in (1, 2):
            deliverer.deliver(request_to(receiver.url, attempt=attempt))

    assert [call.headers["webhook-id"] for call in receiver.calls] == ["eff_cs_test_a1_deliver_li_1"] * 2
    assert [call.headers["webhook-timestamp"] for call in receiver.calls] == ["1795510000", "1795513600"]
    assert json.loads(receiver.calls[0].body)["timestamp"] == "2026-11-24T08:46:40.000000Z"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_done(status: int, request_to: RequestTo) -> None:
    assert deliver(b"", request_to, status) == DeliveryReceipt()


@pytest.mark.parametrize("status", [401, 403, 404, 405, 407, 408, 409, 421, 425, 429, 500, 502, 503, 504, 599])
def test_a_receiver_that_is_busy_or_broken_is_asked_again(status: int, request_to: RequestTo) -> None:
    with pytest.raises(Temporary) as busy:
        deliver(b"", request_to, status)

    assert busy.value.reason == reasons.http_status("127.0.0.1", status)


@pytest.mark.parametrize("status", [400, 402, 406, 410, 413, 422, 451])
def test_a_receiver_that_refuses_is_not_asked_again(status: int, request_to: RequestTo) -> None:
    with pytest.raises(Permanent) as refused:
        deliver(b"", request_to, status)

    assert refused.value.reason == reasons.http_status("127.0.0.1", status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, request_to: RequestTo) -> None:
    with (
        Receiver(answering(200)) as elsewhere,
        Receiver(answering(status, b"", f"location: {elsewhere.url}")) as receiver,
        pytest.raises(Permanent, match="a redirect; the url must be the final one"),
    ):
        HttpDeliverer(SECRET_KEY).deliver(request_to(receiver.url))

    assert elsewhere.calls == []


def test_what_the_receiver_says_of_an_error_is_not_repeated(request_to: RequestTo) -> None:
    for status in (302, 400, 500):
        with pytest.raises((Temporary, Permanent)) as refused:
            deliver({"error": f"ada@example.com, {SECRET_KEY}"}, request_to, status)

        message = str(refused.value)
        assert "ada" not in message
        assert SECRET_KEY not in message
        assert "/deliver" not in message


def test_proxies_of_the_environment_have_no_say(request_to: RequestTo, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert deliver({"reference": "R-1"}, request_to) == DeliveryReceipt(note="R-1")


@pytest.mark.parametrize(("reference", "note"), [("R-1", "R-1"), (" R-1 ", "R-1"), (42, "42"), ("é", "é")])
def test_a_reference_in_the_answer_is_kept(reference: object, note: str, request_to: RequestTo) -> None:
    assert deliver({"reference": reference}, request_to).note == note


def test_a_long_reference_is_cut(request_to: RequestTo) -> None:
    assert deliver({"reference": "R" * 5000}, request_to).note == "R" * REFERENCE_MAX


@pytest.mark.parametrize(
    "answer",
    [
        {"reference": ""},
        {"reference": "two\nlines"},
        {"reference": "\x1b[31mred"},
        {"reference": "\u202edesrever"},
        {"reference": True},
        {"reference": ["R-1"]},
        {"other": "R-1"},
        ["R-1"],
        "R-1",
        None,
        b"<html>thanks</html>",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"reference": "R-1", "padding": "' + b"x" * ANSWER_BYTES_MAX + b'"}',
    ],
)
def test_an_answer_without_a_good_reference_is_done_all_the_same(answer: object, request_to: RequestTo) -> None:
    assert deliver(answer, request_to) == DeliveryReceipt(note=None)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000])
def test_an_answer_that_is_no_http_is_asked_again(answer: bytes, request_to: RequestTo) -> None:
    with (
        Receiver(lambda connection, _: connection.sendall(answer)) as receiver,
        pytest.raises(Temporary) as odd,
    ):
        HttpDeliverer(SECRET_KEY).deliver(request_to(receiver.url))

    assert odd.value.reason == reasons.connection_failed(Peer.CALLBACK, "127.0.0.1", "RemoteProtocolError")


def test_a_receiver_that_is_down_is_asked_again(request_to: RequestTo) -> None:
    with Receiver(answering(200)) as receiver:
        url = receiver.url

    with pytest.raises(Temporary) as down:
        HttpDeliverer(SECRET_KEY).deliver(request_to(url))

    assert down.value.reason == reasons.connection_refused(Peer.CALLBACK, "127.0.0.1")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", UrlProblem.SCHEME),
        ("ftp://example.com/", UrlProblem.SCHEME),
        ("http://", UrlProblem.SCHEME),
        ("http://user:pass@example.com/", UrlProblem.CREDENTIALS),
        ("http://ex ample", UrlProblem.LETTERS),
        (f"http://example.com/{'a' * 2048}", UrlProblem.LETTERS),
        ("http://example.com:0/", UrlProblem.HOST),
        (f"http://{'a' * 254}/", UrlProblem.HOST),
    ],
)
def test_a_plan_with_an_address_that_can_not_be_called_waits_for_a_person(
    url: str, problem: UrlProblem, request_to: RequestTo
) -> None:
    with pytest.raises(Permanent, match=r"^The callback can't be made: its url must ") as refused:
        HttpDeliverer(SECRET_KEY).deliver(request_to(url))

    assert refused.value.reason == reasons.invalid_url(problem)
    assert "pass@" not in str(refused.value)
