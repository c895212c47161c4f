"""Addresses of mails: which can be sent to, and how people paste them."""

import pytest

from domain.identifiers import InvalidIdentifier
from domain.mail_address import pasted_address, public_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  ada@example.com\n", "ada@example.com"),
        ("Ada Example <ada@example.com>", "ada@example.com"),
        ('"Example, Ada" <ada@example.com>', "ada@example.com"),
        ("ada@example.com <ada@example.com>", "ada@example.com"),
        ("<ada@example.com>", "ada@example.com"),
        ("mailto:ada@example.com", "ada@example.com"),
        ("MAILTO:ada@example.com?subject=Order&cc=ben@example.com", "ada@example.com"),
        ("Ada+shop@mail.example.co.uk", "Ada+shop@mail.example.co.uk"),
        ("ada@b\u00fccher.example", "ada@b\u00fccher.example"),
    ],
)
def test_a_pasted_address_is_found(text: str, address: str) -> None:
    assert (pasted_address(text), public_address(text)) == (address, address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "a@b",
        "ada@localhost",
        "ada@10.0.0.1",
        "ada@example.c",
        "ada@.example",
        "ada@-a.example",
        "ada@a_b.example",
        "a b@example.com",
        "Ada ada@example.com",
        "a@b@c.example",
        "Ada <ada>",
        "Ada <ada@example.com",
        "Ada <ada@example.com>, Ben <ben@example.com>",
        "x" * 320 + "@a.example",
    ],
)
def test_what_no_mail_server_outside_can_send_to_is_no_public_address(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        public_address(text)
