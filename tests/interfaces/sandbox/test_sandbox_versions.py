"""Older versions of Stripe's API, and that the engine fulfills with each of them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import stripe
from eventually import wait_for
from running import RunningShop, running_shop
from typed_ids import as_session

from domain.identifiers import SessionId
from domain.stripe_event import StripeEvent
from interfaces.sandbox.model.values import PayBy
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.stripe_json.shapes import API_VERSION
from interfaces.sandbox.stripe_json.versions import VERSIONS
from interfaces.sandbox.webhooks.inbox import Inbox

SHOWN = {
    "2026-10-28.endive": {"status", "payment_status", "collected_information", "presentment_details", "optional_items"},
    "2025-09-30.clover": {"status", "payment_status", "collected_information", "presentment_details", "optional_items"},
    "2025-03-31.basil": {"status", "payment_status", "collected_information", "optional_items"},
    "2024-06-20": {"status", "payment_status", "shipping_details", "shipping_cost", "created"},
    "2020-08-27": {"payment_status", "shipping", "shipping_rate", "amount_total", "customer_details"},
    "2020-03-02": {"shipping", "display_items", "payment_intent"},
}
"""Some of what each version has, and none of the later ones' names for it."""


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox()) as server:
        yield server


def sent_parcel(sandbox: Sandbox, by: PayBy = "card") -> str:
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Mug", "metadata": {"delivery": "access"}}}
    session = sandbox.create_session(
        {
            "mode": "payment",
            "success_url": "http://localhost/x",
            "line_items": [{"price_data": price, "quantity": 1}],
            "shipping_address_collection": {"allowed_countries": ["DE"]},
        }
    )
    return sandbox.pay(session.id, by=by, name="Ada").id


def client_at(server: SandboxServer, version: str) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_example", stripe_version=version, base_addresses={"api": server.url})


@pytest.mark.parametrize("version", SHOWN)
def test_the_api_answers_as_the_version_asked_for(server: SandboxServer, version: str) -> None:
    session_id = sent_parcel(server.sandbox)

    session = client_at(server, version).v1.checkout.sessions.retrieve(session_id)

    has = session.to_dict()
    assert SHOWN[version] <= has.keys()
    if version < "2022":
        assert not has.keys() & {"status", "collected_information", "shipping_details", "optional_items"}
    if version < "2020-08-27":
        assert not has.keys() & {"payment_status", "amount_total", "customer_details"}
    assert session.last_response is not None
    assert session.last_response.headers["stripe-version"] == version


def test_a_parcel_goes_to_the_same_address_whatever_the_version_calls_it(server: SandboxServer) -> None:
    session_id = sent_parcel(server.sandbox)

    def shown(version: str) -> dict[str, object]:
        return client_at(server, version).v1.checkout.sessions.retrieve(session_id).to_dict()

    latest, acacia, oldest = shown(API_VERSION), shown("2024-06-20"), shown("2020-08-27")
    collected = latest["collected_information"]
    assert isinstance(collected, dict)
    assert collected["shipping_details"]["name"] == "Ada"
    assert collected["shipping_details"] == acacia["shipping_details"] == oldest["shipping"]


@pytest.mark.parametrize(
    ("version", "mode"),
    [(API_VERSION, "hosted_page"), ("2026-03-25.dahlia", "hosted_page"), ("2025-09-30.clover", "hosted")],
)
def test_the_hosted_page_is_called_as_the_version_calls_it(server: SandboxServer, version: str, mode: str) -> None:
    listed = client_at(server, version).v1.checkout.sessions

    session_id = sent_parcel(server.sandbox)

    assert [session.ui_mode for session in listed.list().data] == [mode]
    assert listed.retrieve(session_id).ui_mode == mode


