"""Which Stripe event a verified body is."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typed_ids import as_session

from application.ports import NotFromStripe
from domain.stripe_event import StripeEvent
from infrastructure.stripe.envelope import read_delivery

SESSION = as_session("cs_test_a1B2c3")


def snapshot(**changes: Any) -> dict[str, Any]:
    """As Stripe renders it today."""
    event: dict[str, Any] = {
        "id": "evt_1Example",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1795510800,
        "type": "checkout.session.completed",
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "data": {"object": {"id": SESSION, "object": "checkout.session", "payment_status": "unpaid", "amount": 5}},
    }
    return {**event, **changes}


def thin(**changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "id": "evt_test_65Example",
        "object": "v2.core.event",
        "type": "v1.checkout.session.completed",
        "created": "2026-11-24T09:00:00.123Z",
        "livemode": False,
        "context": None,
        "related_object": {"id": SESSION, "type": "checkout.session", "url": f"/v1/checkout/sessions/{SESSION}"},
    }
    return {**event, **changes}


def read(event: object) -> StripeEvent.Received:
    return read_delivery(json.dumps(event).encode(), "t=1,v1=0").received


def refusal(body: bytes) -> str:
    with pytest.raises(NotFromStripe) as refused:
        read_delivery(body, "t=1,v1=0")
    return str(refused.value)


def test_a_snapshot_event_names_its_session_and_hints_at_the_payment() -> None:
    body = json.dumps(snapshot()).encode()

    delivery = read_delivery(body, "t=1,v1=0")

    assert delivery.event_id == "evt_1Example"
    assert delivery.received == StripeEvent.Received(
        type="checkout.session.completed",
        livemode=False,
        api_version="2026-10-28.endive",
        account=None,
        object_id=SESSION,
        payment_status="unpaid",
        signature="t=1,v1=0",
        body=body.decode(),
        occurred_at=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        session_id=SESSION,
    )


def test_a_thin_event_names_its_session() -> None:
    received = read(thin())

    assert (received.session_id, received.object_id) == (SESSION, SESSION)
    assert received.type == "v1.checkout.session.completed"
    assert received.occurred_at == datetime(2026, 11, 24, 9, 0, 0, 123000, tzinfo=UTC)
    assert (received.payment_status, received.api_version) == (None, None)


@pytest.mark.parametrize(
    ("event", "payment"),
    [
        (snapshot(data={"object": {"id": "pi_1", "object": "payment_intent", "status": "succeeded"}}), "pi_1"),
        (snapshot(data={"object": {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}}), "pi_1"),
        (snapshot(data={"object": {"id": SESSION, "payment_intent": "pi_1"}}), "pi_1"),
        (snapshot(data={"object": {"id": "ch_1", "object": "charge", "payment_intent": None}}), None),
        (snapshot(data={"object": {"id": "ch_1", "payment_intent": {"id": "pi_1"}}}), None),
        (snapshot(data={"object": {"id": "ch_1", "payment_intent": "seti_1"}}), None),
        (snapshot(data={"object": {"id": "ch_1", "payment_intent": "pi_1/cancel"}}), None),
        (snapshot(), None),
        (thin(type="v1.payment_intent.succeeded", related_object={"id": "pi_1", "type": "payment_intent"}), "pi_1"),
        (thin(type="v1.charge.captured", related_object={"id": "ch_1", "type": "charge"}), None),
    ],
)
def test_an_event_names_the_payment_that_its_object_is_or_belongs_to(
    event: dict[str, Any], payment: str | None
) -> None:
    assert read(event).payment_intent == payment


def test_an_event_of_2019_is_read_too() -> None:
    """A session had neither a status nor a payment status, and `request` was a plain string long before."""
    object_2019 = {"id": SESSION, "object": "checkout.session", "display_items": [], "payment_intent": "pi_1"}
    event = snapshot(api_version="2019-03-14", request="req_1", data={"object": object_2019})

    received = read(event)

    assert (received.session_id, received.payment_status, received.api_version) == (SESSION, None, "2019-03-14")


def test_an_event_about_something_else_has_no_session() -> None:
    charge = {"object": {"id": "ch_1", "object": "charge", "payment_status": None}}

    received = read(snapshot(type="charge.refunded", data=charge))

    assert (received.object_id, received.session_id) == ("ch_1", None)


@pytest.mark.parametrize(
    "about",
    [
        snapshot(data={"object": {"id": SESSION}}),
        snapshot(data={"object": {"id": SESSION, "object": "checkout_session"}}),
        snapshot(data={"object": {"id": SESSION, "object": None}}),
        thin(related_object={"id": SESSION}),
        thin(related_object={"id": SESSION, "type": "checkout_session"}),
    ],
)
def test_a_session_is_known_by_its_id_whatever_it_calls_itself(about: dict[str, Any]) -> None:
    received = read(about)

    assert (received.object_id, received.session_id) == (SESSION, SESSION)


def test_a_long_session_id_is_taken_whole_or_not_at_all() -> None:
    longest = f"cs_test_{'a' * 200}"

    def about(id: str) -> StripeEvent.Received:
        return read(snapshot(data={"object": {"id": id}}))

    assert (about(longest).session_id, about(longest).object_id) == (longest, longest)
    assert (about(f"{longest}a").session_id, about(f"{longest}a").object_id) == (None, f"{longest}a")
    assert about(longest * 2).object_id == (longest * 2)[:250]


@pytest.mark.parametrize("half", ["\\ud800", "\\uDC00", "\\udfff\\ud800", "\\ud83d\\ud83d"])
def test_half_a_character_in_an_event_is_no_reason_to_refuse_it(half: str) -> None:
    body = json.dumps(snapshot(account="HALF", pending_webhooks="HALF")).replace("HALF", half)

    received = read_delivery(body.encode(), "").received

    assert received.body == body
    assert set(received.account or "") == {"\ufffd"}


@pytest.mark.parametrize("text", ["\N{GRINNING FACE}", "\\ud800", '\\"\\\\ud800', "\\\N{GRINNING FACE}\\", "\xe9\n\t/"])
def test_every_other_escape_is_read_as_it_is_meant(text: str) -> None:
    assert read(snapshot(account=text)).account == text


@pytest.mark.parametrize(
    "type", ["v2.core.account[requirements].updated", "v2.core.account[configuration.merchant].updated", "x" * 200]
)
def test_a_type_may_be_anything_that_can_be_printed(type: str) -> None:
    assert read(thin(type=type)).type == type


@pytest.mark.parametrize("event", [snapshot(account="acct_1"), thin(context="acct_1")])
def test_a_connected_account_is_kept(event: dict[str, Any]) -> None:
    assert read(event).account == "acct_1"


def test_what_stripe_signed_is_kept_to_the_byte() -> None:
    body = ' {"é": "\\u00e9", ' + json.dumps(snapshot())[1:] + "\r\n"

    assert read_delivery(body.encode(), "x").received.body == body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\xfe{}", "not UTF-8"),
        (b"", "truncated"),
        (b"not json", "malformed"),
        (b"[]", "Expected `object`, got `array`"),
        (b"null", "Expected `object`, got `null`"),
        (b'"evt_1"', "Expected `object`, got `str`"),
        (json.dumps(snapshot(account="HALF")).replace("HALF", "\\ud8").encode(), "malformed"),
        (b"{}", "missing required field `id`"),
        (b"[" * 100_000, "Stripe event"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"\xef\xbb\xbf{}", "malformed"),
        (json.dumps(snapshot(id="evt_")).encode(), "its ID is not the ID of a Stripe event"),
        (json.dumps(snapshot(id=7)).encode(), "Expected `str`"),
        (json.dumps(snapshot(type="x" * 201)).encode(), "type"),
        (json.dumps(snapshot(type="a\nb")).encode(), "type"),
        (json.dumps(snapshot(type="a\x1b[2Jb")).encode(), "type"),
        (json.dumps(snapshot(type="")).encode(), "type"),
        (json.dumps(snapshot(livemode="false")).encode(), "Expected `bool`"),
        (json.dumps(snapshot(object="checkout.session")).encode(), "neither"),
        (json.dumps(snapshot(data=None)).encode(), "neither"),
        (json.dumps(snapshot(data=[])).encode(), "Expected `object"),
        (json.dumps(snapshot(created=-1)).encode(), "its time is none"),
        (json.dumps(snapshot(created=10**17)).encode(), "its time is none"),
        (json.dumps(thin(created="today")).encode(), "its time is none"),
        (json.dumps(thin(created="2026-11-24T09:00:00")).encode(), "its time is none"),
    ],
)
def test_what_is_not_what_it_claims_to_be_is_refused(body: bytes, reason: str) -> None:
    assert reason in refusal(body)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_body_does_more_than_be_refused(body: bytes) -> None:
    with pytest.raises(NotFromStripe):
        read_delivery(body, "")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@given(
    name=st.sampled_from(sorted({*snapshot(), *thin(), "account", "context"})), value=ANYTHING, is_thin=st.booleans()
)
def test_whatever_a_field_holds_it_is_read_or_refused(name: str, value: object, is_thin: bool) -> None:
    event = thin(**{name: value}) if is_thin else snapshot(**{name: value})
    try:
        delivery = read_delivery(json.dumps(event).encode(), "")
    except NotFromStripe:
        return
    assert delivery.event_id.startswith("evt_")
    assert delivery.received.session_id in {None, SESSION}
    assert len(delivery.received.account or "") <= 200


@pytest.mark.parametrize(("named", "kept"), [("evt_1Twin", "evt_1Twin"), ("nonsense", None), (None, None), (7, None)])
def test_a_thin_event_names_the_snapshot_of_the_same_moment(named: object, kept: str | None) -> None:
    assert read(thin(snapshot_event=named)).snapshot_event == kept
    assert read(thin()).snapshot_event is None
