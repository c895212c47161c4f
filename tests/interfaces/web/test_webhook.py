"""`POST /webhook`, on a real server, with real signatures."""

import json
import socket
import time
from collections.abc import Iterator, Sequence

import pytest
import stripe
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from running import RunningShop, running_shop, stripe_event, wait_for
from typed_ids import as_session

from application.reading.queries import Queries
from domain.event import Event
from domain.identifiers import SessionId
from domain.stripe_event import StripeEvent

A_HEADER = "t=1,v1=" + "0" * 64
"""One that could be Stripe's."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    with running_shop(tmp_path_factory.mktemp("webhook")) as shop:
        yield shop


def stored(shop: RunningShop, id: str) -> StripeEvent:
    return shop.runtime.log.get(StripeEvent, id)


def events_of(shop: RunningShop, id: str) -> list[Event]:
    return list(shop.runtime.log.streams([id])[id])


def test_a_delivery_is_in_the_log_to_the_byte_when_it_is_answered(shop: RunningShop) -> None:
    body = stripe_event("evt_kept")

    answer = shop.post(body)

    assert answer.status_code == 200
    received = stored(shop, "evt_kept").received
    assert received is not None
    assert received.body.encode() == body
    assert received.session_id == "cs_test_heard"


def test_a_redelivery_is_answered_the_same_and_recorded_once(shop: RunningShop) -> None:
    body = stripe_event("evt_again")

    answers = [shop.post(body) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 5
    again = [e for e in events_of(shop, "evt_again") if isinstance(e, StripeEvent.Received)]
    assert len(again) == 1


def test_an_event_that_leads_to_nothing_is_recorded_as_ignored(shop: RunningShop) -> None:
    charge = {"object": {"id": "ch_1", "object": "charge"}}

    answer = shop.post(stripe_event("evt_charge", type="charge.refunded", data=charge))

    assert answer.status_code == 200
    wait_for(lambda: len(events_of(shop, "evt_charge")) == 2)
    assert isinstance(events_of(shop, "evt_charge")[1], StripeEvent.Ignored)


def test_a_live_event_against_a_test_key_is_recorded_and_parked(shop: RunningShop) -> None:
    session = {"object": {"id": "cs_live_foreign", "object": "checkout.session", "payment_status": "paid"}}

    answer = shop.post(stripe_event("evt_live", livemode=True, data=session))

    assert answer.status_code == 200
    wait_for(lambda: state_of(shop.runtime.queries, as_session("cs_live_foreign")) == "parked")


def test_thin_events_are_taken_too(shop: RunningShop) -> None:
    thin = {
        "id": "evt_test_thin",
        "object": "v2.core.event",
        "type": "v1.checkout.session.completed",
        "created": "2026-11-24T09:00:00.000Z",
        "livemode": False,
        "related_object": {"id": "cs_test_thin", "type": "checkout.session", "url": "/v1/checkout/sessions/x"},
    }

    assert shop.post(json.dumps(thin).encode()).status_code == 200
    # The sandbox does not know it, and Stripe is asked again later.
    wait_for(lambda: "Effect.AttemptFailed" in story_of(shop.runtime.queries, as_session("cs_test_thin")))


def story_of(queries: Queries, session_id: SessionId) -> Sequence[str]:
    document = queries.checkout(session_id)
    return [entry.type for entry in document.story] if document else []


def state_of(queries: Queries, session_id: SessionId) -> str | None:
    document = queries.checkout(session_id)
    return document.state if document else None


@pytest.mark.parametrize(
    ("secret", "seconds"),
    [("whsec_another", 0), ("", 0), (None, -400), (None, 400)],
    ids=["signed by another", "unsigned", "stale", "from the future"],
)
def test_what_stripe_did_not_just_sign_is_refused(shop: RunningShop, secret: str | None, seconds: int) -> None:
    answer = shop.post(stripe_event("evt_forged"), secret=secret, at=int(time.time()) + seconds)

    assert answer.status_code == 400
    assert answer.text
    assert stored(shop, "evt_forged").received is None


def test_the_body_must_be_the_one_that_was_signed(shop: RunningShop) -> None:
    header = shop.post(stripe_event("evt_a")).request.headers["stripe-signature"]

    answer = shop.client.post("/webhook", content=stripe_event("evt_b"), headers={"Stripe-Signature": header})

    assert answer.status_code == 400


def test_a_header_may_come_in_two_lines(shop: RunningShop) -> None:
    body = stripe_event("evt_two_lines")
    t, v1 = signature_of(shop, body).split(",")

    answer = shop.client.post("/webhook", content=body, headers=[("Stripe-Signature", t), ("Stripe-Signature", v1)])

    assert answer.status_code == 200
    assert stored(shop, "evt_two_lines").received is not None


def test_the_address_may_end_in_a_slash(shop: RunningShop) -> None:
    body = stripe_event("evt_slash")

    answer = shop.client.post("/webhook/", content=body, headers={"Stripe-Signature": signature_of(shop, body)})

    assert answer.status_code == 200
    assert stored(shop, "evt_slash").received is not None


def signature_of(shop: RunningShop, body: bytes) -> str:
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), shop.webhook_secret))


def test_the_root_says_what_the_server_is(shop: RunningShop) -> None:
    page = shop.client.get("/")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/plain; charset=utf-8"
    for path in ("/webhook", "/after-checkout", "/healthz", "/readyz"):
        assert path in page.text


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'"x"', b"{}", b"\xff\xfe", b"not json", b'{"a":' * 50_000, b"[" * 50_000, b"\xef\xbb\xbf{}"],
)
def test_signed_garbage_is_refused(shop: RunningShop, body: bytes) -> None:
    import hashlib
    import hmac

    now = int(time.time())
    digest = hmac.new(shop.webhook_secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()

    answer = shop.client.post("/webhook", content=body, headers={"Stripe-Signature": f"t={now},v1={digest}"})

    assert answer.status_code == 400


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_not_allowed(shop: RunningShop, method: str) -> None:
    answer = shop.client.request(method, "/webhook")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_a_body_of_a_mebibyte_is_taken_and_one_byte_more_is_not(shop: RunningShop) -> None:
    small = stripe_event("evt_large")
    body = small[:-1] + b', "padding": "' + b"x" * (1024 * 1024 - len(small) - 15) + b'"}'
    assert len(body) == 1024 * 1024

    assert shop.post(body).status_code == 200
    assert shop.post(body + b" ").status_code == 413


def test_a_body_without_a_declared_length_is_limited_too(shop: RunningShop) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 65536

    answer = shop.client.post("/webhook", content=chunks(), headers={"Stripe-Signature": A_HEADER})

    assert answer.status_code == 413


def test_a_body_that_stripe_can_not_have_signed_is_not_waited_for(shop: RunningShop) -> None:
    head = b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
    started = time.monotonic()

    answers = []
    for header in (b"", b"Stripe-Signature: t=1\r\n"):
        with raw(shop, head + header + b"\r\n{") as connection:
            answers.append(connection.recv(12))

    assert answers == [b"HTTP/1.1 400"] * 2
    assert time.monotonic() - started < 5


def test_a_whole_body_may_follow_an_answer_that_did_not_wait_for_it(shop: RunningShop) -> None:
    answer = shop.post(b"x" * 1024 * 1024, secret="")

    assert answer.status_code == 400
    assert "Stripe-Signature header is missing" in answer.text


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=500), header=st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=100))
def test_nothing_that_is_posted_does_more_than_be_refused(shop: RunningShop, body: bytes, header: str) -> None:
    answer = shop.client.post("/webhook", content=body, headers={b"Stripe-Signature": header.encode("latin-1")})

    assert answer.status_code == 400


def raw(shop: RunningShop, sent: bytes) -> socket.socket:
    host, port = shop.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=15)
    connection.sendall(sent)
    return connection


def test_a_body_that_dribbles_in_ends_in_408_after_ten_seconds(shop: RunningShop) -> None:
    head = b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nStripe-Signature: "
    started = time.monotonic()

    with raw(shop, head + A_HEADER.encode() + b"\r\n\r\n{") as connection:
        connection.settimeout(0.4)
        answer = b""
        while not answer and time.monotonic() - started < 15:
            connection.sendall(b" ")
            try:
                answer = connection.recv(1000)
            except TimeoutError:
                continue

    assert answer.startswith(b"HTTP/1.1 408")
    assert 9 < time.monotonic() - started < 13


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60,
        b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"POST /webhook HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n",
    ],
    ids=["TLS", "negative length", "two lengths", "a header of 200 KB"],
)
def test_what_is_not_http_is_refused(shop: RunningShop, sent: bytes) -> None:
    with raw(shop, sent) as connection:
        try:
            answer = connection.recv(1000)
        except ConnectionResetError:
            answer = b"HTTP/1.1 400 (reset)"

    assert answer.startswith(b"HTTP/1.1 400")


def test_a_client_that_leaves_half_way_leaves_the_server_well(shop: RunningShop) -> None:
    raw(shop, b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{").close()

    assert shop.client.get("/healthz").json() == {"status": "alive"}
    assert shop.post(stripe_event("evt_after_it")).status_code == 200
