"""Payment methods, payment intents and charges, asked through Stripe's own SDK."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from stripe.params import (
    PaymentMethodCreateParams,
    PaymentMethodCreateParamsBillingDetails,
    PaymentMethodCreateParamsBillingDetailsAddress,
)

from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.model.values import Session
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox()) as server:
        yield server


@pytest.fixture
def sandbox(server: SandboxServer) -> Sandbox:
    return server.sandbox


@pytest.fixture
def client(server: SandboxServer) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_0123456789", base_addresses={"api": server.url})


def opened(sandbox: Sandbox) -> Session:
    price = {"currency": "eur", "unit_amount": 1500, "product_data": {"name": "Mug"}}
    values = {"mode": "payment", "success_url": "http://localhost/after"}
    return sandbox.create_session({**values, "line_items": [{"price_data": price, "quantity": 2}]})


def types(sandbox: Sandbox) -> list[str]:
    return [event.type for event in sandbox.events()]


def confirm_page(client: stripe.StripeClient, session: Session, **params: Any) -> None:
    client.raw_request("post", f"/v1/payment_pages/{session.id}/confirm", **params)


@pytest.mark.parametrize(
    ("method", "payment_status", "will_succeed"),
    [
        ({"type": "card", "card": {"token": "tok_visa"}}, "paid", None),
        ({"type": "sepa_debit", "sepa_debit": {"iban": "AT611904300234573201"}}, "unpaid", True),
        ({"type": "sepa_debit", "sepa_debit": {"iban": "IT60X0542811101000000123456"}}, "unpaid", False),
        ({"type": "sepa_debit", "sepa_debit": {"iban": "AT86 1904 3002 3547 3202"}}, "unpaid", False),
    ],
)
def test_a_session_is_paid_on_the_pages_behalf(
    sandbox: Sandbox,
    client: stripe.StripeClient,
    method: PaymentMethodCreateParams,
    payment_status: str,
    will_succeed: bool | None,
) -> None:
    sandbox.hold_clock()
    session = opened(sandbox)
    address: PaymentMethodCreateParamsBillingDetailsAddress = {"city": "London", "country": "GB"}
    details: PaymentMethodCreateParamsBillingDetails = {"email": "a@example.com", "address": address}
    made = client.v1.payment_methods.create({**method, "billing_details": details})

    confirm_page(client, session, payment_method=made.id, expected_amount=3000)

    paid = sandbox.session(session.id)
    assert (paid.status, paid.payment_status) == ("complete", payment_status)
    assert (paid.debit and paid.debit.will_succeed) is will_succeed
    assert paid.customer is not None
    assert paid.customer.address is not None
    assert (paid.customer.email, paid.customer.address.city) == ("a@example.com", "London")
    intent = client.v1.payment_intents.retrieve(paid.payment_intent_id or "", {"expand": ["payment_method"]})
    assert intent.payment_method == made


def test_a_page_that_shows_another_amount_takes_no_payment(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    session = opened(sandbox)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        confirm_page(client, session, payment_method="pm_card_visa", expected_amount=2999)

    assert refused.value.param == "expected_amount"
    assert sandbox.session(session.id).status == "open"
    assert types(sandbox) == []


def test_a_declined_card_leaves_the_session_open(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    session = opened(sandbox)

    with pytest.raises(stripe.CardError) as declined:
        confirm_page(client, session, payment_method="pm_card_chargeDeclined")
    assert declined.value.code == "card_declined"
    assert sandbox.session(session.id).status == "open"

    confirm_page(client, session, payment_method="pm_card_visa")
    assert sandbox.session(session.id).payment_status == "paid"


def test_a_card_payment_is_reported_from_its_beginning(sandbox: Sandbox) -> None:
    sandbox.pay(opened(sandbox).id)

    assert types(sandbox) == [
        *("payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed")
    ]


@pytest.mark.parametrize("succeeds", [True, False])
def test_a_debit_is_reported_when_it_begins_and_when_it_ends(sandbox: Sandbox, succeeds: bool) -> None:
    sandbox.hold_clock()
    session = sandbox.pay(opened(sandbox).id, by="debit_succeeds" if succeeds else "debit_fails")
    sandbox.settle(session.id) if succeeds else sandbox.fail(session.id)

    ending = "succeeded" if succeeds else "failed"
    intent = "succeeded" if succeeds else "payment_failed"
    assert types(sandbox) == [
        *("payment_intent.created", "charge.pending", "payment_intent.processing", "checkout.session.completed"),
        *(f"charge.{ending}", f"payment_intent.{intent}", f"checkout.session.async_payment_{ending}"),
    ]


def test_an_intent_is_made_first_and_confirmed_later(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 1099, "currency": "eur", "metadata": {"order": "7"}})
    assert (intent.status, intent.latest_charge, intent.payment_method) == ("requires_payment_method", None, None)

    intent = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "expand": ["latest_charge"]}
    )

    assert (intent.status, intent.amount_received, intent.metadata["order"]) == ("succeeded", 1099, "7")
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.paid, charge.amount, charge.amount_refunded, charge.refunded) == (True, 1099, 0, False)
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.last4 == "4242"
    assert client.v1.charges.retrieve(charge.id) == charge
    assert [listed.id for listed in client.v1.charges.list({"payment_intent": intent.id}).data] == [charge.id]
    assert types(sandbox) == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_what_is_paid_is_not_paid_again(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 1099, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    )

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(intent.id)

    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_declined_intent_says_so_and_can_be_confirmed_with_another_card(
    sandbox: Sandbox, client: stripe.StripeClient
) -> None:
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.create(
            {"amount": 1099, "currency": "eur", "payment_method": "pm_card_chargeDeclined", "confirm": True}
        )
    [intent] = client.v1.payment_intents.list().data
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "card_declined"
    assert sandbox.books.payments[intent.id].paid.amount == 0

    intent = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_mastercard"})

    assert intent.status == "succeeded"
    assert sandbox.books.payments[intent.id].paid.amount == 1099
    assert types(sandbox)[1:3] == ["charge.failed", "payment_intent.payment_failed"]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"currency": "eur"}, "amount"),
        ({"amount": 0, "currency": "eur"}, "amount"),
        ({"amount": 100}, "currency"),
        ({"amount": 100, "currency": "eur", "capture_method": "later"}, "capture_method"),
        ({"amount": 100, "currency": "eur", "payment_method": "pm_card_gold", "confirm": True}, "payment_method"),
        ({"amount": 100, "currency": "eur", "confirm": True}, "payment_method"),
        ({"amount": 100, "currency": "eur", "surprise": "yes"}, "surprise"),
    ],
)
def test_a_wrong_parameter_of_an_intent_is_named_and_nothing_is_kept(
    sandbox: Sandbox, client: stripe.StripeClient, params: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.raw_request("post", "/v1/payment_intents", **params)

    assert refused.value.param == param
    assert sandbox.books.payments == {}
    assert types(sandbox) == []


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "type"),
        ({"type": "paypal"}, "type"),
        ({"type": "card", "card": {"number": "4242424242424242"}}, "card[token]"),
        ({"type": "card", "card": {"token": "tok_gold"}}, "card[token]"),
        ({"type": "sepa_debit"}, "sepa_debit[iban]"),
    ],
)
def test_a_wrong_parameter_of_a_payment_method_is_named(
    client: stripe.StripeClient, params: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.raw_request("post", "/v1/payment_methods", **params)

    assert refused.value.param == param


def test_a_bank_debit_belongs_into_a_session(client: stripe.StripeClient) -> None:
    debit = client.v1.payment_methods.create({"type": "sepa_debit", "sepa_debit": {"iban": "AT611904300234573201"}})

    with pytest.raises(stripe.InvalidRequestError, match="Checkout Sessions only"):
        client.v1.payment_intents.create({"amount": 100, "currency": "eur", "payment_method": debit.id})


def test_a_state_file_carries_payments_over_a_restart(tmp_path: Any) -> None:
    with Sandbox(state_path=tmp_path / "s.json") as sandbox:
        session = sandbox.pay(opened(sandbox).id)
        intent_id = session.payment_intent_id or ""
        sandbox.refund(intent_id, 1000)
        dispute = sandbox.dispute(intent_id, amount=500)
        before = sandbox.books

    with Sandbox(state_path=tmp_path / "s.json") as sandbox:
        assert sandbox.books == before
        sandbox.close_dispute(dispute.id, is_won=True)
        sandbox.refund(intent_id, 2000)
        with pytest.raises(StripeError):
            sandbox.refund(intent_id, 1)
