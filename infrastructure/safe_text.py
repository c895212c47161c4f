"""What customers, staff and Stripe typed, made safe to show: a text on one line, and a link that a browser may
follow."""

import re
import unicodedata
from urllib.parse import urlsplit

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of the text after them: no name needs them, and they can make a text lie."""
_LINK_LENGTH_MAX = 2000
_NOT_IN_LINKS = re.compile(r"[\s\x00-\x20\x7f<>\"\\^`{|}]")


def one_line(text: str, length_max: int = 200) -> str:
    """Return the text without line breaks, control characters and direction marks, cut with an ellipsis if it is too
    long."""
    kept = (" " if unicodedata.category(letter) in {"Cc", "Zl", "Zp", "Cs"} else letter for letter in text)
    line = " ".join("".join(letter for letter in kept if letter not in _BIDI).split())
    return line if len(line) <= length_max else line[: length_max - 1].rstrip() + "…"


def web_link(text: str | None) -> str | None:
    """Return the text if it is an http or https URL with a host, which a browser may be sent to; None otherwise."""
    if text is None or len(text) > _LINK_LENGTH_MAX or _NOT_IN_LINKS.search(text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in {"http", "https"} and parts.hostname else None
