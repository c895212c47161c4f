"""An identifier's shape is checked before it goes anywhere, and the streams are named after them."""

import re
from pathlib import Path

import pytest
from typed_ids import as_session

from domain.identifiers import (
    IdentifierKind,
    InvalidIdentifier,
    SessionId,
    Sku,
    fulfillment_id,
    is_livemode,
    is_stripe_event,
    key_pool_id,
    pool_name,
    session_id,
    session_of_stream,
    sku_of_stream,
    stock_id,
    stripe_event_id,
)
from domain.step import effect_id

PACKAGES = ("domain", "application", "infrastructure", "interfaces")


@pytest.mark.parametrize("text", ["cs_test_a1B2c3", "cs_live_1", f"cs_test_{'x' * 200}"])
def test_the_id_of_a_session_is_taken_as_it_is(text: str) -> None:
    assert session_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cs_test_",
        "cs_other_1",
        "pi_1",
        " cs_test_1",
        "cs_test_1\n",
        "cs_test_1/line_items",
        "cs_test_ä",
        "cs_test_a_b",
        "CS_TEST_1",
        f"cs_test_{'x' * 201}",
        "{CHECKOUT_SESSION_ID}",
    ],
)
def test_what_is_not_the_id_of_a_session_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as invalid:
        session_id(text)

    assert invalid.value.expected is IdentifierKind.SESSION


def test_only_one_module_turns_a_text_into_the_id_of_stripes() -> None:
    """Elsewhere an ID keeps its type from where its shape was checked."""
    root, made = Path(__file__).parents[2], re.compile(r"\b(SessionId|StripeEventId|PaymentId)\((?!\))")
    modules = [path for name in PACKAGES for path in (root / name).rglob("*.py")]

    makers = {str(path.relative_to(root)) for path in modules if made.search(path.read_text())}

    assert makers == {"domain/identifiers.py"}


@pytest.mark.parametrize("text", ["evt_1A2b3C", "evt_test_65_a", f"evt_{'x' * 200}"])
def test_the_id_of_a_stripe_event_is_taken_as_it_is(text: str) -> None:
    assert stripe_event_id(text) == text


@pytest.mark.parametrize("text", ["", "evt_", "cs_test_1", "evt_1\n", "evt_ä", f"evt_{'x' * 201}"])
def test_what_is_not_the_id_of_a_stripe_event_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as invalid:
        stripe_event_id(text)

    assert invalid.value.expected is IdentifierKind.STRIPE_EVENT


@pytest.mark.parametrize(("session", "is_live"), [("cs_live_1", True), ("cs_test_1", False), ("cs_test_live", False)])
def test_the_mode_of_a_session_is_read_from_its_id(session: SessionId, is_live: bool) -> None:
    assert is_livemode(session) is is_live


def test_the_streams_of_a_session_are_named_after_it() -> None:
    assert fulfillment_id(as_session("cs_test_1")) == "ful_cs_test_1"
    assert effect_id(as_session("cs_test_1"), "mail_receipt") == "eff_cs_test_1_mail_receipt"


@pytest.mark.parametrize("sku", ["mug-blue", "Ärmel 7", "x" * 100, "a.b_c:d"])
def test_a_sku_has_a_stream(sku: Sku) -> None:
    assert stock_id(sku) == f"sku_{sku}"


@pytest.mark.parametrize("sku", ["", "x" * 101, "a/b", "a\nb", "a\x00", "a\x7f"])
def test_what_can_not_be_a_sku_is_refused(sku: Sku) -> None:
    with pytest.raises(InvalidIdentifier) as invalid:
        stock_id(sku)

    assert invalid.value.expected is IdentifierKind.SKU


@pytest.mark.parametrize("pool", ["pro", "prod_1.2-B", "x" * 100])
def test_a_key_pool_has_a_stream(pool: str) -> None:
    assert key_pool_id(pool_name(pool)) == f"keys_{pool}"


@pytest.mark.parametrize("pool", ["", "x" * 101, "a b", "a/b", "ä", "a\n"])
def test_what_can_not_be_a_key_pool_is_refused(pool: str) -> None:
    with pytest.raises(InvalidIdentifier) as invalid:
        pool_name(pool)

    assert invalid.value.expected is IdentifierKind.KEY_POOL


@pytest.mark.parametrize(
    "stream",
    ["cs_test_a1", fulfillment_id(as_session("cs_test_a1")), effect_id(as_session("cs_test_a1"), "mail_receipt")],
)
def test_the_streams_of_a_session_say_which_it_is(stream: str) -> None:
    assert session_of_stream(stream) == "cs_test_a1"


@pytest.mark.parametrize(
    "stream", ["evt_1", "sku_cs_test_a1", "ful_", "eff_cs_test_a1", "cs_test_a1_x", "cs_other_a1", ""]
)
def test_other_streams_are_no_session_s(stream: str) -> None:
    assert session_of_stream(stream) is None


def test_the_stream_of_a_sku_names_it() -> None:
    assert sku_of_stream(stock_id(Sku("sku_Café"))) == "sku_Café"


@pytest.mark.parametrize(("subject", "expected"), [("evt_1A2b3C", True), ("cs_test_evt", False), ("sku_evt_1", False)])
def test_a_stripe_event_is_known_by_its_prefix(subject: str, expected: bool) -> None:
    assert is_stripe_event(subject) is expected


def test_no_other_module_compares_the_prefixes_of_streams() -> None:
    by_hand = re.compile(r"""(?:startswith|removeprefix)\(\(?["'](?:evt|pi|sku|keys|eff|ful)_["']""")
    root = Path(__file__).parents[2]
    modules = [path for layer in ("domain", "application", "infrastructure") for path in (root / layer).rglob("*.py")]
    modules += (root / "interfaces/cli").rglob("*.py")

    assert len(modules) > 200
    assert [str(path) for path in modules if by_hand.search(path.read_text())] == []
