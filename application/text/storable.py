"""Makes text storable in every store.

PostgreSQL holds no NUL, and UTF-8 has no half of a surrogate pair. Both come from outside: a product's name, a
customer's keyboard, the answer of a merchant's service. Each becomes U+FFFD, so that the rest of the text is kept, and
no row, event or answer is lost.
"""

import re
from typing import Final

REPLACEMENT: Final = "\ufffd"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_HEX = rb"[0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]%b\\u[dD][c-fC-F]%b|(u[dD][89a-fA-F]%b|u0000)|.)" % (_HEX, _HEX, _HEX))
"""An escape in JSON. The group is one that no store can hold: a NUL, or half of a pair without its other half."""


def is_storable(text: str) -> bool:
    """True if every store holds this text as it is."""
    return (text.isascii() and "\0" not in text) or _UNSTORABLE.search(text) is None


def storable(text: str) -> str:
    """Return `text` in storable form. Two halves of a surrogate pair in a row become their character."""
    if is_storable(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", REPLACEMENT)


def storable_json(body: bytes) -> bytes:
    """Return the JSON text `body` with escapes that are storable when they are decoded."""
    return _ESCAPE.sub(_readable, body) if b"\\u" in body else body


def _readable(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape[1] else escape[0]
