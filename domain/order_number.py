"""Order numbers: short names of orders, easy to read aloud.

An order number is computed from the session's ID alone. So every order has one from the first moment, even one from
before there were order numbers, and any program of the merchant can compute it. It reveals nothing: the ID, which opens
the order's page, can't be computed from it. It has 50 bits: of 2,000 shops with a million orders each, one has two
orders with the same number, and a search for it shows both.
"""

import hashlib
import re
from typing import NewType

from domain.identifiers import SessionId

OrderNumber = NewType("OrderNumber", str)
"""Two groups of five letters and digits: `K7Q2M-9XDRT`."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, without I, L, O and U, which are easily misread or form words."""
_LENGTH, _BITS = 10, 5
_PREFIX = re.compile(r"[A-Z][A-Z0-9]{0,9}")
_WRITTEN = re.compile(r"(?:.*[^0-9A-Z])?([0-9A-Z]{5})[- ]?([0-9A-Z]{5})", re.ASCII | re.DOTALL)
_MISREAD = str.maketrans("ILO", "110")


def order_number(session_id: SessionId) -> OrderNumber:
    """Return the order number of a session: the first 50 bits of the SHA-256 of its ID."""
    number = int.from_bytes(hashlib.sha256(session_id.encode()).digest()[:8], "big") >> (64 - _LENGTH * _BITS)
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range((_LENGTH - 1) * _BITS, -1, -_BITS))
    return OrderNumber(f"{letters[:5]}-{letters[5:]}")


def is_order_prefix(text: str) -> bool:
    """True if a shop may use it as the prefix of its order numbers: 1 to 10 capital letters and digits, a letter
    first."""
    return _PREFIX.fullmatch(text) is not None


def with_prefix(number: OrderNumber, prefix: str | None) -> str:
    """Return the number as people read it: `MUG-K7Q2M-9XDRT`. A search ignores the prefix, so it can change at any
    time."""
    return f"{prefix}-{number}" if prefix else number


def read_order_number(text: str) -> OrderNumber | None:
    """Return the order number that a person wrote, in any case, with the shop's prefix or without; None if it is
    none."""
    found = _WRITTEN.fullmatch(text.strip().upper())
    letters = (found[1] + found[2]).translate(_MISREAD) if found else ""
    return OrderNumber(f"{letters[:5]}-{letters[5:]}") if found and {*letters} <= {*_ALPHABET} else None
