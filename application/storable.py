"""Text that every store can hold, and the one rule for text that no store can.

A NUL fits no text of PostgreSQL, and half of a surrogate pair fits no UTF-8. Both come from outside: from a product's
name, a customer's keyboard, the answer of a merchant's own service. Each becomes U+FFFD, so that the rest of the text
is kept, and no row, event or answer is lost because of it.
"""

import re
from typing import Final

REPLACEMENT: Final = "\ufffd"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_HEX = rb"[0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]%b\\u[dD][c-fC-F]%b|(u[dD][89a-fA-F]%b|u0000)|.)" % (_HEX, _HEX, _HEX))
"""An escape in JSON. The group is one that no store can hold: a NUL, or half of a pair without its other half."""


def is_storable(text: str) -> bool:
    """Whether every store holds this text as it is."""
    return (text.isascii() and "\0" not in text) or _UNSTORABLE.search(text) is None


def storable(text: str) -> str:
    """`text` as every store holds it. Two halves that stand side by side become the character that they spell."""
    if is_storable(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", REPLACEMENT)


def storable_json(body: bytes) -> bytes:
    """`body`, which is JSON, with escapes instead that every store can hold once they are decoded."""
    return _ESCAPE.sub(_readable, body) if b"\\u" in body else body


def _readable(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape[1] else escape[0]
