"""Stripe's signatures, made by Stripe's own SDK."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from application.ports import NotFromStripe
from infrastructure.stripe.signature import parse_header, verify

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECRET = "whsec_now"
BODY = b'{"id": "evt_1"}'


def signed(body: bytes = BODY, secret: str = SECRET, at: datetime = NOW) -> str:
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp())))


def refusal(header: str, body: bytes = BODY) -> str:
    with pytest.raises(NotFromStripe) as refused:
        verify(body, parse_header(header), [SECRET], now=NOW)
    return str(refused.value)


def test_what_stripe_signed_is_accepted() -> None:
    assert signed().startswith(f"t={int(NOW.timestamp())},v1=")
    verify(BODY, parse_header(signed()), [SECRET], now=NOW)


def test_any_of_several_secrets_may_have_signed() -> None:
    assert refusal(signed(secret="whsec_old")).startswith("No secret")
    verify(BODY, parse_header(signed(secret="whsec_old")), [SECRET, "whsec_old"], now=NOW)


def test_any_of_several_signatures_may_be_ours() -> None:
    theirs, ours = signed(secret="whsec_other"), signed()

    verify(BODY, parse_header(f"{theirs},{ours.split(',')[1]}"), [SECRET], now=NOW)

    assert refusal(theirs).startswith("No secret")


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_clocks_may_differ_by_five_minutes(seconds: int) -> None:
    header = signed(at=NOW + timedelta(seconds=seconds))

    verify(BODY, parse_header(header), [SECRET], now=NOW)

    assert f"t={int(NOW.timestamp()) + seconds}" in header


@pytest.mark.parametrize(("seconds", "when"), [(-301, "301 seconds ago"), (301, "301 seconds in the future")])
def test_a_stale_or_future_signature_is_refused(seconds: int, when: str) -> None:
    assert when in refusal(signed(at=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize(
    "form",
    [
        "{header}",
        "t=1,{header}",
        "t=x,{header}",
        "t=,{header}",
        "t,{header}",
        "{header},t=1",
        "{header},t=x",
        "{t},{header}",
        "{v1},{t}",
        "v1=x,{header}",
        "{header},",
        ",{header}",
    ],
)
def test_of_a_header_with_too_much_we_think_as_stripes_sdk_does(form: str) -> None:
    t, v1 = signed().split(",")
    header = form.format(header=signed(), t=t, v1=v1)

    assert is_accepted(lambda: verify(BODY, parse_header(header), [SECRET], now=NOW)) is is_accepted(
        lambda: stripe.WebhookSignature.verify_header(BODY, header, SECRET, tolerance=None)
    )


@pytest.mark.parametrize("form", ["{t}, {v1}", "{t} ,\t{v1}", " {t},{v1} ", "{t}, {v1}, v0=00"])
def test_blanks_around_the_commas_of_a_list_mean_nothing(form: str) -> None:
    t, v1 = signed().split(",")

    assert is_accepted(lambda: verify(BODY, parse_header(form.format(t=t, v1=v1)), [SECRET], now=NOW))


@pytest.mark.parametrize("form", ["{t}, v1 ={digest}", "{t},v1= {digest}", "{t},v1={digest}\n"])
def test_blanks_within_a_pair_are_not_stripes(form: str) -> None:
    t, v1 = signed().split(",")

    assert "no v1 signature" in refusal(form.format(t=t, digest=v1.partition("=")[2]))


def is_accepted(verify: Callable[[], object]) -> bool:
    try:
        verify()
    except (NotFromStripe, stripe.SignatureVerificationError):
        return False
    return True


def test_a_body_changed_on_its_way_is_refused() -> None:
    assert refusal(signed(), BODY + b" ").startswith("No secret")


def test_the_time_is_part_of_what_is_signed() -> None:
    header = signed()
    later = header.replace(str(int(NOW.timestamp())), str(int(NOW.timestamp()) + 1))

    assert refusal(later).startswith("No secret")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1",
        "v1=" + "0" * 64,
        "t=,v1=",
        "t=٣,v1=" + "0" * 64,
        "t=-1,v1=" + "0" * 64,
        "t=9999999999999,v1=" + "0" * 64,
        f"t={int(NOW.timestamp())},v0=" + "0" * 64,
        f"t={int(NOW.timestamp())},v1=é",
        f"t={int(NOW.timestamp())},v1=" + "0" * 65,
        "t=1," * 2000,
    ],
)
def test_a_header_that_is_none_of_stripes_is_refused(header: str) -> None:
    assert "header" in refusal(header)


@given(header=st.text(max_size=200), body=st.binary(max_size=200))
def test_no_header_and_no_body_does_more_than_be_refused(header: str, body: bytes) -> None:
    with pytest.raises(NotFromStripe):
        verify(body, parse_header(header), [SECRET], now=NOW)