def test_a_promotion_code_and_a_discount_name_their_coupon_as_the_version_does(server: SandboxServer) -> None:
    """Source: https://docs.stripe.com/changelog/clover/2025-09-30/polymorphic-coupon."""
    basil, clover = client_at(server, "2025-03-31.basil").v1, client_at(server, "2025-09-30.clover").v1
    coupon = basil.coupons.create({"percent_off": 50, "duration": "once", "name": "Half"})
    before_clover: Any = {"coupon": coupon.id, "code": "HALF"}
    made = basil.promotion_codes.create(before_clover)
    item = {"price_data": {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Mug"}}, "quantity": 1}
    session = server.sandbox.create_session(
        {
            "mode": "payment",
            "success_url": "http://localhost/x",
            "line_items": [item],
            "discounts": [{"promotion_code": made.id}],
        }
    )

    def shown(api: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        breakdown = api.checkout.sessions.retrieve(session.id, {"expand": ["total_details.breakdown"]}).to_dict()
        (off,) = breakdown["total_details"]["breakdown"]["discounts"]
        return api.promotion_codes.retrieve(made.id).to_dict(), off["discount"], breakdown["discounts"][0]

    (code, discount, attached), (new_code, new_discount, attached_too) = shown(basil), shown(clover)
    assert code["coupon"] == discount["coupon"] == coupon.to_dict()
    assert not {"promotion", "source", "customer_account"} & (code.keys() | discount.keys())
    assert new_code["promotion"] == new_discount["source"] == {"coupon": coupon.id, "type": "coupon"}
    assert "coupon" not in new_code.keys() | new_discount.keys()
    assert attached == attached_too == {"coupon": None, "promotion_code": made.id}


def test_a_promotion_code_is_made_with_the_parameter_of_the_version(server: SandboxServer) -> None:
    coupon = server.sandbox.create_coupon({"percent_off": 50})
    before_clover: Any = {"coupon": coupon.id}

    with pytest.raises(stripe.InvalidRequestError, match="promotion"):
        client_at(server, "2025-03-31.basil").v1.promotion_codes.create(
            {"promotion": {"type": "coupon", "coupon": coupon.id}}
        )
    with pytest.raises(stripe.InvalidRequestError, match="coupon"):
        client_at(server, API_VERSION).v1.promotion_codes.create(before_clover)


def test_what_no_version_is_called_is_refused(server: SandboxServer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="version"):
        client_at(server, "yesterday").v1.checkout.sessions.list()
    with pytest.raises(stripe.InvalidRequestError, match="version"):
        client_at(server, API_VERSION).v1.webhook_endpoints.create(
            {"url": "http://localhost/x", "enabled_events": ["*"], "api_version": "latest"}  # type: ignore[typeddict-item]
        )


def test_an_event_is_shown_as_its_endpoint_s_version_and_kept_as_it_was(server: SandboxServer) -> None:
    with Inbox() as inbox:
        server.sandbox.add_webhook(inbox.url, api_version="2017-02-14")
        sent_parcel(server.sandbox)
        delivered = json.loads(inbox.next().body)

    kept = client_at(server, "2017-02-14").v1.events.retrieve(delivered["id"]).to_dict()

    assert (delivered["api_version"], delivered["request"]) == ("2017-02-14", None)
    assert "display_items" in delivered["data"]["object"]
    assert (kept["api_version"], kept["data"]["object"]["status"]) == (API_VERSION, "complete")


def received_by(shop: RunningShop) -> Iterator[StripeEvent.Received]:
    for stored in shop.runtime.log.store.select_notifications(None, 100_000):
        event = shop.runtime.log.decode(stored)
        if isinstance(event, StripeEvent.Received):
            yield event


def state_of(shop: RunningShop, session_id: SessionId) -> str | None:
    document = shop.runtime.queries.checkout(session_id)
    return None if document is None else document.state


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    with running_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("by", ["card", "debit_succeeds"])
def test_the_engine_fulfills_whatever_version_its_endpoint_has(shop: RunningShop, version: str, by: PayBy) -> None:
    with shop.sandbox.changing() as making:
        (endpoint,) = making.state.endpoints.values()
        making.state.endpoints[endpoint.id] = replace(endpoint, api_version=version)

    session_id = sent_parcel(shop.sandbox, by)

    assert wait_for(lambda: state_of(shop, as_session(session_id)) == "fulfilled"), state_of(
        shop, as_session(session_id)
    )
    assert shop.sandbox.wait_for_deliveries()
    received = [event for event in received_by(shop) if event.session_id == session_id]
    assert {event.api_version for event in received} == {version}
