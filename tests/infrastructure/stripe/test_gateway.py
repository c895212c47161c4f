"""The gateway through Stripe's own SDK, over HTTP, against the sandbox."""

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from fakes.receiver import Receiver, answering, dribbling
from typed_ids import as_session

from application.ports import Permanent, PortError, SessionUnknown, StripeGateway, Temporary
from domain.checkout import Consent, Discount, Presentment, TaxId
from domain.identifiers import InvalidIdentifier, SessionId
from domain.personal import Personal
from domain.reason import ReasonCode
from infrastructure.stripe.gateway import SdkGateway
from interfaces.sandbox.model.values import Money
from interfaces.sandbox.model.values import TaxId as SandboxTaxId
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its attempts the SDK waits 0.5 seconds or more, which shows nothing here."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def gateway(sandbox: Sandbox) -> Iterator[StripeGateway]:
    with SandboxServer(sandbox) as server:
        yield SdkGateway("sk_test_example1234", api_base=server.url)


def thing(number: int, **changes: Any) -> dict[str, Any]:
    price = {
        "currency": "eur",
        "unit_amount": 500 + number,
        "product_data": {"name": f"Thing {number}", "metadata": {"sku": f"THING-{number}"}},
    }
    return {"price_data": price, "quantity": 1, **changes}


def new_session(sandbox: Sandbox, count: int = 1, **changes: Any) -> str:
    values = {
        "mode": "payment",
        "success_url": "http://localhost:4242/after-checkout?session_id={CHECKOUT_SESSION_ID}",
        "line_items": [thing(number) for number in range(count)],
        **changes,
    }
    return sandbox.create_session(values).id


