"""What may stand in a log: no secret, no e-mail address, no card number, no session ID in a URL; and not too much.

It takes out too much rather than too little: a log line is read by people who need none of these.
"""

import math
import re
from collections.abc import Collection, Mapping

TEXT_MAX = 2000
ITEMS_MAX = 50
DEPTH_MAX = 6

_READ_MAX = 2 * TEXT_MAX
"""How much of a text is looked at; what is taken out may shorten it."""

_SECRET = re.compile(r"""(?:whsec|(?:sk|rk)_(?:test|live|org)|(?<![A-Za-z0-9])(?:sk|rk))_[^\s"',;<>]+""")
_SESSION_IN_URL = re.compile(
    r"""((?:session_id|[=/&?]|%3D|%2F)["':=\s]{0,3})cs_(?:test|live)_[A-Za-z0-9]+""", re.IGNORECASE
)
_WORD = re.compile(r'[^\s<>"(),;]+')
_ADDRESS = re.compile(r"(?:@|%40)[^@]*[^\W\d_]", re.IGNORECASE)
"""An at sign with a letter somewhere after it. `stream@12`, as causes are written, is none."""
_DIGITS = re.compile(r"\d(?:[\s.-]{0,2}\d){12,}")
_DIGIT = re.compile(r"\d")
_CARD_LENGTHS = range(13, 20)


class Redaction:
    """Takes out what must not be logged; `secrets` are texts without a shape that gives them away."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        longest_first = sorted({secret for secret in secrets if secret.strip()}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def value(self, value: object, depth: int = 0) -> object:
        """Anything, as JSON can say it."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            text = self.text(str(value))
            return value if text == str(value) and math.isfinite(value) else text
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            return "…" if depth >= DEPTH_MAX else self._items(value, depth + 1)
        return self.text(value if isinstance(value, str) else _shown(value))

    def _items(self, value: object, depth: int) -> object:
        if isinstance(value, Mapping):
            pairs = list(value.items())[:ITEMS_MAX]
            return {self.text(str(key)): self.value(each, depth) for key, each in pairs}
        assert isinstance(value, list | tuple | set | frozenset)
        return [self.value(each, depth) for each in list(value)[:ITEMS_MAX]]

    def text(self, text: str) -> str:
        text = _head(text, _READ_MAX)
        if self._secrets is not None:
            text = self._secrets.sub("[secret]", text)
        text = _SECRET.sub("[secret]", text)
        text = _SESSION_IN_URL.sub(r"\1[session]", text)
        text = _WORD.sub(_without_address, text)
        text = _DIGITS.sub(_without_cards, text)
        return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - somebody else's `repr`; a log line must not break what it tells of
        return f"<{type(value).__name__}>"


def _head(text: str, length: int) -> str:
    """The beginning, ending between two words: half a card number or half an address would not be known as one."""
    if len(text) <= length:
        return text
    words = text[:length].rsplit(None, 1)
    return (words[0] if len(words) > 1 else "").rstrip("0123456789 \t\r\n.-") + "…"


def _without_address(word: re.Match[str]) -> str:
    return "[email]" if _ADDRESS.search(word[0]) else word[0]


def _without_cards(run: re.Match[str]) -> str:
    """The run of digits without any 13 to 19 of them that pass the check of card numbers."""
    text = run[0]
    places = [match.start() for match in _DIGIT.finditer(text)]
    digits = [int(text[place]) for place in places]
    kept, start = "", 0
    shown_from = 0
    while start < len(digits):
        length = next(
            (length for length in reversed(_CARD_LENGTHS) if _is_card(digits[start : start + length], length)), 0
        )
        if length:
            kept += text[shown_from : places[start]] + "[card]"
            start += length
            shown_from = places[start - 1] + 1
        else:
            start += 1
    return kept + text[shown_from:]


def _is_card(digits: list[int], length: int) -> bool:
    """Whether these are so many digits with a right check digit (ISO/IEC 7812-1, Luhn)."""
    if len(digits) < length:
        return False
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
