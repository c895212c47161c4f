import pytest
from hypothesis import given
from hypothesis import strategies as st
from typed_ids import as_session

from domain.order_number import OrderNumber, is_order_prefix, order_number, read_order_number, with_prefix

ID = as_session("cs_test_a1B2c3")


def test_the_number_of_an_order_never_changes() -> None:
    """It is in mails that were sent, and merchants' programs make it by the same rule."""
    assert order_number(ID) == "2G7XH-8RE8Y"


def test_it_is_the_beginning_of_the_hash_of_the_id() -> None:
    import base64
    import hashlib

    rfc4648, ours = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    encoded = base64.b32encode(hashlib.sha256(ID.encode()).digest()).decode()[:10]

    assert order_number(ID).replace("-", "") == encoded.translate(str.maketrans(rfc4648, ours))


@given(name=st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1))
def test_a_number_is_read_as_it_was_written(name: str) -> None:
    number = order_number(as_session(f"cs_live_{name}"))

    assert number[5] == "-"
    assert len(number) == 11
    for written in (
        number,
        number.lower(),
        number.replace("-", " "),
        number.replace("-", ""),
        f"MUG-{number}",
        f"#{number} ",
    ):
        assert read_order_number(written) == number


def test_letters_that_are_taken_for_digits_are_read_as_digits() -> None:
    assert read_order_number("ilo01-iLO01") == "11001-11001"


@pytest.mark.parametrize(
    "text", ["", "K7Q2M", "K7Q2M-9XDR", "K7Q2M-9XDRTT", "U7Q2M-9XDRT", "K7Q2M_9XDRT", "KÄQ2M-9XDRT", "-" * 11]
)
def test_anything_else_is_no_order_number(text: str) -> None:
    assert read_order_number(text) is None


@given(prefix=st.from_regex(r"[A-Z][A-Z0-9]{0,9}", fullmatch=True), now=st.sampled_from([None, "POT", "K7Q2M"]))
def test_a_number_is_found_whatever_the_prefix_of_the_shop_was(prefix: str, now: str | None) -> None:
    number = order_number(ID)

    assert is_order_prefix(prefix)
    assert with_prefix(number, prefix) == f"{prefix}-{number}"
    assert (
        read_order_number(with_prefix(number, prefix).lower()) == read_order_number(with_prefix(number, now)) == number
    )


def test_without_a_prefix_the_number_stands_alone() -> None:
    assert with_prefix(OrderNumber("K7Q2M-9XDRT"), None) == "K7Q2M-9XDRT"


@pytest.mark.parametrize("text", ["", "mug", "7MUG", "MUG-", "MÜG", "ABCDEFGHIJK", "MUG\n", "M G"])
def test_anything_else_is_no_prefix(text: str) -> None:
    assert not is_order_prefix(text)