def test_no_proxy_is_asked_for_a_stand_in_on_this_machine(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with SandboxServer(sandbox) as server:
        gateway = SdkGateway("sk_test_example1234", api_base=server.url)

        assert gateway.retrieve(new_session(sandbox)).status == "open"


def test_a_paid_session_comes_with_all_that_the_merchant_keeps(sandbox: Sandbox, gateway: StripeGateway) -> None:
    id = new_session(
        sandbox,
        2,
        client_reference_id="order-7",
        metadata={"channel": "web"},
        shipping_address_collection={"allowed_countries": ["DE"]},
        custom_fields=[{"key": "engraving", "label": {"type": "custom", "custom": "Engraving"}, "type": "text"}],
    )
    sandbox.pay(id, email="ada@example.com", name="Ada Example", answers={"engraving": "For Ada"})

    checkout = gateway.retrieve(as_session(id))

    assert (checkout.mode, checkout.status, checkout.payment_status) == ("payment", "complete", "paid")
    assert checkout.is_paid
    assert (checkout.amount_total, checkout.currency, checkout.livemode) == (1001, "eur", False)
    assert [(item.description, item.quantity, item.amount_total) for item in checkout.line_items] == [
        ("Thing 0", 1, 500),
        ("Thing 1", 1, 501),
    ]
    assert [item.metadata for item in checkout.line_items] == [{"sku": "THING-0"}, {"sku": "THING-1"}]
    assert all((item.product or "").startswith("prod_") for item in checkout.line_items)
    assert all((item.price or "").startswith("price_") for item in checkout.line_items)
    assert checkout.contact.email == Personal("ada@example.com")
    assert checkout.shipping is not None
    assert checkout.shipping.name == Personal("Ada Example")
    assert [(field.key, field.label, field.value) for field in checkout.custom_fields] == [
        ("engraving", "Engraving", Personal("For Ada"))
    ]
    assert checkout.client_reference_id == Personal("order-7")
    assert checkout.metadata == {"channel": Personal("web")}
    assert (checkout.payment_intent or "").startswith("pi_")
    assert (checkout.intent_status, checkout.payment_method_type) == ("succeeded", "card")


ASKED: dict[str, Any] = {
    "shipping_address_collection": {"allowed_countries": ["DE"]},
    "shipping_options": [
        {"shipping_rate_data": {"display_name": "Express", "fixed_amount": {"amount": 900, "currency": "eur"}}}
    ],
    "tax_id_collection": {"enabled": True},
    "consent_collection": {"terms_of_service": "required", "promotions": "auto"},
    "adaptive_pricing": {"enabled": True},
}


def test_what_a_packer_and_a_bookkeeper_need_comes_with_a_session(sandbox: Sandbox, gateway: StripeGateway) -> None:
    id = new_session(sandbox, **ASKED)
    sandbox.pay(
        id,
        business_name="Ada & Co",
        tax_id=SandboxTaxId(type="eu_vat", value="DE123456789"),
        presentment=Money(amount=1523, currency="usd"),
        has_opted_in=True,
    )

    checkout = gateway.retrieve(as_session(id))

    assert checkout.shipping_rate is not None
    assert (checkout.shipping_rate.id[:4], checkout.shipping_rate.name) == ("shr_", "Express")
    assert checkout.amount_shipping == 900
    assert checkout.business_name == Personal("Ada & Co")
    assert checkout.tax_ids == (TaxId(type="eu_vat", value=Personal("DE123456789")),)
    assert checkout.consent == Consent(promotions="opt_in", terms_of_service="accepted")
    assert checkout.presentment == Presentment(amount=1523, currency="usd")


def test_a_discount_comes_with_its_name_or_the_code_that_the_customer_entered(
    sandbox: Sandbox, gateway: StripeGateway
) -> None:
    coupon = sandbox.create_coupon({"percent_off": 10, "name": "Welcome"})
    code = sandbox.create_promotion_code({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "HELLO"})
    by_coupon = new_session(sandbox, discounts=[{"coupon": coupon.id}])
    by_code = new_session(sandbox, discounts=[{"promotion_code": code.id}])

    checkouts = [gateway.retrieve(as_session(id)) for id in (by_coupon, by_code)]

    assert [each.discounts for each in checkouts] == [
        (Discount(coupon=coupon.id, coupon_name="Welcome"),),
        (Discount(promotion_code=code.id, code="HELLO"),),
    ]
    for checkout in checkouts:
        assert checkout.amount_discount == checkout.amount_subtotal // 10 > 0
        assert sum(item.amount_discount for item in checkout.line_items) == checkout.amount_discount
        assert checkout.amount_total == checkout.amount_subtotal - checkout.amount_discount


def test_what_a_session_does_not_ask_for_is_not_there(sandbox: Sandbox, gateway: StripeGateway) -> None:
    id = new_session(sandbox)
    sandbox.pay(id, business_name="Ada & Co", presentment=Money(amount=1523, currency="usd"))

    checkout = gateway.retrieve(as_session(id))

    assert (checkout.shipping_rate, checkout.business_name, checkout.tax_ids) == (None, None, ())
    assert (checkout.consent, checkout.presentment, checkout.discounts) == (None, None, ())


def test_a_key_that_may_not_read_names_still_retrieves_the_order(sandbox: Sandbox, gateway: StripeGateway) -> None:
    """A restricted key from before names were asked for must not leave paid orders unfulfilled."""
    id = new_session(sandbox, **ASKED)
    sandbox.pay(id)
    sandbox.fail_next_requests(1, status=403)

    checkout = gateway.retrieve(as_session(id))

    assert checkout.is_paid
    assert checkout.shipping_rate is not None
    assert (checkout.shipping_rate.id[:4], checkout.shipping_rate.name) == ("shr_", None)
    assert checkout.payment_method_type == "card"


def test_how_a_delayed_payment_stands_comes_with_its_session(sandbox: Sandbox, gateway: StripeGateway) -> None:
    id = new_session(sandbox)
    sandbox.pay(id, by="debit_fails")

    on_its_way = gateway.retrieve(as_session(id))
    sandbox.fail(id)
    over = gateway.retrieve(as_session(id))

    assert (on_its_way.intent_status, on_its_way.payment_method_type) == ("processing", "sepa_debit")
    assert (over.intent_status, over.is_payment_over) == ("requires_payment_method", True)


@pytest.mark.parametrize("changes", [{"mode": "setup", "line_items": [], "currency": "eur"}, {}])
def test_a_session_without_a_payment_has_none(
    sandbox: Sandbox, gateway: StripeGateway, changes: dict[str, Any]
) -> None:
    checkout = gateway.retrieve(as_session(new_session(sandbox, **changes)))

    assert (checkout.payment_intent, checkout.intent_status, checkout.payment_method_type) == (None, None, None)


@pytest.mark.parametrize("count", [1, 10, 11, 100, 110, 111, 120])
def test_every_line_item_is_read_however_many(sandbox: Sandbox, gateway: StripeGateway, count: int) -> None:
    id = new_session(sandbox, count)

    items = gateway.retrieve(as_session(id)).line_items

    assert [item.description for item in items] == [f"Thing {number}" for number in range(count)]
    assert all(item.metadata["sku"] for item in items), "the products of later pages are expanded too"


def test_an_open_session_is_not_paid(sandbox: Sandbox, gateway: StripeGateway) -> None:
    checkout = gateway.retrieve(as_session(new_session(sandbox)))

    assert (checkout.status, checkout.payment_status, checkout.is_paid) == ("open", "unpaid", False)


def test_a_setup_session_has_no_lines_and_no_amount(sandbox: Sandbox, gateway: StripeGateway) -> None:
    values = {"mode": "setup", "success_url": "http://localhost/x", "currency": "eur"}
    id = sandbox.create_session(values).id
    sandbox.pay(id)

    checkout = gateway.retrieve(as_session(id))

    assert (checkout.mode, checkout.is_paid, checkout.line_items, checkout.amount_total) == ("setup", True, (), 0)


def test_a_session_that_stripe_does_not_have_is_unknown(gateway: StripeGateway) -> None:
    with pytest.raises(SessionUnknown, match="has no such session"):
        gateway.retrieve(as_session("cs_test_unknown"))


@pytest.mark.parametrize("id", ["", "cs_test_", "../charges", "cs_test_a/line_items", "cs_test_a?expand=x", "evt_1"])
def test_what_is_no_session_id_never_reaches_stripe(gateway: StripeGateway, id: SessionId) -> None:
    with pytest.raises(InvalidIdentifier):
        gateway.retrieve(id)


@pytest.mark.parametrize("status", [500, 502, 503, 409])
def test_two_failures_of_stripe_are_got_over(sandbox: Sandbox, gateway: StripeGateway, status: int) -> None:
    id = new_session(sandbox)
    sandbox.fail_next_requests(2, status=status)

    assert gateway.retrieve(as_session(id)).status == "open"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_by_a_code(sandbox: Sandbox, gateway: StripeGateway, status: int) -> None:
    id = new_session(sandbox)
    sandbox.fail_next_requests(3, status=status)

    with pytest.raises(Temporary) as raised:
        gateway.retrieve(as_session(id))

    assert raised.value.reason.code is ReasonCode.STRIPE_KEY_REFUSED
    assert raised.value.reason.parameters["answer"].startswith(f"{status}, ")


@pytest.mark.parametrize(
    ("status", "words"), [(500, "could not answer"), (429, "fewer requests"), (401, "STRIPE_API_KEY"), (403, "key")]
)
def test_a_failure_that_may_pass_is_temporary(
    sandbox: Sandbox, gateway: StripeGateway, status: int, words: str
) -> None:
    id = new_session(sandbox)
    sandbox.fail_next_requests(3, status=status)

    with pytest.raises(Temporary, match=words) as raised:
        gateway.retrieve(as_session(id))

    assert "sk_test" not in str(raised.value)


def test_a_request_that_stripe_refuses_is_permanent(sandbox: Sandbox, gateway: StripeGateway) -> None:
    id = new_session(sandbox)
    sandbox.fail_next_requests(1, status=400)

    with pytest.raises(Permanent, match="refused the request") as raised:
        gateway.retrieve(as_session(id))

    assert "req_" in str(raised.value), "Stripe's support asks for the request ID"


def test_an_answer_that_breaks_off_is_temporary(sandbox: Sandbox, gateway: StripeGateway) -> None:
    id = new_session(sandbox)
    sandbox.fail_next_requests(3, status=None, is_cut=True)

    with pytest.raises(Temporary):
        gateway.retrieve(as_session(id))


ANSWER = json.dumps(
    {
        "id": "cs_test_a",
        "object": "checkout.session",
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "livemode": False,
        "created": 1795510800,
        "currency": "eur",
    }
).encode()


def answered(body: bytes, status: int = 200) -> PortError:
    """What the gateway makes of an answer that the sandbox would never give."""
    with Receiver(answering(status, body, "connection: close")) as receiver:
        gateway = SdkGateway("sk_test_example1234", api_base=receiver.base)
        with pytest.raises(PortError) as raised:
            gateway.retrieve("cs_test_a")
    return raised.value


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, b'{"id": "\xff ada@example.com"}', id="not UTF-8"),
        pytest.param(400, b'{"error": []}', id="an error that is a list"),
        pytest.param(400, b'{"error": 7}', id="an error that is a number"),
        pytest.param(402, b'{"error": {"message": 7, "code": ["odd"]}}', id="an error of odd parts"),
        pytest.param(400, b"\xff ada@example.com", id="an error that is not UTF-8"),
    ],
)
def test_whatever_the_sdk_trips_over_is_temporary_and_not_shown(status: int, body: bytes) -> None:
    raised = answered(body, status)

    assert isinstance(raised, Temporary)
    assert "ada@" not in str(raised)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"NaN",
        b'"cs_test_a"',
        b"<html>Be right back</html>",
        ANSWER.replace(b'"paid"', b"NaN"),
        ANSWER.replace(b"cs_test_a", b"cs_test_b"),
    ],
)
def test_an_unintelligible_answer_is_asked_for_again(body: bytes) -> None:
    assert isinstance(answered(body), Temporary)


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", b" ", id="the body"),
        pytest.param(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n", id="the body in chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", b" ", id="a body of a known length"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx-header: ", b"x", id="a header"),
        pytest.param(b"HTTP/1.1 200 O", b"K", id="the status"),
    ],
)
def test_an_answer_that_dribbles_in_is_waited_for_no_longer_than_any_other(beginning: bytes, piece: bytes) -> None:
    started = time.monotonic()

    with Receiver(dribbling(beginning, piece)) as receiver:
        gateway = SdkGateway("sk_test_example1234", api_base=receiver.base, call_seconds_max=1.0)
        with pytest.raises(Temporary, match="did not answer in time"):
            gateway.retrieve("cs_test_a")

    assert 1.0 <= time.monotonic() - started < 4.0


@pytest.mark.parametrize("is_zipped", [False, True])
def test_an_answer_without_an_end_is_not_read_to_its_end(is_zipped: bool) -> None:
    body = b" " * 50_000_000
    headers = ["connection: close"]
    if is_zipped:
        body, headers = gzip.compress(body), [*headers, "content-encoding: gzip"]

    with Receiver(answering(200, body, *headers)) as receiver, pytest.raises(Temporary, match="longer than"):
        SdkGateway("sk_test_example1234", api_base=receiver.base).retrieve("cs_test_a")


def test_no_receiver_at_the_address_is_temporary() -> None:
    with pytest.raises(Temporary, match="could not be reached"):
        SdkGateway("sk_test_example1234", api_base="http://127.0.0.1:9").retrieve("cs_test_a")
